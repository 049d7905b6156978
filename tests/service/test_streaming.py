"""The consumer with a transport that a test holds in its hand: clients that stop reading, fall silent, or lose their rights."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from archive.services.ingest import IncomingFile, store_instances
from governance.core.policy import operator
from tests.conftest import Actor
from tests.integration import drawings
from viewer.core.messages import FIRST_CREDIT, MAX_CREDIT, Kind, pack_control, parse_control
from viewer.core.picture_header import PictureHeader
from viewer.services import open_streams, streaming
from viewer.ws.consumer import StreamConsumer

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE_S = 20.0


class Transport:
    """The server's side of a WebSocket without a network: what the client sends, and how much of the answer it reads."""

    def __init__(self, cookie: str) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.controls: asyncio.Queue[tuple[Kind, dict[str, Any]]] = asyncio.Queue()
        self.pictures: list[PictureHeader] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.closed_with: int | None = None
        self.incoming.put_nowait({"type": "websocket.connect"})
        self.scope = {
            "type": "websocket",
            "path": "/ws/stream",
            "subprotocols": ["viewbox.1"],
            "headers": [(b"host", b"localhost"), (b"origin", b"http://localhost"), (b"cookie", cookie.encode())],
        }

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        if message["type"] == "websocket.close":
            self.closed_with = message["code"]
        elif message["type"] == "websocket.send":
            data = message["bytes"]
            if data[3] in (Kind.PICTURE, Kind.TILE):
                self.pictures.append(PictureHeader.parse(data))
            else:
                kind, _, document = parse_control(data)
                self.controls.put_nowait((kind, document))

    def say(self, kind: Kind, viewport: int = 0, **document: Any) -> None:
        self.incoming.put_nowait({"type": "websocket.receive", "bytes": pack_control(kind, viewport, document)})

    async def hear(self, kind: Kind) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                found, document = await self.controls.get()
                if found == kind:
                    return document


@pytest.fixture
def series(db: None) -> str:
    files = (IncomingFile(data=data, source=str(i)) for i, data in enumerate(drawings.ct("A", slices=6, size=32)))
    assert {outcome.status for outcome in store_instances(actor=operator("test"), files=files, department="radiology")} == {"stored"}
    return drawings.uid("series", "A")


@pytest.fixture
def browser(alice: Actor) -> Client:
    return alice.client()


@asynccontextmanager
async def connected(browser: Client) -> AsyncIterator[tuple[Transport, "asyncio.Task[None]", StreamConsumer]]:
    transport = Transport(f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}")
    consumer = StreamConsumer()
    serving = asyncio.create_task(consumer(transport.scope, transport.incoming.get, transport.send))
    await transport.hear(Kind.HELLO)
    yield transport, serving, consumer
    transport.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    async with asyncio.timeout(DEADLINE_S):
        await serving


async def until(condition: Any) -> None:
    """Let the loop run until something is so."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110  (what is looked at has no event)
            await asyncio.sleep(0.005)


async def test_a_client_that_stops_reading_is_owed_its_credit(browser: Client, series: str) -> None:
    async with connected(browser) as (transport, _, consumer):
        assert consumer.session is not None
        transport.say(Kind.SUBSCRIBE, 1, epoch=1, target={"series_instance_uid": series})
        await transport.hear(Kind.OPENED)
        transport.reads.clear()
        transport.say(Kind.QUEUE, 1, sequence=0, views=[{"index": n % 6} for n in range(100)])
        scheduler = consumer.session.scheduler
        await until(lambda: scheduler.counters.rendered == FIRST_CREDIT)
        transport.say(Kind.PING, t=1)
        await until(lambda: transport.incoming.empty())
        assert (scheduler.held, scheduler.counters.rendered, scheduler.counters.sent) == (FIRST_CREDIT, FIRST_CREDIT, 0)
        for _ in range(50):  # one that asks for more and more and never reads
            transport.say(Kind.CREDIT, pictures=60_000)
        await until(lambda: scheduler.counters.rendered == MAX_CREDIT)
        await until(lambda: transport.incoming.empty())
        assert scheduler.held == MAX_CREDIT
        transport.reads.set()
        await until(lambda: scheduler.held == 0)
        transport.say(Kind.CREDIT, pictures=60)
        await until(lambda: len(transport.pictures) == 100)
        assert [header.sequence for header in transport.pictures] == list(range(100))


async def test_a_client_that_floods_and_does_not_read_is_not_read_either(browser: Client, series: str) -> None:
    async with connected(browser) as (transport, _, consumer):
        transport.reads.clear()
        for number in range(1000):
            transport.say(Kind.PING, t=number)
        await until(lambda: 0 < transport.incoming.qsize() < 950)
        before = transport.incoming.qsize()
        assert before > 1000 - 2 * streaming.MAX_CONTROLS
        transport.reads.set()
        await until(lambda: transport.incoming.empty())
        assert consumer.session is not None


async def test_sign_out_ends_a_stream_whose_client_does_not_read(browser: Client, series: str) -> None:
    async with connected(browser) as (transport, serving, _):
        transport.say(Kind.SUBSCRIBE, 1, epoch=1, target={"series_instance_uid": series})
        await transport.hear(Kind.OPENED)
        transport.reads.clear()
        transport.say(Kind.QUEUE, 1, sequence=0, views=[{"index": n % 6} for n in range(100)])
        signed_out = asyncio.get_running_loop().time()
        await asyncio.to_thread(browser.logout)
        async with asyncio.timeout(DEADLINE_S):
            await serving
        assert asyncio.get_running_loop().time() - signed_out < 3.0
        assert transport.closed_with is None, "it did not read its close frame either"
        assert len(open_streams.open_streams) == 0


async def test_a_silent_client_is_closed(browser: Client, series: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_streams, "IDLE_S", 0.5)
    async with connected(browser) as (transport, serving, _):
        async with asyncio.timeout(DEADLINE_S):
            await serving
        assert transport.closed_with == 1013


async def test_a_client_that_pings_is_not_closed(browser: Client, series: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_streams, "IDLE_S", 0.9)
    async with connected(browser) as (transport, serving, _):
        begin = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - begin < 2.0:
            transport.say(Kind.PING, t=0)
            await transport.hear(Kind.PONG)
        assert not serving.done()
        assert transport.closed_with is None


async def test_S01_a_viewport_that_changes_study_while_opening_shows_only_the_last(browser: Client, series: str) -> None:
    async with connected(browser) as (transport, _, _):
        for epoch in range(1, 30):
            transport.say(Kind.SUBSCRIBE, 1, epoch=epoch, target={"series_instance_uid": series if epoch == 29 else "1.2.3"})
            transport.say(Kind.VIEW, 1, sequence=epoch, index=0, view={})
        opened = await transport.hear(Kind.OPENED)
        await until(lambda: transport.pictures)
        assert opened["epoch"] == 29
        assert [(header.epoch, header.sequence) for header in transport.pictures] == [(29, 29)]
