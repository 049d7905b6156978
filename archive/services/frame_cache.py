"""Decoded frames of slow codecs, kept as raw files that are mapped, not read: shared by all processes, bounded, deletable.

A frame that took long to decode is decoded once (DESIGN.md section 2). Files are written without fsync: a power cut may leave any
of them empty, so the folder belongs to one boot of the machine and others' are removed. Writing and sweeping are one thread's own:
a slow disk would hold up the picture that is waited for, and with it everybody who watches the same loop. Files may be removed at any
time, but never shortened: readers keep them mapped (ADR 0005).
"""

import contextlib
import json
import logging
import os
import shutil
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue

import numpy as np
from django.conf import settings

from archive.core.codecs import DecodedFrame

log = logging.getLogger("viewbox.frames")

MAX_WAITING_BYTES = 32_000_000  # decoded frames that wait for the disk
KEEP_ABOVE_S = 0.0004  # RLE of 512x512 takes 0.5 ms; mapping a kept frame of that size 0.03 to 0.1, writing it about 0.3
SWEEPS = 16  # in which the bound is written full once
TOUCH_AFTER_S = 60.0
MAX_MAPPED_BYTES, MAX_MAPPED = 1_000_000_000, 512  # frames that stay mapped, each with a file open: opening one takes 0.1 ms
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_HEADER_BYTES = 256


class FrameCache:
    """A folder of frames with a bound in bytes, over which those not used for longest go."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root / _boot_id()
        self._max_bytes = max_bytes
        self._max_mapped_bytes = min(MAX_MAPPED_BYTES, max_bytes // SWEEPS)
        self._written = max_bytes  # the first writer of a process sweeps: it cannot know what is there
        self._lock = threading.Lock()
        self._waiting: SimpleQueue[tuple[Path, DecodedFrame]] = SimpleQueue()
        self._waiting_bytes = 0
        self._is_idle = threading.Condition(self._lock)
        self._is_started = False
        self._mapped: OrderedDict[str, tuple[DecodedFrame, float]] = OrderedDict()  # with when their use is written down again
        self._mapped_bytes = 0

    def frame(self, name: str, decode: Callable[[], DecodedFrame]) -> DecodedFrame:
        """Return the kept frame of this name (letters, digits, -), or decode it now and have it kept soon if that took long."""
        kept = self.frame_at_once(name)
        if kept is not None:
            return kept
        path = self._root / name[:2] / name
        kept = _load(path)
        if kept is not None:
            self._stay_mapped(name, kept)
            return kept
        began = time.perf_counter()  # not this thread's CPU: another process decodes (archive.services.decoding)
        made = decode()
        if time.perf_counter() - began > KEEP_ABOVE_S:
            self._keep_soon(path, made)
        return made

    def frame_at_once(self, name: str) -> DecodedFrame | None:
        """Return a frame that is mapped already, in memory or not, unless it is time to say on disk that it is in use."""
        with self._lock:
            found = self._mapped.get(name)
            if found is None or time.monotonic() > found[1]:
                return None
            self._mapped.move_to_end(name)
            return found[0]

    def _stay_mapped(self, name: str, frame: DecodedFrame) -> None:
        """Keep the frames used last mapped; their pages are the system's, which takes them when memory is short."""
        with self._lock:
            earlier = self._mapped.pop(name, None)
            self._mapped[name] = (frame, time.monotonic() + TOUCH_AFTER_S)
            self._mapped_bytes += frame.values.nbytes - (earlier[0].values.nbytes if earlier else 0)
            while self._mapped_bytes > self._max_mapped_bytes or len(self._mapped) > MAX_MAPPED:
                _, (oldest, _) = self._mapped.popitem(last=False)
                self._mapped_bytes -= oldest.values.nbytes

    def wait(self) -> None:
        """Wait until everything that is to be kept is written, or couldn't be."""
        with self._is_idle:
            self._is_idle.wait_for(lambda: self._waiting_bytes == 0)

    def _keep_soon(self, path: Path, frame: DecodedFrame) -> None:
        """Leave a frame to the writer; while that is far behind, it is decoded again another time."""
        size = frame.values.nbytes
        if size > self._max_bytes // SWEEPS:
            return
        with self._lock:
            if self._waiting_bytes and self._waiting_bytes + size > MAX_WAITING_BYTES:
                return
            self._waiting_bytes += size
            if not self._is_started:
                self._is_started = True
                threading.Thread(target=self._write, name="frame-cache", daemon=True).start()
        self._waiting.put((path, frame))

    def _write(self) -> None:
        while True:
            path, frame = self._waiting.get()
            try:
                self._keep(path, frame)
            except OSError:
                pass  # a full disk costs time, not pictures
            except Exception:
                log.exception("a decoded frame could not be kept")
            with self._is_idle:
                self._waiting_bytes -= frame.values.nbytes
                self._is_idle.notify_all()
            del frame

    def _keep(self, path: Path, frame: DecodedFrame) -> None:
        values = np.ascontiguousarray(frame.values)
        header = json.dumps([values.dtype.str, values.shape, frame.photometric_interpretation, frame.is_lossy]).encode("ascii")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f".{uuid.uuid4().hex}")
        try:
            with partial.open("xb") as file:
                file.write(header.ljust(_HEADER_BYTES))
                file.write(values.data)
            os.replace(partial, path)  # readers see all of it or nothing
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        with self._lock:
            self._written += values.nbytes
            is_due = self._written >= self._max_bytes // SWEEPS
            if is_due:
                self._written = 0
        if is_due:
            self.sweep()

    def sweep(self) -> None:
        """Remove frames of other boots, and those not used for longest until the bound holds."""
        for folder in self._root.parent.iterdir():
            if folder != self._root:
                shutil.rmtree(folder, ignore_errors=True)
        found = []
        for path in self._root.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):  # another process sweeps too
                stat = path.stat()
                found.append((stat.st_mtime, stat.st_size, path))
        excess = sum(size for _, size, _ in found) - (self._max_bytes - self._max_bytes // SWEEPS)
        for _, size, path in sorted(found):
            if excess <= 0:
                break
            path.unlink(missing_ok=True)  # who has it mapped keeps it until done
            excess -= size


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "boot"


def _load(path: Path) -> DecodedFrame | None:
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
            status = os.fstat(file.fileno())
            dtype, shape, photometric, is_lossy = json.loads(header)
            values = np.memmap(file, dtype=dtype, mode="r", offset=_HEADER_BYTES, shape=tuple(shape))
        if time.time() - status.st_mtime > TOUCH_AFTER_S:
            os.utime(path)
    except (OSError, ValueError):
        return None
    return DecodedFrame(np.asarray(values), photometric, is_lossy)


@lru_cache(maxsize=1)
def frame_cache() -> FrameCache:
    """Return the process's cache under CACHE_DIR."""
    return FrameCache(Path(settings.CACHE_DIR) / "frames", settings.FRAME_CACHE_BYTES)
