"""What a page may ask to be measured; everything else is refused."""

import pytest

from governance.core.faults import Malformed
from viewer.core.measurement import parse_measurement
from viewer.core.region_of_interest import Rectangle

GOOD = {"sop_instance_uid": "1.2.3", "frame": 1, "shape": "length", "points": [[0, 0.5], [10, 20]]}


def test_a_measurement_is_read():
    found = parse_measurement(GOOD)
    assert (found.sop_instance_uid, found.frame_number, found.kind, found.points) == ("1.2.3", 1, "length", ((0.0, 0.5), (10.0, 20.0)))
    assert parse_measurement(GOOD | {"shape": "rectangle"}).shape == Rectangle(0, 0.5, 10, 20)
    four = [[0, 5], [10, 5], [5, 0], [5, 10]]
    assert parse_measurement(GOOD | {"shape": "ellipse", "points": four}).shape.area_px == pytest.approx(78.5398163)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sop_instance_uid": "1.2.3'"},
        {"sop_instance_uid": "1" * 65},
        {"sop_instance_uid": 123},
        {"sop_instance_uid": ""},
        {"frame": 0},
        {"frame": True},
        {"frame": 1.0},
        {"frame": 2**31},
        {"shape": "angle"},
        {"shape": ["length"]},
        {"points": []},
        {"points": [[0, 0]]},
        {"points": [[0, 0]] * 5},
        {"points": [[0, 0]] * 3},
        {"points": [[0, 0, 0], [1, 1, 1]]},
        {"points": [[0, "1"], [1, 1]]},
        {"points": [[0, float("nan")], [1, 1]]},
        {"points": [[0, True], [1, 1]]},
        {"points": [[0, 1e8], [1, 1]]},
        {"points": "0011"},
        {"shape": "rectangle", "points": [[0, 0]] * 4},
        {"shape": "ellipse", "points": [[0, 0], [4, 0], [7, -1], [7, 1]]},
    ],
)
def test_anything_else_is_refused(wrong):
    with pytest.raises(Malformed):
        parse_measurement(GOOD | wrong)
