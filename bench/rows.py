"""What the parts of `make bench` share: a line of the table, running a part as a process, what the server process used."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.server import ROOT, ViewboxServer, free_port

ROUNDS = 5
LISTEN_S = 20.0


@dataclass
class Row:
    """One line of the table."""

    what: str
    reached: str
    goal: str
    is_met: bool | None


class Memory:
    """The highest anonymous memory of a process while something runs."""

    def __init__(self, server: ViewboxServer) -> None:
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.highest_mb = 0.0

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            with contextlib.suppress(AssertionError, OSError):  # while the server is started again
                self.highest_mb = max(self.highest_mb, self._server.rss_anon_mb())


def cpu_ms(server: ViewboxServer) -> float:
    """Return the CPU time that the server process has used."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def run(*arguments: str, data_dir: Path | None = None, may_fail: bool = False) -> list[str]:
    """Run a part of the bench as a process; return the lines it printed. may_fail: its last line says what was wrong."""
    environment = os.environ | ({"VIEWBOX_DATA_DIR": str(data_dir)} if data_dir else {})
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0 and not (may_fail and done.stdout):
        raise SystemExit(f"{' '.join(arguments[:3])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip().splitlines()


def number_in(line: str) -> float:
    """Return the first number of a line."""
    found = re.search(r"\d+(\.\d+)?", line)
    assert found, line
    return float(found.group())


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens on a port of this machine. Raises: SystemExit when it doesn't come."""
    deadline = time.monotonic() + LISTEN_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise SystemExit(f"nothing listens on port {port}")


@contextmanager
def redis_server() -> Iterator[str | None]:
    """Run a Redis of our own that keeps nothing; yield its URL, or None where none is installed."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="viewbox-redis-") as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            wait_for_port(port, process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait()
