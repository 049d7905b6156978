"""View states: canonical, hashable, and refused when they mean nothing."""

import pytest

from governance.core.faults import Malformed
from viewer.core.view import ViewState


def test_equal_states_have_equal_bytes():
    assert ViewState(window=(40, 400)).canonical() == ViewState(window=(40.0, 400.0)).canonical()
    assert ViewState(codec="png", quality=50).canonical() == ViewState(codec="png", quality=90).canonical()


def test_canonical_form():
    assert ViewState(window=(40, 400.5), codec="jpeg").canonical() == (
        b'{"codec":"jpeg","invert":false,"quality":80,"size":[0,0],"voi_function":"","window":[40.0,400.5]}'
    )


@pytest.mark.parametrize(
    "other",
    [
        ViewState(window=(40, 401)),
        ViewState(window=None),
        ViewState(window=(40, 400), invert=True),
        ViewState(window=(40, 400), max_columns=256),
        ViewState(window=(40, 400), max_rows=256),
        ViewState(window=(40, 400), codec="jpeg"),
        ViewState(window=(40, 400), voi_function="SIGMOID"),
    ],
)
def test_S01_another_view_has_another_digest(other):
    digest = ViewState(window=(40, 400)).digest("1.2.3", 1)
    assert len(digest) == 16
    assert other.digest("1.2.3", 1) != digest


def test_S01_another_frame_or_instance_has_another_digest():
    view = ViewState()
    assert len({view.digest("1.2.3", 1), view.digest("1.2.3", 2), view.digest("1.2.31", 2), view.digest("1.2.31", 1)}) == 4


@pytest.mark.parametrize(
    "fields",
    [
        {"window": (40, 0)},
        {"window": (40, -1)},
        {"window": (float("nan"), 1)},
        {"window": (0, float("inf"))},
        {"window": (40, 0.5), "voi_function": "LINEAR"},
        {"voi_function": "linear"},
        {"codec": "gif"},
        {"quality": 0},
        {"quality": 101},
        {"max_rows": -1},
    ],
)
def test_nonsense_is_malformed(fields):
    with pytest.raises(Malformed):
        ViewState(**fields)
