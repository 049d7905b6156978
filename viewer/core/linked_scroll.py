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
    return _nearest(planes, [plane.distance_mm(place) for plane in planes], "space")


def linked_frame(
    source: Sequence[FramePlane | None], index: int, target: Sequence[FramePlane | None], *, offset: int = 0, offset_mm: float | None = None
) -> Linked | None:
    """Return the target's frame for frame `index` of the source: both as stacks in order, None where a frame has no place.

    The offset is for stacks that can't be compared in space. offset: how many frames the target was ahead when the two were linked;
    offset_mm: how much farther along its normal (`along_mm`), which counts where all of the target have a place and it looks nearly the
    same way, each in its own patient space: slices of 1.5 and of 3 mm then keep together.
    None for an empty target.
    """
    if not target:
        return None
    here, planes = source[index], [plane for plane in target if plane is not None]
    if here is not None and len(planes) == len(target) and shares_space(here, planes[0]):
        return nearest_frame(planes, here.centre)
    if offset_mm is not None and here is not None and len(planes) == len(target) and looks_the_same_way(here, planes[0]):
        place_mm = along_mm(here) + offset_mm
        return _nearest(planes, [place_mm - along_mm(plane) for plane in planes], "offset")
    wanted = index + offset
    clamped = min(max(wanted, 0), len(target) - 1)
    return Linked(clamped, "offset", is_beyond=clamped != wanted)


def shares_space(one: FramePlane, other: FramePlane) -> bool:
    """Say whether two frames share a Frame of Reference and look nearly the same way."""
    is_shared = bool(one.frame_of_reference) and one.frame_of_reference == other.frame_of_reference
    return is_shared and looks_the_same_way(one, other)


def looks_the_same_way(one: FramePlane, other: FramePlane) -> bool:
    """Say whether two frames lie nearly alike, each in its own Frame of Reference."""
    return abs(dot(one.plane.normal, other.plane.normal)) > SAME_WAY


def along_mm(plane: FramePlane) -> float:
    """Return how far the middle of a frame lies along its normal from the origin of its Frame of Reference."""
    return dot(plane.centre, plane.plane.normal)


def _nearest(planes: Sequence[FramePlane], distances: Sequence[float], by: Literal["space", "offset"]) -> Linked:
    """Return the frame whose distance from the place looked for is least. distances: towards one side positive, in mm."""
    index = min(range(len(planes)), key=lambda i: abs(distances[i]))
    is_one_side = all(d > 0 for d in distances) or all(d < 0 for d in distances)
    is_beyond = is_one_side and abs(distances[index]) > max(_step_mm(planes, index) / 2, ON_PLANE_MM)
    return Linked(index, by, abs(distances[index]), is_beyond)


def _step_mm(planes: Sequence[FramePlane], index: int) -> float:
    """Return how far a frame lies from the one beside it; 0 where there is none."""
    if len(planes) < 2:
        return 0.0
    beside = planes[index - 1] if index else planes[1]
    return abs(beside.distance_mm(planes[index].origin))
