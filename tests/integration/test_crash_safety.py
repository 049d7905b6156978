"""S14: kill -9 at each named point of intake. What was acknowledged is readable after a restart; what wasn't is absent, or complete.

The rounds run uvicorn over the STOW-RS application alone; the end is checked through the whole server.
"""

import hashlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from archive.services.failpoints import NAMES
from tests.server import ROOT, ViewboxServer
from tests.small_objects import as_bytes, ct_image, uid

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(600)]

ROUNDS = 5
DEATH = 3  # the request that the process dies in

# Imports once and forks the process of each round, which is the one that dies; prints the signal that ended it.
INTAKE = """
import os, sys
import django, uvicorn
django.setup()
from archive.dicomweb.stow import StowRouter
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        uvicorn.run(StowRouter(None), fd=int(sys.argv[1]), log_level="error", lifespan="off")
        os._exit(1)
    print(os.WTERMSIG(os.waitpid(child, 0)[1]), flush=True)
"""


class Intake:
    """uvicorn with STOW-RS and nothing else, over the server's data folder and port; its processes die at the failpoint."""

    def __init__(self, server: ViewboxServer, failpoint: str) -> None:
        own = {"VIEWBOX_DATA_DIR": str(server.data_dir), "DJANGO_SETTINGS_MODULE": "config.settings", "VIEWBOX_FAILPOINT": failpoint}
        # The listening socket is made here: a request may be sent at once and waits until a process is there.
        with socket.create_server(("127.0.0.1", server.port)) as listening:
            handle = listening.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-c", INTAKE, str(handle)],
                cwd=ROOT,
                env={**os.environ, **server.environment, **own},
                pass_fds=[handle],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )

    def begin(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("next\n")
        self._process.stdin.flush()

    def signal_of_death(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate(timeout=20)


@dataclass
class Peer:
    """Sends instances to one server and remembers which were acknowledged."""

    server: ViewboxServer
    token: str
    acknowledged: dict[str, bytes] = field(default_factory=dict)
    unanswered: dict[str, bytes] = field(default_factory=dict)

    def request(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {self.token}", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def store(self, name: str) -> bool:
        """Send one instance of a study of its own; say whether it was acknowledged."""
        data = as_bytes(ct_image(name, study=name, PixelData=hashlib.sha256(name.encode()).digest()))
        boundary = uuid.uuid4().hex
        body = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode() + data + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}'}
        try:
            status, answer = self.request("POST", "/dicomweb/studies", body, headers)
        except (ConnectionError, http.client.HTTPException):
            self.unanswered[name] = data
            return False
        assert status == 200, answer
        self.unanswered.pop(name, None)
        self.acknowledged[name] = data
        return True

    def is_found(self, name: str) -> bool:
        status, answer = self.request("GET", f"/dicomweb/instances?SOPInstanceUID={uid('instance', name)}")
        assert status == 200, answer
        return len(json.loads(answer)) == 1

    def stored_bytes(self, name: str) -> bytes | None:
        """Return what lies in the store for an instance, by the hash that the index names; None when the index doesn't know it."""
        database = sqlite3.connect(f"file:{self.server.data_dir / 'viewbox.sqlite3'}?mode=ro", uri=True)
        try:
            query = "SELECT sha256 FROM archive_instance WHERE sop_instance_uid = ?"
            found: list[tuple[str]] = database.execute(query, [uid("instance", name)]).fetchall()
        finally:
            database.close()
        return (self.server.data_dir / "objects" / found[0][0][:2] / found[0][0]).read_bytes() if found else None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ViewboxServer]:
    """A migrated, empty Viewbox on SQLite, which the test looks into from outside."""
    server = ViewboxServer(tmp_path, environment={"DATABASE_URL": "", "OBJECT_STORE_URL": ""})
    server.prepare(demo=False)
    yield server
    server.stop()


def test_S14_nothing_acknowledged_is_lost_and_nothing_half_written_is_seen(server):
    server.manage("create_user", "modality", "--role", "service", "--password", "a-long-test-password")
    peer = Peer(server, server.manage("create_token", "modality").split()[-1])
    for point in NAMES:
        intake = Intake(server, f"{point}:kill:{DEATH}")
        for number in range(ROUNDS):
            die(intake, peer, f"{point} {number}")
        intake.end()
    assert (len(peer.acknowledged), len(peer.unanswered)) == (len(NAMES) * ROUNDS * (DEATH - 1), len(NAMES) * ROUNDS)
    server.start()
    for name in peer.acknowledged:
        assert peer.is_found(name)
    for name in [*peer.acknowledged, *peer.unanswered]:
        assert peer.store(name)  # sent again: already there, or stored now
    for name, data in peer.acknowledged.items():
        assert peer.is_found(name)
        assert peer.stored_bytes(name) == data
    assert [path for path in (server.data_dir / "spool").rglob("*") if path.is_file()] == []


def die(intake: Intake, peer: Peer, name: str) -> None:
    """One round: a process acknowledges some requests, dies in the next, and all that was ever sent is looked at."""
    intake.begin()
    answered = [peer.store(f"{name} {request}") for request in range(1, DEATH + 1)]
    assert answered == [True] * (DEATH - 1) + [False]
    assert intake.signal_of_death() == signal.SIGKILL
    for sent, data in peer.acknowledged.items():
        assert peer.stored_bytes(sent) == data
    for sent, data in peer.unanswered.items():
        assert peer.stored_bytes(sent) in (None, data)
