"""Write tests/golden/shared_states.json: event lists of shared views with the states, canonical texts and hashes that follow.

    python -m tests.golden.draw_shared_states

Events and states are written out by hand below. The canonical texts are made of them here by another way than the product's: through
JSON text and decimal numbers, so that neither binary rounding nor the product's own code takes part. pytest
(tests/unit/test_shared_view.py) and vitest (static/src/state/) both read the file.

A vector with "redacted_from" holds what someone is sent who may see only "may_see" of the vector of that name.
"""

import hashlib
import json
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("shared_states.json")

CT, PRIOR, SLIDE, OTHER = "1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.9.9"
ANNA, OTTO = "0123456789abcdef", "fedcba9876543210"  # opaque names of two patients
DIGEST = "00112233445566778899aabbccddeeff"
AT = 1_795_507_346_221


def pane(study: str, view: Any = None, stack: str | None = "a1b2c3d4e5f6") -> dict[str, Any]:
    return {"study": study, "series": study + ".1", "stack": stack, "view": view}


def stack_view(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "stack", "index": 0, "instance": DIGEST, "frame": 1, "window": None, "invert": False, "orientation": [1, 0, 0, 1],
        "zoom": 1, "center": [256, 256], "cine": None,
    } | changes  # fmt: skip


def event(number: int, kind: str, actor: str = "anna.b", **fields: Any) -> dict[str, Any]:
    return {"number": number, "kind": kind, "actor": actor, "at": AT + number, **fields}


def opened(*panes: Any, active: int = 0, study: str | None = CT, patient: str | None = ANNA) -> dict[str, Any]:
    return event(1, "opened", presenter="anna.b", study=study, patient=patient, active=active, panes=list(panes))


def state(number: int, *panes: Any, **changes: Any) -> dict[str, Any]:
    return {
        "number": number, "presenter": "anna.b", "ended": False, "study": CT, "patient": ANNA, "active": 0, "panes": list(panes),
    } | changes  # fmt: skip


WINDOWED = stack_view(
    index=44, frame=7, window=[40.5, 399.999999], invert=True, orientation=[0, 1, -1, 0], zoom=0.000001, center=[-0.0, -0.000001]
)
LARGE = stack_view(window=[-999999999.999999, 1e9], zoom=1.1, center=[0.1, 123456.654321])
BEATING = stack_view(frame=12, index=11, cine={"playing": True, "speed": 0.5, "at": AT})
PART = {"first": 4, "last": 30, "bounce": False, "beat_ms": 833.333333}
IN_STEP = stack_view(frame=12, index=11, cine={"playing": True, "speed": 1, "at": AT, "part": PART})
PRESENTED = stack_view(look={"presentation": "1.2.3.1.9", "overlays": False, "subtraction": True, "voi": 2, "voi_function": "SIGMOID"})
ON_GLASS = {"kind": "slide", "center": [51234.567891, 20000.000001], "span": [3000.25, 2000.0], "rotation": 359.999999, "flipped": False}
HIDDEN = {"withheld": True}

TWO_PANES_NAME = "two panes, cine, slide, hand-over to a name beyond ASCII"
TWO_PANES = [
    opened(pane(CT), pane(SLIDE, stack="slide"), active=1),
    event(2, "look", pane=0, active=0, view=BEATING),
    event(3, "look", pane=1, active=1, view=ON_GLASS),
    event(4, "hand_over", presenter="jörg@haus"),
    event(5, "look", actor="jörg@haus", pane=0, active=0, view=None),
    event(6, "look", actor="jörg@haus", pane=0, active=0, view=LARGE),
]


