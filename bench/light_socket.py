"""A WebSocket client for hundreds of connections in one event loop: no extensions, no queues, no tasks; a call for every message.

What it leaves out (compression, fragments, closing politely) is what the server doesn't send or doesn't need.
"""

import asyncio
import base64
import json
import os
import struct
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

BINARY, CLOSE, PING, PONG = 2, 8, 9, 10
FIRST_BUFFER = 1 << 17
PREFIX = struct.Struct("<2sBBHH")
MASK = b"\0\0\0\0"  # masked with zeros: as it is


class Refused(Exception):
    """The handshake was answered with something else than 101."""


def frame(opcode: int, data: bytes) -> bytes:
    """Return a client's frame."""
    length = len(data)
    if length < 126:
        head = bytes([0x80 | opcode, 0x80 | length])
    elif length <= 0xFFFF:
        head = struct.pack("!BBH", 0x80 | opcode, 0xFE, length)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0xFF, length)
    return head + MASK + data


class LightSocket(asyncio.BufferedProtocol):
    """One connection. `on_message` gets each binary message as bytes; `on_lost` hears the close code, or 0, once."""

    def __init__(self, on_message: Callable[[bytes], None], on_lost: Callable[[int], None]) -> None:
        self.bytes_received = 0
        self._on_message, self._on_lost = on_message, on_lost
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(FIRST_BUFFER)
        self._start = self._end = 0
        self._accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_open = False
        self._code = 0

    @classmethod
    async def connect(cls, url: str, token: str, on_message: Callable[[bytes], None], on_lost: Callable[[int], None]) -> "LightSocket":
        """Return an accepted connection to the stream of a server. Raises: Refused, OSError."""
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, peer = await loop.create_connection(lambda: cls(on_message, on_lost), parts.hostname or "", parts.port or 80)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET /ws/stream HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade"]
        lines += [f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: viewbox.1"]
        lines += [f"Authorization: Bearer {token}\r\n\r\n"]
        assert peer._transport is not None
        peer._transport.write("\r\n".join(lines).encode())
        await peer._accepted
        return peer

    def say(self, kind: int, viewport: int, document: dict[str, Any]) -> None:
        """Send a control message of the stream, unless the connection is gone."""
        if self._is_open and self._transport is not None:
            data = PREFIX.pack(b"VB", 1, kind, viewport, 0) + json.dumps(document, separators=(",", ":")).encode()
            self._transport.write(frame(BINARY, data))

    def drop(self) -> None:
        """Cut the connection, as a line that breaks; nothing more is heard, not even the loss."""
        self._is_open = False
        self._on_lost = lambda code: None
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio.BufferedProtocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's isn't registered as one

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._start == self._end:
            self._start = self._end = 0
        elif self._end == len(self._buffer):
            rest = self._buffer[self._start : self._end]
            if len(rest) > len(self._buffer) // 2:
                self._buffer = bytearray(2 * len(self._buffer))
            self._buffer[: len(rest)] = rest
            self._start, self._end = 0, len(rest)
        return memoryview(self._buffer)[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        self._end += nbytes
        self.bytes_received += nbytes
        if not self._is_open and not self._greeted():
            return
        while self._is_open and self._take():
            pass

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False
        if not self._accepted.done():
            self._accepted.set_exception(OSError("the connection went before it was accepted"))
        else:
            self._on_lost(self._code)

    # --- frames ---

    def _greeted(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n", self._start, self._end)
        if end < 0 or self._accepted.done():
            return False
        status = bytes(self._buffer[self._start : self._buffer.find(b"\r\n", self._start)])
        self._start = end + 4
        if b" 101 " not in status:
            self._accepted.set_exception(Refused(status.decode("latin-1")))
            self.drop()
            return False
        self._is_open = True
        self._accepted.set_result(None)
        return True

    def _take(self) -> bool:
        """Hand on one frame, if a whole one is there."""
        there = self._end - self._start
        if there < 2:
            return False
        first, length, head = self._buffer[self._start], self._buffer[self._start + 1] & 0x7F, 2
        if length >= 126:
            form = struct.Struct("!H" if length == 126 else "!Q")
            head += form.size
            if there < head:
                return False
            (length,) = form.unpack_from(self._buffer, self._start + 2)
        if there < head + length:
            return False
        data = bytes(memoryview(self._buffer)[self._start + head : self._start + head + length])
        self._start += head + length
        self._hand_on(first, data)
        return True

    def _hand_on(self, first: int, data: bytes) -> None:
        opcode = first & 0x0F
        if opcode == BINARY and first & 0x80:
            self._on_message(data)
        elif opcode == PING and self._transport is not None:
            self._transport.write(frame(PONG, data))
        elif opcode == CLOSE:
            self._code = int.from_bytes(data[:2], "big")
        elif opcode != PONG:
            raise OSError(f"a frame that the stream doesn't send: {first:#x}")
