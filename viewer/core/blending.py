"""Blending: one grey set of images under another in colours, as a blending presentation state says (PS3.3 C.11.14; PS3.4 N.2.6).

The standard leaves open how two sets lie in space (C.11.14.1.1). Here they must share a Frame of Reference and be parallel; values of
the upper set are interpolated where the lower one's pixels lie, in the plane and between the two nearest slices, before its VOI LUT.
Where the upper set has no image, or padding, the lower one stands alone.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from archive.core.codecs import DecodedFrame
from archive.core.description import ImageDescription
from governance.core.faults import Malformed
from viewer.core.display import padding_of
from viewer.core.geometry import PARALLEL, dot
from viewer.core.modality_lut import apply_modality, modality_of
from viewer.core.patient_position import FramePlane
from viewer.core.presentation_lut import apply_pseudo_colour, voi_fractions
from viewer.core.view import ViewState
from viewer.core.voi_choice import stored_voi

SAME_PLACE_MM = 0.01
HOLE = 1.5  # times the usual step between slices: over a wider gap nothing is interpolated


class Weighted(NamedTuple):
    """A frame of the upper set, by its place in the list of them, and its share; shares add up to 1."""

    place: int
    share: float


def frames_over(lower: FramePlane, upper: Sequence[FramePlane | None]) -> list[Weighted]:
    """Return which frames of the upper set lie where a frame of the lower one does: one, or the two around it; [] none."""
    distances = sorted(
        (lower.distance_mm(plane.origin), place) for place, plane in enumerate(upper) if plane is not None and are_comparable(lower, plane)
    )
    if not distances:
        return []
    step = _usual_step([distance for distance, _ in distances])
    nearest, place = min(distances, key=lambda one: abs(one[0]))
    if abs(nearest) <= SAME_PLACE_MM:
        return [Weighted(place, 1.0)]
    before = max((one for one in distances if one[0] < 0), default=None)
    after = min((one for one in distances if one[0] > 0), default=None)
    if before is not None and after is not None and after[0] - before[0] <= HOLE * step:
        share = -before[0] / (after[0] - before[0])
        return [Weighted(before[1], 1 - share), Weighted(after[1], share)]
    return [Weighted(place, 1.0)] if abs(nearest) <= step / 2 else []


def are_comparable(lower: FramePlane, upper: FramePlane) -> bool:
    """Say whether two frames share a Frame of Reference and are parallel within half a degree."""
    is_shared = bool(lower.frame_of_reference) and lower.frame_of_reference == upper.frame_of_reference
    return is_shared and abs(dot(lower.plane.normal, upper.plane.normal)) > 1 - PARALLEL


def _usual_step(distances: Sequence[float]) -> float:
    """Return the median step between neighbours in mm; of a single slice 0, so that it counts in its own place alone."""
    steps = [after - before for before, after in pairwise(distances) if after - before > SAME_PLACE_MM]
    return float(np.median(steps)) if steps else 0.0


def modality_values(decoded: DecodedFrame, description: ImageDescription, frame_index: int) -> NDArray[np.float64]:
    """Return float64 (rows, columns) of a grey frame in modality values; NaN where it is padding."""
    values = np.array(apply_modality(decoded.values, modality_of(description, frame_index)), np.float64)
    padding = padding_of(description)
    if padding is not None:
        values[(decoded.values >= padding[0]) & (decoded.values <= padding[1])] = math.nan
    return values


def resampled(values: NDArray[np.float64], upper: FramePlane, lower: FramePlane) -> NDArray[np.float64]:
    """Return values of an upper frame at the pixels of a lower one, float64 (lower.rows, lower.columns): bilinear; NaN outside."""
    corner, right, down = (upper.to_frame(lower.to_patient(point)) for point in ((0.5, 0.5), (1.5, 0.5), (0.5, 1.5)))
    columns, rows = np.arange(lower.columns), np.arange(lower.rows)[:, None]
    x, y = (
        corner[axis] - 0.5 + (right[axis] - corner[axis]) * columns + (down[axis] - corner[axis]) * rows  # 0 is the first pixel's centre
        for axis in (0, 1)
    )
    is_outside = (x < -0.5) | (x > upper.columns - 0.5) | (y < -0.5) | (y > upper.rows - 0.5)
    found = _bilinear(values, np.clip(x, 0, upper.columns - 1), np.clip(y, 0, upper.rows - 1))
    found[is_outside] = math.nan
    return found


def _bilinear(values: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, bottom = np.minimum(left + 1, values.shape[1] - 1), np.minimum(top + 1, values.shape[0] - 1)
    across, down = x - left, y - top

    def mixed(a: NDArray[np.float64], b: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(share == 0, a, a * (1 - share) + b * share)  # a pixel met exactly isn't lost to its neighbour's padding

    return mixed(
        mixed(values[top, left], values[top, right], across),
        mixed(values[bottom, left], values[bottom, right], across),
        down,
    )


def coloured(values: NDArray[np.float64], description: ImageDescription, frame_index: int) -> NDArray[np.uint8]:
    """Return uint8 (rows, columns, 3): modality values of an upper frame through its VOI LUT and the palette. NaN gives the lowest.

    Raises: Malformed for floats without a window: nothing says what of them is seen.
    """
    voi = stored_voi(description, frame_index, ViewState())
    palette = description.pseudo_colour
    if voi is None or palette is None:
        raise Malformed("the presentation state says no window for what it lays over the image")
    return apply_pseudo_colour(voi_fractions(values, voi), palette)


def blend(lower: NDArray[np.uint8], upper: NDArray[np.uint8], is_covered: NDArray[np.bool_], opacity: float) -> NDArray[np.uint8]:
    """Return uint8 (rows, columns, 3): the upper set's colours over the lower one's grey, halves up.

    lower: uint8 (rows, columns). opacity: Relative Opacity (0070,0403) of the upper set, 0..1; the lower has the rest.
    """
    grey = np.repeat(lower[:, :, None], 3, axis=2)
    mixed: NDArray[Any] = np.floor(upper * opacity + grey * (1 - opacity) + 0.5).astype(np.uint8)
    return np.where(is_covered[:, :, None], mixed, grey)
