"""The client's side of a stream, for tests: connect, say, wait for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from viewer.core.messages import Kind, kind_and_viewport, pack_control, parse_control
from viewer.core.picture_header import HEADER_BYTES, PictureHeader

DEADLINE_S = 20.0


@dataclass
class Received:
    """One message from the server: a control document, or a header and its payload."""

    kind: int
    viewport: int
    document: dict[str, Any] = field(default_factory=dict)
    header: PictureHeader | None = None
    payload: bytes = b""


def parse(data: bytes) -> Received:
    """Return a message of the server taken apart."""
    if data[3] in (Kind.PICTURE, Kind.TILE):
        header = PictureHeader.parse(data)
        return Received(header.kind, header.viewport, header=header, payload=data[HEADER_BYTES:])
    kind, viewport = kind_and_viewport(data)
    return Received(kind, viewport, document=parse_control(data)[2])


class StreamPeer:
    """One open socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.pings = 0
        self.gives_credit_back = False

    async def say(self, kind: Kind, viewport: int = 0, **document: Any) -> None:
        """Send a control message."""
        await self.socket.send(pack_control(kind, viewport, document))

    async def subscribe(self, viewport: int, epoch: int, series: str) -> None:
        """Ask for a series."""
        await self.say(Kind.SUBSCRIBE, viewport, epoch=epoch, target={"series_instance_uid": series})

    async def queue(self, viewport: int, sequence: int, indices: list[int], **view: Any) -> None:
        """Ask for pictures in order."""
        await self.say(Kind.QUEUE, viewport, sequence=sequence, views=[{"index": index, "view": view} for index in indices])

    async def hear(self) -> Received:
        """Return the next message."""
        async with asyncio.timeout(DEADLINE_S):
            data = await self.socket.recv()
        assert isinstance(data, bytes)
        message = parse(data)
        if self.gives_credit_back and message.header is not None:
            await self.say(Kind.CREDIT, pictures=1)
        return message

    async def hear_until(self, is_it: Callable[[Received], bool], into: list[Received] | None = None) -> Received:
        """Return the first message that is it; others go into a list, if there is one."""
        while True:
            message = await self.hear()
            if is_it(message):
                return message
            if into is not None:
                into.append(message)

    async def hear_kind(self, kind: Kind, into: list[Received] | None = None) -> Received:
        """Return the next message of a kind."""
        return await self.hear_until(lambda message: message.kind == kind, into)

    async def pictures(self, count: int) -> list[Received]:
        """Return so many pictures or tiles, giving each credit back."""
        found: list[Received] = []
        while len(found) < count:
            message = await self.hear()
            assert message.kind != Kind.FAULT, message.document
            if message.header is not None:
                found.append(message)
                await self.say(Kind.CREDIT, pictures=1)
        return found

    async def status(self, into: list[Received] | None = None) -> dict[str, Any]:
        """Return the socket's counters; pictures on the way go into a list, if there is one."""
        self.pings += 1
        await self.say(Kind.PING, t=self.pings)
        return (await self.hear_kind(Kind.STATUS, into)).document

    async def closed(self) -> int:
        """Return the code with which the server closes."""
        async with asyncio.timeout(DEADLINE_S):
            await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code


@asynccontextmanager
async def stream(url: str, *, token: str = "", headers: dict[str, str] | None = None, **options: Any) -> AsyncIterator[StreamPeer]:
    """Connect to a server at http://…, by token or by headers of one's own; the hello has been read."""
    sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
    address = url.replace("http://", "ws://", 1) + "/ws/stream"
    options = {"subprotocols": [Subprotocol("viewbox.1")], "compression": None, "max_size": None} | options
    async with connect(address, additional_headers=sent, **options) as socket:
        peer = StreamPeer(socket)
        hello = await peer.hear()
        assert hello.kind == Kind.HELLO
        assert hello.document["version"] == 1
        yield peer
