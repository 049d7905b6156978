"""Shapes drawn on a frame, and the pixels inside them. Points as in viewer.core.ruler: the first pixel's centre is (0.5, 0.5)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from governance.core.faults import Malformed
from viewer.core.ultrasound_regions import Point

BAND_PIXELS = 1 << 20  # looked at at a time: a frame may have a quarter of a thousand million
EDGE = 1e-9  # of a shape's size: a centre on the line is inside, whatever the rounding
SAME_CENTRE_PX = 0.5  # by which the middles of an ellipse's two axes may differ

Mask = NDArray[np.bool_]
Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Its sides are parallel to rows and columns."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def corners(self) -> tuple[Point, Point]:
        return (self.left, self.top), (self.right, self.bottom)

    @property
    def area_px(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)

    def holds(self, x: Floats, y: Floats) -> Mask:
        """Say which places are inside; x and y are broadcast."""
        edge = EDGE * max(self.right - self.left, self.bottom - self.top, 1.0)
        across: Mask = (x >= self.left - edge) & (x <= self.right + edge)
        return across & (y >= self.top - edge) & (y <= self.bottom + edge)


@dataclass(frozen=True, slots=True)
class Ellipse:
    """All centre + a·first + b·second with a² + b² <= 1: two halves of axes, or any two conjugate ones."""

    centre: Point
    first: Point
    second: Point

    @property
    def corners(self) -> tuple[Point, Point]:
        width, height = (math.hypot(self.first[axis], self.second[axis]) for axis in (0, 1))
        x, y = self.centre
        return (x - width, y - height), (x + width, y + height)

    @property
    def area_px(self) -> float:
        return math.pi * abs(self._determinant)

    @property
    def _determinant(self) -> float:
        return self.first[0] * self.second[1] - self.first[1] * self.second[0]

    def holds(self, x: Floats, y: Floats) -> Mask:
        """Say which places are inside; x and y are broadcast."""
        determinant = self._determinant
        if not determinant:
            return np.zeros(np.broadcast_shapes(x.shape, y.shape), np.bool_)
        across, down = x - self.centre[0], y - self.centre[1]
        a = (across * self.second[1] - down * self.second[0]) / determinant
        b = (down * self.first[0] - across * self.first[1]) / determinant
        inside: Mask = a * a + b * b <= 1 + EDGE
        return inside


Shape = Rectangle | Ellipse


def rectangle_of(points: Sequence[Point]) -> Rectangle:
    """Return the rectangle between two opposite corners. Raises: Malformed."""
    if len(points) != 2:
        raise Malformed("a rectangle has two points, opposite corners")
    (x0, y0), (x1, y1) = points
    return Rectangle(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def ellipse_of(points: Sequence[Point]) -> Ellipse:
    """Return an ellipse: of two points, opposite corners of the box around it; of four, the ends of one axis, then of the other.

    Raises: Malformed.
    """
    if len(points) == 2:
        box = rectangle_of(points)
        centre = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        return Ellipse(centre, ((box.right - box.left) / 2, 0.0), (0.0, (box.bottom - box.top) / 2))
    if len(points) != 4:
        raise Malformed("an ellipse has two points or four")
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in (points[:2], points[2:])]
    if math.dist(*middles) > SAME_CENTRE_PX:
        raise Malformed("the axes of an ellipse cross in their middles")
    halves = [((b[0] - a[0]) / 2, (b[1] - a[1]) / 2) for a, b in (points[:2], points[2:])]
    centre = ((middles[0][0] + middles[1][0]) / 2, (middles[0][1] + middles[1][1]) / 2)
    return Ellipse(centre, halves[0], halves[1])


def pixels_inside(shape: Shape, rows: int, columns: int) -> Iterator[tuple[slice, slice, Mask]]:
    """Yield the pixels of an image whose centres lie in a shape, in bands: slices of rows and of columns, and a mask of that block."""
    (left, top), (right, bottom) = shape.corners
    first_column, last_column = _clipped(left, right, columns)
    first_row, last_row = _clipped(top, bottom, rows)
    if first_column >= last_column:
        return
    x = np.arange(first_column, last_column)[None, :] + 0.5
    height = max(1, BAND_PIXELS // (last_column - first_column))
    for start in range(first_row, last_row, height):
        stop = min(last_row, start + height)
        y = np.arange(start, stop)[:, None] + 0.5
        yield slice(start, stop), slice(first_column, last_column), shape.holds(x, y)


def is_within(shape: Shape, rows: int, columns: int) -> bool:
    """Say whether all of a shape lies on the image."""
    (left, top), (right, bottom) = shape.corners
    return left >= 0 and top >= 0 and right <= columns and bottom <= rows


def _clipped(low: float, high: float, size: int) -> tuple[int, int]:
    """Return the first pixel that a span may hold, and the one after the last."""
    return max(0, min(size, math.floor(low) - 1)), max(0, min(size, math.ceil(high) + 1))
