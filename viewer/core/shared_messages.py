"""What clients say about shared views, as values: the JSON bodies of the stream's kinds 25 to 29 and of POST /api/shared-views.

Parsing is strict, as in viewer.core.messages: a missing, unknown or wrong field raises Malformed. Numbers come out quantised to six
decimals (whole ones as int), so that a state can be hashed alike everywhere. docs/stream.md, "Shared views", lists the fields.

The parsers of the stream's bodies take (viewport, document), as viewer.core.messages calls them; the viewport must be 0.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar, cast

from governance.core.faults import Malformed
from viewer.core.shared_view import Cine, CinePart, HungPane, Look, PaneView, SlideView, StackView
from viewer.core.view import MAX_VOI, VOI_FUNCTIONS

LARGEST = 1e9
LATEST_MS = 9 * 10**12  # of a server time (the year 2255): its millionths still fit 64 bits, in which a state is hashed
UINT32 = 0xFFFF_FFFF
DECIMALS = 6
MAX_PANES = 2
CONDITIONS = ("in step", "loading", "elsewhere", "withheld", "blank")

KEY = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_UID = re.compile(r"[0-9.]{1,64}", re.ASCII)
_STACK = re.compile(r"[\x20-\x7e]{1,128}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{32}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{16}", re.ASCII)
_USERNAME = re.compile(r"[\w.@+-]{1,150}")  # Django's, any script

Document = dict[str, Any]
T = TypeVar("T")


class Pointer(TypedDict):
    """Where the presenter points. at: pixels of the stored frame, or of level 0; mm: in the patient, by frame_of_reference."""

    at: list[float]
    mm: list[float] | None
    frame_of_reference: str | None
    instance: str | None
    frame: int | None


@dataclass(frozen=True, slots=True)
class Join:
    """Take part. number, hash: what the client still had, when it comes back."""

    viewport: int
    key: str
    number: int | None
    hash: str | None


@dataclass(frozen=True, slots=True)
class Leave:
    """Take part no more."""

    viewport: int


@dataclass(frozen=True, slots=True)
class Hang:
    """Replace what hangs."""

    study: str | None
    active: int
    panes: tuple[HungPane | None, ...]


@dataclass(frozen=True, slots=True)
class HandOver:
    """Let another person present."""

    presenter: str


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Present in the place of someone who is gone. absent: who that is; when someone else presents by now it is too late.

    presenter: who the sender says will present, if they say so: only they themselves.
    """

    absent: str
    presenter: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """End the shared view for all."""


Deed = Hang | HandOver | TakeOver | End


@dataclass(frozen=True, slots=True)
class Act:
    """Something that becomes an event. request comes back with it, or with the fault."""

    viewport: int
    request: int
    deed: Deed


@dataclass(frozen=True, slots=True)
class Motion:
    """How the presenter moves, in absolute values; the newest of a pane is enough.

    number: the last event that the presenter had folded. view: None leaves it. has_pointer: with pointer None it goes away. t: comes back.
    """

    viewport: int
    pane: int
    number: int
    active: int | None = None
    view: PaneView | None = None
    has_pointer: bool = False
    pointer: Pointer | None = None
    t: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far someone is: the last event on their screen, the hash of the state they have, and in a word."""

    viewport: int
    number: int
    hash: str
    condition: str


# --- the bodies of the stream ---


def parse_join(viewport: int, document: Document) -> Join:
    """Return the join of {"key", "number"?, "hash"?}. Raises: Malformed."""
    _fields(document, {"key"}, {"number", "hash"}, viewport)
    number = _whole(document["number"], "number", UINT32) if "number" in document else None
    return Join(
        viewport, _text(document["key"], "key", KEY), number, _text(document["hash"], "hash", _HASH) if "hash" in document else None
    )


def parse_leave(viewport: int, document: Document) -> Leave:
    """Return the leave of {}. Raises: Malformed."""
    _fields(document, set(), set(), viewport)
    return Leave(viewport)


def parse_act(viewport: int, document: Document) -> Act:
    """Return the act of {"request", "event"}. Raises: Malformed."""
    _fields(document, {"request", "event"}, set(), viewport)
    return Act(viewport, _whole(document["request"], "request", UINT32), parse_deed(document["event"]))


def parse_deed(value: object) -> Deed:
    """Return what a client asks to happen; what the server adds (number, actor, time, patient) isn't part of it.

    One of {"kind": "hang", "study", "active", "panes"}, {"kind": "hand_over", "presenter"}, {"kind": "take_over", "from", "presenter"?},
    {"kind": "end"}.
    Raises: Malformed, also for something that hangs without a study to name in the banner.
    """
    deed = _object(value, "event")
    match deed.get("kind"):
        case "hang":
            _fields(deed, {"kind", "study", "active", "panes"}, set())
            panes = parse_panes(deed["panes"])
            study = _optional(deed["study"], parse_study)
            if study is None and any(panes):
                raise Malformed("nothing hangs without a study that the banner names")
            return Hang(study, _whole(deed["active"], "active", len(panes) - 1), panes)
        case "hand_over":
            _fields(deed, {"kind", "presenter"}, set())
            return HandOver(parse_username(deed["presenter"]))
        case "take_over":
            _fields(deed, {"kind", "from"}, {"presenter"})
            return TakeOver(parse_username(deed["from"]), _optional(deed.get("presenter"), parse_username))
        case "end":
            _fields(deed, {"kind"}, set())
            return End()
    raise Malformed("not an event that clients cause")


def parse_motion(viewport: int, document: Document) -> Motion:
    """Return the motion of {"pane", "number", "active"?, "view"?, "pointer"?, "t"?}. Raises: Malformed."""
    _fields(document, {"pane", "number"}, {"active", "view", "pointer", "t"}, viewport)
    return Motion(
        viewport=viewport,
        pane=_whole(document["pane"], "pane", MAX_PANES - 1),
        number=_whole(document["number"], "number", UINT32),
        active=_whole(document["active"], "active", MAX_PANES - 1) if "active" in document else None,
        view=parse_view(document["view"]) if "view" in document else None,
        has_pointer="pointer" in document,
        pointer=_optional(document.get("pointer"), parse_pointer),
        t=_number(document["t"], "t", largest=LATEST_MS) if "t" in document else None,
    )


def parse_standing(viewport: int, document: Document) -> Standing:
    """Return the report of {"number", "hash", "condition"}. Raises: Malformed."""
    _fields(document, {"number", "hash", "condition"}, set(), viewport)
    if document["condition"] not in CONDITIONS:
        raise Malformed(f"condition must be one of {', '.join(CONDITIONS)}")
    return Standing(
        viewport, _whole(document["number"], "number", UINT32), _text(document["hash"], "hash", _HASH), str(document["condition"])
    )


# --- what they are made of ---


def parse_panes(value: object) -> tuple[HungPane | None, ...]:
    """Return 1 or 2 panes: null, or {"study", "series", "stack", "view"} with stack and view possibly null. Raises: Malformed."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_PANES:
        raise Malformed("panes must be a list of 1 or 2")
    return tuple(_optional(pane, _pane) for pane in value)


