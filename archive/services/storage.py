"""The object store: immutable bytes under their SHA-256, in a local folder, S3, GCS or Azure (docs/adr/0002-object-store.md).

An object exists completely or not at all, and what `put` returned for survives a power cut.
"""

import errno
import mmap
import os
import shutil
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import obstore
from django.conf import settings
from obstore.store import from_url

from archive.services import failpoints
from governance.core.faults import Malformed, NotFound

OPEN_FILES = 256  # a stack; each is two descriptors when it is mapped
_NO_WAIT: int | None = getattr(os, "RWF_NOWAIT", None)  # Linux only
SYNC_THREADS = 8


class ObjectStore(Protocol):
    """What the archive asks of a store. Names are SHA-256 in hex, never anything from outside."""

    def put(self, path: Path, sha256: str) -> None:
        """Take a file in under its hash; durable when this returns. The file at `path` may be gone afterwards."""
        ...

    def put_many(self, files: Iterable[tuple[Path, str]]) -> None:
        """Take many files in; all are durable when this returns."""
        ...

    def read(self, sha256: str, offset: int, length: int) -> bytes:
        """Return exactly length bytes. Raises NotFound without such an object, Malformed when it ends before."""
        ...

    def view(self, sha256: str, offset: int, length: int) -> memoryview:
        """Return exactly length bytes to read, mapped instead of copied where they lie in a local file. Raises as read does."""
        ...

    def view_at_once(self, sha256: str, offset: int, length: int) -> memoryview | None:
        """Return exactly length bytes if they lie in this machine's memory, else None; never waits: an event loop may copy from it."""
        ...

    def size(self, sha256: str) -> int:
        """Return the size in bytes. Raises NotFound."""
        ...

    def local_path(self, sha256: str) -> Path | None:
        """Return a path that can be opened or mapped, or None when the object is elsewhere."""
        ...


def key_of(sha256: str) -> str:
    """Return an object's place below the store's root: 256 folders, so that none grows past what file systems like."""
    return f"{sha256[:2]}/{sha256}"


class _OpenFile:
    """A file descriptor that closes itself when its last user is done."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)
        self._mapped: memoryview | None = None

    def mapped(self) -> memoryview:
        """Return the whole file, mapped when first asked for; it is unmapped when nobody looks at it any more."""
        if self._mapped is None:
            self._mapped = memoryview(mmap.mmap(self.descriptor, 0, prot=mmap.PROT_READ))
        return self._mapped

    def in_memory(self, offset: int, length: int) -> memoryview | None:
        """Return a range whose first and last byte lie in the page cache; what is read is read ahead, so the rest does too."""
        if _NO_WAIT is None:
            return None
        try:
            for place in (offset, offset + length - 1):
                if os.preadv(self.descriptor, [bytearray(1)], place, _NO_WAIT) != 1:
                    return None
        except OSError:  # not in memory, or a file system that cannot say
            return None
        return self.mapped()[offset : offset + length]

    def __del__(self, close: Callable[[int], None] = os.close) -> None:  # bound now: os is gone when the interpreter ends
        descriptor = getattr(self, "descriptor", None)
        if descriptor is not None:
            close(descriptor)


class LocalObjectStore:
    """A folder. Files are synced, renamed into place, and their folder synced (obstore's own local store doesn't)."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: OrderedDict[str, _OpenFile] = OrderedDict()
        self._lock = threading.Lock()

    def _path(self, sha256: str) -> Path:
        return self._root / key_of(sha256)

    def put(self, path: Path, sha256: str) -> None:
        self.put_many([(path, sha256)])

    def put_many(self, files: Iterable[tuple[Path, str]]) -> None:
        pending, folders = [], set[Path]()
        for path, sha256 in files:
            folders.add(self._path(sha256).parent)
            if self._path(sha256).exists():  # the same bytes: they were synced before they were renamed
                path.unlink(missing_ok=True)
            else:
                pending.append((path, sha256))
        failpoints.reach("spool")
        with ThreadPoolExecutor(SYNC_THREADS) as pool:  # side by side, so that the file system commits many at once
            list(pool.map(sync, (path for path, _ in pending)))
        failpoints.reach("fsync")
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path, sha256 in pending:
            _move(path, self._path(sha256))
        failpoints.reach("rename")
        for folder in (*folders, self._root) if folders else ():  # also what another request has just renamed
            sync(folder)

    def read(self, sha256: str, offset: int, length: int) -> bytes:
        file = self._open(sha256)
        data = os.pread(file.descriptor, length, offset)
        while 0 < len(data) < length:
            more = os.pread(file.descriptor, length - len(data), offset + len(data))
            if not more:
                break
            data += more
        if len(data) < length:
            raise Malformed("the object ends before the range does")
        return data

    def view(self, sha256: str, offset: int, length: int) -> memoryview:
        if not length:
            return memoryview(b"")
        data = self._open(sha256).mapped()[offset : offset + length]
        if len(data) < length:
            raise Malformed("the object ends before the range does")
        return data

    def view_at_once(self, sha256: str, offset: int, length: int) -> memoryview | None:
        with self._lock:
            file = self._files.get(sha256)
        return file.in_memory(offset, length) if file is not None and length else None

    def size(self, sha256: str) -> int:
        try:
            return self._path(sha256).stat().st_size
        except FileNotFoundError as exc:
            raise NotFound("object") from exc

    def local_path(self, sha256: str) -> Path | None:
        return self._path(sha256)

    def _open(self, sha256: str) -> _OpenFile:
        """Return an open file, from the last OPEN_FILES; one that falls out closes itself when its last reader is done."""
        with self._lock:
            file = self._files.get(sha256)
            if file is not None:
                self._files.move_to_end(sha256)
                return file
        try:
            file = _OpenFile(self._path(sha256))
        except FileNotFoundError as exc:
            raise NotFound("object") from exc
        with self._lock:
            file = self._files.setdefault(sha256, file)
            if len(self._files) > OPEN_FILES:
                self._files.popitem(last=False)
        return file


