"""Reference lines: where one frame cuts through another."""

import math
from collections.abc import Callable
from functools import partial

from viewer.core.geometry import dot
from viewer.core.patient_position import FramePlane
from viewer.core.ultrasound_regions import Point

LEAST_ANGLE_DEGREES = 1.0  # planes nearer to parallel than this have no line that means anything
SHORTEST_PX = 1e-6


def reference_line(source: FramePlane, target: FramePlane) -> tuple[Point, Point] | None:
    """Return the ends, in the target's pixels, of the line where the source frame cuts the target frame, within the edges of both.

    None where they don't meet, are parallel, or do not share a Frame of Reference: then their places can't be compared (rule S04).
    """
    if not source.frame_of_reference or source.frame_of_reference != target.frame_of_reference:
        return None
    if abs(dot(source.plane.normal, target.plane.normal)) > math.cos(math.radians(LEAST_ANGLE_DEGREES)):
        return None
    # On the target the distance from the source's plane is linear: d(x, y) = d0 + x·dx + y·dy. The line is where it is 0.
    d0, dx, dy = _linear(lambda point: source.distance_mm(target.to_patient(point)))
    length = math.hypot(dx, dy)
    if not length:
        return None
    start = (-d0 * dx / length**2, -d0 * dy / length**2)
    direction = (-dy / length, dx / length)
    bounds = [(0.0, 1.0, 0.0), (float(target.columns), -1.0, 0.0), (0.0, 0.0, 1.0), (float(target.rows), 0.0, -1.0)]
    across, down = (partial(_on_source, source, target, axis) for axis in (0, 1))
    for function, size in ((across, source.columns), (down, source.rows)):
        s0, sx, sy = _linear(function)
        bounds += [(s0, sx, sy), (size - s0, -sx, -sy)]
    span = _clip(start, direction, bounds)
    if span is None:
        return None
    ends = [(start[0] + t * direction[0], start[1] + t * direction[1]) for t in span]
    return ends[0], ends[1]


def _on_source(source: FramePlane, target: FramePlane, axis: int, point: Point) -> float:
    """Return column (axis 0) or row (1) of the source that a point of the target lies at, seen along the source's normal."""
    return source.to_frame(target.to_patient(point))[axis]


def _linear(function: Callable[[Point], float]) -> tuple[float, float, float]:
    """Return value at the corner and slopes of a function that is linear in a point."""
    corner = function((0.0, 0.0))
    return corner, function((1.0, 0.0)) - corner, function((0.0, 1.0)) - corner


def _clip(start: Point, direction: Point, bounds: list[tuple[float, float, float]]) -> tuple[float, float] | None:
    """Return the part of a line, from and to in its own lengths, on which c + x·a + y·b >= 0 for every bound (c, a, b); None if none."""
    first, last = -math.inf, math.inf
    for c, a, b in bounds:
        here = c + start[0] * a + start[1] * b
        slope = direction[0] * a + direction[1] * b
        if abs(slope) < 1e-12:
            if here < 0:
                return None
        elif slope > 0:
            first = max(first, -here / slope)
        else:
            last = min(last, -here / slope)
    return (first, last) if last - first > SHORTEST_PX else None
