"""Between pixels and the patient: places, reference lines, linked scrolling (PS3.3 C.7.6.2.1.1; rule S04)."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.image_records import AXIAL, CORONAL, SAGITTAL, record_of
from viewer.core.geometry import dot, plane_of
from viewer.core.linked_scroll import Linked, linked_frame, nearest_frame
from viewer.core.patient_position import FramePlane, frame_plane, minus
from viewer.core.reference_lines import reference_line


def lying(orientation, origin, *, column_mm=1.0, row_mm=1.0, columns=100, rows=100, frame_of_reference="1.2.3") -> FramePlane:
    plane = plane_of(orientation)
    assert plane is not None
    return FramePlane(plane, origin, column_mm, row_mm, columns, rows, frame_of_reference)


def turned(a: float, b: float, c: float) -> list[float]:
    """Return the orientation of an axial plane turned about x, then y, then z, in radians, as decimal text has it."""
    cosines = []
    for vector in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)):
        x, y, z = vector
        y, z = y * math.cos(a) - z * math.sin(a), y * math.sin(a) + z * math.cos(a)
        x, z = x * math.cos(b) + z * math.sin(b), -x * math.sin(b) + z * math.cos(b)
        x, y = x * math.cos(c) - y * math.sin(c), x * math.sin(c) + y * math.cos(c)
        cosines += [round(x, 6), round(y, 6), round(z, 6)]
    return cosines


angles = st.floats(-3, 3)
places = st.tuples(*[st.floats(-300, 300)] * 3)
spacings = st.floats(0.1, 5)
frames = st.builds(
    lambda a, b, c, origin, column_mm, row_mm: lying(turned(a, b, c), origin, column_mm=column_mm, row_mm=row_mm),
    angles, angles, angles, places, spacings, spacings,
)  # fmt: skip


# --- places ---


def test_the_centre_of_the_first_pixel_is_image_position_patient():
    plane = lying(AXIAL, (-100.0, -120.0, 35.0), column_mm=0.5, row_mm=0.8)
    assert plane.to_patient((0.5, 0.5)) == (-100.0, -120.0, 35.0)
    # Column 20, row 10: 10 mm to the left, 8 mm to the back.
    assert plane.to_patient((20.5, 10.5)) == (-90.0, -112.0, 35.0)
    assert plane.to_frame((-90.0, -112.0, 40.0)) == pytest.approx((20.5, 10.5))
    assert plane.distance_mm((-90.0, -112.0, 40.0)) == 5.0


def test_a_sagittal_frame_runs_back_and_down():
    plane = lying(SAGITTAL, (12.0, -100.0, 80.0), column_mm=0.5, row_mm=2.0)
    assert plane.to_patient((20.5, 10.5)) == (12.0, -90.0, 60.0)
    assert plane.centre == (12.0, -100.0 + 49.5 * 0.5, 80.0 - 49.5 * 2.0)


@given(frames, st.floats(0, 100), st.floats(0, 100))
def test_there_and_back_is_the_same_pixel(plane, x, y):
    place = plane.to_patient((x, y))
    assert plane.to_frame(place) == pytest.approx((x, y), abs=1e-6)
    assert plane.distance_mm(place) == pytest.approx(0, abs=1e-6)


@given(frames, places)
def test_a_place_lies_straight_above_its_pixel(plane, place):
    foot = plane.to_patient(plane.to_frame(place))
    away = minus(place, foot)
    assert abs(dot(away, plane.plane.row)) < 1e-6
    assert abs(dot(away, plane.plane.column)) < 1e-6
    assert math.sqrt(dot(away, away)) == pytest.approx(abs(plane.distance_mm(place)), abs=1e-6)


def test_S06_a_frame_without_a_place_or_a_calibrated_spacing_has_no_plane():
    facts = {"ImageOrientationPatient": AXIAL, "ImagePositionPatient": [0, 0, 0], "PixelSpacing": [1.0, 1.0], "FrameOfReferenceUID": "1.2"}
    shown: dict[str, Any] = {"modality": "CT", "frame_index": 0, "rows": 10, "columns": 20}
    found = frame_plane(facts, **shown)
    assert found is not None
    assert (found.frame_of_reference, found.columns, found.rows) == ("1.2", 20, 10)
    for without in ("ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing"):
        assert frame_plane({**facts, without: None}, **shown) is None
    assert frame_plane({**facts, "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, **shown) is None
    assert frame_plane({**facts, "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]}, **shown) is None


# --- reference lines ---


def test_an_axial_slice_is_a_level_line_on_a_sagittal_one():
    """The axial slice lies at z = 30; the sagittal image begins at z = 80 and counts down 1 mm a row: row 50, its centre at 50.5.

    It reaches from y = -20 to y = 79; with half a pixel at both ends from -20.5 to 79.5: columns 30 to 130, of which 100 are there.
    """
    sagittal = lying(SAGITTAL, (10.0, -50.0, 80.0))
    axial = lying(AXIAL, (-40.0, -20.0, 30.0))
    ends = reference_line(axial, sagittal)
    assert ends is not None
    assert sorted(ends) == [pytest.approx((30.0, 50.5)), pytest.approx((100.0, 50.5))]


def test_a_line_is_stretched_by_anisotropic_pixels():
    """Rows of 2 mm: z = 30 is 50 mm down, row 25. Columns of 0.5 mm: y = -20.5 is 29.5 mm along: 59 + 0.5."""
    sagittal = lying(SAGITTAL, (10.0, -50.0, 80.0), column_mm=0.5, row_mm=2.0, columns=400)
    ends = reference_line(lying(AXIAL, (-40.0, -20.0, 30.0)), sagittal)
    assert ends is not None
    assert sorted(ends) == [pytest.approx((59.5, 25.5)), pytest.approx((259.5, 25.5))]


def test_an_oblique_slice_is_a_slanting_line():
    """Tilted about x by 45 degrees, through the sagittal image's middle: it climbs a row a column."""
    s = math.sqrt(0.5)
    sagittal = lying(SAGITTAL, (0.0, -49.5, 49.5))  # centre of the image at y = 0, z = 0
    oblique = lying([1.0, 0.0, 0.0, 0.0, s, -s], (-49.5, -70.0 * s, 70.0 * s), rows=141)  # through (0, 0, 0), 70 rows each way
    ends = reference_line(oblique, sagittal)
    assert ends is not None
    (x0, y0), (x1, y1) = sorted(ends)
    assert (x0, y0) == pytest.approx((50 - 70.5 * s, 50 - 70.5 * s))
    assert (x1, y1) == pytest.approx((50 + 70.5 * s, 50 + 70.5 * s))


