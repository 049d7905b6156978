"""The render pool: a few threads, a bounded queue in order of priority, and what they did (STYLE.md section 7).

Three threads gain nothing on the measured machine, and rendering on the event loop stalls every viewer: viewer.services.short_renders
says which pictures may be made there nevertheless.
"""

import asyncio
import contextvars
import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any, NamedTuple, TypeVar

from django.conf import settings

from governance.core.faults import Exhausted

THREADS = settings.RENDER_THREADS
MAX_WAITING = 256

T = TypeVar("T")


class Priority(IntEnum):
    """Order of service; within one, first come."""

    INTERACTIVE = 0
    STILL = 1
    BACKGROUND = 2


@dataclass(slots=True)
class Counters:
    """What happened since the process began."""

    pictures_rendered: int = 0
    pictures_passed_through: int = 0
    pictures_shared: int = 0  # made once, wanted again: the render that wasn't needed
    calls_done: int = 0
    calls_refused: int = 0
    calls_cancelled: int = 0


class _Call(NamedTuple):
    """A call that waits. No two have the same order, so that comparing goes no further."""

    priority: int
    order: int
    future: "Future[Any]"
    function: Callable[[], Any]


counters = Counters()
_count_lock = threading.Lock()


def count(**numbers: int) -> None:
    """Add to the counters, from any thread."""
    with _count_lock:
        for name, number in numbers.items():
            setattr(counters, name, getattr(counters, name) + number)


class RenderPool:
    """A fixed number of threads that take calls from one bounded heap."""

    def __init__(self, *, threads: int = THREADS, max_waiting: int = MAX_WAITING) -> None:
        self._threads = threads
        self._max_waiting = max_waiting
        self._waiting: list[_Call] = []
        self._order = itertools.count()
        self._ready = threading.Condition()
        self._is_started = False

    def submit(self, function: Callable[[], T], priority: Priority) -> "Future[T]":
        """Queue a call. Raises: Exhausted when the queue is full."""
        future: Future[T] = Future()
        with self._ready:
            if len(self._waiting) >= self._max_waiting:
                self._drop_cancelled()
            if len(self._waiting) >= self._max_waiting:
                count(calls_refused=1)
                raise Exhausted("the render queue is full")
            if not self._is_started:
                self._start()
            heapq.heappush(self._waiting, _Call(priority, next(self._order), future, function))
            self._ready.notify()
        return future

    def _drop_cancelled(self) -> None:
        kept = [call for call in self._waiting if not call.future.cancelled()]
        count(calls_cancelled=len(self._waiting) - len(kept))
        heapq.heapify(kept)
        self._waiting = kept

    def _start(self) -> None:
        self._is_started = True
        for number in range(self._threads):
            threading.Thread(target=self._serve, name=f"render-{number}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            with self._ready:
                while not self._waiting:
                    self._ready.wait()
                call = heapq.heappop(self._waiting)
            if not call.future.set_running_or_notify_cancel():
                count(calls_cancelled=1)
                continue
            try:
                result = call.function()
            except BaseException as exc:
                call.future.set_exception(exc)
            else:
                call.future.set_result(result)
            count(calls_done=1)
            del call


_pool = RenderPool()


def submit(function: Callable[..., T], /, *args: Any, priority: Priority = Priority.INTERACTIVE, **kwargs: Any) -> "Future[T]":
    """Queue a call for a render thread. Raises: Exhausted when the queue is full."""
    context = contextvars.copy_context()
    return _pool.submit(partial(context.run, function, *args, **kwargs), priority)


async def run(function: Callable[..., T], /, *args: Any, priority: Priority = Priority.INTERACTIVE, **kwargs: Any) -> T:
    """Run a call on a render thread and return its result; exceptions pass through.

    Cancelling the awaiting task takes a call that has not begun out of the queue. Raises: Exhausted when the queue is full.
    """
    return await asyncio.wrap_future(submit(function, *args, priority=priority, **kwargs))
