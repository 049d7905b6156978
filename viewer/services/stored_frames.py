"""Frames of loops in a hurry: what once went out as it was stored goes out again behind a copy of its header.

A loop that thirty people watch asks for 1,800 pictures a second, of the same sixty frames. The first time a frame goes the long way
(viewer.services.rendering: description, display chain, JPEG markers, rule S10) and its header is remembered, digest included. Stored
bytes never change, so that header stays true of this frame in this view; only the address on it is each one's own.
"""

import threading
import time
from collections import OrderedDict

from archive.services import retrieve
from archive.services.retrieve import StoredImage
from viewer.core.message_parts import MessageParts
from viewer.core.picture import Picture
from viewer.core.picture_header import HEADER_BYTES, Fidelity, readdressed
from viewer.core.scheduler import Job
from viewer.core.view import ViewState
from viewer.services.picture_cache import PictureKey

MAX_REMEMBERED = 8192  # some 600 bytes each
SEEN_S, MAX_SEEN = 0.5, 256  # what was in memory just now still is: thirty viewers ask for each frame thirty times a second

_remembered: OrderedDict[PictureKey, bytes] = OrderedDict()
_seen: OrderedDict[PictureKey, tuple[float, memoryview]] = OrderedDict()
_lock = threading.Lock()


def remember(image: StoredImage, frame_index: int, view: ViewState, picture: Picture, message: bytes) -> None:
    """Keep the header of a picture whose payload is exactly the stored bytes: as long is not enough, markers may have come and gone."""
    stored = retrieve.view_frame_at_once(image, frame_index) if picture.fidelity is Fidelity.STORED else None
    if stored is None or stored != memoryview(picture.data):
        return
    with _lock:
        _remembered[PictureKey(image.sha256, frame_index, view)] = message[:HEADER_BYTES]
        if len(_remembered) > MAX_REMEMBERED:
            _remembered.popitem(last=False)


def frame_at_once(job: Job, image: StoredImage, frame_index: int, view: ViewState) -> MessageParts | None:
    """Return a job's message if its frame went out like that before and its bytes lie in memory, or did SEEN_S ago; else None.

    Never waits.
    """
    key = PictureKey(image.sha256, frame_index, view)
    header = _remembered.get(key)
    if header is None:
        return None
    now = time.monotonic()
    seen_at, stored = _seen.get(key, (0.0, None))
    if stored is None or now - seen_at > SEEN_S:
        stored = retrieve.view_frame_at_once(image, frame_index)
        if stored is None:
            return None
        with _lock:
            _seen[key] = now, stored
            if len(_seen) > MAX_SEEN:
                _seen.popitem(last=False)
    address = readdressed(header, viewport=job.viewport, epoch=job.epoch, sequence=job.sequence, index=job.index)
    return MessageParts(address, stored)