class RemoteObjectStore:
    """S3, GCS or Azure through obstore; a put is durable when the service has acknowledged it."""

    def __init__(self, url: str) -> None:
        self._store: Any = from_url(url)

    def put(self, path: Path, sha256: str) -> None:
        failpoints.reach("spool")
        failpoints.reach("fsync")
        if not self._has(sha256):
            obstore.put(self._store, key_of(sha256), path)
        failpoints.reach("rename")
        path.unlink(missing_ok=True)

    def put_many(self, files: Iterable[tuple[Path, str]]) -> None:
        for path, sha256 in files:
            self.put(path, sha256)

    def read(self, sha256: str, offset: int, length: int) -> bytes:
        if length == 0:
            return b""
        try:
            data = bytes(obstore.get_range(self._store, key_of(sha256), start=offset, length=length))
        except FileNotFoundError as exc:
            raise NotFound("object") from exc
        except obstore.exceptions.GenericError as exc:  # a range that begins past the end
            raise Malformed("the object ends before the range does") from exc
        if len(data) < length:
            raise Malformed("the object ends before the range does")
        return data

    def view(self, sha256: str, offset: int, length: int) -> memoryview:
        return memoryview(self.read(sha256, offset, length))

    def view_at_once(self, sha256: str, offset: int, length: int) -> memoryview | None:
        return None

    def size(self, sha256: str) -> int:
        try:
            return int(obstore.head(self._store, key_of(sha256))["size"])
        except FileNotFoundError as exc:
            raise NotFound("object") from exc

    def local_path(self, sha256: str) -> Path | None:
        return None

    def _has(self, sha256: str) -> bool:
        try:
            return self.size(sha256) >= 0
        except NotFound:
            return False


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's entries, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _move(path: Path, target: Path) -> None:
    """Rename a synced file into place; across file systems through a synced copy beside the target."""
    try:
        path.rename(target)
    except OSError as exc:
        if exc.errno != errno.EXDEV:
            raise
        copy = target.with_name(f".{uuid.uuid4().hex}")
        shutil.copyfile(path, copy)
        sync(copy)
        copy.rename(target)
        path.unlink()


@lru_cache(maxsize=4)
def store_at(url: str) -> ObjectStore:
    """Return the store at a URL: file:// is a folder of our own, anything else is obstore's."""
    if url.startswith("file://"):
        return LocalObjectStore(Path(url.removeprefix("file://")))
    return RemoteObjectStore(url)


def object_store() -> ObjectStore:
    """Return the archive's store, by OBJECT_STORE_URL."""
    return store_at(settings.OBJECT_STORE_URL)


@lru_cache(maxsize=2)
def _quarantine_at(root: str) -> LocalObjectStore:
    return LocalObjectStore(Path(root))


def quarantine() -> LocalObjectStore:
    """Return where refused files lie, under their hash: always a local folder, never served."""
    return _quarantine_at(str(settings.QUARANTINE_DIR))
