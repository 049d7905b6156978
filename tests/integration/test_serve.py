"""`manage.py serve` as a process: what it starts, it ends."""

import io
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from tests.conftest import skip_or_fail
from tests.integration import drawings
from tests.redis_server import RedisServer, is_installed
from tests.server import ROOT, ViewboxServer

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for children in /proc")]


def children(pid: int) -> list[int]:
    """Return the processes that the main thread of a process started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def descendants(pid: int) -> list[int]:
    """Return the processes that any thread of a process started."""
    return [int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()]


def web_processes(pid: int) -> list[int]:
    return [child for child in descendants(pid) if b"--joins" in Path(f"/proc/{child}/cmdline").read_bytes()]


def sockets_of(pid: int) -> int:
    """Return how many sockets a process has open."""
    return sum(os.readlink(each).startswith("socket:") for each in Path(f"/proc/{pid}/fd").iterdir())


def is_worker(pid: int) -> bool:
    return b"db_worker" in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_worker_ends_with_the_server(fresh_viewbox: ViewboxServer, how: signal.Signals) -> None:
    fresh_viewbox.start()
    process = fresh_viewbox.process
    assert process is not None
    assert f"Viewbox is ready: {fresh_viewbox.url}" in fresh_viewbox.log()
    workers = [pid for pid in children(process.pid) if is_worker(pid)]
    assert len(workers) == 1
    worker = os.pidfd_open(workers[0])
    try:
        process.send_signal(how)
        code = process.wait(15)
        assert select.select([worker], [], [], 10)[0], "the worker lives on"
    finally:
        os.close(worker)
    assert code == (-signal.SIGKILL if how == signal.SIGKILL else 0)
    assert "Traceback" not in fresh_viewbox.log()


def test_a_taken_port_is_said_in_words(fresh_viewbox: ViewboxServer) -> None:
    fresh_viewbox.start()
    environment = os.environ | {"VIEWBOX_DATA_DIR": str(fresh_viewbox.data_dir), "VIEWBOX_PORT": str(fresh_viewbox.port)}
    command = [sys.executable, "manage.py", "serve", "--no-worker"]
    second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert f"port {fresh_viewbox.port} of 127.0.0.1 is taken" in second.stderr


@pytest.fixture
def two_processes(fresh_viewbox: ViewboxServer) -> Iterator[ViewboxServer]:
    """A server of two web processes."""
    if not is_installed():
        skip_or_fail("redis-server is not installed")
    redis = RedisServer()
    redis.start()
    fresh_viewbox.environment |= {"VIEWBOX_WEB_PROCESSES": "2", "REDIS_URL": redis.url}
    fresh_viewbox.start()
    deadline = time.monotonic() + 60
    while "Viewbox is ready" not in fresh_viewbox.log():  # the other one answers before the first
        assert time.monotonic() < deadline, fresh_viewbox.log()[-2000:]
        time.sleep(0.05)  # the first process says it in its log alone
    yield fresh_viewbox
    redis.stop()


def test_web_processes_share_the_port_and_one_that_dies_is_replaced(two_processes: ViewboxServer) -> None:
    first = two_processes.process
    assert first is not None
    (second,) = web_processes(first.pid)
    before = {pid: sockets_of(pid) for pid in (first.pid, second)}
    held = [socket.create_connection(("127.0.0.1", two_processes.port)) for _ in range(32)]
    deadline = time.monotonic() + 20
    while sum(shares := [sockets_of(pid) - count for pid, count in before.items()]) < 32:
        assert time.monotonic() < deadline, "not all were taken"
        time.sleep(0.05)  # an accepted connection shows in /proc alone
    assert min(shares) >= 12, "each goes to the process that has fewest"
    for each in held:
        each.close()

    os.kill(second, signal.SIGKILL)
    dead = time.monotonic() + 2  # what was dealt to a process that dies at that moment is cut off with it
    while not (others := web_processes(first.pid)) or others == [second] or time.monotonic() < dead + 1:
        assert time.monotonic() < deadline + 60, "nothing took its place"
        try:
            assert requests.get(f"{two_processes.url}/healthz", timeout=20).ok
        except requests.ConnectionError:
            assert time.monotonic() < dead, "the other process doesn't have its share"
        time.sleep(0.1)  # a new process shows in /proc alone
    assert "a web process ended with code -9; another takes its place" in two_processes.log()


def test_pictures_of_two_web_processes_are_the_formulas(two_processes: ViewboxServer, tmp_path: Path) -> None:
    """Many at once of few slices, in many windows; which of them the event loop makes, tests/service/test_short_renders.py shows."""
    slices = 4
    folder = tmp_path / "ct"
    folder.mkdir()
    for number, data in enumerate(drawings.ct("P", slices=slices, size=64)):
        (folder / f"{number}.dcm").write_bytes(data)
    two_processes.manage("import_folder", str(folder), "--department", "radiology")
    two_processes.create_user("alice", "clinician", "radiology")
    said = {"Authorization": f"Bearer {two_processes.token('alice')}"}
    first = str(drawings.uid("ct", "P", 0))
    found = requests.get(f"{two_processes.url}/dicomweb/instances", params={"SOPInstanceUID": first}, headers=said, timeout=20).json()[0]
    series = f"{two_processes.url}/dicomweb/studies/{found['0020000D']['Value'][0]}/series/{found['0020000E']['Value'][0]}"

    def picture(number: int) -> None:
        index, center = number % slices, number // slices * 0.25 - 3
        url = f"{series}/instances/{drawings.uid('ct', 'P', index)}/rendered?quality=100&window={center},24,linear"
        answer = requests.get(url, headers=said | {"Accept": "image/jpeg"}, timeout=20)
        answer.raise_for_status()
        shown = int(np.asarray(Image.open(io.BytesIO(answer.content)))[5, 5])
        meant = ((drawings.value_of("P", index) - (center - 0.5)) / 23 + 0.5) * 255  # PS3.3 C.11.2.1.2.1
        assert abs(shown - meant) <= 2, "the next slice is 11 levels away"

    with ThreadPoolExecutor(16) as clients:
        list(clients.map(picture, range(160)))
    assert requests.get(f"{series}/instances/{first}/rendered", timeout=20).status_code == 401


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_web_processes_end_together(two_processes: ViewboxServer, how: signal.Signals) -> None:
    process = two_processes.process
    assert process is not None
    handles = [os.pidfd_open(pid) for pid in descendants(process.pid)]
    assert len(handles) == 2
    try:
        process.send_signal(how)
        assert process.wait(20) == (-signal.SIGKILL if how == signal.SIGKILL else 0)
        for handle in handles:
            assert select.select([handle], [], [], 15)[0], "a process lives on"
    finally:
        for handle in handles:
            os.close(handle)
    assert "Traceback" not in two_processes.log()
    assert "takes its place" not in two_processes.log()


def test_several_web_processes_need_redis(fresh_viewbox: ViewboxServer) -> None:
    environment = os.environ | {"VIEWBOX_DATA_DIR": str(fresh_viewbox.data_dir), "VIEWBOX_WEB_PROCESSES": "2", "REDIS_URL": ""}
    command = [sys.executable, "manage.py", "serve", "--no-worker"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "need REDIS_URL" in done.stderr


def test_a_port_is_not_shared_with_another_installation(two_processes: ViewboxServer) -> None:
    environment = os.environ | two_processes.environment | {"VIEWBOX_DATA_DIR": str(two_processes.data_dir)}
    environment |= {"VIEWBOX_PORT": str(two_processes.port)}
    command = [sys.executable, "manage.py", "serve", "--no-worker"]
    second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert f"port {two_processes.port} of 127.0.0.1 is taken" in second.stderr