def vectors() -> list[dict[str, Any]]:
    """Return every vector: name, events, state; and which one it is the redacted form of."""
    return [
        {"name": "before the first", "events": [],
         "state": {"number": 0, "presenter": "", "ended": False, "study": None, "patient": None, "active": 0, "panes": []}},
        {"name": "opened, nothing looked at", "events": [opened(pane(CT, stack=None))], "state": state(1, pane(CT, stack=None))},
        {"name": "an empty pane", "events": [opened(None)], "state": state(1, None)},
        {"name": "six decimals, negative zero",
         "events": [opened(pane(CT)), event(2, "look", pane=0, active=0, view=WINDOWED)], "state": state(2, pane(CT, WINDOWED))},
        {"name": TWO_PANES_NAME, "events": TWO_PANES,
         "state": state(6, pane(CT, LARGE), pane(SLIDE, ON_GLASS, "slide"), presenter="jörg@haus")},
        {"name": "a running clip, timed in ms since 1970",
         "events": [opened(pane(CT)), event(2, "look", pane=0, active=0, view=BEATING)], "state": state(2, pane(CT, BEATING))},
        {"name": "part of a clip, in step with another",
         "events": [opened(pane(CT)), event(2, "look", pane=0, active=0, view=IN_STEP)], "state": state(2, pane(CT, IN_STEP))},
        {"name": "shown by a presentation state",
         "events": [opened(pane(CT)), event(2, "look", pane=0, active=0, view=PRESENTED)], "state": state(2, pane(CT, PRESENTED))},
        {"name": "the slide withheld", "redacted_from": TWO_PANES_NAME, "may_see": [CT, PRIOR],
         "events": [opened(pane(CT), HIDDEN, active=1), TWO_PANES[1], event(3, "look", pane=1, active=1, view=None), *TWO_PANES[3:]],
         "state": state(6, pane(CT, LARGE), HIDDEN, presenter="jörg@haus")},
        {"name": "the banner's study withheld", "redacted_from": TWO_PANES_NAME, "may_see": [SLIDE],
         "events": [opened(HIDDEN, pane(SLIDE, stack="slide"), active=1, study=None, patient=None),
                    event(2, "look", pane=0, active=0, view=None), TWO_PANES[2], TWO_PANES[3], TWO_PANES[4],
                    event(6, "look", actor="jörg@haus", pane=0, active=0, view=None)],
         "state": state(6, HIDDEN, pane(SLIDE, ON_GLASS, "slide"), presenter="jörg@haus", study=None, patient=None)},
        {"name": "another patient hangs; a look at nothing moves the focus alone", "events": [
            opened(pane(CT, stack_view())),
            event(2, "hang", study=OTHER, patient=OTTO, active=0, panes=[pane(OTHER), None]),
            event(3, "look", pane=1, active=1, view=stack_view(index=3)),
            event(4, "look", pane=0, active=1, view=stack_view(index=5, frame=1))],
         "state": state(4, pane(OTHER, stack_view(index=5)), None, study=OTHER, patient=OTTO, active=1)},
        {"name": "taken down, taken over, ended", "events": [
            opened(pane(CT), pane(PRIOR)),
            event(2, "hang", study=None, patient=None, active=0, panes=[None]),
            event(3, "take_over", actor="otto", presenter="otto", **{"from": "anna.b"}),
            event(4, "end", actor="otto")],
         "state": state(4, None, presenter="otto", ended=True, study=None, patient=None)},
    ]  # fmt: skip


def in_millionths(value: Any) -> Any:
    """Return parsed JSON with each number, a Decimal, as a whole number of millionths."""
    if isinstance(value, dict):
        return {name: in_millionths(each) for name, each in value.items()}
    if isinstance(value, list):
        return [in_millionths(each) for each in value]
    if isinstance(value, Decimal):
        return int((value * 1_000_000 + Decimal("0.5")).to_integral_value(ROUND_FLOOR))
    return value


def drawn() -> list[dict[str, Any]]:
    """Return the vectors with canonical text and hash."""
    found = []
    for vector in vectors():
        decimals = json.loads(json.dumps(vector["state"]), parse_float=Decimal, parse_int=Decimal)
        canonical = json.dumps(in_millionths(decimals), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        found.append(vector | {"canonical": canonical, "hash": hashlib.sha256(canonical.encode()).hexdigest()[:16]})
    return found


def text() -> str:
    """Return the file."""
    return json.dumps(drawn(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