def test_S04_no_line_where_frames_share_no_space_or_do_not_meet():
    sagittal, axial = lying(SAGITTAL, (10.0, -50.0, 80.0)), lying(AXIAL, (-40.0, -20.0, 30.0))
    assert reference_line(axial, lying(SAGITTAL, (10.0, -50.0, 80.0), frame_of_reference="1.2.4")) is None
    unknown = lying(SAGITTAL, (10.0, -50.0, 80.0), frame_of_reference="")
    assert reference_line(lying(AXIAL, (-40.0, -20.0, 30.0), frame_of_reference=""), unknown) is None
    assert reference_line(axial, lying(AXIAL, (-40.0, -20.0, 35.0))) is None  # parallel
    assert reference_line(axial, lying(turned(math.radians(0.5), 0, 0), (0.0, 0.0, 30.0))) is None  # as good as parallel
    assert reference_line(lying(AXIAL, (-40.0, -20.0, 200.0)), sagittal) is None  # above the image
    assert reference_line(lying(AXIAL, (60.0, -20.0, 30.0)), sagittal) is None  # beside it: x from 59.5
    assert reference_line(sagittal, axial) is not None


@given(frames, frames)
def test_both_ends_of_a_line_lie_on_both_frames(source, target):
    ends = reference_line(source, target)
    if ends is None:
        return
    for end in ends:
        assert -1e-6 <= end[0] <= target.columns + 1e-6
        assert -1e-6 <= end[1] <= target.rows + 1e-6
        place = target.to_patient(end)
        assert source.distance_mm(place) == pytest.approx(0, abs=1e-3)
        x, y = source.to_frame(place)
        assert -1e-3 <= x <= source.columns + 1e-3
        assert -1e-3 <= y <= source.rows + 1e-3


@given(frames, angles, angles)
def test_frames_that_cross_in_both_their_middles_have_a_line_through_it(source, a, b):
    other = lying(turned(a, b, 0.0), (0.0, 0.0, 0.0), column_mm=0.7, row_mm=1.3)
    shift = minus(source.centre, other.centre)
    target = lying(turned(a, b, 0.0), shift, column_mm=0.7, row_mm=1.3)
    if abs(dot(source.plane.normal, target.plane.normal)) > 0.999:
        return
    ends = reference_line(source, target)
    assert ends is not None
    (x0, y0), (x1, y1) = ends
    off = abs((x1 - x0) * (50 - y0) - (y1 - y0) * (50 - x0)) / math.hypot(x1 - x0, y1 - y0)
    assert off < 1e-3


# --- linked scrolling ---


def axial_stack(*positions, orientation=AXIAL, frame_of_reference="1.2.3"):
    return [lying(orientation, (0.0, 0.0, z), frame_of_reference=frame_of_reference) for z in positions]


def test_S04_linked_in_patient_space_the_nearest_slice_is_shown():
    thin, thick = axial_stack(50.0, 48.0, 46.0, 44.0, 42.0), axial_stack(60.0, 55.0, 50.0, 45.0)
    assert [linked_frame(thin, index, thick) for index in range(5)] == [
        Linked(2, "space", 0.0), Linked(2, "space", 2.0), Linked(3, "space", 1.0), Linked(3, "space", 1.0),
        Linked(3, "space", 3.0, is_beyond=True),  # more than half a step of 5 mm past the last
    ]  # fmt: skip


