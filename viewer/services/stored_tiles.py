"""Stored tiles in a hurry: what was proven for one tile of a level holds for every tile whose JPEG begins with the same bytes.

A pan asks for thousands of tiles a second. The first of a level goes the long way (viewer.services.tiles: description, display
chain, JPEG markers, rule S10); its message is remembered. A further tile whose markers up to the scan are byte for byte the same,
and which ends as a JPEG must, would go the same way: its bytes are read behind a copy of that header, and it leaves.
"""

import hashlib
import threading
from collections import OrderedDict
from typing import NamedTuple

from archive.core.codecs.jpeg_stream import read_jpeg_header
from archive.services import pixels, retrieve
from archive.services.retrieve import StoredImage
from viewer.core.picture import Picture
from viewer.core.picture_header import HEADER_BYTES, Fidelity, tile_header
from viewer.core.scheduler import Job
from viewer.services.tiles import TILE_VIEW

MAX_LEVELS = 256
_END_OF_IMAGE = b"\xff\xd9"
_VIEW = TILE_VIEW.canonical()


class _Proven(NamedTuple):
    """The header of a tile that went the long way, and its JPEG up to the scan data."""

    header: bytes
    jpeg_head: bytes


_proven: OrderedDict[str, _Proven] = OrderedDict()  # by the image's SHA-256
_lock = threading.Lock()


def remember(image: StoredImage, frame_index: int, picture: Picture, message: bytes) -> None:
    """Keep what a tile's message shows of its level, if its stored bytes went out unchanged and the level states its loss."""
    description = pixels.known_description(image)
    is_unchanged = picture.fidelity is Fidelity.STORED and len(picture.data) == image.frame_table.span(frame_index)[1]
    if not is_unchanged or description is None or description.lossy_ratio is None:
        return
    head = picture.data[: read_jpeg_header(picture.data).scan_offset + 2]
    with _lock:
        _proven[image.sha256] = _Proven(message[:HEADER_BYTES], head)
        if len(_proven) > MAX_LEVELS:
            _proven.popitem(last=False)


def tile_at_once(job: Job, image: StoredImage, frame_index: int) -> bytes | None:
    """Return a tile's message if its level is known and its bytes lie in memory; None: go the long way. Never waits."""
    proven, tile = _proven.get(image.sha256), job.tile
    if proven is None or tile is None:
        return None
    stored = retrieve.view_frame_at_once(image, frame_index)
    if stored is None:
        return None
    frame_number = frame_index + 1
    header = tile_header(
        proven.header,
        viewport=job.viewport,
        epoch=job.epoch,
        sequence=job.sequence,
        frame_number=frame_number,
        view_hash=hashlib.sha256(b"%b\n%d\n%b" % (image.sop_instance_uid.encode("ascii"), frame_number, _VIEW)).digest()[:16],
        tile_column=tile.column,
        tile_row=tile.row,
        level=tile.level,
        payload_length=len(stored),
    )
    message = b"".join((header, stored))
    is_alike = message.startswith(proven.jpeg_head, HEADER_BYTES)
    return message if is_alike and message.rfind(_END_OF_IMAGE) > HEADER_BYTES + len(proven.jpeg_head) else None
