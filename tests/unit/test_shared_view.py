"""The state of a shared view: fold, hash and redaction, against vectors written by hand and over any valid sequence of events."""

import copy
import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.core.faults import Mismatch
from tests.golden import draw_shared_states
from tests.unit.shared_view_events import STUDIES, event_lists
from viewer.core.shared_view import (
    EMPTY,
    EVENT_KINDS,
    Event,
    canonical,
    fold,
    fold_all,
    redacted,
    redacted_event,
    state_hash,
    studies_of,
)

VECTORS = json.loads(draw_shared_states.FILE.read_text(encoding="utf-8"))
BY_NAME = {vector["name"]: vector for vector in VECTORS}
seen = st.sets(st.sampled_from(STUDIES))


def names(vectors: list[dict[str, Any]]) -> list[str]:
    return [vector["name"] for vector in vectors]


def test_the_file_of_vectors_is_what_its_generator_writes():
    assert draw_shared_states.FILE.read_text(encoding="utf-8") == draw_shared_states.text()
    assert {event["kind"] for vector in VECTORS for event in vector["events"]} == set(EVENT_KINDS)


@pytest.mark.parametrize("vector", VECTORS, ids=names(VECTORS))
def test_a_vector(vector: dict[str, Any]):
    state = fold_all(vector["events"])
    assert state == vector["state"]
    assert canonical(state).decode() == vector["canonical"]
    assert state_hash(state) == vector["hash"]


REDACTED = [vector for vector in VECTORS if "redacted_from" in vector]


@pytest.mark.parametrize("vector", REDACTED, ids=names(REDACTED))
def test_a_redacted_vector(vector: dict[str, Any]):
    whole, may_see, state, sent = BY_NAME[vector["redacted_from"]], vector["may_see"], EMPTY, []
    for event in whole["events"]:
        state = fold(state, event)
        sent.append(redacted_event(event, state=state, may_see=may_see))
    assert sent == vector["events"]
    assert redacted(state, may_see) == vector["state"]


def test_one_millionth_more_is_another_hash_and_less_is_not():
    state = copy.deepcopy(BY_NAME["six decimals, negative zero"]["state"])
    same, other = copy.deepcopy(state), copy.deepcopy(state)
    same["panes"][0]["view"]["center"][1] += 4e-7
    other["panes"][0]["view"]["center"][1] += 1e-6
    assert state_hash(same) == state_hash(state) != state_hash(other)


# --- which events may follow ---


def numbered(event: Event, number: int) -> Event:
    return {**event, "number": number}  # type: ignore[return-value]


@pytest.mark.parametrize("number", [0, 1, 2, 4, 7])
def test_only_the_next_number_is_folded(number: int):
    events: list[Event] = BY_NAME["two panes, cine, slide, hand-over to a name beyond ASCII"]["events"]
    state = fold_all(events[:2])
    with pytest.raises(Mismatch):
        fold(state, numbered(events[2], number))
    assert fold(state, events[2])["number"] == 3


def test_nothing_follows_the_end():
    events = BY_NAME["taken down, taken over, ended"]["events"]
    with pytest.raises(Mismatch):
        fold(fold_all(events), numbered(events[1], 5))


def test_opened_is_the_first_event_and_no_other():
    [opened] = BY_NAME["an empty pane"]["events"]
    with pytest.raises(Mismatch):
        fold(fold_all([opened]), numbered(opened, 2))
    with pytest.raises(Mismatch):
        fold(EMPTY, {"number": 1, "kind": "end", "actor": "anna", "at": 0})


# --- over any sequence ---


@settings(deadline=None)
@given(event_lists())
def test_the_fold_is_the_same_in_pieces_and_changes_none_of_its_arguments(events: list[Event]):
    kept = copy.deepcopy(events)
    for cut in range(len(events) + 1):
        before = fold_all(events[:cut])
        before_kept = copy.deepcopy(before)
        assert fold_all(events[cut:], before) == fold_all(events)
        assert before == before_kept
    assert events == kept


@settings(deadline=None)
@given(event_lists())
def test_a_state_keeps_its_hash_through_json(events: list[Event]):
    state = fold_all(events)
    assert canonical(orjson.loads(orjson.dumps(state))) == canonical(state)


@settings(deadline=None)
@given(event_lists(), seen)
def test_folding_what_one_is_sent_gives_what_one_may_know(events: list[Event], may_see: set[str]):
    whole, known = EMPTY, EMPTY
    for event in events:
        before, whole = whole, fold(whole, event)
        sent = redacted_event(event, state=whole, may_see=may_see)
        if event["kind"] != "opened":
            assert sent == redacted_event(event, state=before, may_see=may_see)
        known = fold(known, sent)
        assert known == redacted(whole, may_see)
        assert state_hash(known) == state_hash(redacted(whole, may_see))


@settings(deadline=None)
@given(event_lists(), seen)
def test_nothing_of_a_withheld_study_is_left(events: list[Event], may_see: set[str]):
    for number in range(1, len(events) + 1):
        state = fold_all(events[:number])
        known = redacted(state, may_see)
        assert studies_of(known) <= may_see
        assert (known["patient"] is None) == (known["study"] is None)
        text = orjson.dumps(known["panes"]).decode()
        for pane, shown in zip(state["panes"], known["panes"], strict=True):
            if pane is not None and "withheld" not in pane and pane["study"] not in may_see:
                assert shown == {"withheld": True}
                assert pane["study"] not in text


@settings(deadline=None)
@given(event_lists())
def test_who_may_see_everything_knows_everything(events: list[Event]):
    state = fold_all(events)
    assert redacted(state, studies_of(state)) == state
    for number, event in enumerate(events, 1):
        if event["kind"] != "look":
            assert redacted_event(event, state=fold_all(events[:number]), may_see=STUDIES) == event
