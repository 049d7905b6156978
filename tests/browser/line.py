"""A line that a test can cut: a TCP relay before the server, for one browser, which remembers all that came down it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PIECE_BYTES = 64 * 1024


class Line:
    """Relays connections to a server on loopback for as long as it isn't cut."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
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
            server = socket.create_connection(("127.0.0.1", self._server_port))
            with self._lock:
                self._open |= {browser, server}
            threading.Thread(target=self._relay, args=(browser, server, False), daemon=True).start()
            threading.Thread(target=self._relay, args=(server, browser, True), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, is_down: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                if is_down:
                    with self._lock:
                        self._received += piece
                sink.sendall(piece)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(server_port: int) -> Iterator[Line]:
    line = Line(server_port)
    try:
        yield line
    finally:
        line.close()
