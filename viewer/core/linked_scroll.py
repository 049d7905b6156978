"""Linked scrolling: which frame of another stack belongs to the one on screen (rule S04).

In patient space where both stacks share a Frame of Reference and look the same way; otherwise by the offset at which the person linked
them, and marked so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from viewer.core.geometry import Vector, dot
from viewer.core.patient_position import FramePlane

SAME_WAY = math.cos(math.radians(30))  # of the normals: a steeper stack shows other anatomy, whatever its nearest slice
ON_PLANE_MM = 0.5  # of a single slice, whose neighbours are unknown


@dataclass(frozen=True, slots=True)
class Linked:
    """A frame of the other stack: index in its order. by: how it was found. distance_mm: of its plane from the place looked for.

    is_beyond: the place lies outside that stack, and the frame is its nearer end.
    """

    index: int
    by: Literal["space", "offset"]
    distance_mm: float | None = None
    is_beyond: bool = False


def nearest_frame(planes: Sequence[FramePlane], place: Vector) -> Linked | None:
    """Return the frame of a stack whose plane is nearest to a place in the patient; of equals, the first. None for an empty stack."""
    if not planes:
        return None
    distances = [plane.distance_mm(place) for plane in planes]
    index = min(range(len(planes)), key=lambda i: abs(distances[i]))
    is_one_side = all(d > 0 for d in distances) or all(d < 0 for d in distances)
    is_beyond = is_one_side and abs(distances[index]) > max(_step_mm(planes, index) / 2, ON_PLANE_MM)
    return Linked(index, "space", abs(distances[index]), is_beyond)


def linked_frame(source: Sequence[FramePlane | None], index: int, target: Sequence[FramePlane | None], *, offset: int = 0) -> Linked | None:
    """Return the target's frame for frame `index` of the source: both as stacks in order, None where a frame has no place.

    offset: how many frames the target was ahead when the two were linked, for stacks that can't be compared in space.
    None for an empty target.
    """
    if not target:
        return None
    here, planes = source[index], [plane for plane in target if plane is not None]
    if here is not None and len(planes) == len(target) and shares_space(here, planes[0]):
        return nearest_frame(planes, here.centre)
    wanted = index + offset
    clamped = min(max(wanted, 0), len(target) - 1)
    return Linked(clamped, "offset", is_beyond=clamped != wanted)


def shares_space(one: FramePlane, other: FramePlane) -> bool:
    """Say whether two frames share a Frame of Reference and look nearly the same way."""
    is_shared = bool(one.frame_of_reference) and one.frame_of_reference == other.frame_of_reference
    return is_shared and abs(dot(one.plane.normal, other.plane.normal)) > SAME_WAY


def _step_mm(planes: Sequence[FramePlane], index: int) -> float:
    """Return how far a frame lies from the one beside it; 0 where there is none."""
    if len(planes) < 2:
        return 0.0
    beside = planes[index - 1] if index else planes[1]
    return abs(beside.distance_mm(planes[index].origin))
