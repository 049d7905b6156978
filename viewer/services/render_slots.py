"""The render slots of a process: how many batches of pictures may be made or wait for a thread, and how large a batch is.

Sockets take slots in turn and choose late what to make. Batches grow only while all threads are busy.
"""

import asyncio
import math
import time
from weakref import WeakKeyDictionary

from viewer.services import pool

RENDER_SLOTS = pool.THREADS + 1  # one batch waits for them
BATCH_S, MAX_BATCH = 0.005, 4  # of pictures while all threads are busy: fewer wake-ups, and nobody waits longer behind them


class RenderSlots:
    """Slots, first come, first served. For one event loop."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(RENDER_SLOTS)
        self._taken = 0
        self._picture_s = BATCH_S  # what one took lately
        self._taken_at = -math.inf

    def were_used_within(self, seconds: float) -> bool:
        """Say whether a socket had work lately: somebody drags, scrolls or watches a loop."""
        return time.monotonic() - self._taken_at < seconds

    async def acquire(self) -> int:
        """Wait for a slot; return how many pictures it is worth: two where another thread works, more where all of them do."""
        await self._free.acquire()
        self._taken_at = time.monotonic()
        self._taken += 1
        if self._taken < RENDER_SLOTS:
            return min(2, self._taken)
        return max(1, min(MAX_BATCH, int(BATCH_S / self._picture_s)))

    def release(self, pictures: int = 0, took_s: float = 0.0) -> None:
        """Give a slot back. pictures, took_s: how many a thread made in it, and in what time."""
        self._taken -= 1
        self._free.release()
        if pictures:
            self._picture_s += (took_s / pictures - self._picture_s) / 8


_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, RenderSlots] = WeakKeyDictionary()


def render_slots() -> RenderSlots:
    """Return the slots of the running event loop."""
    loop = asyncio.get_running_loop()
    slots = _slots.get(loop)
    if slots is None:  # not setdefault: each small picture asks, and would make slots for nothing
        slots = _slots[loop] = RenderSlots()
    return slots
