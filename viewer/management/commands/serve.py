"""`manage.py serve`: the server and its task worker, in the foreground."""

import contextlib
import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from viewer.core.messages import MAX_MESSAGE_BYTES

APPLICATION = "config.asgi:application"
HOST = "127.0.0.1"
STALLED_MS = 60_000  # so long a peer may acknowledge nothing of what was sent to it
GRACE_S = 3
MAX_FILES = 65_536
PR_SET_PDEATHSIG = 1


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


class Announced(uvicorn.Server):
    """A server that says where it is once it listens."""

    address = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the address."""
        await super().startup(sockets)
        if self.started:
            print(f"Viewbox is ready: {self.address}", flush=True)


class Command(BaseCommand):
    """Serve Viewbox until interrupted."""

    help = "Serve Viewbox on 127.0.0.1 until interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, default=settings.PORT, help="0 takes a free one (default: VIEWBOX_PORT)")
        parser.add_argument("--no-worker", action="store_true", help="without the task worker")

    def handle(self, *args: Any, **options: Any) -> None:
        """Listen, start the worker, serve."""
        raise_file_limit()
        try:
            listener = listen(options["port"])
        except OSError as exc:
            raise CommandError(f"port {options['port']} of {HOST} is taken; set VIEWBOX_PORT to another") from exc
        config = uvicorn.Config(
            APPLICATION,
            loop="uvloop",
            http="httptools",
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
        server.address = f"http://{HOST}:{listener.getsockname()[1]}"

        def stop(*_: object) -> None:
            """Take the signals that uvicorn passes on when it has shut down: there is nothing more to do then."""
            if not server.should_exit:
                raise SystemExit(0)

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        with contextlib.nullcontext() if options["no_worker"] else task_worker():
            server.run(sockets=[listener])
        if not server.started:
            raise CommandError("the server did not start")
