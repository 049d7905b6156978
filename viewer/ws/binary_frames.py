"""uvicorn's WebSocket protocol with a short way out for binary messages, and a short way in for small ones.

Out: two buffers to the transport, nothing copied. The stream sends thousands of messages a second of some 50 kB each; making a frame
object, a stream and two copies of every one took a sixth of the event loop's time. In: a client says a few words for every four
pictures, and each went through three generators. What travels is the same (RFC 6455 5.2), no extensions; whatever is not a whole
binary message goes the library's way, as does what follows it in the same read.
"""

import struct
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN
from websockets.streams import StreamReader

try:
    from websockets.speedups import apply_mask
except ImportError:  # no compiled wheel for this machine
    from websockets.utils import apply_mask

from viewer.core.message_parts import MessageParts

_WHOLE_BINARY, _MASKED = 0x82, 0x80
_MEDIUM, _LONG = struct.Struct("!BBH"), struct.Struct("!BBQ")
_SHORT_HEAD, _MEDIUM_HEAD = 6, 8  # with the mask
_BETWEEN_FRAMES = StreamReader.at_eof.__code__
_QUEUED = 16  # messages before nothing more is read


def frame_head(length: int) -> bytes:
    """Return what stands ahead of a binary message of this length in its frame."""
    if length < 126:
        return bytes((_WHOLE_BINARY, length))
    return _MEDIUM.pack(_WHOLE_BINARY, 126, length) if length < 1 << 16 else _LONG.pack(_WHOLE_BINARY, 127, length)


def whole_message(data: bytes, start: int, max_size: int) -> tuple[bytes, int] | None:
    """Return the binary message whose frame begins at start, and where the frame ends; None for any other frame, and for a part of one."""
    if len(data) - start < _SHORT_HEAD or data[start] != _WHOLE_BINARY:
        return None
    length, head = data[start + 1] - _MASKED, _SHORT_HEAD
    if length == 126 and len(data) - start >= _MEDIUM_HEAD:
        length, head = data[start + 2] << 8 | data[start + 3], _MEDIUM_HEAD
        if length < 126:
            return None  # the library has a word on that
    elif not 0 <= length < 126:
        return None
    begin = start + head
    end = begin + length
    if end > len(data) or length > max_size:
        return None
    return apply_mask(data[begin:end], data[begin - 4 : begin]), end


class BinaryFrames(WebSocketsSansIOProtocol):
    """One connection. Everything but binary messages on an open socket is uvicorn's."""

    def data_received(self, data: bytes) -> None:
        """Take in what was read."""
        start = 0
        if self._is_between_messages():
            max_size = self.config.ws_max_size
            while (whole := whole_message(data, start, max_size)) is not None:
                message, start = whole
                self.queue.put_nowait({"type": "websocket.receive", "bytes": message})
            if start and self.queue.qsize() >= _QUEUED and not self.read_paused:
                self.read_paused = True
                self.transport.pause_reading()
        if start < len(data):
            super().data_received(data[start:] if start else data)

    def _is_between_messages(self) -> bool:
        """Say whether the library's parser waits for the first byte of a message."""
        conn = self.conn
        if not self.handshake_complete or self.close_sent or conn.state is not OPEN or conn.current_size is not None:
            return False
        waiting: Any = conn.parser
        while waiting.gi_yieldfrom is not None:
            waiting = waiting.gi_yieldfrom
        return waiting.gi_code is _BETWEEN_FRAMES

    async def send(self, message: Any) -> None:
        """Take an ASGI message; its "bytes" may be MessageParts. Raises: ClientDisconnected."""
        data = message.get("bytes")
        if data is None or not self.handshake_complete or self.initial_response is not None:
            await super().send(message)
            return
        if not self.writable.is_set():
            await self.writable.wait()
        if self.disconnected or self.close_sent or self.conn.state is not OPEN:
            raise ClientDisconnected
        if isinstance(data, MessageParts):
            self.transport.writelines((frame_head(len(data)), data.header, data.body))
        else:
            self.transport.writelines((frame_head(len(data)), data))
