"""One set of images over another: which slices, where their pixels lie, how colours mix (PS3.3 C.11.14); literals worked by hand."""

import math

import numpy as np
import pytest

from viewer.core.blending import Weighted, blend, frames_over, resampled
from viewer.core.geometry import Plane
from viewer.core.patient_position import FramePlane

AXIAL, CORONAL = Plane((1, 0, 0), (0, 1, 0)), Plane((1, 0, 0), (0, 0, -1))


def frame(
    z: float, *, origin: tuple[float, float] = (0, 0), mm: float = 1, size: int = 4, plane: Plane = AXIAL, shared: str = "1.2"
) -> FramePlane:
    return FramePlane(plane, (*origin, z), mm, mm, size, size, shared)


@pytest.mark.parametrize(("z", "expected"), [
    (10, [Weighted(1, 1.0)]),  # where a slice lies, that slice
    (12.5, [Weighted(1, 0.75), Weighted(2, 0.25)]),  # a quarter of the way to the next
    (-4, [Weighted(0, 1.0)]),  # within half a step of the end
    (-6, []),  # beyond it
    (24, [Weighted(2, 1.0)]),
], ids=["at", "between", "end", "beyond", "other end"])  # fmt: skip
def test_which_slices_lie_where_a_frame_does(z, expected):
    found = frames_over(frame(z), [frame(0), frame(10), frame(20)])
    assert [one.place for one in found] == [one.place for one in expected]
    assert [one.share for one in found] == pytest.approx([one.share for one in expected])


def test_nothing_is_interpolated_over_a_hole():
    upper = [frame(0), frame(10), frame(20), frame(50), frame(60)]
    assert frames_over(frame(35), upper) == []
    assert frames_over(frame(24), upper) == [Weighted(2, 1.0)]


@pytest.mark.parametrize(
    "upper", [frame(0, shared="1.3"), frame(0, plane=CORONAL), None], ids=["frame of reference", "not parallel", "no place"]
)
def test_what_cannot_be_compared_is_not_laid_over(upper):
    assert frames_over(frame(0), [upper]) == []


def test_without_a_frame_of_reference_nothing_is_shared():
    assert frames_over(frame(0, shared=""), [frame(0, shared="")]) == []


def test_values_where_the_lower_pixels_lie():
    """2 mm pixels from (0.5, 0.5) on, under 1 mm pixels from 0 on: column i lies at (i - 0.5) / 2."""
    values = np.tile([0.0, 10.0, 20.0, 30.0], (4, 1))
    found = resampled(values, frame(0, origin=(0.5, 0.5), mm=2), frame(0, size=10))
    row = [0.0, 2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 30.0, math.nan, math.nan]  # the outer half pixel holds; beyond it nothing
    np.testing.assert_allclose(found, [row] * 8 + [[math.nan] * 10] * 2)


def test_turned_and_mirrored_sets_meet_in_space():
    """The upper set's columns run where the lower one's rows do, from the other end."""
    turned = FramePlane(Plane((0, -1, 0), (1, 0, 0)), (0, 3, 0), 1, 1, 4, 4, "1.2")
    values = np.arange(16.0).reshape(4, 4)  # value at (row r, column c) lies at x = r, y = 3 - c
    expected = [[values[x, 3 - y] for x in range(4)] for y in range(4)]
    np.testing.assert_array_equal(resampled(values, turned, frame(0)), expected)


def test_padding_spreads_to_what_is_interpolated_from_it_and_no_further():
    values = np.tile([0.0, math.nan, 20.0, 30.0], (4, 1))
    exact = resampled(values, frame(0), frame(0))
    np.testing.assert_array_equal(exact[0], [0.0, math.nan, 20.0, 30.0])


def test_colours_over_grey_halves_up():
    lower, upper = np.array([[1, 200]], np.uint8), np.array([[[5, 0, 95], [255, 255, 255]]], np.uint8)
    mixed = blend(lower, upper, np.array([[True, False]]), 0.25)
    assert mixed.tolist() == [[[2, 1, 25], [200, 200, 200]]]
