"""One suite over both object stores: a folder of our own, and obstore's as the remote ones are."""

import hashlib
import os
from pathlib import Path

import pytest

from archive.services.storage import LocalObjectStore, ObjectStore, RemoteObjectStore, key_of
from governance.core.faults import Malformed, NotFound


@pytest.fixture(params=["local", "remote"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    root = tmp_path / "objects"
    root.mkdir()
    return LocalObjectStore(root) if request.param == "local" else RemoteObjectStore(f"file://{root}")


def put(store: ObjectStore, folder: Path, data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / f"spooled-{sha256[:8]}"
    path.write_bytes(data)
    store.put(path, sha256)
    return sha256


def test_what_was_put_is_read_by_range(store, tmp_path):
    data = bytes(range(256)) * 5000
    sha256 = put(store, tmp_path, data)
    assert store.size(sha256) == len(data)
    assert store.read(sha256, 0, len(data)) == data
    assert store.read(sha256, 300, 7) == data[300:307]
    assert store.read(sha256, len(data) - 1, 1) == data[-1:]
    assert store.read(sha256, 10, 0) == b""
    assert store.view(sha256, 300, 7) == data[300:307]
    assert store.view(sha256, len(data), 0) == b""
    at_once = store.view_at_once(sha256, 300, 7)
    assert at_once is None or at_once == data[300:307]
    path = store.local_path(sha256)
    assert path is None or path.read_bytes() == data


def test_a_range_past_the_end_is_malformed(store, tmp_path):
    sha256 = put(store, tmp_path, b"twelve bytes")
    for offset, length in ((0, 13), (11, 2), (12, 1), (400, 1)):
        with pytest.raises(Malformed):
            store.read(sha256, offset, length)
        with pytest.raises(Malformed):
            store.view(sha256, offset, length)
        assert store.view_at_once(sha256, offset, length) is None


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="only Linux says what lies in memory")
def test_what_was_just_read_from_a_folder_is_there_at_once(tmp_path):
    store = LocalObjectStore(tmp_path / "objects")
    sha256 = put(store, tmp_path, b"0123456789" * 10_000)
    assert store.view_at_once(sha256, 5, 50_000) is None, "it was never opened"
    store.read(sha256, 0, 100_000)
    found = store.view_at_once(sha256, 5, 50_000)
    assert found is not None
    assert found.tobytes() == b"5678901234" * 5_000


def test_an_unknown_object_is_not_found(store):
    for call in (lambda: store.read("0" * 64, 0, 1), lambda: store.size("0" * 64)):
        with pytest.raises(NotFound):
            call()


def test_the_same_bytes_again_are_the_same_object(store, tmp_path):
    first = put(store, tmp_path, b"once")
    assert put(store, tmp_path, b"once") == first
    assert store.read(first, 0, 4) == b"once"
    objects = [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert [path.name for path in objects] == [first]


def test_many_at_once_and_the_spool_is_empty_afterwards(store, tmp_path):
    files = []
    for index in range(40):
        path = tmp_path / f"spooled-{index}"
        path.write_bytes(f"object {index}".encode())
        files.append((path, hashlib.sha256(path.read_bytes()).hexdigest()))
    store.put_many(files)
    assert [store.read(sha256, 0, 7) for _, sha256 in files] == [b"object "] * 40
    assert not list(tmp_path.glob("spooled-*"))


def test_an_empty_object(store, tmp_path):
    sha256 = put(store, tmp_path, b"")
    assert store.size(sha256) == 0
    assert store.read(sha256, 0, 0) == b""


def test_more_objects_than_open_files(tmp_path, monkeypatch):
    monkeypatch.setattr("archive.services.storage.OPEN_FILES", 4)
    store = LocalObjectStore(tmp_path / "objects")
    hashes = [put(store, tmp_path, f"object {index}".encode()) for index in range(12)]
    before = len(os.listdir("/proc/self/fd"))
    assert [store.read(sha256, 7, 1) for sha256 in hashes[:9]] == [str(index).encode() for index in range(9)]
    assert len(os.listdir("/proc/self/fd")) <= before + 4


def test_another_file_system_gets_a_synced_copy(tmp_path, monkeypatch):
    import errno

    real_rename = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name.startswith("spooled"):
            raise OSError(errno.EXDEV, "another device")
        return real_rename(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    store = LocalObjectStore(tmp_path / "objects")
    sha256 = put(store, tmp_path, b"from far away")
    assert store.read(sha256, 5, 3) == b"far"
    assert [path.name for path in (tmp_path / "objects" / sha256[:2]).iterdir()] == [key_of(sha256).split("/")[1]]
