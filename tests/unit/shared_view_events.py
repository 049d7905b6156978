"""Strategies that draw what happens in a shared view: any sequence of events that the server could have appended."""

from typing import Any

from hypothesis import strategies as st

from viewer.core.shared_messages import LATEST_MS, quantised
from viewer.core.shared_view import Event, PaneView

STUDIES = ("1.2.1", "1.2.2", "1.2.3")
PEOPLE = ("anna", "otto", "jörg")

numbers = st.floats(-1e9, 1e9).map(quantised)
positive = st.floats(1e-6, 1e6).map(quantised)
digests = st.integers(0, 2**128 - 1).map("{:032x}".format)
points = st.lists(numbers, min_size=2, max_size=2)

parts = st.integers(0, 1000).flatmap(
    lambda first: st.fixed_dictionaries(
        {"first": st.just(first), "last": st.integers(first, 2000), "bounce": st.booleans(), "beat_ms": st.none() | positive}
    )
)
cines = st.fixed_dictionaries({"playing": st.booleans(), "speed": positive, "at": st.integers(0, LATEST_MS)}, optional={"part": parts})
looks = st.fixed_dictionaries(
    {"presentation": st.just("2.25.90")},
    optional={"overlays": st.just(False), "subtraction": st.booleans(), "voi": st.integers(0, 255), "voi_function": st.just("SIGMOID")},
)
turns = st.sampled_from([[1, 0, 0, 1], [0, 1, -1, 0], [-1, 0, 0, -1], [0, -1, 1, 0], [-1, 0, 0, 1], [0, 1, 1, 0]])
stack_views = st.fixed_dictionaries(
    {
        "kind": st.just("stack"),
        "index": st.integers(0, 2**32 - 1),
        "instance": digests,
        "frame": st.integers(1, 2**32 - 1),
        "window": st.none() | st.tuples(numbers, positive).map(list),
        "invert": st.booleans(),
        "orientation": turns,
        "zoom": positive,
        "center": points,
        "cine": st.none() | cines,
    },
    optional={"look": looks},
)
slide_views = st.fixed_dictionaries(
    {
        "kind": st.just("slide"),
        "center": points,
        "span": st.lists(positive, min_size=2, max_size=2),
        "rotation": st.floats(0, 360).map(quantised),
        "flipped": st.booleans(),
    }
)
views: st.SearchStrategy[PaneView] = st.one_of(stack_views, slide_views)
hung = st.builds(
    lambda study, stack, view: {"study": study, "series": f"{study}.1", "stack": stack, "view": view},
    st.sampled_from(STUDIES),
    st.none() | st.sampled_from(["a1b2c3", "slide"]),
    st.none() | views,
)
panes = st.lists(st.none() | hung, min_size=1, max_size=2)


@st.composite
def hangings(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what an `opened` or a `hang` says."""
    hanging = draw(panes)
    study = draw(st.sampled_from(STUDIES))
    active = draw(st.integers(0, len(hanging) - 1))
    return {"study": study, "patient": draw(st.integers(0, 2**64 - 1).map("{:016x}".format)), "active": active, "panes": hanging}


@st.composite
def event_lists(draw: st.DrawFn) -> list[Event]:
    """Draw all events of a shared view, the first one `opened`; the last may be `end`."""
    presenter = draw(st.sampled_from(PEOPLE))
    kinds = draw(st.lists(st.sampled_from(["hang", "look", "look", "look", "hand_over", "take_over"]), max_size=8))
    events: list[dict[str, Any]] = [{"kind": "opened", "actor": presenter, "presenter": presenter, **draw(hangings())}]
    for kind in kinds:
        event: dict[str, Any] = {"kind": kind, "actor": presenter}
        if kind == "hang":
            event |= draw(hangings())
        elif kind == "look":
            event |= {"pane": draw(st.integers(0, 1)), "active": draw(st.integers(0, 1)), "view": draw(st.none() | views)}
        else:
            before, presenter = presenter, draw(st.sampled_from(PEOPLE))
            event |= {"presenter": presenter} | ({"actor": presenter, "from": before} if kind == "take_over" else {})
        events.append(event)
    if draw(st.booleans()):
        events.append({"kind": "end", "actor": presenter})
    return [{"number": number, "at": 1_795_507_346_221 + number, **event} for number, event in enumerate(events, 1)]  # type: ignore[misc]
