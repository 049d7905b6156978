"""Overlay planes: packed bits to graphics over the image (PS3.3 C.9.2, C.9.3; PS3.5 8.1.2)."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.description import OverlayPlane
from archive.core.kernels import kernel, readonly, uint8, void, writable
from governance.core.faults import Malformed

WHITE = 255
Bits = NDArray[np.bool_]


def packed_span(plane: OverlayPlane, own_frame: int) -> tuple[int, int, int]:
    """Return where one frame of a plane lies in Overlay Data: first byte, bytes, and the bit in the first byte (frames have no gaps)."""
    bits = plane.rows * plane.columns
    start = own_frame * bits
    return start // 8, (start % 8 + bits + 7) // 8, start % 8


def unpacked(packed: bytes, plane: OverlayPlane, first_bit: int = 0) -> Bits:
    """Return a plane's frame, (rows, columns), from the bytes that hold it, least significant bit first. Raises: Malformed."""
    count = plane.rows * plane.columns
    if len(packed) * 8 < first_bit + count:
        raise Malformed("an overlay is shorter than its rows and columns say")
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=first_bit + count, bitorder="little")[first_bit:]
    return bits.reshape(plane.rows, plane.columns).astype(np.bool_)


def embedded(unmasked: NDArray[Any], plane: OverlayPlane) -> Bits:
    """Return a plane that lies in unused bits of Pixel Data.

    unmasked: the frame's samples with all the bits that are allocated, before what is not the pixel's own is dropped (rule S09).
    """
    if plane.bit_position is None:
        raise Malformed("an overlay with data of its own is not embedded")
    bits: Bits = (unmasked >> plane.bit_position & 1).astype(np.bool_)
    return bits


def graphics_of(planes: Iterable[tuple[OverlayPlane, Bits]], rows: int, columns: int) -> Bits | None:
    """Return where an image of (rows, columns) is drawn over, or None where nothing is.

    Graphics are drawn as they are. Of a region of interest its outline is: filled, it would hide what it is about.
    """
    out: Bits | None = None
    for plane, bits in planes:
        drawn = outline(bits) if plane.is_region else bits
        placed = placed_at(drawn, plane.row, plane.column, rows, columns)
        if placed.any():
            out = placed if out is None else out | placed
    return out


def placed_at(bits: Bits, row: int, column: int, rows: int, columns: int) -> Bits:
    """Return bits moved to (row, column) of an image, from 0; what lies outside is cut off."""
    out = np.zeros((rows, columns), np.bool_)
    top, left = max(0, row), max(0, column)
    bottom, right = min(rows, row + bits.shape[0]), min(columns, column + bits.shape[1])
    if top < bottom and left < right:
        out[top:bottom, left:right] = bits[top - row : bottom - row, left - column : right - column]
    return out


def outline(bits: Bits) -> Bits:
    """Return the pixels of a region that touch, by a side, what is not in it."""
    framed = np.pad(bits, 1)
    inside = framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]
    return bits & ~inside


def reduced(graphics: Bits, rows: int, columns: int) -> Bits:
    """Return graphics of a smaller picture: drawn where any pixel of the area was, so that no line is lost."""
    if graphics.shape == (rows, columns):
        return graphics
    out = np.zeros((rows, columns), np.bool_)
    _mark_areas(graphics.view(np.uint8), out.view(np.uint8))
    return out


@kernel(void(readonly(uint8, 2), writable(uint8, 2)))
def _mark_areas(drawn: Any, out: Any) -> None:
    rows, columns = drawn.shape
    for row in range(rows):
        target = row * out.shape[0] // rows
        for column in range(columns):
            if drawn[row, column]:
                out[target, column * out.shape[1] // columns] = 1


def burnt_in(levels: NDArray[np.uint8], graphics: Bits | None) -> NDArray[np.uint8]:
    """Return levels, grey or RGB, with graphics in full white."""
    if graphics is None:
        return levels
    out = levels.copy()
    out[graphics] = WHITE
    return out
