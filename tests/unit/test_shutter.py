"""Shutters against geometry of another kind: half planes, and the same shape said in two ways."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.core.description import Shutter
from viewer.core.shutter import hidden_by, presentation_level

SIDE = 24


def visible(shutter, rows=SIDE, columns=SIDE):
    hidden = hidden_by(shutter, rows, columns)
    return np.ones((rows, columns), bool) if hidden is None else ~hidden


@given(st.tuples(*[st.integers(1, SIDE)] * 4))
def test_a_rectangle_said_as_a_polygon_is_the_same(edges):
    left, right = sorted(edges[:2])
    upper, lower = sorted(edges[2:])
    polygon = ((upper, left), (upper, right), (lower, right), (lower, left))
    assert np.array_equal(visible(Shutter(edges=(left, right, upper, lower))), visible(Shutter(vertices=polygon)))


@given(st.lists(st.tuples(st.integers(-5, SIDE + 5), st.integers(-5, SIDE + 5)), min_size=3, max_size=3, unique=True))
def test_a_triangle_is_where_its_three_half_planes_meet(corners):
    (ay, ax), (by, bx), (cy, cx) = corners
    y, x = np.mgrid[1 : SIDE + 1, 1 : SIDE + 1]
    sides = [(qx - px) * (y - py) - (qy - py) * (x - px) for (py, px), (qy, qx) in zip(corners, [*corners[1:], corners[0]], strict=True)]
    if (bx - ax) * (cy - ay) == (by - ay) * (cx - ax):
        return  # a line
    inside = np.all([side >= 0 for side in sides], axis=0) | np.all([side <= 0 for side in sides], axis=0)
    expected = inside if inside.any() else np.ones_like(inside)
    assert np.array_equal(visible(Shutter(vertices=tuple(corners))), expected)


def test_a_polygon_with_a_notch():
    # an L: rows 1 to 6 of columns 1 to 2, and rows 5 to 6 of columns 1 to 6
    corners = ((1, 1), (1, 2), (5, 2), (5, 6), (6, 6), (6, 1))
    expected = np.zeros((6, 6), bool)
    expected[:, :2] = expected[4:, :] = True
    assert np.array_equal(visible(Shutter(vertices=corners), 6, 6), expected)


def test_fractions_of_pixels():
    assert visible(Shutter(edges=(1.5, 3.0, 0.0, 9.0)), 1, 4).tolist() == [[False, True, True, False]]


def test_a_bitmap_hides_besides_the_shapes():
    hidden = hidden_by(Shutter(edges=(2, 3, 1, 1)), 1, 3, bitmap=np.array([[False, True, False]]))
    assert hidden is not None
    assert hidden.tolist() == [[True, True, False]]
    assert hidden_by(Shutter(), 1, 3, bitmap=np.ones((1, 3), bool)) is None


@pytest.mark.parametrize(("value", "level"), [(0, 0), (0xFFFF, 255), (0x8000, 128), (0x0101, 1), (0x7F, 0), (0x81, 1)])
def test_presentation_values(value, level):
    assert presentation_level(Shutter(presentation_value=value)) == level
