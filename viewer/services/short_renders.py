"""Pictures that take less than a millisecond, made on the event loop itself where each processor has an event loop of its own.

Handing a picture to a render thread and back costs two wake-ups and quarrels over Python's lock: a sixth of what a small picture costs
(ADR 0008). A process that is alone needs its threads for the second processor; of several (VIEWBOX_WEB_PROCESSES) each has one. People
come first: while somebody drags or watches a loop in this process, everything is left to the threads.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from weakref import WeakKeyDictionary

from django.conf import settings

from archive.core.description import ImageDescription
from archive.core.memory_pages import is_in_memory
from archive.services import pixels
from archive.services.retrieve import StoredImage
from governance.core.faults import Exhausted
from viewer.core.display import has_table
from viewer.core.view import ViewState
from viewer.services.render_slots import render_slots

HAS_OWN_PROCESSOR = settings.WEB_PROCESSES > 1
MAX_PIXELS = 512 * 512  # 0.4 ms, of which encoding takes two thirds
MAX_WAITING = 256
TURN_S = 0.0015  # what the sockets wait for at most, and one picture more
PEOPLE_S = 1.0  # after the last picture for a socket
SEEN_S, MAX_SEEN = 0.5, 1024  # what was in memory just now still is

_seen: OrderedDict[tuple[str, int], float] = OrderedDict()


def is_short(image: StoredImage, frame_index: int, view: ViewState) -> bool:
    """Say whether a picture may be made on an event loop: small, grey, plain, as JPEG, of values that lie in memory. Never waits."""
    if view.codec != "jpeg" or view.presentation is not None or render_slots().were_used_within(PEOPLE_S):
        return False
    description = pixels.known_description(image)
    if description is None or not _is_plain(description):
        return False
    frame = pixels.decoded_at_once(image, frame_index)
    if frame is None:
        return False
    key, now = (image.sha256, frame_index), time.monotonic()
    if now - _seen.get(key, -SEEN_S) < SEEN_S:
        return True
    if not is_in_memory(frame.values):
        return False
    _seen[key] = now
    if len(_seen) > MAX_SEEN:
        _seen.popitem(last=False)
    return True


def _is_plain(description: ImageDescription) -> bool:
    """Say whether a frame is one pass through one table: everything else of the display chain is a pass of its own."""
    return (
        description.rows * description.columns <= MAX_PIXELS
        and description.is_monochrome
        and has_table(description)
        and not description.masks
        and not description.overlays
        and description.shutters == (None,)
        and not description.means_colours
    )


class Turns:
    """Calls that an event loop makes itself, for TURN_S at most before it sees to its sockets. First come, first served."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._used_s = 0.0
        self._is_going = False

    def submit(self, call: Callable[[], None]) -> None:
        """Make a call now, or in a later turn where this one is used up. call: tells of its own failures. Raises: Exhausted."""
        if len(self._waiting) >= MAX_WAITING:
            raise Exhausted("too many pictures wait for the event loop")
        if not self._is_going:
            self._is_going = True
            asyncio.get_running_loop().call_soon(self._next)
        if self._waiting or self._used_s >= TURN_S:
            self._waiting.append(call)
        else:
            self._make(call)

    def _next(self) -> None:
        self._used_s = 0.0
        while self._waiting and self._used_s < TURN_S:
            self._make(self._waiting.popleft())
        self._is_going = self._used_s > 0
        if self._is_going:  # also after the last: what this turn used is not to be had again before the next
            asyncio.get_running_loop().call_soon(self._next)

    def _make(self, call: Callable[[], None]) -> None:
        began = time.perf_counter()
        try:
            call()
        finally:
            self._used_s += time.perf_counter() - began


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns() -> Turns:
    """Return the turns of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _turns.get(loop)
    if found is None:
        found = _turns[loop] = Turns()
    return found
