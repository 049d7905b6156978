"""View states: canonical, hashable, and refused when they mean nothing."""

import pytest

from governance.core.faults import Malformed
from viewer.core.messages import parse_view
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
        ViewState(window=(40, 400), overlays=False),
        ViewState(window=(40, 400), shutter=False),
        ViewState(window=(40, 400), icc=False),
        ViewState(window=(40, 400), subtraction=False),
        ViewState(window=(40, 400), subtraction=True),
        ViewState(window=(40, 400), voi=1),
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
        {"voi": -1},
        {"voi": 256},
    ],
)
def test_nonsense_is_malformed(fields):
    with pytest.raises(Malformed):
        ViewState(**fields)


def test_fields_of_the_chain_stand_in_the_canonical_form_only_where_they_are_not_the_default():
    # so that pictures named before there were such fields keep their names
    assert ViewState(overlays=False, icc=False, shutter=False, subtraction=False, voi=2).canonical() == (
        b'{"codec":"auto","icc":false,"invert":false,"overlays":false,"quality":0,"shutter":false,"size":[0,0],"subtraction":false,'
        b'"voi":2,"voi_function":"","window":null}'
    )


def test_fields_of_the_chain_as_clients_send_them():
    assert parse_view({}) == parse_view({"subtraction": None, "voi": None, "overlays": True, "shutter": True, "icc": True}) == ViewState()
    assert parse_view({"overlays": False, "shutter": False, "icc": False, "subtraction": True, "voi": 3}) == ViewState(
        overlays=False, shutter=False, icc=False, subtraction=True, voi=3
    )


@pytest.mark.parametrize(
    "document",
    [{"overlays": None}, {"shutter": 1}, {"icc": "no"}, {"subtraction": 0}, {"voi": -1}, {"voi": True}, {"voi": 1.0}, {"voi": 256}],
)
def test_fields_of_the_chain_that_mean_nothing(document):
    with pytest.raises(Malformed):
        parse_view(document)
