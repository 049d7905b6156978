"""A server process's copy of one shared view's log: state, recent events, and how it keeps up with the database.

Numbers decide. Whatever brings an event - this process, another one over the line, the database - it is folded when its number is
the next; a gap is read from the database. So the order is the database's, whatever was lost or came twice.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from governance.core.policy import Subject
from governance.services.database import run_in_database
from viewer.core.messages import Kind, pack_control
from viewer.core.shared_view import Event, State, fold, redacted, redacted_event, state_hash, studies_of
from viewer.services import shared_views
from viewer.services.shared_views import SharedHead

log = logging.getLogger("viewbox.shared")

RECENT = 64  # events kept; who is further behind gets the state instead
MAX_DEPARTMENTS = 64  # studies that hang, or hung lately

Document = dict[str, Any]
Requests = dict[int, int]  # by number of the event: under which number its client asked for it


class Recent(NamedTuple):
    """An event, the state after it, and when it was folded here (monotonic seconds)."""

    event: Event
    state: State
    at: float


class LogCopy:
    """What this process knows of a shared view's events. changed(events) is called when some were folded."""

    def __init__(
        self, head: SharedHead, *, changed: Callable[[Sequence[Event]], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.pk, self.state = head.pk, head.state
        self.hang_number = head.hang_number
        self.floor = head.hang_number  # motion from before it belongs to another case or another presenter
        self.looked: dict[int, int] = {}  # number of each pane's last look since it was hung
        self.departments: dict[str, str | None] = {}  # of what hangs, or hung lately; None: not stored, as far as is known
        self.appended = 0  # the highest number that this process has appended
        self.order = asyncio.Lock()  # of what this process appends to the database and what it reads there
        self._catching_up = asyncio.Lock()
        self._recent: deque[Recent] = deque(maxlen=RECENT)
        self._heard: dict[int, Event] = {}  # events that wait for the ones before them
        self._known = head.number  # the highest number heard of
        self._news = asyncio.Event()
        self._changed = changed
        self._clock = clock
        self._packed: dict[tuple[Any, ...], Any] = {}  # what several clients get alike, until the next event

    @property
    def number(self) -> int:
        """Number of the last event folded."""
        return self.state["number"]

    # --- keeping up ---

    def hear(self, events: Sequence[Event]) -> None:
        """Take in events from the line."""
        for event in events:
            self._known = max(self._known, event["number"])
            if event["number"] > self.number and len(self._heard) < RECENT:
                self._heard[event["number"]] = event
        self._news.set()

    def know(self, number: int) -> None:
        """Take in how many events there are in the database."""
        self._known = max(self._known, number)
        if self._known > self.number:
            self._news.set()

    async def keep_up(self) -> None:
        """Fold what comes, in order, for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.catch_up()
            except Exception:
                log.exception("shared view %d could not catch up", self.pk)

    async def catch_up(self) -> None:
        """Fold all that is known to have happened."""
        async with self._catching_up:
            while self._known > self.number:
                events = self._next_heard() or await self._read()
                if not events:
                    break  # not to be seen yet: the next poll says so again
                await self._fold(events)

    async def learn_departments(self) -> None:
        """Look up where the studies that hang belong, at the beginning."""
        await self._learn(studies_of(self.state))

    def take_departments(self, found: Mapping[str, str | None]) -> bool:
        """Take in where studies belong now, None: not stored; say whether that is news. What was hung meanwhile was not asked about."""
        before, self.departments = self.departments, {uid: found.get(uid, place) for uid, place in self.departments.items()}
        return before != self.departments

    def _next_heard(self) -> list[Event]:
        number, events = self.number + 1, []
        while number in self._heard:
            events.append(self._heard.pop(number))
            number += 1
        return events

    async def _read(self) -> list[Event]:
        async with self.order:  # whoever appends has noted whose request it was before anyone is told
            return self._next_heard() or await run_in_database(shared_views.events_since, pk=self.pk, number=self.number)

    async def _fold(self, events: Sequence[Event]) -> None:
        """Fold the next events. Where something else hangs, first learn where it belongs, so that nobody sees what they may not."""
        hung = {uid for event in events for uid in _studies_in(event)}
        if not hung <= self.departments.keys():
            await self._learn(hung)
        folded = [event for event in events if self._fold_one(event)]
        self._heard = {number: event for number, event in self._heard.items() if number > self.number}
        self._packed.clear()
        self._changed(folded)

    async def _learn(self, studies: Collection[str]) -> None:
        found = await run_in_database(shared_views.departments_of, studies)
        lately = [(uid, place) for uid, place in self.departments.items() if uid not in studies]
        self.departments = dict(lately[-MAX_DEPARTMENTS:]) | {uid: found.get(uid) for uid in studies}

    def _fold_one(self, event: Event) -> bool:
        number = event["number"]
        if number != self.number + 1:
            return False
        self.state = fold(self.state, event)
        self._recent.append(Recent(event, self.state, self._clock()))
        if event["kind"] == "look":
            self.looked[event["pane"]] = number
            return True
        self.floor = number
        if event["kind"] == "hang":
            self.hang_number = number
            self.looked.clear()
        return True

    # --- what clients are told ---

    def visible(self, actor: Subject) -> frozenset[str]:
        """Return which of the studies that hang, or hung lately, someone may see."""
        departments = {uid: department for uid, department in self.departments.items() if department is not None}
        return shared_views.visible_studies(actor=actor, departments=departments)

    def hash_for(self, may_see: frozenset[str]) -> str:
        """Return the hash of the state as someone knows it."""
        key = ("hash", may_see)
        if key not in self._packed:
            self._packed[key] = state_hash(redacted(self.state, may_see))
        return str(self._packed[key])

    def has_after(self, number: int) -> bool:
        """Say whether all events after a number are still here."""
        return number >= self.number or (bool(self._recent) and self._recent[0].event["number"] <= number + 1)

    def events_message(self, after: int, may_see: frozenset[str], requests: Requests) -> bytes:
        """Return `events`: all after a number, as someone may know them. requests: of this client alone."""
        key = ("events", after, may_see)
        if not requests and key in self._packed:
            return bytes(self._packed[key])
        events = [
            {**redacted_event(event, state=state, may_see=may_see), **_request(requests, event["number"])}
            for event, state, _ in self._recent
            if event["number"] > after
        ]
        message = pack_control(Kind.EVENTS, 0, {"events": events, "hash": self.hash_for(may_see)})
        if not requests:
            self._packed[key] = message
        return message

    def overdue_number(self, age_s: float) -> int:
        """Return the number of the last event that is at least so old."""
        then = self._clock() - age_s
        return next((each.event["number"] - 1 for each in self._recent if each.at > then), self.number)


def _request(requests: Requests, number: int) -> Document:
    return {"request": requests[number]} if number in requests else {}


def _studies_in(event: Event) -> set[str]:
    """Return the studies that an event hangs; none for one that hangs nothing."""
    if event["kind"] != "opened" and event["kind"] != "hang":
        return set()
    hung = {pane["study"] for pane in event["panes"] if pane is not None and "withheld" not in pane}
    return hung | ({event["study"]} if event["study"] is not None else set())