def parse_view(value: object) -> PaneView:
    """Return what a pane shows, quantised. Raises: Malformed."""
    view = _object(value, "view")
    match view.get("kind"):
        case "stack":
            return _stack_view(view)
        case "slide":
            return _slide_view(view)
    raise Malformed("view must be of kind stack or slide")


def parse_pointer(value: object) -> Pointer:
    """Return where someone points, quantised. Raises: Malformed."""
    pointer = _object(value, "pointer")
    _fields(pointer, {"at", "mm", "frame_of_reference", "instance", "frame"}, set())
    return Pointer(
        at=_numbers(pointer["at"], "at", 2),
        mm=_optional(pointer["mm"], lambda mm: _numbers(mm, "mm", 3)),
        frame_of_reference=_optional(pointer["frame_of_reference"], lambda uid: _text(uid, "frame_of_reference", _UID)),
        instance=_optional(pointer["instance"], lambda digest: _text(digest, "instance", _DIGEST)),
        frame=_optional(pointer["frame"], lambda frame: _whole(frame, "frame", UINT32, 1)),
    )


def parse_username(value: object) -> str:
    """Return a user name. Raises: Malformed."""
    return _text(value, "user name", _USERNAME)


def parse_study(value: object) -> str:
    """Return a Study Instance UID. Raises: Malformed."""
    return _text(value, "study_instance_uid", _UID)


def quantised(value: float) -> float:
    """Return a number to six decimals; whole ones as int, so that JSON has no ".0" and no "-0"."""
    rounded = round(value, DECIMALS)
    return int(rounded) if rounded == int(rounded) else rounded


def _pane(value: object) -> HungPane:
    pane = _object(value, "pane")
    _fields(pane, {"study", "series", "stack", "view"}, set())
    return HungPane(
        study=_text(pane["study"], "study", _UID),
        series=_text(pane["series"], "series", _UID),
        stack=_optional(pane["stack"], lambda stack: _text(stack, "stack", _STACK)),
        view=_optional(pane["view"], parse_view),
    )


def _stack_view(view: Document) -> StackView:
    _fields(view, {"kind", "index", "instance", "frame", "window", "invert", "orientation", "zoom", "center", "cine"}, {"look"})
    window = _optional(view["window"], lambda window: _numbers(window, "window", 2))
    if window is not None and window[1] <= 0:
        raise Malformed("window width must be above 0")
    found = StackView(
        kind="stack",
        index=_whole(view["index"], "index", UINT32),
        instance=_text(view["instance"], "instance", _DIGEST),
        frame=_whole(view["frame"], "frame", UINT32, 1),
        window=window,
        invert=_truth(view["invert"], "invert"),
        orientation=_orientation(view["orientation"]),
        zoom=_positive(view["zoom"], "zoom"),
        center=_numbers(view["center"], "center", 2),
        cine=_optional(view["cine"], _cine),
    )
    if "look" in view:
        found["look"] = _look(view["look"])
    return found


