"""A Viewbox of its own for tests that talk to a running system: own data folder, own port, stopped at the end."""

import fcntl
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 90


# Below the ports that Linux gives to connections, which would take one before its server listens there.
PORTS = range(20000, 32000)
# A lock on a file holds as long as the file is open: a port is ours until this process ends.
_reserved: list[TextIO] = []


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on, and that no other test process is given while this one lives."""
    folder = Path(tempfile.gettempdir()) / "viewbox-test-ports"
    folder.mkdir(exist_ok=True)
    for port in random.sample(PORTS, len(PORTS)):
        lock = (folder / str(port)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _reserved.append(lock)
        return port
    raise AssertionError("Every test port is taken")


@dataclass
class ViewboxServer:
    """`manage.py serve` as a process, over a data folder."""

    data_dir: Path
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _environment(self) -> dict[str, str]:
        own = {"VIEWBOX_DATA_DIR": str(self.data_dir), "VIEWBOX_PORT": str(self.port), "DJANGO_SETTINGS_MODULE": "config.settings"}
        return {**os.environ, **own, **self.environment}

    def manage(self, *arguments: str, timeout_s: float = 240) -> str:
        """Run a management command against this data folder and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {arguments[0]} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def prepare(self, *, demo: bool = True) -> None:
        """Migrate, collect static files and, if asked, load the small demo archive."""
        self.manage("migrate", "--verbosity", "0")
        self.manage("collectstatic", "--no-input", "--verbosity", "0")
        if demo:
            self.manage("load_demo", "--small")

    def start(self) -> None:
        """Start serving and wait until /healthz answers."""
        log = (self.data_dir / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=ROOT, env=self._environment(), stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"serve ended: {self.log()[-3000:]}"
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310  (always http on loopback)
                    if answer.status == 200:
                        assert self.process.poll() is None, f"another server answers on port {self.port}: {self.log()[-3000:]}"
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                try:
                    self.process.wait(0.1)
                except subprocess.TimeoutExpired:
                    continue
        raise AssertionError(f"serve did not answer within {START_TIMEOUT_S} s: {self.log()[-3000:]}")

    def log(self) -> str:
        return (self.data_dir / "serve.log").read_text(errors="replace")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self.process = None

    def kill(self) -> None:
        """End the process as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(5)
        self.process = None

    def create_user(self, name: str, role: str, *departments: str, password: str = "a-long-test-password") -> None:
        chosen = [word for department in departments for word in ("--department", department)]
        self.manage("create_user", name, "--role", role, "--password", password, *chosen)

    def token(self, name: str) -> str:
        """Return a fresh bearer token of a user."""
        return self.manage("create_token", name).strip().splitlines()[-1]

    def rss_anon_mb(self) -> float:
        """Return the server process's anonymous resident memory in MB."""
        assert self.process is not None
        match = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text())
        assert match is not None
        return int(match.group(1)) / 1000
