"""A small cache of answers that are true for a short while: who a token is, what a subject may open.

Bounded; one look-up at a time for a key, however many wait for it; faults are not kept. For one event loop.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class FreshCache(Generic[K, V]):
    """Answers by key, each kept for time_to_live_s after its look-up began."""

    def __init__(self, *, time_to_live_s: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._time_to_live_s = time_to_live_s
        self._size = size
        self._clock = clock
        self._answers: OrderedDict[K, tuple[float, asyncio.Future[V]]] = OrderedDict()

    async def get(self, key: K, look_up: Callable[[], Awaitable[V]]) -> V:
        """Return the answer for key, looked up when there is none or it is no longer fresh. Raises: what look_up raises."""
        known = self._answers.get(key)
        now = self._clock()
        if known is not None and now - known[0] < self._time_to_live_s:
            answer = known[1]
            return answer.result() if answer.done() else await asyncio.shield(answer)
        answer = asyncio.ensure_future(look_up())
        self._answers[key] = (now, answer)
        self._answers.move_to_end(key)
        while len(self._answers) > self._size:
            self._answers.popitem(last=False)
        try:
            return await asyncio.shield(answer)
        except BaseException:
            if self._answers.get(key, (0.0, None))[1] is answer:
                del self._answers[key]
            raise
