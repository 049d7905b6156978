"""One browser window's stream: what the client says, which pictures are made for it, what goes out.

The session knows no socket: it is given `send` for whole messages and `end` for closing with a code. Deciding what comes next
is viewer.core.scheduler's; opening a target runs in the database pool, pictures in the render pool. At most MAX_CREDIT
pictures of a socket are ever held, fewer when its client grants fewer.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from governance.core.faults import Exhausted, Fault, Malformed, answer_for
from governance.core.policy import Subject
from governance.services.database import run_in_database
from viewer.core import messages
from viewer.core.message_parts import Message
from viewer.core.messages import (
    Cancel,
    ClientMessage,
    Credit,
    Kind,
    Ping,
    Queue,
    Shown,
    Subscribe,
    Tiles,
    Unsubscribe,
    View,
    pack_control,
)
from viewer.core.picture import Picture
from viewer.core.scheduler import VIEWS_PER_SECOND, Job, Scheduler
from viewer.services import pool
from viewer.services.opening import OpenedTarget, open_target
from viewer.services.picture_cache import Made, Standing
from viewer.services.picture_messages import ask_for, give_up, make_messages_timed, message_at_once, message_of
from viewer.services.render_slots import RenderSlots, render_slots
from viewer.services.shared_seat import SharedSeat

log = logging.getLogger("viewbox.stream")

TILES_A_HOP = 16
AT_ONCE = 4  # pictures that need no thread, before other sockets have their turn
OPENINGS_AT_ONCE = 2
MAX_CONTROLS = 128  # control messages waiting for a slow reader, before its own messages wait too
MAX_MALFORMED = 16
IDLE_S = 60.0


def fault_document(exc: BaseException, *, about: int, sequence: int | None = None) -> dict[str, Any]:
    """Return the body of a fault message: the table's answer and an id under which the log has the rest."""
    answer, correlation_id = answer_for(exc), uuid.uuid4().hex
    if not isinstance(exc, Fault):
        log.error("unexpected error %s", correlation_id, exc_info=exc)
    document = {"status": answer.http, "code": answer.websocket, "sentence": answer.sentence, "correlation_id": correlation_id}
    return document | {"about": about} | ({} if sequence is None else {"sequence": sequence})


