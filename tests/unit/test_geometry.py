"""Orientation letters (rule S02) and planes, worked by hand from PS3.3 C.7.6.2.1.1 and C.7.6.1.1.1."""

import math

import pytest

from tests.unit.image_records import AXIAL, CORONAL, SAGITTAL
from viewer.core.geometry import (
    Edges,
    edges_of_frame,
    edges_of_patient_orientation,
    edges_of_plane,
    letters,
    placement_of_frame,
    plane_of,
)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (AXIAL, Edges(left="R", right="L", top="A", bottom="P")),
        (CORONAL, Edges(left="R", right="L", top="H", bottom="F")),
        (SAGITTAL, Edges(left="A", right="P", top="H", bottom="F")),
        ([-1, 0, 0, 0, -1, 0], Edges(left="L", right="R", top="P", bottom="A")),  # prone, feet first: turned by 180 degrees
        ([0, 1, 0, 1, 0, 0], Edges(left="A", right="P", top="R", bottom="L")),  # rows and columns exchanged
    ],
)
def test_S02_letters_of_the_three_planes(orientation, expected):
    plane = plane_of(orientation)
    assert plane is not None
    assert edges_of_plane(plane) == expected


def test_S02_oblique_edges_carry_two_letters_nearest_axis_first():
    # A CT gantry tilted by 18.5 degrees: columns run back and towards the feet.
    plane = plane_of([1.0, 0.0, 0.0, 0.0, 0.9483237, -0.3173047])
    assert plane is not None
    assert edges_of_plane(plane) == Edges(left="R", right="L", top="AH", bottom="PF")


def test_S02_a_second_letter_comes_from_ten_degrees_off_the_axis():
    at = {degrees: (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), 0.0) for degrees in (9, 11, 44, 46, 80, 82)}
    assert {degrees: letters(direction) for degrees, direction in at.items()} == {
        9: "L", 11: "LP", 44: "LP", 46: "PL", 80: "PL", 82: "P",
    }  # fmt: skip


@pytest.mark.parametrize(
    "orientation",
    [
        None,
        [],
        [1, 0, 0, 0, 1],  # five values
        [0, 0, 0, 0, 0, 0],  # no direction
        [1, 0, 0, 1, 0, 0],  # parallel
        [2, 0, 0, 0, 1, 0],  # not a unit vector
        [1, 0, 0, 0.5, 0.866, 0],  # not perpendicular
        ["a", 0, 0, 0, 1, 0],
    ],
)
def test_S02_what_is_no_orientation_gives_no_letters(orientation):
    assert plane_of(orientation) is None
    assert edges_of_frame({"ImageOrientationPatient": orientation}, 0) is None


def test_S02_a_broken_image_orientation_is_unknown_even_beside_patient_orientation():
    facts = {"ImageOrientationPatient": [0, 0, 0, 0, 0, 0], "PatientOrientation": ["L", "P"]}
    assert edges_of_frame(facts, 0) is None


@pytest.mark.parametrize(
    ("patient_orientation", "expected"),
    [
        (["L", "F"], Edges(left="R", right="L", top="H", bottom="F")),  # a chest from the front
        (["P", "F"], Edges(left="A", right="P", top="H", bottom="F")),  # mammogram, seen from its side
        (["A", "FR"], Edges(left="P", right="A", top="HL", bottom="FR")),  # MLO of the right breast
        (["l", " f "], Edges(left="R", right="L", top="H", bottom="F")),
        (["", ""], None),
        (["L"], None),
        (["L", "R"], None),  # one axis for both directions
        (["LR", "F"], None),  # names an axis twice
        (["LE", "CD"], None),  # a quadruped's words
        ("L\\F", None),
    ],
)
def test_S02_letters_from_patient_orientation(patient_orientation, expected):
    assert edges_of_patient_orientation(patient_orientation) == expected


def test_S02_each_frame_of_an_enhanced_image_has_its_own_letters():
    facts = {"ImageOrientationPatient": AXIAL, "PerFrame": {"ImageOrientationPatient": [None, CORONAL]}}
    first, second = edges_of_frame(facts, 0), edges_of_frame(facts, 1)
    assert first is not None
    assert second is not None
    assert (first.top, second.top) == ("A", "H")


def test_normals_point_to_left_back_or_head_whatever_the_order_of_rows_and_columns():
    normals = [plane.normal for o in (AXIAL, [0, 1, 0, 1, 0, 0], CORONAL, SAGITTAL) if (plane := plane_of(o))]
    assert normals == [(0, 0, 1), (0, 0, 1), (0, 1, 0), (1, 0, 0)]


@pytest.mark.parametrize(
    ("orientation", "name"),
    [(AXIAL, "axial"), (CORONAL, "coronal"), (SAGITTAL, "sagittal"), ([1, 0, 0, 0, 0.9483237, -0.3173047], "oblique axial")],
)
def test_planes_are_named(orientation, name):
    plane = plane_of(orientation)
    assert plane is not None
    assert plane.name == name


def test_the_place_of_a_frame_gives_its_pixels_their_millimetres():
    facts = {
        "ImageOrientationPatient": SAGITTAL,
        "PerFrame": {"ImagePositionPatient": [[12.5, -100.0, 80.0], None]},
    }
    placement = placement_of_frame(facts, 0)
    assert placement is not None
    plane, origin = placement
    # Column 20, row 10, with 0.5 mm between columns and 2 mm between rows: 10 mm to the back and 20 mm down (Equation C.7.6.2.1-1).
    column, row = 20, 10
    x, y, z = (o + a * 0.5 * column + b * 2.0 * row for o, a, b in zip(origin, plane.row, plane.column, strict=True))
    assert (x, y, z) == (12.5, -90.0, 60.0)
    assert placement_of_frame(facts, 1) is None  # no position of its own, and none of the image
    assert placement_of_frame(facts | {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, 0) is None
