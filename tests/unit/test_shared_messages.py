"""What clients say about shared views: exactly as documented, or Malformed; numbers quantised; no field passes unlooked at."""

import contextlib
import copy
import math
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.core.faults import Malformed
from tests.unit.shared_view_events import views
from viewer.core import shared_messages as sm
from viewer.core.shared_view import EMPTY, PaneView, State, canonical

KEY = "AbCdEfGhIjKlMnOpQrSt_-"
DIGEST = "00112233445566778899aabbccddeeff"
STACK: dict[str, Any] = {
    "kind": "stack", "index": 3, "instance": DIGEST, "frame": 4, "window": [40, 400.5], "invert": False, "orientation": [0, 1, -1, 0],
    "zoom": 1.25, "center": [255.5, -10], "cine": {"playing": True, "speed": 1, "at": 1_795_507_346_221},
}  # fmt: skip
CINE, PART = {"playing": True, "speed": 1, "at": 1}, {"first": 4, "last": 30, "bounce": True, "beat_ms": None}
SLIDE: dict[str, Any] = {"kind": "slide", "center": [5e4, 2e4], "span": [3000, 2000.25], "rotation": 90, "flipped": True}
PANE: dict[str, Any] = {"study": "1.2.3", "series": "1.2.3.4", "stack": "a1b2c3", "view": STACK}
POINTER: dict[str, Any] = {"at": [1.5, 2], "mm": [1, 2, 3.25], "frame_of_reference": "1.2.9", "instance": DIGEST, "frame": 4}
HANG: dict[str, Any] = {"kind": "hang", "study": "1.2.3", "active": 1, "panes": [PANE, None]}

BODIES: dict[str, tuple[Callable[[int, dict[str, Any]], Any], dict[str, Any], dict[str, Any]]] = {
    # parser, a body with all it needs, and what it may carry besides
    "join": (sm.parse_join, {"key": KEY}, {"number": 7, "hash": DIGEST[:16]}),
    "leave": (sm.parse_leave, {}, {}),
    "act": (sm.parse_act, {"request": 9, "event": HANG}, {}),
    "motion": (sm.parse_motion, {"pane": 1, "number": 12}, {"active": 0, "view": STACK, "pointer": POINTER, "t": 17.25}),
    "standing": (sm.parse_standing, {"number": 12, "hash": DIGEST[:16], "condition": "in step"}, {}),
}


def test_each_body_becomes_its_value():
    assert sm.parse_join(0, {"key": KEY}) == sm.Join(0, KEY, None, None)
    assert sm.parse_join(0, {"key": KEY, "number": 7, "hash": DIGEST[:16]}) == sm.Join(0, KEY, 7, DIGEST[:16])
    assert sm.parse_leave(0, {}) == sm.Leave(0)
    assert sm.parse_standing(0, BODIES["standing"][1]) == sm.Standing(0, 12, DIGEST[:16], "in step")
    assert sm.parse_motion(0, {"pane": 0, "number": 3}) == sm.Motion(0, 0, 3)
    assert sm.parse_motion(0, {"pane": 1, "number": 3, "pointer": None}) == sm.Motion(0, 1, 3, has_pointer=True)
    full = sm.parse_motion(0, BODIES["motion"][1] | BODIES["motion"][2])
    assert (full.active, full.view, full.has_pointer, full.pointer, full.t) == (0, STACK, True, POINTER, 17.25)


def test_each_deed_becomes_its_value():
    assert sm.parse_deed(HANG) == sm.Hang("1.2.3", 1, (PANE, None))  # type: ignore[arg-type]
    assert sm.parse_deed({"kind": "hang", "study": None, "active": 0, "panes": [None]}) == sm.Hang(None, 0, (None,))
    assert sm.parse_deed({"kind": "hand_over", "presenter": "jörg@haus"}) == sm.HandOver("jörg@haus")
    assert sm.parse_deed({"kind": "take_over", "from": "anna.b"}) == sm.TakeOver("anna.b")
    assert sm.parse_deed({"kind": "take_over", "from": "anna.b", "presenter": "otto"}) == sm.TakeOver("anna.b", "otto")
    assert sm.parse_deed({"kind": "end"}) == sm.End()


