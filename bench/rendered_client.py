"""Rendered pictures over HTTP as fast as they come, from any DICOMweb server.

    python -m bench.rendered_client URL TOKEN PATHS CLIENTS SECONDS [ROUND]

TOKEN "-" sends none. PATHS is a file with a path a line; clients go through them by connections that stay open. A path with a %d in it gets
another number each time, different from other rounds', so that no picture is made twice. Last line: "<n> pictures/s of <bytes> bytes".
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

NOBODY = "-"


class Connection(asyncio.Protocol):
    """One client: a request, its whole answer, the next request."""

    def __init__(self, paths: Iterator[str], host: str, token: str) -> None:
        self.answered = self.size_bytes = 0
        self.is_ending = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        authorization = "" if token == NOBODY else f"Authorization: Bearer {token}\r\n"
        self._rest = f" HTTP/1.1\r\nHost: {host}\r\nAccept: image/jpeg\r\n{authorization}\r\n"
        self._paths = paths
        self._missing = 0
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head, there = self._head[:end].lower(), len(self._head) - end - 4
            if b" 200 " not in head[:20] or b"content-length:" not in head or b"image/jpeg" not in head:
                self.ended.set_exception(OSError(self._head[:400].decode("latin-1")))
                return
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            self._head, self._missing = b"", length - there
            self.size_bytes += length
        if self._missing < 0:
            raise OSError("more bytes than announced")
        if not self._missing:
            self.answered += 1
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(OSError("the server closed the connection"))

    def _next(self) -> None:
        if self.is_ending:
            self.ended.set_result(None)
            self._transport.close()
        else:
            self._transport.write(f"GET {next(self._paths)}{self._rest}".encode())


async def run(url: str, token: str, paths: list[str], clients: int, seconds: float, first: int) -> None:
    """Measure and print."""
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    numbers = itertools.count(first * 1_000_000)
    endless = (path % next(numbers) if "%d" in path else path for path in itertools.cycle(paths))
    started = time.perf_counter()
    connections: list[Connection] = []
    for _ in range(clients):
        _, made = await loop.create_connection(lambda: Connection(endless, parts.netloc, token), parts.hostname or "", parts.port or 80)
        connections.append(made)
    _, _ = await asyncio.wait([made.ended for made in connections], timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    answered, size = sum(made.answered for made in connections), sum(made.size_bytes for made in connections)
    elapsed = time.perf_counter() - started
    for made in connections:
        made.is_ending = True
    await asyncio.wait_for(asyncio.gather(*(made.ended for made in connections)), timeout=30)
    print(f"{answered / elapsed:.1f} pictures/s of {size // max(answered, 1)} bytes")


if __name__ == "__main__":
    address, bearer, listed, *counts = sys.argv[1:]
    uvloop.run(
        run(address, bearer, Path(listed).read_text().split(), int(counts[0]), float(counts[1]), int(counts[2]) if len(counts) > 2 else 0)
    )
