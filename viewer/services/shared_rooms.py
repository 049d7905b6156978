"""The shared views of one server process: which are open here, and what is done for all of them every POLL_S.

Every POLL_S one look at the database for all rooms: how many events there are, whether people were invited or removed, where the
studies that hang belong now. So each process keeps up, and a right that began or ended takes effect, even when no other process can
tell it (as with open streams, viewer.services.open_streams).
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Collection
from typing import Any
from weakref import WeakKeyDictionary

from governance.core.faults import Exhausted
from governance.services.database import run_on_watch
from viewer.services import shared_views
from viewer.services.shared_line import SharedLine
from viewer.services.shared_room import Document, Member, SharedRoom
from viewer.services.shared_views import Poll, SharedHead

log = logging.getLogger("viewbox.shared")

POLL_S = 0.4
PROBE_S = 1.0
MAX_ROOMS = 500
MAX_MEMBERS = 256  # of one room
EMPTY_S = 5.0  # so long an empty room waits for whoever comes back


class SharedRooms:
    """The registry of one event loop's rooms."""

    def __init__(self) -> None:
        self._process = uuid.uuid4().hex[:12]
        self._line = SharedLine(hear=self._hear, back=self._line_is_back)
        self._rooms: dict[int, SharedRoom] = {}
        self._opening: dict[int, asyncio.Task[None]] = {}
        self._closing: dict[int, asyncio.Task[None]] = {}
        self._checking: set[int] = set()
        self._is_blind = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._begun: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the line to other processes and begin to poll; nothing when that has been done."""
        if self._begun is None:
            self._begun = self._spawn(self._begin())
        await asyncio.shield(self._begun)

    async def stop(self) -> None:
        """Close every room: what moved last is written down, and the others learn that nobody is here."""
        rooms, self._rooms = list(self._rooms.values()), {}
        await asyncio.gather(*(room.close() for room in rooms), return_exceptions=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._line.close()

    async def enter(self, member: Member, head: SharedHead) -> SharedRoom:
        """Take a member into the room of a shared view, and return it. Raises: Exhausted."""
        await self.start()
        while True:
            room = await self._room(head)
            room.copy.know(head.number)
            await room.copy.catch_up()  # so that the first answer is the newest state
            if self._rooms.get(head.pk) is room:  # not closed meanwhile
                break
        if len(room.members) >= MAX_MEMBERS:
            raise Exhausted("members")
        room.enter(member)
        return room

    # --- inside ---

    async def _room(self, head: SharedHead) -> SharedRoom:
        while head.pk in self._closing:
            await asyncio.shield(self._closing[head.pk])
        room = self._rooms.get(head.pk)
        if room is None:
            if len(self._rooms) >= MAX_ROOMS:
                raise Exhausted("rooms")
            room = self._rooms[head.pk] = SharedRoom(head, process=self._process, line=self._line)
            self._opening[head.pk] = self._spawn(self._open(room))
        if head.pk in self._opening:
            await asyncio.shield(self._opening[head.pk])
        return room

    async def _begin(self) -> None:
        await self._line.open()
        await self._line.probe()
        self._spawn(self._keep_polling())
        self._spawn(self._keep_probing())

    async def _open(self, room: SharedRoom) -> None:
        try:
            await room.open()
        except BaseException:
            self._rooms.pop(room.pk, None)
            raise
        finally:
            self._opening.pop(room.pk, None)

    def _hear(self, pk: int, document: Document) -> None:
        room = self._rooms.get(pk)
        if room is not None:
            room.hear(document)

    def _line_is_back(self) -> None:
        for room in self._rooms.values():
            room.line_is_back()

    async def _keep_probing(self) -> None:
        while True:
            await asyncio.sleep(PROBE_S)
            await self._line.probe()

    async def _keep_polling(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self._poll()
                self._is_blind = False
            except Exception:
                if not self._is_blind:  # once an outage
                    log.exception("shared views could not be looked up")
                self._is_blind = True
            for room in list(self._rooms.values()):
                room.tick()
                if not room.members and time.monotonic() - room.left_at > EMPTY_S and room.pk not in self._opening:
                    self._close(room)

    async def _poll(self) -> None:
        rooms = [room for pk, room in self._rooms.items() if pk not in self._opening]
        if not rooms:
            return
        studies = {uid for room in rooms for uid in room.copy.departments}
        polls, departments = await run_on_watch(_look_up, [room.pk for room in rooms], studies)
        for room in rooms:
            poll = polls.get(room.pk)
            if poll is None:
                continue
            room.copy.know(poll.number)
            room.take_departments(departments)
            if poll.people_version != room.people_version and not poll.is_ended and room.pk not in self._checking:
                self._checking.add(room.pk)
                self._spawn(self._check(room, poll.people_version))

    async def _check(self, room: SharedRoom, people_version: int) -> None:
        """Someone was invited or removed: find out whether everyone here still takes part."""
        try:
            for member in list(room.members):
                await member.check()
            room.people_version = people_version  # otherwise the next poll tries again
        except Exception:
            log.exception("who takes part in shared view %d could not be looked up", room.pk)
        finally:
            self._checking.discard(room.pk)

    def _close(self, room: SharedRoom) -> None:
        del self._rooms[room.pk]
        closing = self._closing[room.pk] = self._spawn(room.close())
        closing.add_done_callback(lambda _: self._closing.pop(room.pk, None))

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _look_up(pks: Collection[int], studies: Collection[str]) -> tuple[dict[int, Poll], dict[str, str | None]]:
    polls, found = shared_views.poll(pks), shared_views.departments_of(studies)
    return polls, {uid: found.get(uid) for uid in studies}


_rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, SharedRooms] = WeakKeyDictionary()


def shared_rooms() -> SharedRooms:
    """Return the running loop's rooms: a server process has one loop."""
    return _rooms.setdefault(asyncio.get_running_loop(), SharedRooms())