@pytest.mark.parametrize("name", BODIES)
def test_every_field_that_is_missing_or_unknown_is_refused(name: str):
    parse, needed, optional = BODIES[name]
    parse(0, needed | optional)
    for field in needed:
        with pytest.raises(Malformed):
            parse(0, {key: value for key, value in needed.items() if key != field})
    with pytest.raises(Malformed):
        parse(0, needed | optional | {"patient_name": "x"})
    with pytest.raises(Malformed):
        parse(3, needed | optional)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where each value of a document stands, itself excepted."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, each in inner for found in [(*path, key), *paths(each, (*path, key))]]


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    document = copy.deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


WRONG: list[Any] = ["", "x" * 151, "é 1", -2e14, 2**53, [], [1, 2, 3, 4, 5], {}, {"kind": "opened"}, math.nan, math.inf, "\x00"]
ACTS = [HANG, {"kind": "hand_over", "presenter": "otto"}, {"kind": "take_over", "from": "anna", "presenter": "otto"}, {"kind": "end"}]
WHOLE: list[tuple[Callable[..., Any], dict[str, Any]]] = [(sm.parse_act, {"request": 9, "event": deed}) for deed in ACTS]
WHOLE += [(parse, needed | optional) for parse, needed, optional in BODIES.values()]
WHOLE += [(sm.parse_motion, {"pane": 0, "number": 1, "view": SLIDE})]
PLACES = [(parse, body, path) for parse, body in WHOLE for path in paths(body)]


@pytest.mark.parametrize(("parse", "body", "path"), PLACES, ids=[f"{p.__name__}-{'.'.join(map(str, path))}" for p, _, path in PLACES])
def test_no_value_passes_unlooked_at(parse: Callable[..., Any], body: dict[str, Any], path: tuple[Any, ...]):
    for wrong in WRONG:
        with pytest.raises(Malformed):
            parse(0, changed(body, path, wrong))


@pytest.mark.parametrize(("parse", "body", "path"), PLACES, ids=[f"{p.__name__}-{'.'.join(map(str, path))}" for p, _, path in PLACES])
def test_true_is_no_number_and_one_is_not_true(parse: Callable[..., Any], body: dict[str, Any], path: tuple[Any, ...]):
    value: Any = body
    for key in path:
        value = value[key]
    if isinstance(value, int | float):
        with pytest.raises(Malformed):
            parse(0, changed(body, path, int(value) if isinstance(value, bool) else True))


@pytest.mark.parametrize(
    "change",
    [
        {"window": [40, 0]}, {"window": [40, -1]}, {"window": [40, 1e-7]}, {"zoom": 0}, {"zoom": 4e-7}, {"frame": 0}, {"frame": 2**32},
        {"index": 1.0}, {"instance": DIGEST.upper().replace("0", "A")}, {"orientation": [1, 0, 0, 0]}, {"orientation": [1, 1, 1, 1]},
        {"orientation": [1, 0, 0, 1.0]}, {"orientation": [0, 0, 0, 0]}, {"orientation": [1, 1, -1, 1]}, {"center": [1]}, {"kind": "clip"},
        {"cine": {"playing": True, "speed": 0, "at": 1}}, {"cine": {"playing": True, "speed": 1, "at": 1.5}}, {"index": None},
        {"cine": CINE | {"part": None}}, {"cine": CINE | {"part": PART | {"last": 3}}}, {"cine": CINE | {"part": PART | {"first": -1}}},
        {"cine": CINE | {"part": PART | {"bounce": 1}}}, {"cine": CINE | {"part": PART | {"beat_ms": 0}}},
        {"cine": CINE | {"part": {"first": 0, "last": 1, "bounce": True}}},
        {"look": None}, {"look": {}}, {"look": {"overlays": True}}, {"look": {"shutter": 0}}, {"look": {"presentation": "alice"}},
        {"look": {"voi": 256}}, {"look": {"voi": True}}, {"look": {"voi_function": "CUBIC"}}, {"look": {"subtraction": None}},
        {"look": {"window": [40, 400]}}, {"look": {"voi_function": ["LINEAR"]}},
    ],
)  # fmt: skip
def test_a_stack_view_that_cannot_be_is_refused(change: dict[str, Any]):
    with pytest.raises(Malformed):
        sm.parse_view(STACK | change)


