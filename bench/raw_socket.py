"""A WebSocket client that costs next to nothing, so that rates are the server's: blocking, no extensions, messages as they lie."""

import base64
import json
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

BINARY, CLOSE, PING, PONG = 2, 8, 9, 10


class RawSocket:
    """One connection. Messages are memoryviews, good until the next one is asked for."""

    def __init__(self, url: str, path: str, token: str = "") -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 22)
        self._start = self._end = 0
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Protocol: viewbox.1"]
        lines += [f"Authorization: Bearer {token}"] if token else []
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while (found := self._buffer.find(b"\r\n\r\n", 0, self._end)) < 0:
            self._fill()
        status = bytes(self._buffer[: self._buffer.find(b"\r\n")])
        if b" 101 " not in status:
            raise OSError(f"refused: {status.decode()}")
        self._start = found + 4

    def close(self) -> None:
        """Drop the connection."""
        self._socket.close()

    def say(self, kind: int, viewport: int, document: dict[str, Any]) -> None:
        """Send a control message of the stream."""
        self._send(BINARY, struct.pack("<2sBBHH", b"VB", 1, kind, viewport, 0) + json.dumps(document, separators=(",", ":")).encode())

    def messages(self) -> Iterator[memoryview]:
        """Yield binary messages until the server closes."""
        while True:
            opcode, data = self._frame()
            if opcode == BINARY:
                yield data
            elif opcode == PING:
                self._send(PONG, bytes(data))
            elif opcode == CLOSE:
                return

    def _send(self, opcode: int, data: bytes) -> None:
        length = len(data)
        head = bytes([0x80 | opcode, 0x80 | length]) if length < 126 else struct.pack("!BBH", 0x80 | opcode, 0xFE, length)
        if length > 0xFFFF:
            head = struct.pack("!BBQ", 0x80 | opcode, 0xFF, length)
        self._socket.sendall(head + b"\0\0\0\0" + data)  # masked with zeros: as it is

    def _frame(self) -> tuple[int, memoryview]:
        self._need(2)
        first, length = self._buffer[self._start], self._buffer[self._start + 1] & 0x7F
        head = 2
        if length >= 126:
            form = struct.Struct("!H" if length == 126 else "!Q")
            head += form.size
            self._need(head)
            (length,) = form.unpack_from(self._buffer, self._start + 2)
        self._need(head + length)
        data = memoryview(self._buffer)[self._start + head : self._start + head + length]
        self._start += head + length
        return first & 0x0F, data

    def _need(self, size: int) -> None:
        while self._end - self._start < size:
            self._fill()

    def _fill(self) -> None:
        if self._start == self._end:
            self._start = self._end = 0
        elif self._end > len(self._buffer) // 2:
            rest = bytes(self._buffer[self._start : self._end])
            self._buffer[: len(rest)] = rest
            self._start, self._end = 0, len(rest)
        received = self._socket.recv_into(memoryview(self._buffer)[self._end :])
        if not received:
            raise OSError("the server went away")
        self._end += received
