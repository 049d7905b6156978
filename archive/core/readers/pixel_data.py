"""Build the frame table of Pixel Data: native frames by arithmetic, encapsulated ones by their Items (PS3.5 section 8, A.4)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from archive.core.frame import ITEM_HEADER_LENGTH, FrameTable
from archive.core.readers.elements import UNDEFINED_LENGTH, Element
from archive.core.readers.source import Source
from governance.core.faults import Malformed, TooLarge

_ITEM_HEADER = struct.Struct("<HHL")
_ITEM, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
MAX_FRAGMENTS = 1_000_000
_CUT_SHORT = "Pixel Data is cut short"
# How a compressed frame begins: JPEG and JPEG-LS SOI, JPEG 2000 SOC, JP2 and JPEG XL boxes, JPEG XL codestream.
_FRAME_STARTS = (b"\xff\xd8", b"\xff\x4f", b"\x00\x00\x00\x0c", b"\xff\x0a")
_FRAME_ENDS = (b"\xff\xd9", b"\xff\xd9\x00")


@dataclass(frozen=True, slots=True)
class PixelShape:
    """What the Image Pixel Module says (PS3.3 C.7.6.3)."""

    rows: int
    columns: int
    samples_per_pixel: int
    bits_allocated: int
    photometric_interpretation: str
    number_of_frames: int

    @property
    def bits_per_frame(self) -> int:
        return self.rows * self.columns * self.samples_per_pixel * self.bits_allocated


@dataclass(frozen=True, slots=True)
class Fragment:
    """One Item of encapsulated Pixel Data: where its value begins, and its length."""

    value_offset: int
    length: int

    @property
    def offset(self) -> int:
        return self.value_offset - ITEM_HEADER_LENGTH

    @property
    def end(self) -> int:
        return self.value_offset + self.length


def native_table(source: Source, element: Element, shape: PixelShape, *, is_deflated: bool) -> FrameTable:
    """Return the table of uncompressed frames.

    Raises Malformed when the element reaches past the end of the file, or holds less than Number of Frames needs.
    """
    if element.length == UNDEFINED_LENGTH:
        raise Malformed("Pixel Data is compressed, but the transfer syntax is one without compression.")
    available = source.size - element.value_offset
    if element.length > available:
        raise Malformed(f"{_CUT_SHORT}: {element.length:,} bytes are declared, {available:,} are in the file.")
    bits_per_frame = shape.bits_per_frame
    is_halved = shape.photometric_interpretation in ("YBR_FULL_422", "YBR_PARTIAL_422")
    if is_halved and element.length < bits_per_frame // 8 * shape.number_of_frames:
        bits_per_frame = bits_per_frame // 3 * 2  # two pixels share one CB and one CR (PS3.3 C.7.6.3.1.2)
    needed = (bits_per_frame * shape.number_of_frames + 7) // 8
    if element.length < needed:
        raise Malformed(f"{_CUT_SHORT}: {_frames(shape.number_of_frames)} {needed:,} bytes, {element.length:,} are there.")
    return FrameTable.strided(
        "deflated" if is_deflated else "native",
        first_offset=element.value_offset,
        bits_per_frame=bits_per_frame,
        count=shape.number_of_frames,
        header_length=element.offset,
    )


def _frames(number: int) -> str:
    return "one frame needs" if number == 1 else f"{number:,} frames need"


def video_table(source: Source, element: Element) -> FrameTable:
    """Return the table of a video: no frame can be addressed, but its fragments must be complete."""
    _read_items(source, element)
    return FrameTable.empty(header_length=element.offset, is_video=True)


def encapsulated_table(
    source: Source, element: Element, number_of_frames: int, extended_offsets: Sequence[int] = (), extended_lengths: Sequence[int] = ()
) -> FrameTable:
    """Return the table of compressed frames, from the Extended or Basic Offset Table, or else from the Items themselves.

    Raises Malformed when Items are cut short, when there are fewer frames than Number of Frames says, or when frames of several
    fragments can't be told apart.
    """
    basic_offsets, fragments = _read_items(source, element)
    if extended_offsets:
        table = _from_extended(element, fragments, number_of_frames, extended_offsets, extended_lengths)
        if table is not None:
            return table
    starts = _frame_starts(source, fragments, number_of_frames, basic_offsets)
    ends = [*starts[1:], len(fragments)][:number_of_frames]
    starts = starts[:number_of_frames]
    is_fragmented = any(end - start > 1 for start, end in zip(starts, ends, strict=True))
    if is_fragmented:
        offsets = np.array([fragments[start].offset for start in starts], np.uint64)
        lengths = np.array([fragments[end - 1].end for end in ends], np.uint64) - offsets
    else:
        offsets = np.array([fragments[start].value_offset for start in starts], np.uint64)
        lengths = np.array([fragments[start].length for start in starts], np.uint64)
    return FrameTable("encapsulated", offsets, lengths, element.offset, is_fragmented=is_fragmented)


def _read_items(source: Source, element: Element) -> tuple[list[int], list[Fragment]]:
    """Return the Basic Offset Table and the fragments."""
    if element.length != UNDEFINED_LENGTH:
        raise Malformed("Pixel Data isn't in fragments, though the transfer syntax is a compressed one.")
    items: list[Fragment] = []
    offset = element.value_offset
    while True:
        header = source.read_at(offset, ITEM_HEADER_LENGTH)
        if len(header) < ITEM_HEADER_LENGTH:
            raise Malformed(f"{_CUT_SHORT}: the file ends before its last fragment does.")
        group, number, length = _ITEM_HEADER.unpack(header)
        offset += ITEM_HEADER_LENGTH
        if (group, number) == _SEQUENCE_END:
            break
        if (group, number) != _ITEM or offset + length > source.size:
            raise Malformed(f"{_CUT_SHORT}: the file ends before its last fragment does.")
        if len(items) > MAX_FRAGMENTS:
            raise TooLarge("Pixel Data has more than a million fragments.")
        items.append(Fragment(offset, length))
        offset += length
    if not items:
        raise Malformed("Pixel Data has no fragments.")
    table = source.read_at(items[0].value_offset, items[0].length)
    return np.frombuffer(table[: len(table) // 4 * 4], "<u4").tolist(), items[1:]


def _from_extended(
    element: Element, fragments: list[Fragment], number_of_frames: int, offsets: Sequence[int], lengths: Sequence[int]
) -> FrameTable | None:
    """Return the table that the Extended Offset Table gives (PS3.3 C.7.6.3.1.8), or None when it doesn't fit the Items."""
    if len(offsets) != number_of_frames or len(lengths) != number_of_frames or len(fragments) < number_of_frames:
        return None
    base = fragments[0].offset
    by_offset = {fragment.offset - base: fragment for fragment in fragments}
    named = [by_offset.get(offset) for offset in offsets]
    if any(fragment is None or length > fragment.length for fragment, length in zip(named, lengths, strict=True)):
        return None
    starts = np.array([fragment.value_offset for fragment in named if fragment], np.uint64)
    if number_of_frames > 1 and not (np.diff(starts.astype(np.int64)) > 0).all():
        return None
    return FrameTable("encapsulated", starts, np.array(lengths, np.uint64), element.offset)