def test_a_look_is_kept_as_it_came():
    look = {
        "presentation": "1.2.3",
        "overlays": False,
        "shutter": False,
        "subtraction": True,
        "icc": False,
        "voi": 0,
        "voi_function": "LINEAR",
    }
    assert sm.parse_view(STACK | {"look": look}) == STACK | {"look": look}


@pytest.mark.parametrize(
    "change", [{"span": [0, 1]}, {"span": [1, -1]}, {"rotation": 360.5}, {"rotation": -1}, {"index": 1}, {"flipped": 0}]
)
def test_a_slide_view_that_cannot_be_is_refused(change: dict[str, Any]):
    with pytest.raises(Malformed):
        sm.parse_view(SLIDE | change)


@pytest.mark.parametrize(
    "change",
    [{"active": 2}, {"panes": []}, {"panes": [None] * 3}, {"study": None}, {"panes": [{"withheld": True}, None]}, {"patient": "0" * 16}],
)
def test_a_hang_that_cannot_be_is_refused(change: dict[str, Any]):
    with pytest.raises(Malformed):
        sm.parse_deed(HANG | change)


@pytest.mark.parametrize("kind", ["opened", "look", "", None, 7])
def test_clients_cause_no_other_events(kind: Any):
    with pytest.raises(Malformed):
        sm.parse_deed({"kind": kind})


@pytest.mark.parametrize(
    "turn", [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0), (-1, 0, 0, 1), (0, -1, -1, 0), (1, 0, 0, -1), (0, 1, 1, 0)]
)
def test_all_eight_ways_to_turn_a_picture_pass(turn: tuple[int, ...]):
    assert sm.parse_view(STACK | {"orientation": list(turn)})["orientation"] == list(turn)  # type: ignore[typeddict-item]


# --- numbers ---


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (-1e-9, "0"),
        (0.1234567, "0.123457"),
        (0.1 + 0.2, "0.3"),
        (1e9, "1000000000"),
        (-999999999.9999999, "-1000000000"),
    ],
)
def test_numbers_are_kept_to_six_decimals_and_written_short(given: float, kept: str):
    assert orjson.dumps(sm.quantised(given)).decode() == kept


@given(st.floats(-1e9, 1e9))
def test_quantising_twice_is_quantising_once_and_moves_half_a_millionth_at_most(value: float):
    once = sm.quantised(value)
    assert sm.quantised(once) == once
    assert abs(once - value) <= 0.5000001e-6 + abs(value) * 2**-52


def test_the_largest_numbers_can_be_hashed():
    view = STACK | {"index": sm.UINT32, "frame": sm.UINT32, "zoom": 1e9, "center": [-1e9, 1e9], "window": [-1e9, 1e9]}
    view |= {"cine": {"playing": True, "speed": 1e9, "at": sm.LATEST_MS}}
    hanging = sm.parse_panes([PANE | {"view": view}])
    state: State = {**EMPTY, "number": sm.UINT32, "panes": list(hanging)}
    assert f'"at":{sm.LATEST_MS * 1_000_000},' in canonical(state).decode()
    with pytest.raises(Malformed):
        sm.parse_view(STACK | {"cine": {"playing": True, "speed": 1, "at": sm.LATEST_MS + 1}})


@settings(deadline=None)
@given(views)
def test_what_was_parsed_parses_to_itself(view: PaneView):
    assert sm.parse_view(view) == view
    assert sm.parse_view(orjson.loads(orjson.dumps(view))) == view


# --- anything at all ---

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.sampled_from(PLACES), anything)
def test_any_value_anywhere_is_parsed_or_malformed(place: tuple[Any, Any, tuple[Any, ...]], value: Any):
    parse, body, path = place
    with contextlib.suppress(Malformed):
        parse(0, changed(body, path, value))
