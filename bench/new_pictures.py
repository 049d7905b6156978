"""New pictures of a stack as fast as they come, through one socket or several: another frame and another window each time.

    python -m bench.new_pictures URL TOKEN SERIES PICTURES CLIENTS [FIRST]

PICTURES are of each client; FIRST (0) chooses other windows than an earlier run's. What a viewer does for every picture is left out, so
that rates are the server's: bench/stream_client.py is the client that checks them. Last line: "<n> pictures/s, <µs> µs render, …".
"""

import asyncio
import json
import struct
import sys
import time
from typing import Any

import uvloop

from bench.light_socket import LightSocket

PICTURE, SUBSCRIBE, QUEUE, CREDIT, OPENED, FAULT = 1, 16, 18, 19, 32, 33
BATCH, ACKNOWLEDGE, QUALITY = 256, 4, 80
MORE_CREDIT = 8  # besides what every client begins with: nothing is slow here but the rendering
SEQUENCE, WINDOW, TIMES = struct.Struct("<I"), struct.Struct("<ff"), struct.Struct("<II")
SEQUENCE_AT, WINDOW_AT, TIMES_AT = 12, 72, 88


def window_of(number: int) -> list[float]:
    """Return a window that no other number has."""
    return [round(-500.0 + (number * 7.31) % 1000.0, 3), round(200.0 + (number * 3.17) % 1500.0 + number * 0.001, 3)]


class Stream:
    """One client: a queue that never runs dry, credit given back as pictures come."""

    def __init__(self, pictures: int, first: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.opened: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.render_us = self.encode_us = self.received = 0
        self._pictures, self._asked = pictures, 0
        self._windows = [window_of(first + number) for number in range(pictures)]
        self._packed = [WINDOW.pack(*window) for window in self._windows]  # as headers have them
        self.peer: LightSocket

    def ask(self) -> None:
        """Ask for the next batch."""
        numbers = range(self._asked, min(self._asked + BATCH, self._pictures))
        stack = self.opened.result()
        views: list[dict[str, Any]] = [
            {"index": number % stack, "view": {"window": self._windows[number], "codec": "jpeg", "quality": QUALITY}} for number in numbers
        ]
        self.peer.say(QUEUE, 1, {"sequence": numbers.start, "views": views})
        self._asked = numbers.stop

    def take(self, message: bytes) -> None:
        """Take a message in."""
        if message[3] == PICTURE:
            self._picture(message)
        elif message[3] == OPENED:
            self.opened.set_result(len(json.loads(message[8:])["frames"]))
        elif message[3] == FAULT:
            raise SystemExit(f"fault: {message[8:]!r}")

    def _picture(self, message: bytes) -> None:
        if SEQUENCE.unpack_from(message, SEQUENCE_AT)[0] != self.received:
            raise SystemExit("a picture out of order")
        if message[WINDOW_AT : WINDOW_AT + WINDOW.size] != self._packed[self.received]:
            raise SystemExit("a picture with another window than asked")
        render_us, encode_us = TIMES.unpack_from(message, TIMES_AT)
        self.render_us, self.encode_us, self.received = self.render_us + render_us, self.encode_us + encode_us, self.received + 1
        if self.received % ACKNOWLEDGE == 0:
            self.peer.say(CREDIT, 0, {"pictures": ACKNOWLEDGE})
        if self.received == self._pictures:
            self.done.set_result(None)
        elif self.received == self._asked:
            self.ask()


async def connected(url: str, token: str, series: str, pictures: int, first: int) -> Stream:
    """Return a client that has opened the series."""
    stream = Stream(pictures, first)
    stream.peer = await LightSocket.connect(url, token, stream.take, lambda code: sys.exit(f"the server closed with {code}"))
    stream.peer.say(CREDIT, 0, {"pictures": MORE_CREDIT})
    stream.peer.say(SUBSCRIBE, 1, {"epoch": 1, "target": {"series_instance_uid": series}})
    await stream.opened
    return stream


async def run(url: str, token: str, series: str, pictures: int, clients: int, first: int) -> None:
    """Measure and print."""
    streams = [await connected(url, token, series, pictures, first + client * pictures) for client in range(clients)]
    started = time.perf_counter()
    for stream in streams:
        stream.ask()
    await asyncio.gather(*(stream.done for stream in streams))
    elapsed, whole = time.perf_counter() - started, pictures * clients
    render_us, encode_us = (sum(getattr(stream, name) for stream in streams) / whole for name in ("render_us", "encode_us"))
    print(f"{whole / elapsed:.0f} pictures/s, {render_us:.0f} µs render, {encode_us:.0f} µs encode")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[4:]]
    uvloop.run(run(sys.argv[1], sys.argv[2], sys.argv[3], numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 0))
