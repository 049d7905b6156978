"""A shared view as a pure function of its events: state, fold, hash, and what is left of both for someone who may not see everything.

States and events are the JSON objects that travel (docs/stream.md, "Shared views"), typed; they are values, never changed in place. The
client's twin is static/src/state/shared_state.ts; tests/golden/shared_states.json holds the two equal.
"""

import hashlib
import math
from collections.abc import Collection, Sequence
from typing import Any, Literal, NotRequired, TypedDict, final

import orjson

from governance.core.faults import Mismatch

EVENT_KINDS = ("opened", "hang", "look", "hand_over", "take_over", "end")
HASH_BYTES = 8
MICRO = 1_000_000  # numbers are kept to six decimals


class CinePart(TypedDict):
    """What of a loop plays otherwise than the image asks: first and last index; there and back; ms of a beat of loops in step."""

    first: int
    last: int
    bounce: bool
    beat_ms: float | None


class Cine(TypedDict):
    """A running or paused clip. at: server time, ms since 1970, at which the view's frame was or is due."""

    playing: bool
    speed: float
    at: int
    part: NotRequired[CinePart]


class Look(TypedDict, total=False):
    """What of the display chain is otherwise than usual (viewer.core.view); what is as usual is left out, and so is an empty look."""

    presentation: str
    overlays: bool
    shutter: bool
    subtraction: bool
    icc: bool
    voi: int
    voi_function: str


@final
class StackView(TypedDict):
    """One picture of a stack, clip or image, independent of the size it is shown at.

    instance: digest of the SOP Instance UID, 32 hex digits; frame: frame number, from 1; orientation: the 2x2 matrix [a, b, c, d];
    zoom: 1 = the whole picture fits; center: the pixel of the stored frame that lies in the middle of the viewport.
    """

    kind: Literal["stack"]
    index: int
    instance: str
    frame: int
    window: list[float] | None
    invert: bool
    orientation: list[int]
    zoom: float
    center: list[float]
    cine: Cine | None
    look: NotRequired[Look]


@final
class SlideView(TypedDict):
    """A place on a slide. center, span: pixels of level 0, across the presenter's viewport; rotation in degrees."""

    kind: Literal["slide"]
    center: list[float]
    span: list[float]
    rotation: float
    flipped: bool


PaneView = StackView | SlideView


@final
class HungPane(TypedDict):
    """A pane with something on it; view is None until the presenter has looked."""

    study: str
    series: str
    stack: str | None
    view: PaneView | None


@final
class WithheldPane(TypedDict):
    """All that someone learns of a pane whose study they may not see."""

    withheld: Literal[True]


Pane = HungPane | WithheldPane | None


class State(TypedDict):
    """What a shared view is after event `number`. patient: the same opaque digits for all studies of one patient."""

    number: int
    presenter: str
    ended: bool
    study: str | None
    patient: str | None
    active: int
    panes: list[Pane]


class _Numbered(TypedDict):
    """What every event carries. at: ms since 1970."""

    number: int
    actor: str
    at: int


class OpenedEvent(_Numbered):
    """The first event."""

    kind: Literal["opened"]
    presenter: str
    study: str | None
    patient: str | None
    active: int
    panes: list[Pane]


class HangEvent(_Numbered):
    """The presenter hangs: study, patient, layout and all panes are replaced."""

    kind: Literal["hang"]
    study: str | None
    patient: str | None
    active: int
    panes: list[Pane]


class LookEvent(_Numbered):
    """What one pane shows after a movement."""

    kind: Literal["look"]
    pane: int
    active: int
    view: PaneView | None


class HandOverEvent(_Numbered):
    """The presenter passes the presentation on."""

    kind: Literal["hand_over"]
    presenter: str


TakeOverEvent = TypedDict(
    "TakeOverEvent",
    {"number": int, "actor": str, "at": int, "kind": Literal["take_over"], "presenter": str, "from": str},
)


class EndEvent(_Numbered):
    """Nothing follows."""

    kind: Literal["end"]


Event = OpenedEvent | HangEvent | LookEvent | HandOverEvent | TakeOverEvent | EndEvent

EMPTY = State(number=0, presenter="", ended=False, study=None, patient=None, active=0, panes=[])


