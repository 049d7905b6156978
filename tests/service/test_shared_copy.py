"""A process's copy of a shared view's log: whatever the line loses, doubles or turns around, the database's order is what is folded."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson
import pytest

from governance.services.database import run_in_database
from tests.conftest import Actor
from tests.shared_case import Case, act, look
from viewer.core.messages import parse_control
from viewer.core.shared_messages import Hang
from viewer.core.shared_view import Event, fold, redacted, state_hash
from viewer.services import shared_views
from viewer.services.shared_copy import RECENT, LogCopy
from viewer.services.shared_views import SharedHead, open_shared_view

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE_S = 20.0


class Copy(LogCopy):
    """A copy that remembers what it folded."""

    def __init__(self, head: SharedHead) -> None:
        super().__init__(head, changed=self._remember)
        self.folded: list[int] = []
        self.moved = asyncio.Event()

    def _remember(self, events: Sequence[Event]) -> None:
        self.folded += [event["number"] for event in events]
        self.moved.set()

    async def reach(self, number: int) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while self.number < number:
                self.moved.clear()
                await self.moved.wait()


@asynccontextmanager
async def copy_of(head: SharedHead) -> AsyncIterator[Copy]:
    copy = Copy(head)
    await copy.learn_departments()
    keeping = asyncio.create_task(copy.keep_up())
    yield copy
    keeping.cancel()


async def looks(alice: Actor, head: SharedHead, count: int) -> list[Event]:
    """Append so many looks; return them."""
    events = []
    for index in range(count):
        what = {"hang_number": head.hang_number, "pane": 0, "active": 0, "view": look(index + 1)}
        event = await run_in_database(shared_views.append_look, actor=alice.subject, pk=head.pk, **what)
        assert event is not None
        events.append(event)
    return events


async def test_lost_repeated_and_reordered_events_are_folded_once_in_order(alice: Actor, ct: Case) -> None:
    head = await run_in_database(open_shared_view, actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane()])
    async with copy_of(head) as copy:
        events = await looks(alice, head, 30)
        dice = random.Random(7)
        carried = [event for event in events for _ in range(dice.choice([0, 1, 1, 2]))]
        dice.shuffle(carried)
        for event in carried:
            copy.hear([event])
            if dice.random() < 0.3:
                await asyncio.sleep(0)
        copy.know(31)
        await copy.reach(31)
        assert copy.folded == list(range(2, 32))
        copy.hear(events)  # all of it again
        await asyncio.sleep(0)
        assert copy.folded == list(range(2, 32))
        state = head.state
        for event in events:
            state = fold(state, event)
        assert copy.state == state


async def test_a_number_that_the_database_does_not_know_yet_changes_nothing(alice: Actor, ct: Case) -> None:
    head = await run_in_database(open_shared_view, actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane()])
    async with copy_of(head) as copy:
        copy.know(3)
        [first, second] = await looks(alice, head, 2)
        copy.hear([second])
        await copy.reach(3)
        assert copy.folded == [2, 3]
        assert first["number"] == 2


async def test_who_is_behind_gets_the_events_or_has_to_take_the_state(alice: Actor, ct: Case) -> None:
    head = await run_in_database(open_shared_view, actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane()])
    everything = frozenset({ct.study})
    async with copy_of(head) as copy:
        copy.hear(await looks(alice, head, RECENT + 5))
        await copy.reach(RECENT + 6)
        assert copy.has_after(copy.number)
        assert copy.has_after(copy.number - RECENT)
        assert not copy.has_after(copy.number - RECENT - 1)
        body = parse_control(copy.events_message(copy.number - 3, everything, {copy.number: 99}))[2]
        assert [event["number"] for event in body["events"]] == [copy.number - 2, copy.number - 1, copy.number]
        assert [event.get("request") for event in body["events"]] == [None, None, 99]
        assert body["hash"] == state_hash(copy.state)
        again = copy.events_message(copy.number - 3, everything, {})
        assert b"request" not in again
        assert copy.events_message(copy.number - 3, everything, {}) is again, "made once for all who are as far"


async def test_S17_a_look_up_from_before_a_hang_says_nothing_of_what_hangs_now(alice: Actor, ct: Case, echo: Case) -> None:
    """The poll asks where the studies belong that it knows of; while it waits for the answer, another case is hung."""
    head = await run_in_database(open_shared_view, actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane()])
    async with copy_of(head) as copy:
        answer_of_before = dict.fromkeys(copy.departments, "radiology")
        copy.hear([await run_in_database(act, alice, head, Hang(echo.study, 0, (echo.pane(),)))])
        await copy.reach(2)
        assert not copy.take_departments(answer_of_before)
        assert copy.visible(alice.subject) == {ct.study, echo.study}, "nobody is kept from what they may see"
        assert copy.hash_for(copy.visible(alice.subject)) == state_hash(copy.state)


async def test_S17_what_hangs_anew_is_not_folded_before_it_is_known_who_may_see_it(
    alice: Actor, bob: Actor, ct: Case, echo: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = await run_in_database(open_shared_view, actor=alice.subject, study_instance_uid=ct.study, panes=[ct.pane()])
    asked: list[frozenset[str]] = []
    real = shared_views.departments_of

    def departments_of(studies: frozenset[str]) -> dict[str, str]:
        asked.append(frozenset(studies))
        if len(asked) == 1:
            raise ConnectionError("the database is away")
        return real(studies)

    async with copy_of(head) as copy:
        assert copy.visible(bob.subject) == {ct.study}
        monkeypatch.setattr(shared_views, "departments_of", departments_of)
        hang = Hang(ct.study, 0, (ct.pane(), echo.pane()))
        event = await run_in_database(act, alice, head, hang)
        copy.hear([event])
        async with asyncio.timeout(DEADLINE_S):
            while not asked:  # noqa: ASYNC110  (it is asked on another thread)
                await asyncio.sleep(0)
        assert copy.number == 1, "it waits"
        copy.know(2)
        await copy.reach(2)
        may_see = copy.visible(bob.subject)
        assert may_see == {ct.study}
        assert redacted(copy.state, may_see)["panes"] == [ct.pane(), {"withheld": True}]
        said = copy.events_message(1, may_see, {})
        assert echo.series.encode() not in said
        assert orjson.loads(said[8:])["hash"] == copy.hash_for(may_see) != copy.hash_for(copy.visible(alice.subject))
        assert copy.take_departments({ct.study: "radiology", echo.study: None}), "the echo's study was removed"
        assert copy.visible(alice.subject) == {ct.study}
        assert copy.take_departments({ct.study: "radiology", echo.study: "radiology"})
        assert copy.visible(bob.subject) == {ct.study, echo.study}
