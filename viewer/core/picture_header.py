"""The 144 bytes ahead of every picture and tile: what these pixels are (rule S01) and how true they are (rule S05).

What a page says about a picture comes from here, never from what it asked for.
"""

import hashlib
import struct
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple, Self

from governance.core.faults import Malformed
from viewer.core.messages import MAGIC, VERSION, Kind
from viewer.core.picture_digest import DigestKind

LAYOUT = struct.Struct("<2sBBHBBIIII16s16sIIIIffBBHfIIIIBB2xI32s")
HEADER_BYTES = LAYOUT.size
_VIEWPORT, _ADDRESS, _PLACE = struct.Struct("<H"), struct.Struct("<IIII"), struct.Struct("<IIIIBB2xI")
_ADDRESSED, _TIMES = struct.Struct("<III"), struct.Struct("<II")
_VIEWPORT_AT, _ADDRESS_AT, _VIEW_HASH_AT, _PLACE_AT = 4, 8, 40, 88


class Codec(IntEnum):
    """How the payload is encoded."""

    NONE = 0
    JPEG = 1
    PNG = 2
    VALUES = 3  # viewer.core.local_levels


class Fidelity(IntEnum):
    """What the payload is to the stored pixels."""

    LOSSLESS = 0
    LOSSY = 1
    STORED = 2
    ABSENT = 3  # a tile that the slide does not have: no payload, and never to be drawn as glass (rule S11)


FLAG_INVERTED = 1
FLAG_REDUCED = 2  # the bits from 4 on are viewer.core.applied


@lru_cache(maxsize=65_536)
def instance_digest(sop_instance_uid: str) -> bytes:
    """Return the 16 bytes by which headers name an instance: the first half of SHA-256 of its SOP Instance UID."""
    return hashlib.sha256(sop_instance_uid.encode("ascii")).digest()[:16]


class PictureHeader(NamedTuple):
    """One header, in the order of the wire. Sizes in pixels, times in µs; window and ratio are NaN where there is none.

    A tuple, because a slide's pan makes thousands a second.
    """

    kind: Kind
    viewport: int
    codec: Codec
    quality: int
    epoch: int
    sequence: int
    index: int  # type: ignore[assignment]  # a field like the others; tuple.index is not missed
    frame_number: int
    instance_digest: bytes
    view_hash: bytes
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
    digest_kind: DigestKind
    payload_length: int
    digest: bytes

    def pack(self) -> bytes:
        """Return the 144 bytes."""
        return LAYOUT.pack(MAGIC, VERSION, *self)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the header of a picture or tile message. Raises: Malformed unless the whole message is consistent."""
        if len(data) < HEADER_BYTES:
            raise Malformed("picture shorter than its header")
        magic, version, *fields = LAYOUT.unpack_from(data)
        header = cls(*fields)
        if magic != MAGIC or version != VERSION or header.kind not in (Kind.PICTURE, Kind.TILE):
            raise Malformed("not a picture of this protocol version")
        if header.payload_length != len(data) - HEADER_BYTES:
            raise Malformed("payload is not as long as its header says")
        try:
            return header._replace(
                kind=Kind(header.kind),
                codec=Codec(header.codec),
                fidelity=Fidelity(header.fidelity),
                source_lossy=bool(header.source_lossy),
                digest_kind=DigestKind(header.digest_kind),
            )
        except ValueError as exc:
            raise Malformed("unknown codec, fidelity or kind of digest") from exc


def tile_header(
    like: bytes,
    *,
    viewport: int,
    epoch: int,
    sequence: int,
    frame_number: int,
    view_hash: bytes,
    tile_column: int,
    tile_row: int,
    level: int,
    payload_length: int,
) -> bytearray:
    """Return the header of a stored tile.

    like: the header of another tile of the same image, which has no digest. Kind, codec, instance, sizes, window, fidelity and
    loss are taken from it; the rest is this tile's own, and no time is claimed for rendering.
    """
    header = bytearray(like)
    _VIEWPORT.pack_into(header, _VIEWPORT_AT, viewport)
    _ADDRESS.pack_into(header, _ADDRESS_AT, epoch, sequence, 0, frame_number)
    header[_VIEW_HASH_AT : _VIEW_HASH_AT + 16] = view_hash
    _PLACE.pack_into(header, _PLACE_AT, 0, 0, tile_column, tile_row, level, DigestKind.NONE, payload_length)
    return header


def readdressed(like: bytes, *, viewport: int, epoch: int, sequence: int, index: int) -> bytearray:
    """Return the header of the same pixels for another who asked, or another time; no time is claimed for rendering."""
    header = bytearray(like)
    _VIEWPORT.pack_into(header, _VIEWPORT_AT, viewport)
    _ADDRESSED.pack_into(header, _ADDRESS_AT, epoch, sequence, index)
    _TIMES.pack_into(header, _PLACE_AT, 0, 0)
    return header
