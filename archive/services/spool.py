"""The spool: where bytes lie between their arrival and the store.

Each request has a room of its own, a folder beside a lock file that the process holds for as long as it lives. Rooms whose lock nobody
holds were left by a process that died; the next one that opens a room clears them away.
"""

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

_LOCK_SUFFIX = ".lock"


@contextmanager
def spool_room() -> Iterator[Path]:
    """Give a new empty folder; it and whatever is still in it are gone afterwards."""
    spool = Path(settings.SPOOL_DIR)
    spool.mkdir(parents=True, exist_ok=True, mode=0o700)
    clear_abandoned_rooms()
    room = spool / uuid.uuid4().hex
    lock_path = room.with_suffix(_LOCK_SUFFIX)
    lock = os.open(lock_path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        room.mkdir(mode=0o700)
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
        lock_path.unlink(missing_ok=True)
        os.close(lock)


def clear_abandoned_rooms() -> int:
    """Delete the rooms of processes that died; return how many."""
    cleared = 0
    for lock_path in Path(settings.SPOOL_DIR).glob(f"*{_LOCK_SUFFIX}"):
        try:
            lock = os.open(lock_path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue  # its owner lives
        else:
            if lock_path.with_suffix("").is_dir():  # a room just being made has a lock and no folder yet: leave it
                shutil.rmtree(lock_path.with_suffix(""), ignore_errors=True)
                lock_path.unlink(missing_ok=True)
                cleared += 1
        finally:
            os.close(lock)
    return cleared
