"""One viewer's hand on a picture: a window dragged at 60 Hz, or a stack scrolled through.

    python -m bench.view_client drag URL TOKEN SERIES SECONDS
    python -m bench.view_client scroll URL TOKEN PASSES SERIES SERIES …

Drag: a view with another window every 16.7 ms; the round trip of each picture and the time that its header says it took. Scroll: all
frames of each series in turn, one after another, with another window each pass; the first pass of each isn't counted.
Last lines: drag "<ms> ms server p95, <ms> ms round trip p95, …"; scroll, for each series: "<ms> ms a picture, <ms> ms the first pass".
"""

import asyncio
import json
import statistics
import struct
import sys
import time
from collections.abc import Sequence

import uvloop

from bench.light_socket import LightSocket

PICTURE, SUBSCRIBE, VIEW, QUEUE, CREDIT, OPENED, FAULT = 1, 16, 17, 18, 19, 32, 33
HZ, QUALITY, WARM = 60, 80, 30
SEQUENCE, TIMES = struct.Struct("<I"), struct.Struct("<II")
SEQUENCE_AT, TIMES_AT = 12, 88


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of all lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Viewer:
    """One socket; viewports by number."""

    peer: LightSocket

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, int], asyncio.Future[tuple[float, float]]] = {}
        self._opened: dict[int, asyncio.Future[int]] = {}
        self._taken = 0

    async def connect(self, url: str, token: str) -> "Viewer":
        """Connect; return self."""
        self.peer = await LightSocket.connect(url, token, self._take, lambda code: sys.exit(f"the server closed with {code}"))
        return self

    async def open(self, viewport: int, series: str) -> int:
        """Subscribe; return how many frames there are."""
        self._opened[viewport] = asyncio.get_running_loop().create_future()
        self.peer.say(SUBSCRIBE, viewport, {"epoch": 1, "target": {"series_instance_uid": series}})
        return await self._opened[viewport]

    def expect(self, viewport: int, sequence: int) -> "asyncio.Future[tuple[float, float]]":
        """Return what will be the moment a picture came, in s, and the server's time for it, in ms."""
        self._waiting[viewport, sequence] = future = asyncio.get_running_loop().create_future()
        return future

    def _take(self, message: bytes) -> None:
        viewport = int.from_bytes(message[4:6], "little")
        if message[3] == PICTURE:
            (sequence,) = SEQUENCE.unpack_from(message, SEQUENCE_AT)
            self._waiting.pop((viewport, sequence)).set_result((time.perf_counter(), sum(TIMES.unpack_from(message, TIMES_AT)) / 1000))
            self._taken += 1
            if self._taken % 4 == 0:
                self.peer.say(CREDIT, 0, {"pictures": 4})
        elif message[3] == OPENED:
            self._opened[viewport].set_result(len(json.loads(message[8:])["frames"]))
        elif message[3] == FAULT:
            sys.exit(f"fault: {message[8:]!r}")


async def drag(url: str, token: str, series: str, seconds: float) -> None:
    """Measure and print the drag of a window."""
    viewer = await Viewer().connect(url, token)
    frames = await viewer.open(1, series)
    waiting: list[tuple[float, asyncio.Future[tuple[float, float]]]] = []
    started = time.perf_counter()
    for number in range(int(seconds * HZ)):
        await asyncio.sleep(started + number / HZ - time.perf_counter())
        view = {"window": [40 + number * 0.37, 400 + number * 0.91], "codec": "jpeg", "quality": QUALITY}
        waiting.append((time.perf_counter(), viewer.expect(1, number)))
        viewer.peer.say(VIEW, 1, {"sequence": number, "index": frames // 2, "view": view})
    await asyncio.wait([waiting[-1][1]], timeout=5)
    done = [(sent, *future.result()) for sent, future in waiting if future.done()][WARM:]
    server = [server_ms for _, _, server_ms in done]
    round_trip = [(came - sent) * 1000 for sent, came, _ in done]
    rate = len(done) / (done[-1][1] - done[0][1])
    print(
        f"{percentile(server, 0.95):.2f} ms server p95, {percentile(round_trip, 0.95):.2f} ms round trip p95, "
        f"{statistics.median(server):.2f} and {statistics.median(round_trip):.2f} ms in the middle, {rate:.0f} pictures/s"
    )


async def scroll(url: str, token: str, passes: int, every: list[str]) -> None:
    """Measure and print the passes through several series, in turn."""
    viewer = await Viewer().connect(url, token)
    frames = [await viewer.open(viewport, one) for viewport, one in enumerate(every)]
    taken: list[list[float]] = [[] for _ in every]
    for number in range(passes + 1):
        for viewport, count in enumerate(frames):
            view = {"window": [40 + number + viewport / 16, 400], "codec": "jpeg", "quality": QUALITY}
            first = number * count
            coming = [viewer.expect(viewport, first + index) for index in range(count)]
            started = time.perf_counter()
            viewer.peer.say(QUEUE, viewport, {"sequence": first, "views": [{"index": index, "view": view} for index in range(count)]})
            last, _ = await coming[-1]
            taken[viewport].append((last - started) * 1000 / count)
    for times in taken:
        print(f"{statistics.median(times[1:]):.3f} ms a picture, {times[0]:.2f} ms the first pass")


if __name__ == "__main__":
    kind, address, bearer, *rest = sys.argv[1:]
    uvloop.run(drag(address, bearer, rest[0], float(rest[1])) if kind == "drag" else scroll(address, bearer, int(rest[0]), rest[1:]))