def _look(value: object) -> Look:
    """Return what is otherwise than usual: as the stream's views name it, without what is as usual."""
    look = _object(value, "look")
    _fields(look, set(), set(_LOOK))
    if not look:
        raise Malformed("a look without anything is left out")
    return cast(Look, {name: _LOOK[name](each) for name, each in look.items()})


def _switched_off(value: object) -> bool:
    if value is not False:
        raise Malformed("what is as usual is left out of a look")
    return False


def _voi_function(value: object) -> str:
    if value not in VOI_FUNCTIONS:
        raise Malformed("voi_function must be one of " + ", ".join(VOI_FUNCTIONS))
    return str(value)


_LOOK: dict[str, Callable[[object], str | bool | int]] = {
    "presentation": lambda value: _text(value, "presentation", _UID),
    "overlays": _switched_off,
    "shutter": _switched_off,
    "subtraction": lambda value: _truth(value, "subtraction"),
    "icc": _switched_off,
    "voi": lambda value: _whole(value, "voi", MAX_VOI),
    "voi_function": _voi_function,
}


def _slide_view(view: Document) -> SlideView:
    _fields(view, {"kind", "center", "span", "rotation", "flipped"}, set())
    span = _numbers(view["span"], "span", 2)
    rotation = _number(view["rotation"], "rotation")
    if min(span) <= 0 or not 0 <= rotation <= 360:
        raise Malformed("span must be above 0 and rotation from 0 to 360")
    center = _numbers(view["center"], "center", 2)
    return SlideView(kind="slide", center=center, span=span, rotation=rotation, flipped=_truth(view["flipped"], "flipped"))


def _cine(value: object) -> Cine:
    cine = _object(value, "cine")
    _fields(cine, {"playing", "speed", "at"}, {"part"})
    at = _whole(cine["at"], "at", LATEST_MS)
    found = Cine(playing=_truth(cine["playing"], "playing"), speed=_positive(cine["speed"], "speed"), at=at)
    if "part" in cine:
        found["part"] = _cine_part(cine["part"])
    return found


def _cine_part(value: object) -> CinePart:
    part = _object(value, "part")
    _fields(part, {"first", "last", "bounce", "beat_ms"}, set())
    first = _whole(part["first"], "first", UINT32)
    return CinePart(
        first=first,
        last=_whole(part["last"], "last", UINT32, first),
        bounce=_truth(part["bounce"], "bounce"),
        beat_ms=_optional(part["beat_ms"], lambda beat: _positive(beat, "beat_ms")),
    )


def _orientation(value: object) -> list[int]:
    """The eight ways to turn a picture: a matrix of -1, 0 and 1 that neither stretches nor flattens it."""
    if not isinstance(value, list) or len(value) != 4 or any(type(each) is not int or not -1 <= each <= 1 for each in value):
        raise Malformed("orientation must be four of -1, 0 and 1")
    a, b, c, d = value
    if (abs(a), abs(b)) != (abs(d), abs(c)) or abs(a) == abs(b):
        raise Malformed("orientation must turn or mirror by quarters")
    return [a, b, c, d]


def _fields(document: Document, needed: Collection[str], optional: Collection[str], viewport: int = 0) -> None:
    missing, unknown = set(needed) - document.keys(), document.keys() - set(needed) - set(optional)
    if missing or unknown:  # unknown names are the client's own words, and aren't repeated
        raise Malformed(f"missing: {', '.join(sorted(missing))}" if missing else "unknown field")
    if viewport != 0:
        raise Malformed("a message about the whole socket has viewport 0")


def _object(value: object, name: str) -> Document:
    if not isinstance(value, dict):
        raise Malformed(f"{name} must be an object")
    return value


def _text(value: object, name: str, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Malformed(f"{name} is not one")
    return value


def _whole(value: object, name: str, maximum: int, minimum: int = 0) -> int:
    if type(value) is not int or not minimum <= value <= maximum:
        raise Malformed(f"{name} must be a whole number from {minimum} to {maximum}")
    return value


def _truth(value: object, name: str) -> bool:
    if type(value) is not bool:
        raise Malformed(f"{name} must be true or false")
    return value


def _number(value: object, name: str, largest: float = LARGEST) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -largest <= value <= largest:
        raise Malformed(f"{name} must be a number of at most {largest:g}")
    return quantised(value)


def _positive(value: object, name: str) -> float:
    number = _number(value, name)
    if number <= 0:
        raise Malformed(f"{name} must be above 0")
    return number


def _numbers(value: object, name: str, count: int) -> list[float]:
    if not isinstance(value, list) or len(value) != count:
        raise Malformed(f"{name} must be {count} numbers")
    return [_number(each, name) for each in value]


def _optional(value: object, parse: Callable[[Any], T]) -> T | None:
    return None if value is None else parse(value)
