"""`manage.py serve` as a process: what it starts, it ends."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import ROOT, ViewboxServer

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for children in /proc")]


def children(pid: int) -> list[int]:
    """Return the processes that the main thread of a process started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


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
