"""`manage.py serve`: the server, in one web process or several, and its task worker, in the foreground.

One process renders with two threads, which wait for Python's lock in turn; a process a core waits for nothing. Several take connections
from one listening socket, in turn (viewer.services.dealing); what one that dies has not taken is left to the others.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from argparse import SUPPRESS
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from viewer.core.messages import MAX_MESSAGE_BYTES
from viewer.services.dealing import ConnectionCounts, Dealer

APPLICATION = "config.asgi:application"
HOST = "127.0.0.1"
STALLED_MS = 60_000  # so long a peer may acknowledge nothing of what was sent to it
GRACE_S = 3
MAX_FILES = 65_536
PR_SET_PDEATHSIG = 1
START_S = 120.0  # so long another web process may take: its kernels may have to be compiled
PAUSE_S = 1.0  # before one that died is replaced

log = logging.getLogger("viewbox")


def listen(port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. Connections on it are dropped when a peer stops reading for good."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(AttributeError, OSError):  # Linux only
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MS)
    listener.bind((HOST, port))
    listener.listen(256)
    listener.set_inheritable(False)
    return listener


def raise_file_limit() -> None:
    """Let the process open as many files as it may: each socket and each object that is being read is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _say(handle: int) -> None:
    """Tell who waits at the other end of a pipe."""
    os.write(handle, b"1")
    os.close(handle)


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def task_worker() -> Iterator[None]:
    """Run `manage.py db_worker` beside the server; it ends with it, however the server ends."""
    manage = Path(settings.BASE_DIR) / "manage.py"
    preexec = _die_with_parent if sys.platform == "linux" else None
    command = [sys.executable, str(manage), "db_worker", "--queue-name", "*", "--verbosity", "0"]
    worker = subprocess.Popen(command, preexec_fn=preexec, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


class OtherProcesses:
    """The web processes beside this one. One that dies is replaced; all end with this one, however it ends."""

    def __init__(self, number: int, listener: socket.socket, counts: ConnectionCounts) -> None:
        self._listener = listener
        self._counts = counts
        self._is_stopping = threading.Event()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._ready = [threading.Event() for _ in range(number)]
        self._keepers = [threading.Thread(target=self._keep, args=(place,), daemon=True) for place in range(number)]

    def __enter__(self) -> None:
        """Start them and wait until they listen. Raises: CommandError."""
        for keeper in self._keepers:
            keeper.start()
        for ready in self._ready:
            if not ready.wait(START_S) or self._is_stopping.is_set():
                self.__exit__()
                raise CommandError("another web process did not start")

    def __exit__(self, *_: object) -> None:
        self._is_stopping.set()
        for process in list(self._running.values()):
            process.terminate()
        for keeper in self._keepers:
            keeper.join(2 * GRACE_S)
        for process in list(self._running.values()):
            process.kill()

    def _keep(self, place: int) -> None:
        """Run one, again and again. This thread lives as long as its process: Linux takes it for the parent."""
        while not self._is_stopping.is_set():
            try:
                code = self._run(place)
            except OSError:  # the machine has no memory, processes or files left: later it may
                log.exception("a web process could not be started")
                code = os.EX_OSERR
            if self._is_stopping.is_set():
                break
            if not self._ready[place].is_set():  # it never served: nothing is gained by trying again
                self._is_stopping.set()
                break
            log.error("a web process ended with code %d; another takes its place", code)
            self._is_stopping.wait(PAUSE_S)
        self._ready[place].set()

    def _run(self, place: int) -> int:
        reading, writing = os.pipe()
        handles = [writing, self._listener.fileno(), self._counts.fileno()]
        command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "serve", "--joins", *map(str, [*handles, place + 1])]
        process = self._running[place] = subprocess.Popen(command, pass_fds=handles, start_new_session=True)
        os.close(writing)
        with open(reading, "rb") as said:
            if said.read(1):  # nothing: it ended
                self._ready[place].set()
        if self._is_stopping.is_set():  # __exit__ may have looked before it was there
            process.terminate()
        code = process.wait()
        self._counts.leave(place + 1)
        self._running.pop(place, None)
        return code


class Announced(uvicorn.Server):
    """A server that says so once it listens. dealer: takes connections in turn with other processes, instead of uvicorn."""

    announce: Callable[[], None]
    dealer: Dealer | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            if self.dealer is not None:
                self.dealer.start(self._protocol, lambda: len(self.server_state.connections))
            self.announce()

    def _protocol(self) -> asyncio.Protocol:
        made = cast(Callable[..., asyncio.Protocol], self.config.http_protocol_class)
        return made(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def on_tick(self, counter: int) -> bool:
        """Tell the other processes how many connections there are, now that some may have ended."""
        if self.dealer is not None:
            self.dealer.count()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing any more, then end what there is."""
        if self.dealer is not None:
            self.dealer.stop()
        await super().shutdown(sockets)


class Command(BaseCommand):
    """Serve Viewbox until interrupted."""

    help = "Serve Viewbox on 127.0.0.1 until interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, default=settings.PORT, help="0 takes a free one (default: VIEWBOX_PORT)")
        parser.add_argument("--no-worker", action="store_true", help="without the task worker")
        # Another web process: says on the first file descriptor that it listens, on the second; the third and its place count connections.
        parser.add_argument("--joins", type=int, nargs=4, help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Listen, start the worker and the other web processes, serve."""
        raise_file_limit()
        others, joins, port = settings.WEB_PROCESSES - 1, options["joins"], options["port"]
        if others and not settings.REDIS_URL:
            raise CommandError("several web processes (VIEWBOX_WEB_PROCESSES) need REDIS_URL: what they must tell each other passes there")
        if joins is not None:
            _die_with_parent()
            says, listening, counting, place = joins
            listener = socket.socket(fileno=listening)
            listener.set_inheritable(False)
            os.set_inheritable(counting, False)
        else:
            place, counting = 0, None
            try:
                listener = listen(port)
            except OSError as exc:
                raise CommandError(f"port {port} of {HOST} is taken; set VIEWBOX_PORT to another") from exc
        config = uvicorn.Config(
            APPLICATION,
            loop="uvloop",
            http="config.whole_answers:WholeAnswers",
            ws="viewer.ws.binary_frames:BinaryFrames",
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False,  # pictures are compressed already
            lifespan="on",
            access_log=False,  # URLs may carry identifiers
            server_header=False,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_S,
        )
        server = Announced(config)
        port = listener.getsockname()[1]
        server.announce = partial(print, f"Viewbox is ready: http://{HOST}:{port}", flush=True) if joins is None else partial(_say, says)

        def stop(*_: object) -> None:
            """Take the signals that uvicorn passes on when it has shut down: there is nothing more to do then."""
            if not server.should_exit:
                raise SystemExit(0)

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        with contextlib.ExitStack() as beside:
            if others:
                counts = ConnectionCounts(settings.WEB_PROCESSES, handle=counting)
                server.dealer = Dealer(listener, counts, place)
                if joins is None:
                    beside.enter_context(OtherProcesses(others, listener, counts))
            if joins is None and not options["no_worker"]:
                beside.enter_context(task_worker())
            server.run(sockets=[] if others else [listener])
        if not server.started:
            raise CommandError("the server did not start")
