"""Display shutters: what of an image stays visible (PS3.3 C.7.6.11, C.7.6.15)."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.description import Shutter
from archive.core.kernels import float64, int64, kernel, readonly, uint8, void, writable
from viewer.core.icc import lab_to_srgb

Mask = NDArray[np.bool_]


def hidden_by(shutter: Shutter, rows: int, columns: int, *, pixel_aspect: float = 1.0, bitmap: Mask | None = None) -> Mask | None:
    """Return which pixels of an image are hidden: those outside any of the shapes, and the bitmap's. None when none is.

    A pixel whose centre lies on an edge stays visible. pixel_aspect: height of a pixel over its width; a circle is one on screen.
    A shutter that would leave nothing is not believed: it is damaged, and a black picture would hide the image.
    """
    visible = _open_area(shutter, rows, columns, pixel_aspect)
    if bitmap is not None:
        visible = visible & ~bitmap
    return None if visible.all() or not visible.any() else ~visible


@lru_cache(maxsize=4)
def _open_area(shutter: Shutter, rows: int, columns: int, pixel_aspect: float) -> Mask:
    """Return the pixels inside all the shapes; rows and columns of a shutter count from 1."""
    visible = np.ones((rows, columns), np.bool_)
    row, column = np.arange(1, rows + 1)[:, None], np.arange(1, columns + 1)[None, :]
    if shutter.edges is not None:
        left, right, upper, lower = shutter.edges
        visible &= (row >= upper) & (row <= lower) & (column >= left) & (column <= right)
    if shutter.circle is not None:
        center_row, center_column, radius = shutter.circle
        visible &= ((row - center_row) * pixel_aspect) ** 2 + (column - center_column) ** 2 <= radius**2
    if shutter.vertices is not None:
        visible &= _inside_polygon(shutter.vertices, rows, columns)
    visible.setflags(write=False)
    return visible


@kernel(void(writable(uint8), float64, float64))
def _fill(row: Any, start: Any, end: Any) -> None:
    """Mark the pixels of a row whose centres, from 1, lie from start to end."""
    last = min(int64(math.floor(end)), row.shape[0])
    for column in range(max(int64(math.ceil(start)), 1) - 1, last):
        row[column] = 1


def _inside_polygon(vertices: tuple[tuple[float, float], ...], rows: int, columns: int) -> Mask:
    """Return the pixels whose centres lie in a closed polygon or on its edges."""
    y, x = np.ascontiguousarray(np.array(vertices, np.float64).T)
    inside = np.zeros((rows, columns), np.uint8)
    _fill_polygon(y, x, np.roll(y, -1), np.roll(x, -1), inside)
    return inside.view(np.bool_)


@kernel(void(readonly(float64), readonly(float64), readonly(float64), readonly(float64), writable(uint8, 2)))
def _fill_polygon(y: Any, x: Any, next_y: Any, next_x: Any, inside: Any) -> None:
    """Fill each row between the crossings of its centre line with the edges (y, x) to (next_y, next_x), which count from 1.

    Both half-open rules: one counts an edge's upper end, the other its lower, so that tips and horizontal edges are in.
    """
    crossings = np.empty(y.shape[0], np.float64)
    for index in range(inside.shape[0]):
        row = index + 1.0
        for rule in range(2):
            count = 0
            for edge in range(y.shape[0]):
                low, high = min(y[edge], next_y[edge]), max(y[edge], next_y[edge])
                if (low <= row < high) if rule == 0 else (low < row <= high):
                    crossings[count] = x[edge] + (row - y[edge]) * (next_x[edge] - x[edge]) / (next_y[edge] - y[edge])
                    count += 1
            crossings[:count].sort()
            for pair in range(0, count - 1, 2):
                _fill(inside[index], crossings[pair], crossings[pair + 1])
        for edge in range(y.shape[0]):
            if y[edge] == row and next_y[edge] == row:
                _fill(inside[index], min(x[edge], next_x[edge]), max(x[edge], next_x[edge]))


def shuttered(levels: NDArray[np.uint8], hidden: Mask, shutter: Shutter) -> NDArray[np.uint8]:
    """Return levels, grey or RGB, with the hidden pixels at the shutter's presentation value."""
    out = levels.copy()
    out[hidden] = presentation_level(shutter) if levels.ndim == 2 else presentation_colour(shutter)
    return out


def presentation_level(shutter: Shutter) -> int:
    """Return the level of Shutter Presentation Value, 0 to 65,535; halves up."""
    return int(shutter.presentation_value * 255 / 65_535 + 0.5)


def presentation_colour(shutter: Shutter) -> tuple[int, int, int]:
    """Return the colour of Shutter Presentation Color CIELab Value (PS3.3 C.10.7.1.1), else the grey of its presentation value."""
    if shutter.colour is None:
        return (presentation_level(shutter),) * 3
    lightness, a, b = shutter.colour
    return lab_to_srgb((lightness * 100 / 65_535, a * 255 / 65_535 - 128, b * 255 / 65_535 - 128))