def test_S04_a_slightly_oblique_stack_is_linked_where_the_middle_of_the_slice_lies():
    """Tilted by 10 degrees about x, through (0, 0, z): at the middle of the axial slice, 49.5 mm back, it is 8.73 mm lower."""
    tilt = math.radians(10)
    oblique = axial_stack(*range(60, 20, -5), orientation=[1.0, 0.0, 0.0, 0.0, math.cos(tilt), -math.sin(tilt)])
    found = linked_frame(axial_stack(40.0), 0, oblique)
    # Slices cross y = 49.5 at z - 49.5 · tan 10° = z - 8.73: 50 gives 41.27, the nearest.
    assert found is not None
    assert (found.index, found.by) == (2, "space")
    assert found.distance_mm == pytest.approx((50 - 49.5 * math.tan(tilt) - 40) * math.cos(tilt))


@pytest.mark.parametrize(
    "other",
    [
        axial_stack(60.0, 55.0, 50.0, 45.0, frame_of_reference="1.2.4"),
        axial_stack(60.0, 55.0, 50.0, 45.0, frame_of_reference=""),
        [lying(CORONAL, (0.0, y, 0.0)) for y in (0.0, 5.0, 10.0, 15.0)],
        [*axial_stack(60.0, 55.0, 50.0), None],
    ],
)
def test_S04_without_a_shared_space_scrolling_is_by_offset_and_says_so(other):
    here = axial_stack(50.0, 48.0, 46.0, 44.0)
    assert linked_frame(here, 1, other, offset=1) == Linked(2, "offset")
    assert linked_frame(here, 3, other, offset=1) == Linked(3, "offset", is_beyond=True)
    assert linked_frame(here, 0, other, offset=-2) == Linked(0, "offset", is_beyond=True)


def test_S04_by_offset_slices_of_other_thickness_keep_together():
    """Linked where z = 48 lies on z = 155 of another space: 107 mm apart. Slices of 2 mm then find those of 5 mm."""
    here, other = axial_stack(50.0, 48.0, 46.0, 44.0, 42.0), axial_stack(160.0, 155.0, 150.0, frame_of_reference="1.2.4")
    assert [linked_frame(here, index, other, offset_mm=107.0) for index in range(5)] == [
        Linked(1, "offset", 2.0), Linked(1, "offset", 0.0), Linked(1, "offset", 2.0),
        Linked(2, "offset", 1.0), Linked(2, "offset", 1.0),
    ]  # fmt: skip
    assert linked_frame(here, 0, other, offset_mm=120.0) == Linked(0, "offset", 10.0, is_beyond=True)
    # Where places are unknown or the stack looks another way, only frames can be counted.
    for uncounted in ([*other, None], [lying(CORONAL, (0.0, y, 0.0), frame_of_reference="1.2.4") for y in (0.0, 5.0, 10.0)]):
        assert linked_frame(here, 0, uncounted, offset=1, offset_mm=120.0) == Linked(1, "offset")


def test_S04_a_stack_without_places_is_linked_by_offset():
    assert linked_frame([None, None], 1, axial_stack(1.0, 2.0, 3.0), offset=1) == Linked(2, "offset")
    assert linked_frame(axial_stack(1.0), 0, []) is None


def test_S04_the_frame_nearest_to_a_place():
    stack = axial_stack(50.0, 45.0, 40.0)
    assert nearest_frame(stack, (10.0, -3.0, 43.0)) == Linked(1, "space", 2.0)
    assert nearest_frame(stack, (0.0, 0.0, 52.25)) == Linked(0, "space", 2.25)
    assert nearest_frame(stack, (0.0, 0.0, 53.0)) == Linked(0, "space", 3.0, is_beyond=True)
    assert nearest_frame(axial_stack(50.0), (0.0, 0.0, 50.25)) == Linked(0, "space", 0.25)
    assert nearest_frame([], (0.0, 0.0, 0.0)) is None


@given(st.lists(st.floats(-500, 500), min_size=1, max_size=30), st.floats(-600, 600))
def test_S04_no_slice_is_nearer_than_the_one_found(positions, z):
    found = nearest_frame(axial_stack(*positions), (3.0, 4.0, z))
    assert found is not None
    assert found.distance_mm == min(abs(z - position) for position in positions)


def test_S04_real_series_scroll_together(shared_data):
    """The 28 slices of the Philips CT against themselves: each finds itself."""
    folder = shared_data / "radiology" / "ct-head-philips-28-slices"
    images = [record_of(path) for path in sorted(folder.glob("*.dcm"))]
    planes = [frame_plane(image.facts, modality="CT", frame_index=0, rows=image.rows, columns=image.columns) for image in images]
    assert None not in planes
    assert [linked_frame(planes, index, planes) for index in (0, 13, 27)] == [Linked(index, "space", 0.0) for index in (0, 13, 27)]
