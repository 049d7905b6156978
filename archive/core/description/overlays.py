"""Overlay planes of a header: where their bits are and where they belong (PS3.3 C.9.2, C.9.3; PS3.5 8.1.2).

The bits themselves are not kept: they are one range read when a frame is drawn.
"""

import re
from dataclasses import dataclass
from typing import Any, Protocol

from pydicom.dataset import Dataset

from archive.core.dataset import BAD_VALUE
from archive.core.description.values import numbers_in
from archive.core.readers.elements import Element, Encoding, dataset_of, looks_explicit, walk
from archive.core.readers.part10 import dataset_offset
from archive.core.readers.source import BytesSource
from governance.core.faults import Fault

_ROWS, _COLUMNS, _FRAMES, _DESCRIPTION, _TYPE, _ORIGIN = 0x0010, 0x0011, 0x0015, 0x0022, 0x0040, 0x0050
_FIRST_FRAME, _BIT_POSITION, _ACTIVATION_LAYER, _LABEL, _DATA = 0x0051, 0x0102, 0x1001, 0x1500, 0x3000
_BIG_ENDIAN_ROWS = re.compile(rb"\x60[\x00-\x1e]\x00\x10")
MAX_SIDE = 65_535


class PixelLayout(Protocol):
    """What of an image's description says where its own bits lie."""

    @property
    def bits_allocated(self) -> int: ...

    @property
    def bits_stored(self) -> int: ...

    @property
    def high_bit(self) -> int: ...

    @property
    def is_big_endian(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class OverlayPlane:
    """One plane of one bit a pixel.

    group: 0x6000 to 0x601E. row, column: of its first bit in the image, from 0; may lie outside.
    is_region: Overlay Type R, a region of interest; else graphics. activation_layer: of a presentation state (C.11.7).
    number_of_frames: 0 when one plane serves all frames of the image. first_frame: the image's frame, from 0, of the first.
    data_offset, data_length: of Overlay Data in the header; bits are packed, least significant first, frames without a gap.
    is_word_swapped: the bytes are those of big-endian 16-bit words (PS3.5 8.1.2).
    bit_position: where bits lie in unused bits of Pixel Data instead (retired; PS3.3-2004 C.9.2), else None.
    """

    group: int
    rows: int
    columns: int
    row: int = 0
    column: int = 0
    is_region: bool = False
    number_of_frames: int = 0
    first_frame: int = 0
    data_offset: int = 0
    data_length: int = 0
    is_word_swapped: bool = False
    bit_position: int | None = None
    label: str = ""
    activation_layer: str = ""

    def frame_of(self, frame_index: int) -> int | None:
        """Return which of the plane's own frames, from 0, belongs to a frame of the image; None: it has none there."""
        if not self.number_of_frames or self.bit_position is not None:
            return 0
        own = frame_index - self.first_frame
        return own if 0 <= own < self.number_of_frames else None


def read_overlays(header: bytes, *, like: PixelLayout) -> tuple[OverlayPlane, ...]:
    """Return the overlay planes of a header that can be drawn; what is damaged is left out, since the image is still an image.

    header: the file up to Pixel Data, with or without preamble. like: how the image's own bits lie; a plane whose bit is one of
    them is no overlay.
    """
    if not _may_have_overlays(header, like.is_big_endian):
        return ()
    source = BytesSource(header)
    try:
        offset = dataset_offset(source)
        group = int.from_bytes(header[offset : offset + 2], "little")
        encoding = Encoding(looks_explicit(source, offset), group < 0x0100)
        elements = [element for element in walk(source, offset, encoding) if _is_overlay(element.tag)]
        data = {element.tag >> 16: element for element in elements if element.tag & 0xFFFF == _DATA}
        ds = dataset_of(source, [element for element in elements if element.tag & 0xFFFF != _DATA], encoding)
    except Fault:
        return ()
    planes = []
    for number in sorted({element.tag >> 16 for element in elements}):
        plane = _plane(ds, number, data.get(number), encoding)
        if plane is not None and (plane.bit_position is None or _is_unused(plane.bit_position, like)):
            planes.append(plane)
    return tuple(planes)


def _may_have_overlays(header: bytes, is_big_endian: bool) -> bool:
    """Look for the tag of Overlay Rows, so that headers without overlays, nearly all, are not walked for them."""
    if is_big_endian:
        return _BIG_ENDIAN_ROWS.search(header) is not None
    position = header.find(b"\x60\x10\x00")
    while position > 0:
        if header[position - 1] <= 0x1E:
            return True
        position = header.find(b"\x60\x10\x00", position + 1)
    return False


def _is_overlay(tag: int) -> bool:
    return 0x6000 <= tag >> 16 <= 0x601E and not tag >> 16 & 1


def _is_unused(position: int, like: PixelLayout) -> bool:
    return 0 <= position < like.bits_allocated and not like.high_bit - like.bits_stored < position <= like.high_bit


def _plane(ds: Dataset, group: int, data: Element | None, encoding: Encoding) -> OverlayPlane | None:
    rows, columns = _number(ds, group, _ROWS, 0), _number(ds, group, _COLUMNS, 0)
    if not 0 < rows <= MAX_SIDE or not 0 < columns <= MAX_SIDE:
        return None
    row, column = _origin(ds, group)
    number_of_frames = max(0, _number(ds, group, _FRAMES, 0))
    has_data = data is not None and data.length > 0
    if has_data and data is not None and data.length * 8 < rows * columns * max(1, number_of_frames):
        return None
    position = _number(ds, group, _BIT_POSITION, -1)
    if not has_data and position < 0:
        return None
    return OverlayPlane(
        group=group,
        rows=rows,
        columns=columns,
        row=row,
        column=column,
        is_region=_text(ds, group, _TYPE).upper() == "R",
        number_of_frames=number_of_frames,
        first_frame=max(0, _number(ds, group, _FIRST_FRAME, 1) - 1),
        data_offset=data.value_offset if data is not None and has_data else 0,
        data_length=data.length if data is not None and has_data else 0,
        is_word_swapped=data is not None and data.vr == "OW" and not encoding.is_little_endian,
        bit_position=None if has_data else position,
        label=_text(ds, group, _LABEL) or _text(ds, group, _DESCRIPTION),
        activation_layer=_text(ds, group, _ACTIVATION_LAYER),
    )


def _origin(ds: Dataset, group: int) -> tuple[int, int]:
    """Return row and column from 0; the standard counts from 1, and 0 is one above or left of the image."""
    numbers = numbers_in(_value(ds, group, _ORIGIN))
    return (int(numbers[0]) - 1, int(numbers[1]) - 1) if len(numbers) == 2 else (0, 0)


def _number(ds: Dataset, group: int, element: int, default: int) -> int:
    numbers = numbers_in(_value(ds, group, element))
    return int(numbers[0]) if numbers else default


def _text(ds: Dataset, group: int, element: int) -> str:
    value = _value(ds, group, element)
    return str(value).strip() if value is not None else ""


def _value(ds: Dataset, group: int, element: int) -> Any:
    try:
        return ds[group, element].value
    except BAD_VALUE:  # also KeyError: it is not there
        return None
