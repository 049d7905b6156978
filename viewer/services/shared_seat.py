"""The part that one socket takes in shared views.

A seat keeps no queue: it remembers the number of the last event its client was sent, and makes the next message when the socket can
take one. A client that reads slowly gets several events in one message, one that read nothing for long the state; of movement, it
gets the newest. What it holds for a client that never reads is one motion a pane.
"""

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

from governance.core.faults import Exhausted, Fault, NotFound
from governance.core.policy import Subject
from governance.services.database import run_in_database, run_on_watch
from governance.services.people import names_of
from viewer.core.messages import Kind, SharedMessage, pack_control
from viewer.core.shared_messages import Act, Join, Leave, Motion, Standing
from viewer.core.shared_motion import merged
from viewer.core.shared_view import studies_of
from viewer.services import shared_views
from viewer.services.shared_room import Document, SharedRoom
from viewer.services.shared_rooms import shared_rooms
from viewer.services.shared_views import SharedHead

MAX_TURNS = 8  # joins, leaves and acts of a socket that wait for their turn
BEHIND_S = 3.0  # so old may the last event be that someone has on screen
MENDING_S = 1.0  # between two states sent because of a wrong hash


class SharedSeat:
    """What a StreamSession knows of shared views.

    It holds the socket's actor. wake: there is a next_message. fault(exc, about, sequence): tell the client. spawn: run until the
    session ends.
    """

    def __init__(
        self,
        *,
        actor: Subject,
        wake: Callable[[], None],
        fault: Callable[[BaseException, int, int | None], None],
        spawn: Callable[[Any], None],
    ) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.actor = actor
        self.name = actor.username
        self.condition = "loading"
        self.room: SharedRoom | None = None
        self.wake = wake
        self._fault, self._spawn = fault, spawn
        self._turn = asyncio.Lock()
        self._turns = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._sent = 0  # number of the last event the client was sent
        self._may_see: frozenset[str] = frozenset()
        self._owes_state = False
        self._owes_people = False
        self._moved: dict[int, Document] = {}
        self._requests: dict[int, int] = {}
        self._standing: Standing | None = None
        self._is_wrong = False
        self._mended_at = float("-inf")
        self.condition = "loading"

    @property
    def members(self) -> int:
        """How many sockets of this process take part in the same view, this one included; 0 when it takes part in none."""
        return len(self.room.members) if self.room is not None else 0

    # --- what the client says ---

    def take(self, message: SharedMessage) -> None:
        """Take in one message. Joins, leaves and acts happen in order; motion and reports at once. Raises: Exhausted."""
        match message:
            case Motion():
                if self.room is not None:
                    self.room.move(self, message)
            case Standing():
                self._report(message)
            case Join() | Leave() | Act():
                if self._turns >= MAX_TURNS:
                    self._refuse(Exhausted("acts that wait"), message)
                    return
                self._turns += 1
                self._spawn(self._in_turn(message))

    async def _in_turn(self, message: Join | Leave | Act) -> None:
        try:
            async with self._turn:
                match message:
                    case Join():
                        await self._join(message)
                    case Leave():
                        self.part(is_lost=False)
                    case Act():
                        await self._act(message)
        except Exception as exc:
            self._refuse(exc, message)
        finally:
            self._turns -= 1

    def _refuse(self, exc: BaseException, message: Join | Leave | Act) -> None:
        match message:
            case Act(request=request):
                self._fault(exc, Kind.ACT, request)
            case Join():
                self._fault(exc, Kind.JOIN, None)
            case Leave():
                self._fault(exc, Kind.LEAVE, None)

    async def _join(self, message: Join) -> None:
        head, self.name = await run_in_database(_join, self.actor, message.key)
        self.part(is_lost=False)
        self.room = await shared_rooms().enter(self, head)
        self._begin_anew()
        self._may_see = self.room.copy.visible(self.actor)
        self._owes_state = True
        self.assess()
        self.wake()

    async def _act(self, message: Act) -> None:
        room = self.room
        if room is None:
            raise NotFound("shared view")

        def accepted(number: int) -> None:
            self._requests[number] = message.request

        await room.act(self.actor, message.deed, accepted)

    def _report(self, standing: Standing) -> None:
        room = self.room
        if room is None:
            return
        self._standing = standing
        is_newest = standing.number == room.copy.number == self._sent and not self._owes_state
        if is_newest:
            self._is_wrong = standing.hash != room.copy.hash_for(self._may_see)
            if self._is_wrong and time.monotonic() - self._mended_at > MENDING_S:
                self._mended_at = time.monotonic()
                self._owes_state = True
                self.wake()
        before = self.condition
        self.assess()
        if self.condition != before:
            room.tell_people()

    # --- what the room says ---

    def moved(self, motion: Document) -> None:
        """Keep the newest motion of a pane that the actor may see."""
        assert self.room is not None  # it says so
        pane = self.room.copy.state["panes"][motion["pane"]]
        if pane is None or "withheld" in pane or pane["study"] not in self._may_see:
            return
        self._moved[motion["pane"]] = merged(self._moved.get(motion["pane"]), motion)
        self.wake()

    def see_again(self) -> None:
        """Find out what the actor may see now; who has seen the state otherwise gets it again."""
        room = self.room
        if room is None:
            return
        before, self._may_see = self._may_see, room.copy.visible(self.actor)
        hung = studies_of(room.copy.state)
        if self._sent >= room.copy.hang_number and before & hung != self._may_see & hung:
            self._owes_state = True
            self._moved.clear()
            self.wake()

    def people_changed(self) -> None:
        """Send the list of people when the socket can take it."""
        self._owes_people = True
        self.wake()

    def assess(self) -> None:
        """Find out what condition the client is in."""
        room, standing = self.room, self._standing
        if room is None:
            return
        if not studies_of(room.copy.state) <= self._may_see:
            self.condition = "withheld"
        elif standing is None:
            self.condition = "loading"
        elif self._is_wrong or standing.number < room.copy.overdue_number(BEHIND_S):
            self.condition = "behind"
        else:
            self.condition = standing.condition if standing.condition in ("in step", "elsewhere") else "loading"

    def is_now(self, actor: Subject) -> None:
        """Take in the actor's rights as they are now."""
        if actor != self.actor:
            self.actor = actor
            self.see_again()

    async def check(self) -> None:
        """Find out whether the actor still takes part, and tell a client that doesn't."""
        room = self.room
        if room is None:
            return
        try:
            await run_on_watch(_check, self.actor, room.pk, room.key)
        except Fault as exc:
            if self.room is room:
                self.part(is_lost=False)
                self._fault(exc, Kind.JOIN, None)

    def part(self, *, is_lost: bool) -> None:
        """Take part no more."""
        room, self.room = self.room, None
        if room is not None:
            room.leave(self, is_lost=is_lost)

    # --- what the client is sent ---

    def next_message(self) -> bytes | None:
        """Return what the client is to be sent next, None when it has everything."""
        room = self.room
        if room is None:
            return None
        if self._owes_state or not room.copy.has_after(self._sent):
            return self._state(room)
        if self._sent < room.copy.number:
            return self._events(room)
        while self._moved:
            _, motion = self._moved.popitem()
            if motion["hang"] == room.copy.hang_number:
                return _moved_message(motion)
        if self._owes_people:
            self._owes_people = False
            return room.people_message()
        return None

    def _state(self, room: SharedRoom) -> bytes:
        answered = [self._requests.pop(number) for number in sorted(self._requests) if number <= room.copy.number]
        document = room.shared_document(self._may_see) | {"you": self.actor.username}
        self._sent = room.copy.number
        self._owes_state = self._owes_people = False
        self._end_if(room)
        return pack_control(Kind.SHARED, 0, document | ({"requests": answered} if answered else {}))

    def _events(self, room: SharedRoom) -> bytes:
        number = room.copy.number
        requests = {each: self._requests.pop(each) for each in sorted(self._requests) if each <= number}
        message = room.copy.events_message(self._sent, self._may_see, requests)
        self._sent = number
        self._end_if(room)
        return message

    def _end_if(self, room: SharedRoom) -> None:
        if room.copy.state["ended"]:
            self.part(is_lost=False)


def _join(actor: Subject, key: str) -> tuple[SharedHead, str]:
    return shared_views.join_shared_view(actor=actor, key=key), names_of([actor.username])[actor.username]


def _check(actor: Subject, pk: int, key: str) -> None:
    """Return when the actor may take part, or when nobody does any more: everyone gets that event. Raises: NotFound."""
    try:
        shared_views.check_shared_view(actor=actor, key=key)
    except Fault:
        if not shared_views.poll([pk])[pk].is_ended:
            raise


def _moved_message(motion: Document) -> bytes:
    document = {name: motion[name] for name in ("pane", "active", "by", "view", "pointer", "t") if name in motion}
    return pack_control(Kind.MOVED, 0, document | {"number": motion["hang"]})
