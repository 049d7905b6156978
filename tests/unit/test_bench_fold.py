"""The bench's own fold of a shared view, which judges server and page: against the vectors that those two are held to, and by hand."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bench.shared_fold import OutOfOrder, canonical, empty, fold, state_hash

VECTORS = Path(__file__).resolve().parents[1] / "golden" / "shared_states.json"
PANE = {"study": "1.2", "series": "1.2.3", "stack": None, "view": None}
VIEW = {"kind": "slide", "center": [1.5, 2], "span": [100, 50], "rotation": 0, "flipped": False}
OPENED: dict[str, Any] = {"number": 1, "kind": "opened", "actor": "ada", "at": 5, "presenter": "ada", "study": "1.2", "patient": "00ff"}
OPENED |= {"active": 0, "panes": [PANE, {"withheld": True}]}


def look(number: int, pane: int, view: Any) -> dict[str, Any]:
    return {"number": number, "kind": "look", "actor": "ada", "at": 6, "pane": pane, "active": pane, "view": view}


def test_the_golden_states_fold_to_the_same_hash() -> None:
    vectors = json.loads(VECTORS.read_text())
    assert vectors
    for vector in vectors:
        state = empty()
        for event in vector["events"]:
            state = fold(state, event)
        assert (state, canonical(state), state_hash(state)) == (vector["state"], vector["canonical"], vector["hash"])


def test_numbers_are_written_as_millionths_and_keys_sorted() -> None:
    state = fold(fold(empty(), OPENED), look(2, 0, VIEW))
    assert canonical(state) == (
        '{"active":0,"ended":false,"number":2000000,"panes":[{"series":"1.2.3","stack":null,"study":"1.2","view":{"center":[1500000,2000000],'
        '"flipped":false,"kind":"slide","rotation":0,"span":[100000000,50000000]}},{"withheld":true}],"patient":"00ff","presenter":"ada",'
        '"study":"1.2"}'
    )
    assert state_hash(state) == hashlib.sha256(canonical(state).encode()).digest()[:8].hex()
    assert canonical({"x": -0.0}) == canonical({"x": 0})


def test_a_look_leaves_withheld_panes_alone_and_moves_the_focus() -> None:
    state = fold(fold(empty(), OPENED), look(2, 1, None))
    assert state["panes"] == OPENED["panes"]
    assert state["active"] == 1


@pytest.mark.parametrize("number", [1, 3])
def test_a_repeated_or_missing_event_is_noticed(number: int) -> None:
    state = fold(empty(), OPENED)
    with pytest.raises(OutOfOrder):
        fold(state, look(number, 0, VIEW))
