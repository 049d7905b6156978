"""Which picture of a socket comes next: a pure state machine over viewports, credit and what waits.

Nothing here waits, renders or sends; the clock comes in as a number of seconds. Every collection has a bound. The order is
interactive views, then queues, then tiles; within each, the viewports take turns. Of a viewport's views the newest wins, and
it is repainted at most VIEWS_PER_SECOND times a second; the last view always comes. Pictures of a viewport leave in the order
in which they were taken; those that were cancelled, or whose viewport moved on, do not leave at all and give their credit back.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from governance.core.faults import Exhausted, Malformed, NotFound
from viewer.core.message_parts import Message
from viewer.core.messages import FIRST_CREDIT, MAX_CREDIT, MAX_TILES, MAX_VIEWPORTS, Cancel, Queue, TileRequest, Tiles, View
from viewer.core.view import ViewState

VIEWS_PER_SECOND = 125
MAX_HELD_BYTES = 8_000_000
SHARE = 4


class Urgency(IntEnum):
    """The order in which work is taken."""

    VIEW = 0
    QUEUE = 1
    TILE = 2


class Job(NamedTuple):
    """One picture or tile to make. generation tells this subscription from every other of the socket; ticket orders jobs."""

    urgency: Urgency
    viewport: int
    epoch: int
    generation: int
    ticket: int
    sequence: int
    index: int = 0  # type: ignore[assignment]  # a field like the others; tuple.index is not missed
    view: ViewState | None = None
    tile: TileRequest | None = None


@dataclass(slots=True)
class _Viewport:
    epoch: int
    generation: int
    is_open: bool = False
    pending: View | None = None
    next_view_at: float = 0.0
    queue: deque[tuple[int, int, ViewState]] = field(default_factory=deque)
    tiles: dict[int, TileRequest] = field(default_factory=dict)
    leaving: deque[int] = field(default_factory=deque)  # tickets of pictures being made, oldest first
    made: dict[int, tuple[Job, Message]] = field(default_factory=dict)
    cancelled_before: int = 0

    @property
    def waiting(self) -> int:
        return (self.pending is not None) + len(self.queue) + len(self.tiles)


@dataclass(slots=True)
class Counters:
    """What became of the work of a socket. dropped: superseded, cancelled, or made and no longer wanted."""

    rendered: int = 0
    sent: int = 0
    dropped: int = 0
    faults: int = 0


class Scheduler:
    """The work of one socket."""

    def __init__(self) -> None:
        self.credit = FIRST_CREDIT
        self.counters = Counters()
        self.held = 0  # pictures that took their credit and have not left: being made, or made and waiting to be sent
        self.held_bytes = 0  # of those, the bytes of the made ones
        self._viewports: dict[int, _Viewport] = {}
        self._turns: deque[int] = deque()
        self._generation = 0
        self._ticket = 0

    # --- what the client says ---

    def subscribe(self, viewport: int, epoch: int) -> int:
        """Begin a subscription, ending an earlier one of the viewport; return its generation.

        Raises: Malformed when the epoch does not grow, Exhausted beyond MAX_VIEWPORTS.
        """
        earlier = self._viewports.get(viewport)
        if earlier is not None and epoch <= earlier.epoch:
            raise Malformed("epoch must grow with every subscription of a viewport")
        if earlier is None and len(self._viewports) >= MAX_VIEWPORTS:
            raise Exhausted("viewports")
        self.unsubscribe(viewport)
        self._generation += 1
        self._viewports[viewport] = _Viewport(epoch, self._generation)
        self._turns.append(viewport)
        return self._generation

    def generation_of(self, viewport: int) -> int | None:
        """Return the generation of the viewport's subscription, None without one."""
        state = self._viewports.get(viewport)
        return state.generation if state else None

    def opened(self, viewport: int, generation: int) -> bool:
        """Let work of the viewport be taken, once its target is open; False when the client has moved on since."""
        state = self._viewports.get(viewport)
        if state is None or state.generation != generation:
            return False
        state.is_open = True
        return True

    def unsubscribe(self, viewport: int) -> None:
        """Forget the viewport: nothing that waits is made, nothing that is being made leaves."""
        state = self._viewports.pop(viewport, None)
        if state is None:
            return
        self._turns.remove(viewport)
        self.counters.dropped += state.waiting
        for job, message in state.made.values():
            self._drop(job, message)

    def view(self, message: View) -> None:
        """Note the newest view of a viewport. Raises: NotFound without a subscription."""
        state = self._state(message.viewport)
        self.counters.dropped += state.pending is not None
        state.pending = message

    def queue(self, message: Queue) -> None:
        """Replace what is left of the viewport's queue. Raises: NotFound without a subscription."""
        state = self._state(message.viewport)
        self.counters.dropped += len(state.queue)
        first = message.sequence
        state.queue = deque((first + position, index, view) for position, (index, view) in enumerate(message.entries))

    def tiles(self, message: Tiles) -> None:
        """Add tiles behind those waiting. Raises: NotFound without a subscription, Exhausted beyond MAX_TILES of the socket."""
        state = self._state(message.viewport)
        if sum(len(each.tiles) for each in self._viewports.values()) + len(message.tiles) > MAX_TILES:
            raise Exhausted("tiles waiting")
        for tile in message.tiles:
            state.tiles[tile.sequence] = tile

    def cancel(self, message: Cancel) -> None:
        """Drop queue and pending view, or the named tiles. A viewport without a subscription has nothing to drop."""
        state = self._viewports.get(message.viewport)
        if state is None:
            return
        if message.tiles is not None:
            for sequence in message.tiles:
                self.counters.dropped += state.tiles.pop(sequence, None) is not None
            return
        self.counters.dropped += len(state.queue) + (state.pending is not None)
        state.queue.clear()
        state.pending = None
        state.cancelled_before = self._ticket + 1

    def grant(self, pictures: int) -> None:
        """Add credit, to at most MAX_CREDIT."""
        self.credit = min(MAX_CREDIT, self.credit + pictures)

    # --- what the maker of pictures asks ---

    @property
    def waiting(self) -> int:
        """Return how many pictures and tiles wait to be made."""
        return sum(state.waiting for state in self._viewports.values())

    def wait_s(self, now: float) -> float | None:
        """Return in how many seconds something can be taken: 0 at once, None not before the next event."""
        if not self._may_take():
            return None
        soonest: float | None = None
        for state in self._viewports.values():
            if not state.is_open:
                continue
            if state.queue or state.tiles:
                return 0.0
            if state.pending is not None:
                wait = max(0.0, state.next_view_at - now)
                soonest = wait if soonest is None else min(soonest, wait)
        return soonest

    def take(self, now: float, *, pictures: int, tiles: int) -> list[Job]:
        """Return the next jobs, all pictures (at most so many, a view always the last) or all tiles; each takes one credit.

        Pictures are at most a SHARE of what the client may have underway: made together they leave together, and a client that waits
        for them all acknowledges none meanwhile.
        """
        jobs: list[Job] = []
        pictures = min(pictures, max(1, (self.credit + self.held) // SHARE))
        while len(jobs) < pictures and self._may_take():
            job = self._next_view(now) or self._next_queued()
            if job is None:
                break
            jobs.append(self._account(job))
            if job.urgency is Urgency.VIEW:
                break  # it leaves as soon as it is made: nothing that was queued is made together with it
        if jobs:
            return jobs
        while len(jobs) < tiles and self._may_take():
            job = self._next_tile()
            if job is None:
                break
            jobs.append(self._account(job))
        return jobs

    def rendered(self, job: Job, message: Message) -> list[tuple[Job, Message]]:
        """Take in a made picture; return those that may leave now, in order. The caller reports each by sent()."""
        self.counters.rendered += 1
        self.held_bytes += len(message)
        state = self._viewports.get(job.viewport)
        if state is None or state.generation != job.generation:
            self._drop(job, message)
            return []
        if job.urgency is Urgency.TILE:
            return [(job, message)]
        state.made[job.ticket] = (job, message)
        return list(self._in_order(state))

    def failed(self, job: Job) -> list[tuple[Job, Message]]:
        """Take in a picture that could not be made; its credit comes back. Returns those that waited for it alone."""
        self.counters.faults += 1
        self._give_back()
        state = self._viewports.get(job.viewport)
        if state is None or state.generation != job.generation or job.urgency is Urgency.TILE:
            return []
        state.leaving.remove(job.ticket)
        return list(self._in_order(state))

    def is_wanted(self, job: Job) -> bool:
        """Say whether the client still waits for this job: same subscription, not cancelled."""
        state = self._viewports.get(job.viewport)
        if state is None or state.generation != job.generation:
            return False
        return job.urgency is Urgency.TILE or job.ticket >= state.cancelled_before

    def sent(self, message: Message) -> None:
        """Note that a picture has left."""
        self.counters.sent += 1
        self.held -= 1
        self.held_bytes -= len(message)

    def discard(self, job: Job, message: Message) -> None:
        """Drop a picture that was on its way out when the client stopped wanting it."""
        self._drop(job, message)

    # --- inside ---

    def _state(self, viewport: int) -> _Viewport:
        state = self._viewports.get(viewport)
        if state is None:
            raise NotFound("viewport without a subscription")
        return state

    def _may_take(self) -> bool:
        return self.credit > 0 and self.held < MAX_CREDIT and self.held_bytes < MAX_HELD_BYTES

    def _account(self, job: Job) -> Job:
        self.credit -= 1
        self.held += 1
        return job

    def _give_back(self) -> None:
        self.held -= 1
        self.credit = min(MAX_CREDIT, self.credit + 1)

    def _drop(self, job: Job, message: Message) -> None:
        self.counters.dropped += 1
        self.held_bytes -= len(message)
        self._give_back()

    def _in_order(self, state: _Viewport) -> Iterator[tuple[Job, Message]]:
        while state.leaving and state.leaving[0] in state.made:
            job, message = state.made.pop(state.leaving.popleft())
            if job.ticket < state.cancelled_before:
                self._drop(job, message)
            else:
                yield job, message

    def _next_ticket(self) -> int:
        self._ticket += 1
        return self._ticket

    def _turn(self, viewport: int) -> None:
        if self._turns[-1] != viewport:
            self._turns.remove(viewport)
            self._turns.append(viewport)

    def _next_view(self, now: float) -> Job | None:
        for viewport in self._turns:
            state = self._viewports[viewport]
            message = state.pending
            if message is None or not state.is_open or state.next_view_at > now:
                continue
            state.pending = None
            state.next_view_at = now + 1 / VIEWS_PER_SECOND
            return self._picture(Urgency.VIEW, viewport, state, message.sequence, message.index, message.view)
        return None

    def _next_queued(self) -> Job | None:
        for viewport in self._turns:
            state = self._viewports[viewport]
            if state.queue and state.is_open:
                sequence, index, view = state.queue.popleft()
                return self._picture(Urgency.QUEUE, viewport, state, sequence, index, view)
        return None

    def _picture(self, urgency: Urgency, viewport: int, state: _Viewport, sequence: int, index: int, view: ViewState) -> Job:
        self._turn(viewport)
        ticket = self._next_ticket()
        state.leaving.append(ticket)
        return Job(urgency, viewport, state.epoch, state.generation, ticket, sequence, index, view=view)

    def _next_tile(self) -> Job | None:
        for viewport in self._turns:
            state = self._viewports[viewport]
            if state.tiles and state.is_open:
                sequence = next(iter(state.tiles))
                tile = state.tiles.pop(sequence)
                self._turn(viewport)
                return Job(Urgency.TILE, viewport, state.epoch, state.generation, self._next_ticket(), sequence, tile=tile)
        return None