def fold(state: State, event: Event) -> State:
    """Return the state after an event.

    Raises: Mismatch when the event isn't the next one, comes after the end, or is `opened` in another place than the first.
    """
    number = event["number"]
    if number != state["number"] + 1 or state["ended"] or (event["kind"] == "opened") != (number == 1):
        raise Mismatch("not the next event", number)
    if event["kind"] == "look":
        panes = [_looked(pane, event["view"]) if place == event["pane"] else pane for place, pane in enumerate(state["panes"])]
        return {**state, "number": number, "active": event["active"], "panes": panes}
    if event["kind"] == "end":
        return {**state, "number": number, "ended": True}
    if event["kind"] == "hand_over" or event["kind"] == "take_over":
        return {**state, "number": number, "presenter": event["presenter"]}
    hung = State(
        number=number,
        presenter=state["presenter"],
        ended=False,
        study=event["study"],
        patient=event["patient"],
        active=event["active"],
        panes=event["panes"],
    )
    return {**hung, "presenter": event["presenter"]} if event["kind"] == "opened" else hung


def _looked(pane: Pane, view: PaneView | None) -> Pane:
    """A look has no effect where nothing hangs, or where it is withheld."""
    return pane if pane is None or "withheld" in pane else {**pane, "view": view}


def fold_all(events: Sequence[Event], state: State = EMPTY) -> State:
    """Return the state after several events. Raises: Mismatch."""
    for event in events:
        state = fold(state, event)
    return state


def studies_of(state: State) -> frozenset[str]:
    """Return the Study Instance UIDs of everything that hangs, and of the banner."""
    hung = {pane["study"] for pane in state["panes"] if pane is not None and "withheld" not in pane}
    return frozenset(hung | ({state["study"]} if state["study"] is not None else set()))


# --- what an actor may see ---


def redacted(state: State, may_see: Collection[str]) -> State:
    """Return the state as someone may know it. may_see: Study Instance UIDs.

    For every event: redacted(fold(s, e)) = fold(redacted(s), redacted_event(e, state=s)), so that a client can fold what it is sent.
    """
    banner = state["study"] is not None and state["study"] in may_see
    return {
        **state,
        "study": state["study"] if banner else None,
        "patient": state["patient"] if banner else None,
        "panes": _redacted_panes(state["panes"], may_see),
    }


def redacted_event(event: Event, *, state: State, may_see: Collection[str]) -> Event:
    """Return an event as someone may know it. state: the whole one, before or after the event."""
    if event["kind"] == "look":
        pane = state["panes"][event["pane"]] if event["pane"] < len(state["panes"]) else None
        is_seen = pane is not None and "withheld" not in pane and pane["study"] in may_see
        return event if is_seen else {**event, "view": None}
    if event["kind"] == "opened":
        return {**event, **_redacted_hanging(event, may_see)}
    if event["kind"] == "hang":
        return {**event, **_redacted_hanging(event, may_see)}
    return event


class _Hanging(TypedDict):
    study: str | None
    patient: str | None
    panes: list[Pane]


def _redacted_hanging(event: OpenedEvent | HangEvent, may_see: Collection[str]) -> _Hanging:
    banner = event["study"] is not None and event["study"] in may_see
    return {
        "study": event["study"] if banner else None,
        "patient": event["patient"] if banner else None,
        "panes": _redacted_panes(event["panes"], may_see),
    }


def _redacted_panes(panes: Sequence[Pane], may_see: Collection[str]) -> list[Pane]:
    return [
        pane if pane is None or ("withheld" not in pane and pane["study"] in may_see) else WithheldPane(withheld=True) for pane in panes
    ]


# --- the hash that followers report ---


def canonical(state: State) -> bytes:
    """Return the state as JSON that Python and JavaScript write alike: sorted keys, no blanks, numbers as whole millionths.

    Half a millionth rounds up, as Math.round does; what the server keeps has six decimals, so that neither side meets one.
    """
    return orjson.dumps(_in_millionths(state), option=orjson.OPT_SORT_KEYS)


def state_hash(state: State) -> str:
    """Return the first 8 bytes of SHA-256 of the canonical state, as 16 hex digits."""
    return hashlib.sha256(canonical(state)).digest()[:HASH_BYTES].hex()


def _in_millionths(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_millionths(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_in_millionths(each) for each in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return value * MICRO if isinstance(value, int) else math.floor(value * MICRO + 0.5)
