"""The state of a shared view, folded from its events: written from docs/stream.md, a third time beside server and page, so that a
mistake of theirs isn't repeated here. Values in, values out."""

import hashlib
import json
from typing import Any

State = dict[str, Any]
Event = dict[str, Any]

PARTS = 1_000_000  # numbers count with six decimals


class OutOfOrder(Exception):
    """An event whose number isn't the next: some were lost, or this one came before."""


def empty() -> State:
    """Return the state before the first event."""
    return {"number": 0, "presenter": "", "ended": False, "study": None, "patient": None, "active": 0, "panes": []}


def with_view(panes: list[Any], place: int, view: Any) -> list[Any]:
    """Return the panes with another view in one of them. A pane that is empty, or withheld from us, stays as it is."""
    if place >= len(panes) or panes[place] is None or "withheld" in panes[place]:
        return panes
    return [pane | {"view": view} if number == place else pane for number, pane in enumerate(panes)]


def fold(state: State, event: Event) -> State:
    """Return the state after an event. Raises: OutOfOrder unless it is the next one."""
    if event["number"] != state["number"] + 1:
        raise OutOfOrder(f"event {event['number']} after {state['number']}")
    after = state | {"number": event["number"]}
    match event["kind"]:
        case "opened":
            return after | {"ended": False} | {key: event[key] for key in ("presenter", "study", "patient", "active", "panes")}
        case "hang":
            return after | {key: event[key] for key in ("study", "patient", "active", "panes")}
        case "look":
            return after | {"active": event["active"], "panes": with_view(state["panes"], event["pane"], event["view"])}
        case "hand_over" | "take_over":
            return after | {"presenter": event["presenter"]}
        case "end":
            return after | {"ended": True}
    raise ValueError(f"event of an unknown kind: {event['kind']}")


def _in_parts(value: Any) -> Any:
    """Return a document with every number as a whole number of millionths."""
    if isinstance(value, dict):
        return {key: _in_parts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_in_parts(each) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return round(value * PARTS)
    return value


def canonical(state: State) -> str:
    """Return the one spelling of a state."""
    return json.dumps(_in_parts(state), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def state_hash(state: State) -> str:
    """Return 16 hex digits that are the same for the same state."""
    return hashlib.sha256(canonical(state).encode()).hexdigest()[:16]
