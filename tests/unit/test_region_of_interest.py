"""Shapes on a frame and the statistics inside, against a brute-force reading of the definition (rules S06, S07)."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.core.faults import Malformed
from viewer.core import region_of_interest
from viewer.core.region_of_interest import Ellipse, Rectangle, ellipse_of, is_within, pixels_inside, rectangle_of
from viewer.core.sample_statistics import Gathering

coordinates = st.floats(-8, 30, allow_nan=False).map(lambda value: round(value, 3))
points = st.tuples(coordinates, coordinates)


def inside(shape, rows, columns):
    """The pixels inside, as a set of (column, row)."""
    found = set()
    for some_rows, some_columns, mask in pixels_inside(shape, rows, columns):
        for row, column in np.argwhere(mask):
            place = (int(column) + some_columns.start, int(row) + some_rows.start)
            assert place not in found
            found.add(place)
    return found


def gathered(*bands):
    gathering = Gathering()
    for band in bands:
        gathering.add(np.array(band, np.float64))
    return gathering.statistics()


# --- shapes ---


def test_a_pixel_is_inside_when_its_centre_is():
    assert inside(rectangle_of([(0, 0), (2, 1)]), 4, 4) == {(0, 0), (1, 0)}
    assert inside(rectangle_of([(0.5, 0.5), (1.5, 0.5)]), 4, 4) == {(0, 0), (1, 0)}  # on the line is inside
    assert inside(rectangle_of([(0.6, 0.6), (1.4, 1.4)]), 4, 4) == set()
    assert inside(ellipse_of([(0, 0), (3, 3)]), 4, 4) == {(c, r) for c in range(3) for r in range(3)}  # corners lie √2 < 1.5 away
    assert inside(ellipse_of([(0, 0), (2.8, 2.8)]), 4, 4) == {(0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (0, 0)}


def test_corners_may_come_in_any_order():
    assert rectangle_of([(5, 1), (2, 7)]) == Rectangle(2, 1, 5, 7)
    assert ellipse_of([(5, 1), (2, 7)]).centre == (3.5, 4.0)


def test_areas():
    assert rectangle_of([(1, 1), (4, 3)]).area_px == 6.0
    assert ellipse_of([(0, 0), (8, 4)]).area_px == pytest.approx(math.pi * 4 * 2)
    # Two axes of 10 and 4 pixels turned by 45 degrees: the ends of one, then of the other.
    s, t = 5 / math.sqrt(2), 2 / math.sqrt(2)
    turned = ellipse_of([(10 - s, 10 - s), (10 + s, 10 + s), (10 - t, 10 + t), (10 + t, 10 - t)])
    assert turned.area_px == pytest.approx(math.pi * 5 * 2)
    assert turned.corners[1][0] == pytest.approx(10 + math.hypot(s, t))
    assert (13, 13) in inside(turned, 20, 20)
    assert (13, 6) not in inside(turned, 20, 20)


@pytest.mark.parametrize(
    ("make", "stated"),
    [
        (ellipse_of, [(0, 0), (1, 1), (2, 2)]),
        (ellipse_of, [(0, 0), (4, 0), (7, -1), (7, 1)]),  # axes that don't cross in their middles
        (rectangle_of, [(0, 0), (1, 1), (2, 2), (3, 3)]),
    ],
)
def test_what_is_no_such_shape_is_refused(make, stated):
    with pytest.raises(Malformed):
        make(stated)


def test_a_flat_ellipse_holds_nothing():
    assert inside(ellipse_of([(0, 0.5), (4, 0.5)]), 4, 4) == set()
    assert inside(ellipse_of([(50, 50), (60, 60)]), 4, 4) == set()


def test_parts_beside_the_image_are_said():
    assert is_within(rectangle_of([(0, 0), (4, 3)]), 3, 4)
    assert not is_within(rectangle_of([(0, 0), (4.1, 3)]), 3, 4)
    assert not is_within(ellipse_of([(-1, 1), (2, 3)]), 8, 8)


@given(points, points)
def test_S07_rectangle_holds_what_the_formula_says(a, b):
    expected = {
        (c, r)
        for c in range(24)
        for r in range(18)
        if min(a[0], b[0]) <= c + 0.5 <= max(a[0], b[0]) and min(a[1], b[1]) <= r + 0.5 <= max(a[1], b[1])
    }
    assert inside(rectangle_of([a, b]), 18, 24) == expected


@given(points, points, st.integers(1, 100))
def test_S07_ellipse_holds_what_the_formula_says(a, b, band):
    """((x - x0) / a)² + ((y - y0) / b)² <= 1, a pixel at a time; whatever the bands that it is looked at in."""
    x0, y0, width, height = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, abs(a[0] - b[0]) / 2, abs(a[1] - b[1]) / 2
    if min(width, height) < 0.01:
        return
    far = {(c, r): ((c + 0.5 - x0) / width) ** 2 + ((r + 0.5 - y0) / height) ** 2 for c in range(24) for r in range(18)}
    kept = region_of_interest.BAND_PIXELS
    try:
        region_of_interest.BAND_PIXELS = band
        found = inside(ellipse_of([a, b]), 18, 24)
    finally:
        region_of_interest.BAND_PIXELS = kept
    assert {place for place, distance in far.items() if distance < 1 - 1e-6} <= found
    assert found <= {place for place, distance in far.items() if distance < 1 + 1e-6}


@given(points, points, points)
def test_S07_a_turned_ellipse_is_the_image_of_a_circle(centre, first, second):
    """Whatever two halves it is made of, centre + r (cos t · first + sin t · second) lies inside for r < 1 and outside for r > 1."""
    ellipse = Ellipse(centre, first, second)
    if abs(first[0] * second[1] - first[1] * second[0]) < 0.1:
        return
    for step in range(12):
        for radius, is_inside in ((0.99, True), (1.01, False)):
            a, b = radius * math.cos(step / 2), radius * math.sin(step / 2)
            x, y = (centre[i] + a * first[i] + b * second[i] for i in (0, 1))
            assert bool(ellipse.holds(np.array([x]), np.array([y]))[0]) is is_inside
            low, high = ellipse.corners
            if is_inside:
                assert low[0] <= x <= high[0]
                assert low[1] <= y <= high[1]


# --- statistics ---


def test_S07_statistics_by_hand():
    """2, 4, 4, 4, 5, 5, 7, 9: mean 5, squares of differences 32; sample standard deviation √(32 / 7)."""
    found = gathered([2, 4, 4], [4, 5, 5, 7], [9])
    assert (found.count, found.mean, found.minimum, found.maximum) == (8, 5.0, 2.0, 9.0)
    assert found.sd == pytest.approx(math.sqrt(32 / 7))


def test_S07_what_is_no_number_is_left_out():
    assert gathered([1.0, math.nan], [math.inf], [math.nan]).as_json() == {"count": 1, "mean": 1.0, "sd": None, "min": 1.0, "max": 1.0}
    assert gathered([], [math.nan]).as_json() == {"count": 0, "mean": None, "sd": None, "min": None, "max": None}


@settings(max_examples=60)
@given(st.lists(st.lists(st.floats(-2000, 65_535), max_size=30), max_size=6))
def test_S07_statistics_agree_with_the_textbook(bands):
    values = [value for band in bands for value in band]
    found = gathered(*bands)
    assert found.count == len(values)
    if not values:
        return
    assert found.mean == pytest.approx(statistics.fmean(values), rel=1e-12, abs=1e-9)
    assert (found.minimum, found.maximum) == (min(values), max(values))
    if len(values) > 1:
        assert found.sd == pytest.approx(statistics.stdev(values), rel=1e-9, abs=1e-9)
