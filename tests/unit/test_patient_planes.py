"""Reference lines and linked frames as tests/golden/patient_planes.json has them; the page reads the same file (rule S04)."""

import json
from typing import Any

import pytest

from tests.golden import draw_patient_planes
from viewer.core.geometry import plane_of
from viewer.core.linked_scroll import linked_frame
from viewer.core.patient_position import FramePlane
from viewer.core.reference_lines import reference_line

VECTORS = json.loads(draw_patient_planes.FILE.read_text(encoding="utf-8"))


def frame_of(stated: dict[str, Any]) -> FramePlane:
    plane = plane_of([*stated["row"], *stated["column"]])
    assert plane is not None
    scale = stated["column_mm"], stated["row_mm"]
    return FramePlane(plane, tuple(stated["origin"]), *scale, stated["columns"], stated["rows"], stated["frame_of_reference"])


def test_the_file_is_what_is_drawn():
    assert draw_patient_planes.FILE.read_text(encoding="utf-8") == draw_patient_planes.text()


@pytest.mark.parametrize("vector", VECTORS["lines"])
def test_S04_reference_lines_end_where_edges_pierce_the_other_frame(vector):
    found = reference_line(frame_of(vector["source"]), frame_of(vector["target"]))
    if vector["line"] is None:
        assert found is None
        return
    assert found is not None
    assert sorted(found) == [pytest.approx(tuple(end), abs=2e-4) for end in vector["line"]]


@pytest.mark.parametrize("vector", VECTORS["links"])
def test_S04_linked_frames_are_the_nearest_or_by_offset(vector):
    source, target = ([stated and frame_of(stated) for stated in vector[name]] for name in ("source", "target"))
    found = linked_frame(source, vector["index"], target, offset=vector["offset"], offset_mm=vector["offset_mm"])
    assert found is not None
    expected = vector["linked"]
    assert (found.index, found.by, found.is_beyond) == (expected["index"], expected["by"], expected["isBeyond"])
    assert found.distance_mm == (None if expected["distance_mm"] is None else pytest.approx(expected["distance_mm"], abs=1e-5))
