"""The log of shared views: looks, numbers without a gap, the state as the fold of all events, also with several at once; and its size."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.core.faults import Fault, Mismatch
from tests.conftest import Actor, make_actor
from tests.shared_case import Case, act, audited, look, looks
from tests.unit.shared_view_events import stack_views
from viewer.core.shared_messages import End, HandOver, Hang, TakeOver, parse_view
from viewer.core.shared_view import Event, fold_all, state_hash
from viewer.models import SharedEvent, SharedView
from viewer.services import shared_views
from viewer.services.shared_views import SharedHead, events_since, head_of, join_shared_view, open_shared_view

pytestmark = pytest.mark.django_db


# --- looks ---


def test_a_look_is_an_event_once(shared: SharedHead, alice: Actor, ct: Case):
    assert looks(alice, shared) == events_since(pk=shared.pk, number=1)[0]
    assert looks(alice, shared) is None  # nothing new
    assert looks(alice, shared, view=None, active=None) is None
    assert looks(alice, shared, view=look(6), active=None) is not None
    assert head_of(pk=shared.pk).state["panes"] == [ct.pane(look(6))]


def test_a_look_moves_the_focus_and_keeps_the_view(alice: Actor, ct: Case, echo: Case):
    shared = open_shared_view(actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane(look(1)), echo.pane()])
    assert looks(alice, shared, pane=1, active=1, view=None) is not None
    assert looks(alice, shared, pane=0, active=None, view=look(2)) is not None
    state = head_of(pk=shared.pk).state
    assert (state["active"], state["panes"]) == (1, [ct.pane(look(2)), echo.pane()])


@pytest.mark.parametrize("view", [{"invert": True}, {"orientation": [0, 1, -1, 0]}, {"cine": {"playing": True, "speed": 1, "at": 5}}, {}])
def test_a_look_comes_back_from_the_database_as_it_went_in(shared: SharedHead, alice: Actor, view: dict[str, Any]):
    event = looks(alice, shared, view=look(4, **view))
    assert event is not None
    assert events_since(pk=shared.pk, number=1) == [event]
    assert fold_all(events_since(pk=shared.pk, number=0)) == head_of(pk=shared.pk).state


def test_S17_a_look_that_comes_too_late_is_dropped(shared: SharedHead, alice: Actor, bob: Actor, ct: Case, other_patient: Case):
    join_shared_view(actor=bob.subject, key=shared.key)
    act(alice, shared, Hang(other_patient.study, 0, (other_patient.pane(), None)))
    assert looks(alice, shared, hang_number=1) is None  # of the case that hung before
    assert looks(alice, shared, hang_number=2, pane=1) is None  # nothing hangs there
    assert looks(bob, shared, hang_number=2) is None  # does not present
    act(alice, shared, HandOver("bob"))
    assert looks(alice, shared, hang_number=2) is None  # presents no more
    assert looks(bob, shared, hang_number=2) is not None
    act(bob, shared, End())
    assert looks(bob, shared, hang_number=2, view=look(9)) is None
    assert [event["kind"] for event in events_since(pk=shared.pk, number=0)] == ["opened", "hang", "hand_over", "look", "end"]
    assert looks(bob, SharedHead(**{name: getattr(shared, name) for name in SharedHead.__slots__} | {"pk": 0})) is None


def test_a_pane_that_the_layout_lacks_has_no_look(shared: SharedHead, alice: Actor):
    assert looks(alice, shared, pane=1) is None
    assert looks(alice, shared, active=1) is not None
    assert head_of(pk=shared.pk).state["active"] == 0


# --- the log ---


deeds = st.one_of(
    st.builds(lambda view: ("look", view), stack_views),
    st.builds(lambda view: ("hang", view), stack_views | st.none()),
    st.sampled_from([("hand_over", "alice"), ("hand_over", "bob"), ("take_over", 0.0), ("take_over", 9.0), ("end", None)]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(st.tuples(st.sampled_from(["alice", "bob"]), deeds), max_size=12))
def test_the_state_is_the_fold_of_all_events(alice: Actor, bob: Actor, ct: Case, asked: list[tuple[str, tuple[str, Any]]]):
    shared = open_shared_view(actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane()])
    join_shared_view(actor=bob.subject, key=shared.key)
    people, taken = {"alice": alice, "bob": bob}, 1
    for name, deed in asked:
        try:
            event = try_deed(people[name], shared, ct, *deed)
        except Fault:
            event = None
        taken += event is not None
        events = events_since(pk=shared.pk, number=0)
        assert [each["number"] for each in events] == list(range(1, taken + 1))
        assert event is None or events[-1] == event
        head = head_of(pk=shared.pk)
        assert head.state == fold_all(events)
        assert (head.number, head.hash) == (taken, state_hash(fold_all(events)))
        assert head.hang_number == max(each["number"] for each in events if each["kind"] in ("opened", "hang"))
    shared_views.end_forgotten(at_once=True)
    SharedView.objects.update(ended_at=timezone.now())  # the next example has as many to open


def try_deed(actor: Actor, shared: SharedHead, ct: Case, kind: str, value: Any) -> Event | None:
    if kind == "look":
        return looks(actor, shared, hang_number=head_of(pk=shared.pk).hang_number, view=parse_view(value))
    if kind == "take_over":
        other = "bob" if actor.username == "alice" else "alice"
        return act(actor, shared, TakeOver(other), absent_s=value)
    deed = Hang(ct.study, 0, (ct.pane(value), None)) if kind == "hang" else HandOver(value) if kind == "hand_over" else End()
    return act(actor, shared, deed)


def test_events_since_are_those_after_in_pieces(shared: SharedHead, alice: Actor):
    for index in range(5):
        looks(alice, shared, view=look(index))
    numbers = lambda **since: [event["number"] for event in events_since(pk=shared.pk, **since)]  # noqa: E731
    assert numbers(number=0) == [1, 2, 3, 4, 5, 6]
    assert numbers(number=4) == [5, 6]
    assert numbers(number=1, limit=2) == [2, 3]
    assert numbers(number=6) == []


def test_a_poll_is_one_query_for_many(shared: SharedHead, alice: Actor, ct: Case, django_assert_num_queries: Any):
    other = open_shared_view(actor=alice.subject, study_instance_uid=ct.study)
    act(alice, other, End())
    with django_assert_num_queries(1):
        assert shared_views.poll([shared.pk, other.pk, 0]) == {shared.pk: (1, 0, False), other.pk: (2, 0, True)}


def test_a_look_costs_few_statements(shared: SharedHead, alice: Actor, django_assert_max_num_queries: Any):
    with django_assert_max_num_queries(6):  # two of them a savepoint, which is this test's
        assert looks(alice, shared) is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE viewer_sharedevent SET body = '{}'",
        "UPDATE viewer_sharedevent SET number = 7",
        "DELETE FROM viewer_sharedevent",
        "INSERT INTO viewer_sharedevent (shared_view_id, number, kind, actor, recorded_at_ms, body)"
        " SELECT shared_view_id, 3, kind, actor, recorded_at_ms, body FROM viewer_sharedevent",
        "INSERT INTO viewer_sharedevent (shared_view_id, number, kind, actor, recorded_at_ms, body)"
        " SELECT shared_view_id, 1, kind, actor, recorded_at_ms, body FROM viewer_sharedevent",
    ],
)
def test_the_database_keeps_events_as_they_are_and_without_a_gap(shared: SharedHead, statement: str):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert SharedEvent.objects.filter(shared_view=shared.pk, number=1, kind="opened").count() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE")
def test_the_database_does_not_empty_the_log(shared: SharedHead):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE viewer_sharedevent")
    assert SharedEvent.objects.count() == 1


HOUR_OF_LOOKS = 9000  # one each 400 ms


def test_an_hour_of_busy_presenting_stays_small(shared: SharedHead, alice: Actor):
    part = 600
    before = stored_bytes()
    for number in range(part):
        view = look(number % 300, instance=f"{number * 7919:032x}", window=[number % 400 - 100.25, 350 + number], zoom=1 + number / 7)
        view["center"] = [256 + number / 3, 255.5 - number / 7]
        assert looks(alice, shared, view=parse_view(view)) is not None
    an_hour = (stored_bytes() - before) * HOUR_OF_LOOKS // part
    assert 1_000_000 < an_hour < 4_000_000  # 2.1 MB on SQLite, 3.1 MB on PostgreSQL


def stored_bytes() -> int:
    """Return what events take up, with their indexes. SQLite: the whole file; nothing else is written meanwhile, but the state in place."""
    if connection.vendor == "postgresql":
        asked = ["SELECT pg_total_relation_size('viewer_sharedevent')"]
    else:
        asked = ["SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)"]
    with connection.cursor() as cursor:
        cursor.execute(*asked)
        return int(cursor.fetchone()[0])


# --- at the same time ---


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls on threads that start together; return what each returned or raised."""
    results: list[Any] = [None] * len(calls)
    together = threading.Barrier(len(calls))

    def run(place: int) -> None:
        try:
            together.wait(10)
            results[place] = calls[place]()
        except Exception as exc:
            results[place] = exc
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.django_db(transaction=True)
def test_appenders_at_once_make_one_log_without_gap(shared: SharedHead, alice: Actor, ct: Case):
    def looking(start: int) -> list[Event | None]:
        return [looks(alice, shared, view=look(start + number)) for number in range(20)]

    found = at_once(lambda: looking(100), lambda: looking(200), lambda: looking(300))
    numbers = sorted(event["number"] for each in found for event in each)
    assert numbers == list(range(2, 62))
    events = events_since(pk=shared.pk, number=0)
    assert [event["number"] for event in events] == list(range(1, 62))
    assert head_of(pk=shared.pk).state == fold_all(events)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_over_at_once_one_presents(shared: SharedHead, bob: Actor):
    dora = make_actor("dora", "radiologist", "radiology")
    for person in (bob, dora):
        join_shared_view(actor=person.subject, key=shared.key)
    found = at_once(*(lambda person=person: act(person, shared, TakeOver("alice"), absent_s=60) for person in (bob, dora)))
    won = [event for event in found if not isinstance(event, Exception)]
    assert len(won) == 1
    assert [type(each) for each in found if isinstance(each, Exception)] == [Mismatch]
    assert head_of(pk=shared.pk).state["presenter"] == won[0]["presenter"]
    assert len(events_since(pk=shared.pk, number=0)) == 2


@pytest.mark.django_db(transaction=True)
def test_people_who_come_at_once_are_each_noted_once(shared: SharedHead, bob: Actor):
    found = at_once(*(lambda: join_shared_view(actor=bob.subject, key=shared.key),) * 4)
    assert found == [shared] * 4
    assert len(audited("shared view joined")) == 1