class StreamSession:
    """The stream of one socket, from accept to close."""

    def __init__(
        self,
        *,
        actor: Subject,
        send: Callable[[Message], Awaitable[None]],
        end: Callable[[int], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.end = end
        self.heard_at = clock()
        self.frames_sent: Counter[str] = Counter()  # by study, since the last count went to the audit
        self.scheduler = Scheduler()
        self._send = send
        self._clock = clock
        self._targets: dict[int, OpenedTarget] = {}  # by generation
        self._outbox: deque[tuple[Job | None, Message, str]] = deque()
        self._controls = 0
        self._malformed = 0
        self._work, self._mail, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._opening = asyncio.Semaphore(OPENINGS_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._openings = 0
        self.shared = SharedSeat(actor=actor, wake=self._mail.set, fault=self._shared_fault, spawn=self._spawn)

    @property
    def actor(self) -> Subject:
        """Who this is, with what they were invited to meanwhile."""
        return self.shared.actor

    @actor.setter
    def actor(self, actor: Subject) -> None:
        self.shared.is_now(actor)

    def start(self) -> None:
        """Greet the client and begin to work."""
        self._control(Kind.HELLO, 0, self._hello())
        self._spawn(self._pump())
        self._spawn(self._deliver())

    async def stop(self) -> None:
        """Stop all work of this session and wait until it has stopped."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._outbox.clear()
        self.shared.part(is_lost=True)

    async def receive(self, data: bytes | None) -> None:
        """Take in one message; None stands for one that wasn't binary. Faults are answered, never raised."""
        self.heard_at = self._clock()
        while self._controls > MAX_CONTROLS:
            self._room.clear()
            await self._room.wait()
        kind = viewport = 0
        try:
            if data is None:
                raise Malformed("not a binary message")
            kind, viewport = messages.kind_and_viewport(data)
            self._apply(messages.parse_client_message(data))
        except Fault as exc:
            if isinstance(exc, Malformed):
                self._malformed += 1
            self._control(Kind.FAULT, viewport, fault_document(exc, about=kind))
            if self._malformed >= MAX_MALFORMED:
                self.end(answer_for(Malformed()).websocket)
        self._work.set()

    def status(self) -> dict[str, int]:
        """Return the counters of this socket."""
        scheduler, counters = self.scheduler, self.scheduler.counters
        return {
            "rendered": counters.rendered,
            "sent": counters.sent,
            "dropped": counters.dropped,
            "faults": counters.faults,
            "waiting": scheduler.waiting,
            "held": scheduler.held,
            "credit": scheduler.credit,
            "process_rendered": pool.counters.pictures_rendered,
            "shared_members": self.shared.members,
        }

    # --- incoming ---

    def _apply(self, message: ClientMessage) -> None:
        scheduler = self.scheduler
        match message:
            case View():
                scheduler.view(message)
            case Credit(pictures=pictures):
                scheduler.grant(pictures)
            case Queue():
                scheduler.queue(message)
            case Tiles():
                scheduler.tiles(message)
            case Cancel():
                scheduler.cancel(message)
            case Subscribe():
                self._subscribe(message)
            case Unsubscribe(viewport=viewport):
                self._forget(viewport)
                scheduler.unsubscribe(viewport)
            case Ping(viewport=viewport, t=t):
                self._control(Kind.PONG, viewport, {"t": t, "server_time": time.time()})
                self._control(Kind.STATUS, viewport, dict(self.status()))
            case Shown():
                pass  # a sign of life
            case _:
                self.shared.take(message)

    def _subscribe(self, message: Subscribe) -> None:
        if self._openings >= messages.MAX_VIEWPORTS:
            raise Exhausted("subscriptions being opened")
        earlier = self.scheduler.generation_of(message.viewport)
        generation = self.scheduler.subscribe(message.viewport, message.epoch)
        if earlier is not None:
            self._targets.pop(earlier, None)
        self._openings += 1
        self._spawn(self._open(message, generation))

    async def _open(self, message: Subscribe, generation: int) -> None:
        viewport, scheduler = message.viewport, self.scheduler
        try:
            async with self._opening:
                if scheduler.generation_of(viewport) != generation:
                    return
                opened = await run_in_database(open_target, actor=self.actor, target=message.target)
        except Exception as exc:
            if scheduler.generation_of(viewport) == generation:
                scheduler.unsubscribe(viewport)
                self._control(Kind.FAULT, viewport, fault_document(exc, about=Kind.SUBSCRIBE) | {"epoch": message.epoch})
            return
        finally:
            self._openings -= 1
        if scheduler.opened(viewport, generation):
            self._targets[generation] = opened
            self._control(Kind.OPENED, viewport, {"epoch": message.epoch} | opened.document)
            self._work.set()

    def _forget(self, viewport: int) -> None:
        generation = self.scheduler.generation_of(viewport)
        if generation is not None:
            self._targets.pop(generation, None)

    # --- making pictures ---

    async def _pump(self) -> None:
        slots = render_slots()
        at_once = 0
        while True:
            wait = self.scheduler.wait_s(self._clock())
            if wait is None or wait > 0:
                self._work.clear()
                await self._more_work(wait)
                continue
            pictures = await slots.acquire()
            slow: list[tuple[Job, OpenedTarget]] = []
            try:
                jobs = self.scheduler.take(self._clock(), pictures=pictures, tiles=TILES_A_HOP)
                for job in jobs:
                    target = self._targets[job.generation]
                    if not self._make_at_once(job, target):
                        slow.append((job, target))
            finally:  # whatever went wrong: others may have joined these, and the slot is everybody's
                self._render(slow, slots)
            at_once += len(jobs) - len(slow)
            if len(slow) < len(jobs):
                self._mail.set()
            if at_once >= AT_ONCE:
                at_once = 0
                await asyncio.sleep(0)  # what was made leaves, and others have their turn

    async def _more_work(self, wait_s: float | None) -> None:
        if wait_s is None:
            await self._work.wait()
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._work.wait()

    def _make_at_once(self, job: Job, target: OpenedTarget) -> bool:
        """Say whether a job needs no thread: made here, which costs no more than passing it on, or being made for someone else."""
        message: Message | Standing | None = message_at_once(job, target)
        if message is None:
            message = ask_for(job, target, partial(self._joined, job, target))
        if not isinstance(message, Standing):
            self._take_in(job, target, message)
        return message is not Standing.YOURS

    def _joined(self, job: Job, target: OpenedTarget, made: Made) -> None:
        """Take in a picture that another session's job, or an earlier one of ours, has made."""
        self._take_in(job, target, message_of(job, target, made) if isinstance(made, Picture) else made)
        self._mail.set()
        self._work.set()

    def _render(self, work: list[tuple[Job, OpenedTarget]], slots: RenderSlots) -> None:
        """Have a render thread make pictures. The slot is free when that is done: what others may have joined is never cancelled."""
        if not work:
            slots.release()
            return
        loop = asyncio.get_running_loop()

        def done(call: "Future[tuple[Sequence[bytes | BaseException], float]]") -> None:
            exc = call.exception()
            made, took_s = call.result() if exc is None else (give_up(work, exc), 0.0)
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._rendered, work, made, took_s, slots)

        try:
            pool.submit(make_messages_timed, work).add_done_callback(done)
        except Exhausted as exc:
            self._rendered(work, give_up(work, exc), 0.0, slots)

    def _rendered(
        self, work: list[tuple[Job, OpenedTarget]], made: Sequence[bytes | BaseException], took_s: float, slots: RenderSlots
    ) -> None:
        slots.release(len(work) if took_s else 0, took_s)
        for (job, target), message in zip(work, made, strict=True):
            self._take_in(job, target, message)
        self._mail.set()
        self._work.set()

    def _take_in(self, job: Job, target: OpenedTarget, message: Message | BaseException) -> None:
        """Put a job's message into the outbox, behind those of its viewport that were begun before."""
        study = target.document["study_instance_uid"]
        if not isinstance(message, BaseException):
            ready = self.scheduler.rendered(job, message)
        else:
            if self.scheduler.is_wanted(job):
                about = (Kind.VIEW, Kind.QUEUE, Kind.TILES)[job.urgency]
                self._control(Kind.FAULT, job.viewport, fault_document(message, about=about, sequence=job.sequence))
            ready = self.scheduler.failed(job)
        self._outbox.extend((each, data, study) for each, data in ready)

    # --- outgoing ---

    def _control(self, kind: Kind, viewport: int, document: dict[str, Any]) -> None:
        self._outbox.append((None, pack_control(kind, viewport, document), ""))
        self._controls += 1
        self._mail.set()

    def _shared_fault(self, exc: BaseException, about: int, sequence: int | None) -> None:
        self._control(Kind.FAULT, 0, fault_document(exc, about=about, sequence=sequence))

    async def _deliver(self) -> None:
        scheduler = self.scheduler
        while True:
            while (shared := self.shared.next_message()) is not None or self._outbox:
                if shared is not None:
                    await self._send(shared)
                if not self._outbox:
                    continue
                job, message, study = self._outbox.popleft()
                if job is not None and not scheduler.is_wanted(job):
                    scheduler.discard(job, message)
                    self._work.set()
                    continue
                await self._send(message)
                if job is None:
                    self._controls -= 1
                    self._room.set()
                    continue
                scheduler.sent(message)
                self.frames_sent[study] += 1
                self._work.set()
            self._mail.clear()
            await self._mail.wait()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None or isinstance(task.exception(), OSError):
            return  # OSError: the client went away while a message was on its way
        log.error("a stream ended unexpectedly", exc_info=task.exception())
        self.end(answer_for(Exception()).websocket)

    def _hello(self) -> dict[str, Any]:
        return {
            "version": messages.VERSION,
            "limits": {
                "credit": messages.FIRST_CREDIT,
                "max_credit": messages.MAX_CREDIT,
                "viewports": messages.MAX_VIEWPORTS,
                "queue": messages.MAX_QUEUE,
                "tiles": messages.MAX_TILES,
                "message_bytes": messages.MAX_MESSAGE_BYTES,
                "views_per_second": VIEWS_PER_SECOND,
                "idle_s": IDLE_S,
            },
            "counters": self.status(),
        }
