"""The short ways of a socket do what the WebSocket library would."""

import asyncio
import contextlib
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from viewer.ws.binary_frames import _QUEUED, BinaryFrames, frame_head

MAX_SIZE = 2000
HANDSHAKE = b"\r\n".join(
    (
        b"GET /ws HTTP/1.1",
        b"Host: here",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"",
        b"",
    )
)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_frame_is_that_of_the_library(length: int) -> None:
    data = bytes(length)
    assert frame_head(length) + data == Frame(Opcode.BINARY, data).serialize(mask=False)


class Wire(asyncio.Transport):
    """A transport that notes what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_closed = self.is_paused = False

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


async def application(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


async def heard(kind: type[WebSocketsSansIOProtocol], reads: list[bytes]) -> tuple[list[Any], bytes, bool]:
    """Return what a protocol hands on, answers, and whether it closes, after a handshake and these reads."""
    protocol = kind(Config(application, ws_max_size=MAX_SIZE, ws_per_message_deflate=False, ws_ping_interval=None), ServerState(), {})
    wire = Wire()
    protocol.connection_made(wire)
    protocol.data_received(HANDSHAKE)
    while not protocol.handshake_complete:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0)
    greeting = len(wire.sent)
    for read in reads:
        if not wire.is_closed:
            protocol.data_received(read)
    found = []
    while not protocol.queue.empty():
        found.append(protocol.queue.get_nowait())
    for task in protocol.tasks:
        task.cancel()
    await asyncio.gather(*protocol.tasks, return_exceptions=True)
    if protocol.close_timer is not None:
        protocol.close_timer.cancel()
    return found, wire.sent[greeting:], wire.is_closed


def both(reads: list[bytes]) -> tuple[tuple[list[Any], bytes, bool], tuple[list[Any], bytes, bool]]:
    async def one_after_the_other() -> Any:
        return await heard(BinaryFrames, reads), await heard(WebSocketsSansIOProtocol, reads)

    mine, theirs = asyncio.run(one_after_the_other())
    return mine, theirs


sizes = st.one_of(st.integers(0, 130), st.integers(125, 127), st.integers(500, MAX_SIZE + 5))
frames = st.builds(
    lambda opcode, size, fin: Frame(opcode, (b"k" if opcode is Opcode.TEXT else b"\xf3") * size, fin).serialize(mask=True),
    st.sampled_from([Opcode.BINARY] * 6 + [Opcode.CONT, Opcode.TEXT]),
    sizes,
    st.sampled_from([True, True, True, False]),
)
words = st.one_of(
    frames,
    frames,
    frames,
    st.sampled_from([Frame(Opcode.PING, b"x").serialize(mask=True), Frame(Opcode.PONG, b"").serialize(mask=True)]),
    st.sampled_from([Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True), Frame(Opcode.BINARY, b"unmasked").serialize(mask=False)]),
    st.sampled_from([b"\x82\xfe\x00\x05\0\0\0\0hello", b"\xc2\x80\0\0\0\0", b"\x82"]),
)


@given(st.lists(words, max_size=8), st.lists(st.integers(1, 5000), max_size=12))
def test_it_hands_on_what_the_library_would(said: list[bytes], cuts: list[int]) -> None:
    whole = b"".join(said)
    places = sorted({cut % (len(whole) + 1) for cut in cuts} | {0, len(whole)})
    mine, theirs = both([whole[start:end] for start, end in itertools.pairwise(places)])
    assert mine[1:] == theirs[1:]
    if mine[0][-1:] and mine[0][-1]["type"] == "websocket.disconnect":
        # Where a frame is wrong the library drops the messages that were read together with it; they were whole, and are handed on.
        assert mine[0][-1] == theirs[0][-1]
        assert mine[0][: len(theirs[0]) - 1] == theirs[0][:-1]
    else:
        assert mine[0] == theirs[0]


def test_messages_that_nobody_takes_stop_the_reading() -> None:
    async def flooded() -> bool:
        protocol = BinaryFrames(Config(application, ws_ping_interval=None), ServerState(), {})
        wire = Wire()
        protocol.connection_made(wire)
        protocol.data_received(HANDSHAKE)
        while not protocol.handshake_complete:  # noqa: ASYNC110  (uvicorn has no event for it)
            await asyncio.sleep(0)
        for _ in range(_QUEUED):
            assert not wire.is_paused
            protocol.data_received(Frame(Opcode.BINARY, b"more").serialize(mask=True))
        stopped = wire.is_paused
        while not protocol.queue.empty():
            assert (await protocol.receive())["type"] == "websocket.receive"
        assert not wire.is_paused
        for task in protocol.tasks:
            task.cancel()
        await asyncio.gather(*protocol.tasks, return_exceptions=True)
        return stopped

    assert asyncio.run(flooded())
