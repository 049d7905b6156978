"""Frame tables: where each frame of an instance lies, so that one frame is one range read (DESIGN.md section 3)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from typing import ClassVar, Literal, Self

import numpy as np
import zstandard
from numpy.typing import NDArray

from governance.core.faults import Malformed

Kind = Literal["native", "encapsulated", "deflated", "none"]

_KINDS: tuple[Kind, ...] = ("none", "native", "encapsulated", "deflated")
_PREFIX = struct.Struct("<3sBBQQ")  # magic, kind, flags, header_length, count
_STRIDE = struct.Struct("<QQ")  # offset of the first frame, bits a frame
_MAGIC = b"FT1"
_ITEM = struct.Struct("<HHL")
ITEM_TAG = (0xFFFE, 0xE000)
ITEM_HEADER_LENGTH = _ITEM.size


class _Flag(IntFlag):
    FRAGMENTED = 1
    STRIDED = 2
    VIDEO = 4


@dataclass(frozen=True, eq=False, slots=True)
class FrameTable:
    """Where the frames of one instance are.

    kind: "native" - offsets into the file; "deflated" - offsets into the data set after inflating it (PS3.5 A.5);
        "encapsulated" - compressed frames (PS3.5 A.4); "none" - no frame can be addressed: no Pixel Data, or a video.
    offsets, lengths: uint64[n] bytes. In an encapsulated table without fragments, and in native ones, they are exactly the
        frame's bytes. With fragments, they span from the first fragment's Item tag to the end of the last fragment;
        `defragment` joins them.
    bits_per_frame: of native and deflated tables, else 0. Frames are packed without gaps (PS3.5 8.1.1), so a 1-bit frame may
        begin inside a byte: offsets and lengths then cover it, and `bit_offset` says where in the first byte it begins.
    header_length: bytes before the Pixel Data element; everything, where there is none.
    is_fragmented: some frame has more than one fragment.
    is_video: Pixel Data is one video stream.
    """

    kind: Kind
    offsets: NDArray[np.uint64]
    lengths: NDArray[np.uint64]
    header_length: int
    bits_per_frame: int = 0
    is_fragmented: bool = False
    is_video: bool = False

    DEFERRED: ClassVar[Self]

    def __len__(self) -> int:
        return len(self.offsets)

    def span(self, frame_index: int) -> tuple[int, int]:
        """Return (offset, length) of a frame in bytes. Raises IndexError outside the table."""
        if not 0 <= frame_index < len(self.offsets):
            raise IndexError(frame_index)
        return int(self.offsets[frame_index]), int(self.lengths[frame_index])

    def bit_offset(self, frame_index: int) -> int:
        """Return at which bit (0 = least significant) of its first byte a frame begins; 0 unless pixels are packed bits."""
        return (frame_index * self.bits_per_frame) % 8

    def pack(self) -> bytes:
        """Return the table as bytes for a database column: a few bytes for native, about 2-3 a frame for encapsulated."""
        flags = (_Flag.FRAGMENTED if self.is_fragmented else 0) | (_Flag.VIDEO if self.is_video else 0)
        count = len(self.offsets)
        if self.bits_per_frame:
            prefix = _PREFIX.pack(_MAGIC, _KINDS.index(self.kind), flags | _Flag.STRIDED, self.header_length, count)
            return prefix + _STRIDE.pack(int(self.offsets[0]) if count else 0, self.bits_per_frame)
        prefix = _PREFIX.pack(_MAGIC, _KINDS.index(self.kind), flags, self.header_length, count)
        if not count:
            return prefix
        ends = self.offsets + self.lengths
        gaps = self.offsets.astype(np.int64)
        gaps[1:] -= ends[:-1].astype(np.int64)  # the same few bytes between neighbours: compresses to nothing
        columns = gaps.astype("<i8").tobytes() + self.lengths.astype("<u8").tobytes()
        return prefix + zstandard.compress(columns, 3)

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """Return the table that `pack` made. Raises Malformed when the bytes are not one."""
        try:
            magic, kind_code, flags, header_length, count = _PREFIX.unpack_from(packed)
            if magic != _MAGIC:
                raise Malformed("not a frame table")
            kind = _KINDS[kind_code]
            if flags & _Flag.STRIDED:
                first, bits_per_frame = _STRIDE.unpack_from(packed, _PREFIX.size)
                return cls.strided(kind, first_offset=first, bits_per_frame=bits_per_frame, count=count, header_length=header_length)
            offsets = lengths = np.empty(0, np.uint64)
            if count:
                columns = zstandard.decompress(packed[_PREFIX.size :], max_output_size=count * 16)
                gaps = np.frombuffer(columns, "<i8", count).astype(np.int64)
                lengths = np.frombuffer(columns, "<u8", count, count * 8).astype(np.uint64)
                offsets = (np.cumsum(gaps) + np.concatenate(([0], np.cumsum(lengths[:-1].astype(np.int64))))).astype(np.uint64)
        except (struct.error, zstandard.ZstdError, ValueError, IndexError) as exc:
            raise Malformed("not a frame table") from exc
        return cls(kind, offsets, lengths, header_length, 0, bool(flags & _Flag.FRAGMENTED), bool(flags & _Flag.VIDEO))

    @classmethod
    def strided(cls, kind: Kind, *, first_offset: int, bits_per_frame: int, count: int, header_length: int) -> Self:
        """Return the table of uncompressed frames that follow each other without gaps."""
        starts = np.arange(count + 1, dtype=np.uint64) * np.uint64(bits_per_frame)
        first_bytes = starts[:-1] // np.uint64(8)
        last_bytes = (starts[1:] + np.uint64(7)) // np.uint64(8)
        return cls(kind, first_bytes + np.uint64(first_offset), last_bytes - first_bytes, header_length, bits_per_frame)

    @classmethod
    def empty(cls, *, header_length: int, is_video: bool = False) -> Self:
        """Return the table of an object without addressable frames."""
        return cls("none", np.empty(0, np.uint64), np.empty(0, np.uint64), header_length, is_video=is_video)


FrameTable.DEFERRED = FrameTable.empty(header_length=0)


def fragments_of(span: bytes) -> Iterator[bytes]:
    """Yield the fragments in the bytes of one fragmented frame (Items without the delimiter; PS3.5 A.4)."""
    position = 0
    while position < len(span):
        if position + ITEM_HEADER_LENGTH > len(span):
            raise Malformed("a fragment is cut short")
        group, element, length = _ITEM.unpack_from(span, position)
        position += ITEM_HEADER_LENGTH
        if (group, element) != ITEM_TAG or position + length > len(span):
            raise Malformed("a fragment is cut short")
        yield span[position : position + length]
        position += length


def defragment(span: bytes) -> bytes:
    """Join the fragments of one frame. Raises Malformed when they don't fill the span exactly."""
    return b"".join(fragments_of(span))


def align_bits(covering: bytes, *, bit_offset: int, bits: int) -> bytes:
    """Return packed bits moved so that the first stands at bit 0 of the first byte; unused bits of the last byte are 0.

    covering: the bytes that hold `bits` bits from bit `bit_offset` (0..7, least significant first; PS3.5 8.1.1) on.
    """
    if bit_offset == 0 and bits % 8 == 0:
        return covering
    levels = np.unpackbits(np.frombuffer(covering, np.uint8), bitorder="little")[bit_offset : bit_offset + bits]
    return np.packbits(levels, bitorder="little").tobytes()
