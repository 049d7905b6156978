"""The 144 bytes ahead of every picture and tile: what these pixels are (rule S01) and how true they are (rule S05).

What a page says about a picture comes from here, never from what it asked for.
"""

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Self

from governance.core.faults import Malformed
from viewer.core.messages import MAGIC, VERSION, Kind

LAYOUT = struct.Struct("<2sBBHBBIIII16s16sIIIIffBBHfIIIIB3xI32s")
HEADER_BYTES = LAYOUT.size
NO_HASH = bytes(16)
NO_DIGEST = bytes(32)


class Codec(IntEnum):
    """How the payload is encoded."""

    NONE = 0
    JPEG = 1
    PNG = 2


class Fidelity(IntEnum):
    """What the payload is to the stored pixels."""

    LOSSLESS = 0
    LOSSY = 1
    STORED = 2
    ABSENT = 3  # a tile that the slide does not have: no payload, and never to be drawn as glass (rule S11)


FLAG_INVERTED = 1
FLAG_REDUCED = 2


@lru_cache(maxsize=65_536)
def instance_digest(sop_instance_uid: str) -> bytes:
    """Return the 16 bytes by which headers name an instance: the first half of SHA-256 of its SOP Instance UID."""
    return hashlib.sha256(sop_instance_uid.encode("ascii")).digest()[:16]


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """One header. Sizes in pixels, times in µs; window and ratio are NaN where there is none."""

    kind: Kind
    viewport: int
    epoch: int
    sequence: int
    index: int
    frame_number: int
    instance_digest: bytes
    view_hash: bytes
    codec: Codec
    quality: int
    width: int
    height: int
    source_columns: int
    source_rows: int
    window_center: float
    window_width: float
    fidelity: Fidelity
    source_lossy: bool
    flags: int
    source_ratio: float
    render_us: int
    encode_us: int
    tile_column: int
    tile_row: int
    level: int
    payload_length: int
    digest: bytes

    def pack(self) -> bytes:
        """Return the 144 bytes."""
        return LAYOUT.pack(
            MAGIC,
            VERSION,
            self.kind,
            self.viewport,
            self.codec,
            self.quality,
            self.epoch,
            self.sequence,
            self.index,
            self.frame_number,
            self.instance_digest,
            self.view_hash,
            self.width,
            self.height,
            self.source_columns,
            self.source_rows,
            self.window_center,
            self.window_width,
            self.fidelity,
            self.source_lossy,
            self.flags,
            self.source_ratio,
            self.render_us,
            self.encode_us,
            self.tile_column,
            self.tile_row,
            self.level,
            self.payload_length,
            self.digest,
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the header of a picture or tile message. Raises: Malformed unless the whole message is consistent."""
        if len(data) < HEADER_BYTES:
            raise Malformed("picture shorter than its header")
        magic, version, kind, viewport, codec, quality, *rest = LAYOUT.unpack_from(data)
        fields: list[object] = list(rest)
        payload_length = fields[21]
        if magic != MAGIC or version != VERSION or kind not in (Kind.PICTURE, Kind.TILE):
            raise Malformed("not a picture of this protocol version")
        if payload_length != len(data) - HEADER_BYTES:
            raise Malformed("payload is not as long as its header says")
        try:
            fields[12], fields[13] = Fidelity(rest[12]), bool(rest[13])
            codec = Codec(codec)
        except ValueError as exc:
            raise Malformed("unknown codec or fidelity") from exc
        epoch, sequence, index, frame_number, instance, view_hash, *others = fields
        return cls(Kind(kind), viewport, epoch, sequence, index, frame_number, instance, view_hash, codec, quality, *others)  # type: ignore[arg-type]
