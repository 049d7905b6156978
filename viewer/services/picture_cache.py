"""Encoded pictures, for those who look at the same: one render and one encode, however many ask.

A picture is a function of its frame and its view state (DESIGN.md section 4), so it may be handed to everybody who may see the
frame; what differs between them is the header ahead of it. What is being made is joined, what was made is kept while there is
room, and what failed is told to those who wait and forgotten. No access decision: who asks was let in. Knows no stream.

Keeping costs though nothing is copied: the next picture is written to memory that the processor's caches don't hold. For one who
drags a window over a CT alone that was 4 % of all CPU time with 32 MB kept, and nothing to be measured with 2 MB. So the room is
small until pictures are asked for again.
"""

import asyncio
import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from django.conf import settings

from viewer.core.picture import Picture
from viewer.core.picture_header import Fidelity
from viewer.core.view import ViewState
from viewer.services import pool

UNPROVEN_BYTES = 2_000_000  # the room while nobody asks for anything twice
PAYS_FOR = 16  # pictures kept in vain, by one render saved: 0.04 against 0.7 ms
_MAX_PROOF = 64 * PAYS_FOR
_SHRINKS_BY = 8  # pictures at a time, when the room has become small again
_ENTRY_BYTES = 1000  # what a kept picture takes besides its data: key, view, numbers


class PictureKey(NamedTuple):
    """What a picture is of: the hash of the instance's bytes, a frame from 0, a view of it. Equal keys, equal pixels."""

    sha256: str
    frame_index: int
    view: ViewState


class Standing(Enum):
    """Who makes a picture that isn't there yet."""

    YOURS = "you do, and say so by finish()"
    BEING_MADE = "someone else does, and you will be told"


Made: TypeAlias = Picture | BaseException
Tell: TypeAlias = Callable[[Made], None]
_Waiting: TypeAlias = dict[asyncio.AbstractEventLoop, list[Tell]]


class PictureCache:
    """Pictures that were made and pictures being made.

    The former are bounded in bytes: max_bytes while it pays, else UNPROVEN_BYTES, or the newest alone if it is larger. Those asked
    for longest ago go first.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._proof = 0  # how many more pictures are worth all the room
        self._kept_bytes = 0
        self._kept: OrderedDict[PictureKey, Picture] = OrderedDict()
        self._being_made: dict[PictureKey, _Waiting] = {}
        self._lock = threading.Lock()

    @property
    def kept_bytes(self) -> int:
        return self._kept_bytes

    def ask(self, key: PictureKey, tell: Tell) -> Picture | Standing:
        """Return the picture if it is kept; else say who makes it. Never waits; on an event loop.

        YOURS: the caller makes it and must call finish() whatever happens, since others may join from now on.
        BEING_MADE: tell is called on this event loop, in a later turn and once, with the picture or with what went wrong.
        Nobody may block a render thread until told: the picture may be waiting for that very thread.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                waiting = self._being_made.get(key)
                if waiting is None:
                    self._being_made[key] = {}
                    return Standing.YOURS
                waiting.setdefault(asyncio.get_running_loop(), []).append(tell)
            else:
                self._kept.move_to_end(key)
            self._proof = min(_MAX_PROOF, self._proof + PAYS_FOR)
        pool.count(pictures_shared=1)
        return Standing.BEING_MADE if kept is None else kept

    def finish(self, key: PictureKey, made: Made) -> None:
        """Hand a picture, or why there is none, to all who joined; keep a picture for those who come later. From any thread.

        Stored bytes are not kept: they are in memory already, and cost less to read than room here.
        """
        with self._lock:
            waiting = self._being_made.pop(key, None)
            if isinstance(made, Picture) and made.fidelity is not Fidelity.STORED:
                self._keep(key, made)
        for loop, tells in (waiting or {}).items():
            with contextlib.suppress(RuntimeError):  # that loop has ended, and with it who waited
                loop.call_soon_threadsafe(_tell, loop, tells, made)

    def _keep(self, key: PictureKey, picture: Picture) -> None:
        size = _size(picture)
        if size > self._max_bytes:
            return
        earlier = self._kept.pop(key, None)
        self._kept[key] = picture
        self._kept_bytes += size - (_size(earlier) if earlier else 0)
        self._proof = max(0, self._proof - 1)
        while self._kept_bytes > self._max_bytes:
            self._drop_oldest()
        for _ in range(_SHRINKS_BY):
            if self._proof or self._kept_bytes <= UNPROVEN_BYTES or len(self._kept) == 1:
                break
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, oldest = self._kept.popitem(last=False)
        self._kept_bytes -= _size(oldest)


def _size(picture: Picture) -> int:
    return len(picture.data) + _ENTRY_BYTES


def _tell(loop: asyncio.AbstractEventLoop, tells: list[Tell], made: Made) -> None:
    for tell in tells:
        loop.call_soon(tell, made)  # each by itself: one that fails is not the others' trouble


@lru_cache(maxsize=1)
def picture_cache() -> PictureCache:
    """Return the process's cache."""
    return PictureCache(settings.PICTURE_CACHE_BYTES)
