"""One shared view as one server process holds it: its members here, who is there at all, what moves, what is told to other processes."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from governance.core.policy import Subject
from governance.services.database import run_in_database
from viewer.core.messages import Kind, pack_control
from viewer.core.shared_messages import Deed, Motion
from viewer.core.shared_motion import Checkpoints, MotionSlots
from viewer.core.shared_presence import Present, Roster, unpacked
from viewer.core.shared_view import Event, redacted
from viewer.services import shared_views
from viewer.services.shared_copy import LogCopy
from viewer.services.shared_line import SharedLine
from viewer.services.shared_views import SharedHead

log = logging.getLogger("viewbox.shared")

HEARTBEAT_S = 2.0
STALLED_S = 2.0  # a process that ran nothing for so long doesn't know what others said meanwhile
PEOPLE_S = 0.25  # at most so often the list of people is told
ABSENCE_S = 1.0  # and so often while the presenter is away, for the time that goes by
LOST_TOLD_S = 10.0  # so long a process says that someone lost the line

Document = dict[str, Any]


class Member(Protocol):
    """A socket that takes part, as its room knows it."""

    id: str
    actor: Subject
    name: str
    condition: str

    def wake(self) -> None:
        """There is something new to take."""

    def moved(self, motion: Document) -> None:
        """The presenter moves."""

    def see_again(self) -> None:
        """What the actor may see may have changed, or something else hangs."""

    def people_changed(self) -> None:
        """The list of people is another one."""

    def assess(self) -> None:
        """Find out what condition the member is in now."""

    async def check(self) -> None:
        """Find out whether the actor still takes part."""


class SharedRoom:
    """The members of one shared view in this process."""

    def __init__(self, head: SharedHead, *, process: str, line: SharedLine, clock: Callable[[], float] = time.monotonic) -> None:
        self.pk, self.key, self.opened_by = head.pk, head.key, head.opened_by
        self.people_version = head.people_version
        self.copy = LogCopy(head, changed=self._events_folded, clock=clock)
        self.members: set[Member] = set()
        self.left_at = clock()
        self._process, self._line, self._clock = process, line, clock
        self._roster = Roster(clock())
        self._lost: dict[str, tuple[Present, float]] = {}  # members who lost the line, by person, and when
        self._people: list[Document] = []
        self._is_to_tell = self._is_to_list = False
        self._told_at = self._listed_at = float("-inf")
        self._ticked_at = clock()
        self._slots, self._checkpoints = MotionSlots(), Checkpoints()
        self._mover: Subject | None = None
        self._due = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._saving: asyncio.Task[None] | None = None

    # --- life ---

    async def open(self) -> None:
        """Begin: hear the other processes, and follow the log."""
        await self._line.listen_to(self.pk)
        try:
            await self.copy.learn_departments()
        except BaseException:
            await self._line.forget(self.pk)
            raise
        self._spawn(self.copy.keep_up())
        self._spawn(self._tell())
        self._spawn(self._line.say(self.pk, {"is": "who", "process": self._process}))

    async def close(self) -> None:
        """End: write down what moved last, and say that nobody is here any more."""
        await self._save(everything=True)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._line.say(self.pk, self._own_people())
        await self._line.forget(self.pk)

    def enter(self, member: Member) -> None:
        """Take a member in."""
        self.members.add(member)
        self._lost.pop(member.actor.username, None)
        self.tell_people()

    def leave(self, member: Member, *, is_lost: bool) -> None:
        """Let a member go. is_lost: without having said so."""
        self.members.discard(member)
        self.left_at = self._clock()
        if is_lost:
            lost = Present(member.id, member.actor.username, member.name, "lost")
            self._lost[member.actor.username] = (lost, self.left_at)
        self.tell_people()

    # --- what members do ---

    async def act(self, actor: Subject, deed: Deed, accepted: Callable[[int], None]) -> None:
        """Append what a member asks for. accepted(number) is called before anyone is told. Raises: as shared_views.append_event."""
        async with self.copy.order:
            await self._save_in_order(everything=True)
            absent_s, present = self._absent_s(), self._roster.present()
            event = await run_in_database(
                shared_views.append_event, actor=actor, pk=self.pk, event=deed, presenter_absent_s=absent_s, present=present
            )
            accepted(event["number"])
            await self._say_event(event)

    def move(self, member: Member, motion: Motion) -> None:
        """Pass on how the presenter moves; drop what isn't the presenter's, or belongs to another case."""
        state, panes = self.copy.state, self.copy.state["panes"]
        pane = panes[motion.pane] if motion.pane < len(panes) else None
        is_current = self.copy.floor <= motion.number <= state["number"] and not state["ended"]
        if state["presenter"] != member.actor.username or not is_current or pane is None or "withheld" in pane:
            return
        if pane["study"] not in self.copy.visible(member.actor):
            return
        active = state["active"] if motion.active is None or motion.active >= len(panes) else motion.active
        document: Document = {"pane": motion.pane, "hang": self.copy.hang_number, "active": active}
        document |= {"by": member.actor.username, "seat": member.id}
        if motion.view is not None:
            document["view"] = motion.view
        if motion.has_pointer:
            document["pointer"] = motion.pointer
        if motion.t is not None:
            document["t"] = motion.t
        self._mover = member.actor
        self._slots.put(document)
        self._checkpoints.moved(document, self._clock())
        self._due.set()

    # --- what other processes say ---

    def hear(self, document: Document) -> None:
        """Take in what a process says, this one included."""
        match document["is"]:
            case "events":
                self.copy.hear(document["events"])
            case "motion":
                for motion in document["motion"]:
                    self._hear_motion(motion, document["base"])
            case "people":
                self._roster.hear(document["process"], unpacked(document["people"]), self._clock())
                self._list_if_changed()
            case "who" if document["process"] != self._process:
                self.tell_people()

    def line_is_back(self) -> None:
        """Say who is here and ask who else is; what was missed, the poll tells."""
        self._roster.go_on(self._clock())
        self.tell_people()
        self._spawn(self._line.say(self.pk, {"is": "who", "process": self._process}))

    def take_departments(self, found: Mapping[str, str | None]) -> None:
        """Take in where studies that hang belong now, None: not stored."""
        if self.copy.take_departments(found):
            for member in list(self.members):
                member.see_again()

    def tick(self) -> None:
        """Do what is due from time to time: heartbeat, who is gone, who fell behind."""
        now = self._clock()
        if not self._line.is_up or now - self._ticked_at > STALLED_S:
            self._roster.go_on(now)
        self._ticked_at = now
        self._roster.expire(now)
        for member in list(self.members):
            before = member.condition
            member.assess()
            if member.condition != before:
                self.tell_people()
        if now - self._told_at >= HEARTBEAT_S:
            self.tell_people()
        self._list_if_changed()

    def _events_folded(self, events: Sequence[Event]) -> None:
        if any(event["kind"] != "look" for event in events):
            self._slots.clear()
            self._checkpoints.clear()
            self._list_if_changed()
        has_hung = any(event["kind"] == "hang" for event in events)
        for member in list(self.members):
            if has_hung:
                member.see_again()
            member.wake()

    def _hear_motion(self, motion: Document, base: int) -> None:
        """Give a motion to whoever may see it, unless it is late: of another case or presenter, or from before an event of its pane."""
        state = self.copy.state
        pane = state["panes"][motion["pane"]] if motion["pane"] < len(state["panes"]) else None
        if motion["hang"] != self.copy.hang_number or motion["by"] != state["presenter"] or pane is None or "withheld" in pane:
            return
        if base < max(self.copy.floor, self.copy.looked.get(motion["pane"], 0)):
            return
        for member in list(self.members):
            if member.id != motion["seat"]:
                member.moved(motion)

    # --- telling ---

    def tell_people(self) -> None:
        """Tell all processes, soon, who is here."""
        self._is_to_tell = True
        self._due.set()

    async def _tell(self) -> None:
        """Send what is due, when it is due: motion, people; see to it that what moved is written down."""
        while True:
            wait = self._next_due() - self._clock()
            if wait > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(None if wait == float("inf") else wait):
                        await self._due.wait()
            self._due.clear()
            await self._tell_what_is_due()

    def _next_due(self) -> float:
        dues = [self._slots.due_at()]
        if self._saving is None:
            dues.append(self._checkpoints.due_at())
        if self._is_to_tell:
            dues.append(self._told_at + PEOPLE_S)
        if self._is_to_list:
            dues.append(self._listed_at + PEOPLE_S)
        return min((due for due in dues if due is not None), default=float("inf"))

    async def _tell_what_is_due(self) -> None:
        now = self._clock()
        motion = self._slots.take(now)
        if motion:  # whoever gets it after a look that was appended later knows by `base` that it is older
            base = max(self.copy.number, self.copy.appended)
            await self._line.say(self.pk, {"is": "motion", "base": base, "motion": motion})
        if self._is_to_tell and now >= self._told_at + PEOPLE_S:
            self._is_to_tell, self._told_at = False, now
            await self._line.say(self.pk, self._own_people())
        if self._is_to_list and now >= self._listed_at + PEOPLE_S:
            self._list(now)
        due_at = self._checkpoints.due_at()
        if due_at is not None and due_at <= now and self._saving is None:
            self._saving = self._spawn(self._save())

    def _own_people(self) -> Document:
        """What this process says of its members, and of those who lost the line lately."""
        here = {each.actor.username for each in self.members}
        then = self._clock() - LOST_TOLD_S
        self._lost = {person: lost for person, lost in self._lost.items() if person not in here and lost[1] > then}
        people = [Present(each.id, each.actor.username, each.name, each.condition) for each in self.members]
        rows = [each.packed() for each in [*people, *(lost for lost, _ in self._lost.values())]]
        return {"is": "people", "process": self._process, "people": rows}

    # --- the list of people ---

    def people_document(self) -> Document:
        """Return the body of `people`."""
        return {"people": self._people, "presenter_absent_ms": self._absent_ms()}

    def people_message(self) -> bytes:
        """Return `people`."""
        return pack_control(Kind.PEOPLE, 0, self.people_document())

    def shared_document(self, may_see: frozenset[str]) -> Document:
        """Return the body of `shared` without what differs between clients who may see the same."""
        copy = self.copy
        document: Document = {
            "key": self.key,
            "number": copy.number,
            "state": redacted(copy.state, may_see),
            "hash": copy.hash_for(may_see),
        }
        document |= {"hang_number": copy.hang_number, "opened_by": self.opened_by}
        return document | {"server_time": int(time.time() * 1000), **self.people_document()}

    def _list_if_changed(self) -> None:
        """Tell the members who is here, if that is another list than the last one, or for the time that the presenter is away."""
        is_ticking = self._absent_s() is not None and self._clock() - self._listed_at >= ABSENCE_S
        if is_ticking or self._roster.rows(self.copy.state["presenter"]) != self._people:
            self._is_to_list = True
            self._due.set()

    def _list(self, now: float) -> None:
        self._is_to_list, self._listed_at = False, now
        self._people = self._roster.rows(self.copy.state["presenter"])
        for member in list(self.members):
            member.people_changed()

    def _absent_ms(self) -> int | None:
        absent_s = self._absent_s()
        return None if absent_s is None else int(absent_s * 1000)

    def _absent_s(self) -> float | None:
        """Return for how long the presenter has been away; None while here, or while nobody can know."""
        presenter = self.copy.state["presenter"]
        if self.copy.state["ended"] or not (self._line.is_up or presenter in self._lost):
            return None
        return self._roster.absent_s(presenter, self._clock())

    # --- writing down ---

    async def _save(self, *, everything: bool = False) -> None:
        try:
            async with self.copy.order:
                await self._save_in_order(everything=everything)
        finally:
            self._saving = None
            self._due.set()

    async def _save_in_order(self, *, everything: bool = False) -> None:
        """Turn what moved into look events; what could not be written is tried again."""
        for motion in self._checkpoints.take(self._clock(), everything=everything):
            assert self._mover is not None  # it moved
            what = {"hang_number": motion["hang"], "pane": motion["pane"], "active": motion["active"], "view": motion["view"]}
            try:
                event = await run_in_database(shared_views.append_look, actor=self._mover, pk=self.pk, **what)
            except Exception:
                log.exception("a look of shared view %d could not be written", self.pk)
                self._checkpoints.try_again(motion, self._clock())
                continue
            if event is not None:
                await self._say_event(event)

    async def _say_event(self, event: Event) -> None:
        self.copy.appended = event["number"]
        await self._line.say(self.pk, {"is": "events", "events": [event]})

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("shared view %d: a task ended unexpectedly", self.pk, exc_info=task.exception())
