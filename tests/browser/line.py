"""A line that a test can cut, and that can be long and narrow: a TCP relay before the server, for one browser.

A shaped line has a rate and a delay of its own each way, as a narrow link far away has: a piece leaves when those before it
have, and arrives a delay later. What is under way is bounded by small socket buffers: the rest waits at its sender.
`python -m tests.browser.line SERVER_PORT ROUND_TRIP_MS MEGABITS` runs one by itself, and prints its port.
"""

import queue
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PIECE_BYTES = 64 * 1024
SHAPED_PIECE_BYTES = 4096
SHAPED_BUFFER_BYTES = 32 * 1024


@dataclass(frozen=True)
class Shape:
    """What a line is like: round trip without load, and bits a second each way."""

    round_trip_ms: float
    megabits: float

    @property
    def delay_s(self) -> float:
        return self.round_trip_ms / 2000

    @property
    def bytes_per_s(self) -> float:
        return self.megabits * 125_000


class Link:
    """One way of a shaped line; all connections over it share its rate."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._lock = threading.Lock()
        self._free_at = 0.0

    def arrival_of(self, size_bytes: int) -> tuple[float, float]:
        """Return when so many bytes have left, and when they arrive."""
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic()) + size_bytes / self.shape.bytes_per_s
            return self._free_at, self._free_at + self.shape.delay_s


class Line:
    """Relays connections to a server on loopback for as long as it isn't cut; remembers all that came down it."""

    def __init__(self, server_port: int, shape: Shape | None = None) -> None:
        self._server_port = server_port
        self._ways = (Link(shape), Link(shape)) if shape else None  # up, down
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._received = bytearray()
        self._is_cut = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="line", daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def received(self) -> bytes:
        """Everything that the browser was sent, headers and WebSocket frames included (neither is compressed)."""
        with self._lock:
            return bytes(self._received)

    def cut(self) -> None:
        """Break every connection, and take no new one."""
        self._is_cut = True
        self._break_all()

    def mend(self) -> None:
        self._is_cut = False

    def become(self, shape: Shape) -> None:
        """Be longer or narrower from now on. For a line that had a shape before."""
        assert self._ways is not None
        for way in self._ways:
            way.shape = shape

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _break_all(self) -> None:
        with self._lock:
            broken, self._open = self._open, set()
        for end in broken:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return  # closed
            if self._is_cut:
                browser.close()
                continue
            server = self._reach_server()
            browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {browser, server}
            threading.Thread(target=self._relay, args=(browser, server, False), daemon=True).start()
            threading.Thread(target=self._relay, args=(server, browser, True), daemon=True).start()

    def _reach_server(self) -> socket.socket:
        server = socket.socket()
        if self._ways:  # before connecting: it decides how much may stand in the kernel
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SHAPED_BUFFER_BYTES)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.connect(("127.0.0.1", self._server_port))
        return server

    def _relay(self, source: socket.socket, sink: socket.socket, is_down: bool) -> None:
        with suppress(OSError):
            if self._ways:
                self._relay_shaped(source, sink, self._ways[is_down], is_down)
            else:
                while piece := source.recv(PIECE_BYTES):
                    self._note(piece, is_down)
                    sink.sendall(piece)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _relay_shaped(self, source: socket.socket, sink: socket.socket, link: Link, is_down: bool) -> None:
        under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        arriving = threading.Thread(target=_arrive, args=(under_way, sink), daemon=True)
        arriving.start()
        with suppress(OSError):
            while piece := source.recv(SHAPED_PIECE_BYTES):
                self._note(piece, is_down)
                left_at, arrives_at = link.arrival_of(len(piece))
                under_way.put((arrives_at, piece))
                _wait_until(left_at)
        under_way.put((0.0, b""))
        arriving.join()

    def _note(self, piece: bytes, is_down: bool) -> None:
        if is_down:
            with self._lock:
                self._received += piece


def _arrive(under_way: "queue.SimpleQueue[tuple[float, bytes]]", sink: socket.socket) -> None:
    while (item := under_way.get())[1]:
        _wait_until(item[0])
        try:
            sink.sendall(item[1])
        except OSError:
            return  # cut


def _wait_until(moment: float) -> None:
    """Pass the time that a real line takes: nothing is waited for but the clock."""
    if (left := moment - time.monotonic()) > 0:
        time.sleep(left)


@contextmanager
def line_to(server_port: int, shape: Shape | None = None) -> Iterator[Line]:
    line = Line(server_port, shape)
    try:
        yield line
    finally:
        line.close()


def main() -> None:
    """Relay until stdin ends."""
    port, round_trip_ms, megabits = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    with line_to(port, Shape(round_trip_ms, megabits)) as line:
        print(line.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