def _frame_starts(source: Source, fragments: list[Fragment], number_of_frames: int, basic_offsets: list[int]) -> list[int]:
    """Return for each frame the index of its first fragment."""
    if len(fragments) < number_of_frames:
        raise Malformed(f"Pixel Data holds {len(fragments)} fragments where Number of Frames says {number_of_frames}.")
    if len(basic_offsets) == number_of_frames:
        base = fragments[0].offset
        by_offset = {fragment.offset - base: index for index, fragment in enumerate(fragments)}
        starts = [by_offset.get(offset, -1) for offset in basic_offsets]
        if starts[0] == 0 and all(left < right for left, right in pairwise(starts)):
            return starts
    if len(fragments) == number_of_frames:
        return list(range(number_of_frames))
    if number_of_frames == 1:
        return [0]
    starts = _starts_by_marker(source, fragments)
    if len(starts) < number_of_frames:
        raise Malformed(f"Pixel Data holds {len(starts)} recognisable frames where Number of Frames says {number_of_frames}.")
    return starts


def _starts_by_marker(source: Source, fragments: list[Fragment]) -> list[int]:
    """Return the fragments that begin a frame: a start marker, after a fragment that closed the frame before it."""
    starts = [0]
    for index in range(1, len(fragments)):
        before, fragment = fragments[index - 1], fragments[index]
        if not source.read_at(fragment.value_offset, 4).startswith(_FRAME_STARTS):
            continue
        start = source.read_at(fragments[0].value_offset, 2)
        tail = source.read_at(max(before.value_offset, before.end - 3), min(3, before.length))
        if start not in (b"\xff\xd8", b"\xff\x4f") or tail.endswith(_FRAME_ENDS):
            starts.append(index)
    return starts
