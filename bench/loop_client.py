"""People who watch a loop, each by a socket of their own, or who have one open and do nothing.

    python -m bench.loop_client play URL TOKEN SERIES VIEWERS SECONDS [VIEW]
    python -m bench.loop_client stay URL TOKEN SERIES VIEWERS SECONDS

Play: nothing is kept, every frame is asked for each time it comes round. A viewer gives credit for four frames at a time, by an
absolute clock; a picture's timing error runs from the moment it was allowed to its arrival. Stay: a ping every 25 s, as the page sends.
Prints "begin" and "end" around what counts; last line of play: "<n> pictures/s, <ms> ms timing error p95, <n> encoded, <ms> ms first".
"""

import asyncio
import json
import struct
import sys
import time
from collections import deque
from typing import Any

import uvloop

from bench.light_socket import LightSocket
from bench.view_client import percentile

PICTURE, SUBSCRIBE, VIEW, QUEUE, CREDIT, PING, OPENED, FAULT, STATUS = 1, 16, 17, 18, 19, 24, 32, 33, 36
HZ, AT_ONCE, FIRST_CREDIT, BATCH, PING_S = 60, 4, 8, 480, 25.0
STUCK_S = 20.0
SEQUENCE, SEQUENCE_AT = struct.Struct("<I"), 12


class Watcher:
    """One viewer."""

    peer: LightSocket

    def __init__(self, view: dict[str, Any] | None = None) -> None:
        self.view = view or {}
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[int] = loop.create_future()
        self.first_at: asyncio.Future[float] = loop.create_future()
        self.status: asyncio.Future[dict[str, int]] = loop.create_future()
        self.errors_ms: list[float] = []
        self.received = 0
        self._allowed: deque[float] = deque()
        self._all_here = asyncio.Event()
        self._asked = 0

    async def open(self, url: str, token: str, series: str) -> None:
        """Connect and subscribe."""
        self.peer = await LightSocket.connect(url, token, self._take, lambda code: sys.exit(f"the server closed with {code}"))
        self.peer.say(SUBSCRIBE, 1, {"epoch": 1, "target": {"series_instance_uid": series}})
        await self.opened

    async def play(self, seconds: float, starts_at: float) -> None:
        """Play from a moment on, four frames at a time."""
        await asyncio.sleep(starts_at - time.perf_counter())
        self._ask()
        self._allowed.extend([time.perf_counter()] * FIRST_CREDIT)
        for number in range(FIRST_CREDIT, int(seconds * HZ), AT_ONCE):
            await asyncio.sleep(starts_at + (number - FIRST_CREDIT + AT_ONCE) / HZ - time.perf_counter())
            if number + BATCH // 4 > self._asked and not self._allowed:  # a queue replaces what is left: nothing may be on its way
                self._ask()
            self._all_here.clear()
            self._allowed.extend([time.perf_counter()] * AT_ONCE)
            self.peer.say(CREDIT, 0, {"pictures": AT_ONCE})
        await self._all_here.wait()

    async def look(self) -> None:
        """Ask for the first frame and wait for it."""
        self._allowed.append(time.perf_counter())
        self.peer.say(VIEW, 1, {"sequence": 0, "index": 0, "view": {}})
        await self.first_at

    async def encoded(self) -> int:
        """Return how many pictures the server's process has encoded since its start."""
        self.status = asyncio.get_running_loop().create_future()
        self.peer.say(PING, 0, {"t": 0})
        return (await self.status)["process_rendered"]

    def _ask(self) -> None:
        count = self.opened.result()
        first, self._asked = self.received, self.received + BATCH
        self.peer.say(
            QUEUE, 1, {"sequence": first, "views": [{"index": number % count, "view": self.view} for number in range(first, first + BATCH)]}
        )

    def _take(self, message: bytes) -> None:
        if message[3] == PICTURE:
            if SEQUENCE.unpack_from(message, SEQUENCE_AT)[0] != self.received:
                sys.exit("a picture out of order")
            self.received += 1
            now = time.perf_counter()
            self.errors_ms.append((now - self._allowed.popleft()) * 1000)
            if not self._allowed:
                self._all_here.set()
            if self.received == 1:
                self.first_at.set_result(now)
            elif self.received == self._asked:  # so late that it ran dry
                self._ask()
        elif message[3] == OPENED:
            self.opened.set_result(len(json.loads(message[8:])["frames"]))
        elif message[3] == STATUS:
            self.status.set_result(json.loads(message[8:]))
        elif message[3] == FAULT:
            sys.exit(f"fault: {message[8:]!r}")


async def play(url: str, token: str, series: str, viewers: int, seconds: float, view: str = "{}") -> None:
    """Measure and print what playing costs in time."""
    watchers = [Watcher(json.loads(view)) for _ in range(viewers)]
    for watcher in watchers:
        await watcher.open(url, token, series)
    before = await watchers[0].encoded()
    print("begin", flush=True)
    started = time.perf_counter() + 0.1
    # They began at different moments, as people do: spread over the time of four frames.
    moments = [started + number * AT_ONCE / HZ / viewers for number in range(viewers)]
    plays = [asyncio.create_task(watcher.play(seconds, moment)) for watcher, moment in zip(watchers, moments, strict=True)]
    _, stuck = await asyncio.wait(plays, timeout=seconds + STUCK_S)
    if stuck:
        raise SystemExit(f"{len(stuck)} viewers got no more pictures, after {sorted(watcher.received for watcher in watchers)[:5]}")
    elapsed = time.perf_counter() - started
    print("end", flush=True)
    errors = [error for watcher in watchers for error in watcher.errors_ms]
    first = max(watcher.first_at.result() - moment for watcher, moment in zip(watchers, moments, strict=True)) * 1000
    encoded = await watchers[0].encoded() - before
    rate = sum(watcher.received for watcher in watchers) / elapsed
    print(f"{rate:.0f} pictures/s, {percentile(errors, 0.95):.2f} ms timing error p95, {encoded} encoded, {first:.1f} ms first")


async def stay(url: str, token: str, series: str, viewers: int, seconds: float) -> None:
    """Look at one picture each and do nothing more."""
    watchers = [Watcher() for _ in range(viewers)]
    for watcher in watchers:
        await watcher.open(url, token, series)
        await watcher.look()
    print("begin", flush=True)
    ends, next_at = time.perf_counter() + seconds, 0.0
    while (now := time.perf_counter()) < ends:
        if now >= next_at:
            await asyncio.gather(*(watcher.encoded() for watcher in watchers))
        next_at = now + PING_S if now >= next_at else next_at
        await asyncio.sleep(min(1.0, ends - now))
    print("end", flush=True)


if __name__ == "__main__":
    action: Any = {"play": play, "stay": stay}[sys.argv[1]]
    uvloop.run(action(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), float(sys.argv[6]), *sys.argv[7:]))
