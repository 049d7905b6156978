"""A window as arithmetic instead of a look-up: the same levels, three times as fast, where that is proven for every stored value.

A look-up takes one pixel at a time; float32 arithmetic takes as many as a vector register holds. Rounding may differ from the table's
float64 (ties, above all), so `fit_line` holds the arithmetic against the whole table and gives None where one level differs: then
the table is used. Measured on 512x512: look-up 0.11 ms, this 0.04 ms.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from archive.core.kernels import BRIEF, boolean, float32, int16, int32, kernel, readonly, uint8, uint16, void, writable

MAX_ORIGIN = 1 << 20  # further away there is nothing to win: a window that shows one level
SMALLEST_TABLE = 1 << 10  # tables that stay in the first cache are as fast


class Line(NamedTuple):
    """level = clamp(int((float32(stored) - origin) * slope + offset), 0, 255) ^ flip.

    Cut off before it is clamped: the integers' limits cost less. That the product fits into 32 bits is fit_line's to see to.
    """

    origin: int
    slope: float
    offset: float
    flip: int


@kernel(
    void(readonly(uint16), float32, float32, float32, uint8, writable(uint8)),
    void(readonly(int16), float32, float32, float32, uint8, writable(uint8)),
    brief=BRIEF,
)
def _draw(stored: Any, origin: Any, slope: Any, offset: Any, flip: Any, out: Any) -> None:
    for i in range(stored.shape[0]):
        level = int32((float32(stored[i]) - origin) * slope + offset)
        out[i] = uint8(min(max(level, int32(0)), int32(255))) ^ flip


@kernel(boolean(readonly(uint8), int32, float32, float32, float32, uint8), brief=BRIEF)
def _equals(table: Any, first: Any, origin: Any, slope: Any, offset: Any, flip: Any) -> Any:
    """Say whether _draw gives table[i] for each stored value first + i: the same expression, in the same order."""
    different = 0
    for i in range(table.shape[0]):
        level = int32((float32(int32(first + i)) - origin) * slope + offset)
        different += table[i] != uint8(min(max(level, int32(0)), int32(255))) ^ flip
    return different == 0


def draw_line(stored: NDArray[Any], line: Line, out: NDArray[np.uint8]) -> None:
    """Fill out with the levels of stored values, both flat. stored: uint16 or int16."""
    _draw(stored, line.origin, line.slope, line.offset, line.flip, out)


def fit_line(table: NDArray[np.uint8], *, first: int, slope: float, start: float, inverted: bool) -> Line | None:
    """Return the arithmetic that gives table[i] for each stored value first + i, or None where it would not for any of them.

    table: its length is 2 ** bits; first >= -32768, first + len(table) <= 65536. slope: levels a step of the stored value, before
    inversion. start: the stored value, perhaps between two, at which the level leaves 0 (for a negative slope, reaches it).
    """
    if len(table) < SMALLEST_TABLE or not 0 < abs(slope) <= 255 or not abs(start) < MAX_ORIGIN:
        return None
    origin = int(np.floor(start))
    line = Line(origin, slope, 0.5 - (start - origin) * slope, 255 if inverted else 0)
    return line if _equals(table, first, *line) else None
