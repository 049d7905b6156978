"""The line between server processes: the channel layer (in process, or Redis) as shared views use it.

One group a shared view, one channel a process. What a process sends comes back to itself over the layer; while the layer is out of
reach, it is given to this process's own rooms directly, so that people on one process go on together. Every other process then
reads the events from the database, which each does anyway (viewer.services.shared_rooms). Nothing is kept for later: numbers show
what was missed.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable
from typing import Any

import orjson
from channels.layers import get_channel_layer

log = logging.getLogger("viewbox.shared")

SEND_S = 1.0  # longer than any healthy layer takes
UNANSWERED = 2  # so many probes in a row may not come back

Document = dict[str, Any]


class SharedLine:
    """This process's end of the line.

    hear(pk, document) is called for everything said in the groups it listens to, back() when the layer is within reach again.
    """

    def __init__(self, *, hear: Callable[[int, Document], None], back: Callable[[], None], layer: Any = None) -> None:
        self.is_up = False
        self._hear = hear
        self._back = back
        self._groups: set[int] = set()
        self._layer = layer
        self._channel = ""
        self._listening: asyncio.Task[None] | None = None
        self._probes = itertools.count(1)
        self._probe = self._echo = 0
        self._is_broken = True  # until it has been opened
        self._outage_logged = False

    async def open(self) -> None:
        """Begin to listen. When the layer can't be reached that is logged, and tried again at every probe."""
        self._layer = self._layer or get_channel_layer()
        await self._reopen()

    async def close(self) -> None:
        """Listen no more and let go of the layer."""
        self.is_up = False
        if self._layer is not None:
            await self._hang_up()

    async def listen_to(self, pk: int) -> None:
        """Hear what is said about a shared view."""
        self._groups.add(pk)
        if self._listening is not None:
            await self._try(self._layer.group_add, _group(pk), self._channel)

    async def forget(self, pk: int) -> None:
        """Hear about it no more."""
        self._groups.discard(pk)
        if self._listening is not None:
            await self._try(self._layer.group_discard, _group(pk), self._channel)

    async def say(self, pk: int, document: Document) -> None:
        """Tell every process, this one too. Never raises: whoever can't be reached misses it."""
        data = orjson.dumps(document)
        if not (self.is_up and await self._try(self._layer.group_send, _group(pk), {"type": "shared", "pk": pk, "data": data})):
            self._take_in(pk, data)

    async def probe(self) -> None:
        """Find out whether what is sent still comes back; when it doesn't, begin anew. Call it about once a second."""
        if self._probe - self._echo >= UNANSWERED:
            self._lost("nothing comes back")
        if self._is_broken and not await self._reopen():
            return
        self._probe = next(self._probes)
        await self._try(self._layer.send, self._channel, {"type": "probe", "probe": self._probe})

    # --- inside ---

    async def _try(self, method: Callable[..., Any], *arguments: Any) -> bool:
        try:
            async with asyncio.timeout(SEND_S):
                await method(*arguments)
        except Exception as exc:  # whatever a layer raises, what it was to carry has not arrived
            self._lost(type(exc).__name__)
            return False
        return True

    async def _reopen(self) -> bool:
        """Connect from scratch: a layer that was out of reach may have forgotten this process."""
        await self._hang_up()
        try:
            async with asyncio.timeout(2 * SEND_S):
                self._channel = await self._layer.new_channel()
                added: set[int] = set()
                while missing := self._groups - added:  # a room may open meanwhile
                    await self._layer.group_add(_group(pk := missing.pop()), self._channel)
                    added.add(pk)
        except Exception as exc:
            self._lost(type(exc).__name__)
            return False
        self._echo = self._probe
        self._is_broken = False
        self._listening = asyncio.get_running_loop().create_task(self._listen(self._channel))
        return True

    async def _hang_up(self) -> None:
        listening, self._listening = self._listening, None
        with contextlib.suppress(Exception):  # it may be out of reach already
            async with asyncio.timeout(SEND_S):
                await self._layer.flush()
        if listening is not None:
            listening.cancel()
            await asyncio.wait({listening}, timeout=SEND_S)

    async def _listen(self, channel: str) -> None:
        while True:
            try:
                message = await self._layer.receive(channel)
            except Exception as exc:
                self._lost(type(exc).__name__)
                return
            if message["type"] == "shared":
                self._take_in(message["pk"], message["data"])
            else:
                self._echo = message["probe"]
                self._found()

    def _take_in(self, pk: int, data: bytes) -> None:
        try:
            self._hear(pk, orjson.loads(data))
        except Exception:
            log.exception("a message between processes could not be taken in")

    def _lost(self, why: str) -> None:
        self.is_up = False
        self._is_broken = True
        if not self._outage_logged:
            self._outage_logged = True
            log.error("the channel layer is out of reach (%s): shared views go on within each process", why)

    def _found(self) -> None:
        if self.is_up or self._is_broken:
            return
        self.is_up = True
        if self._outage_logged:
            self._outage_logged = False
            log.warning("the channel layer is back")
        self._back()


def _group(pk: int) -> str:
    return f"shared.{pk}"
