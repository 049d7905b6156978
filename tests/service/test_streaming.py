"""The consumer with a transport that a test holds in its hand: clients that stop reading, fall silent, or lose their rights."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from archive.services.ingest import IncomingFile, store_instances
from archive.services.retrieve import StoredImage
from governance.core.faults import Unsupported
from governance.core.policy import operator
from tests.conftest import Actor
from tests.integration import drawings
from viewer.core.messages import FIRST_CREDIT, MAX_CREDIT, Kind, pack_control, parse_control
from viewer.core.picture import Picture
from viewer.core.picture_header import HEADER_BYTES, PictureHeader, instance_digest
from viewer.core.scheduler import Scheduler
from viewer.core.view import ViewState
from viewer.services import open_streams, picture_messages, pool, streaming
from viewer.services.opening import open_target
from viewer.services.render_slots import render_slots
from viewer.services.rendering import render_frame
from viewer.ws.consumer import StreamConsumer

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE_S = 20.0


class Transport:
    """The server's side of a WebSocket without a network: what the client sends, and how much of the answer it reads."""

    def __init__(self, cookie: str) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.controls: asyncio.Queue[tuple[Kind, dict[str, Any]]] = asyncio.Queue()
        self.pictures: list[PictureHeader] = []
        self.payloads: list[bytes] = []
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
                self.payloads.append(data[HEADER_BYTES:])
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


@pytest.fixture
def second_browser(bob: Actor) -> Client:
    return bob.client()


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


async def test_queues_views_and_fetching_ahead_of_a_client_that_stands_still_grow_nothing(browser: Client, series: str) -> None:
    async with connected(browser) as (transport, _, consumer):
        assert consumer.session is not None
        scheduler = consumer.session.scheduler
        for viewport in range(1, 5):
            transport.say(Kind.SUBSCRIBE, viewport, epoch=1, target={"series_instance_uid": series})
            await transport.hear(Kind.OPENED)
        transport.reads.clear()
        for turn in range(60):  # loops, pictures ahead and a hand that moves on, in all viewports, and nothing is ever read
            for viewport in range(1, 5):
                transport.say(Kind.QUEUE, viewport, sequence=1000 * turn, views=[{"index": n % 6} for n in range(200)])
                transport.say(Kind.VIEW, viewport, sequence=1000 * turn + 500, index=turn % 6, view={"window": [turn, 400]})
        await until(lambda: scheduler.counters.rendered == FIRST_CREDIT)
        await until(lambda: transport.incoming.empty())
        assert scheduler.held == FIRST_CREDIT
        assert scheduler.waiting <= 4 * (200 + 1)  # of each viewport the last queue and the newest view
        for viewport in range(1, 5):
            transport.say(Kind.CANCEL, viewport)
            transport.say(Kind.VIEW, viewport, sequence=90_000, index=viewport)
        transport.say(Kind.CREDIT, pictures=4)
        await until(lambda: transport.incoming.empty())
        transport.reads.set()
        await until(lambda: {header.viewport for header in transport.pictures if header.sequence == 90_000} == {1, 2, 3, 4})
        assert (scheduler.waiting, scheduler.held) == (0, 0)


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


class Renders:
    """The real render, held back at the indexes that a test names; counts by index what it did."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.begun: Counter[int] = Counter()
        self.done: Counter[int] = Counter()
        self.faults: dict[int, Exception] = {}
        self._held: dict[int, threading.Event] = {}

    def hold(self, *indexes: int) -> None:
        self._held |= {index: threading.Event() for index in indexes}

    def let_go(self) -> None:
        for held in self._held.values():
            held.set()

    def __call__(self, *, image: StoredImage, frame_index: int, view: ViewState, state: StoredImage | None = None) -> Picture:
        index = self.names.index(image.sop_instance_uid)
        self.begun[index] += 1
        if index in self._held:
            assert self._held[index].wait(DEADLINE_S)
        self.done[index] += 1
        if index in self.faults:
            raise self.faults[index]
        return render_frame(image=image, frame_index=frame_index, view=view)


@pytest.fixture
def renders(series: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Renders]:
    opened = open_target(actor=operator("test"), target={"series_instance_uid": series})
    found = Renders([image.sop_instance_uid for image, _ in opened.frames])
    monkeypatch.setattr(picture_messages, "render_frame", found)
    yield found
    found.let_go()


async def subscribed(stack: AsyncExitStack, browser: Client, series: str, *, epoch: int = 1) -> tuple[Transport, Scheduler]:
    transport, _, consumer = await stack.enter_async_context(connected(browser))
    transport.say(Kind.SUBSCRIBE, 1, epoch=epoch, target={"series_instance_uid": series})
    await transport.hear(Kind.OPENED)
    assert consumer.session is not None
    return transport, consumer.session.scheduler


async def test_S01_many_who_look_at_the_same_cost_one_picture_each_with_their_own_header(
    browser: Client, second_browser: Client, series: str, renders: Renders
) -> None:
    view = {"window": [300, 900], "codec": "jpeg", "quality": 70, "size": [16, 16]}
    rendered, shared = pool.counters.pictures_rendered, pool.counters.pictures_shared
    async with AsyncExitStack() as stack:
        browsers = [browser, second_browser]
        people = [await subscribed(stack, browsers[number % 2], series, epoch=10 + number) for number in range(12)]
        renders.hold(2)
        for number, (transport, _) in enumerate(people[:9]):
            transport.say(Kind.VIEW, 1, sequence=100 + number, index=2, view=view)
        await until(lambda: all(scheduler.held for _, scheduler in people[:9]))
        people[9][0].say(Kind.VIEW, 1, sequence=1, index=3, view=view)
        await until(lambda: people[9][0].pictures)  # those who wait hold no render slot
        assert not any(transport.pictures for transport, _ in people[:9])
        renders.let_go()
        await until(lambda: all(transport.pictures for transport, _ in people[:9]))
        for number, (transport, _) in enumerate(people[10:], 10):  # who comes later finds it made
            transport.say(Kind.VIEW, 1, sequence=100 + number, index=2, view=view)
        await until(lambda: all(transport.pictures for transport, _ in people))
        assert (renders.done[2], renders.done[3]) == (1, 1)
        assert pool.counters.pictures_rendered == rendered + 2
        assert pool.counters.pictures_shared == shared + 10
        same = [people[number] for number in (*range(9), 10, 11)]
        assert len({transport.payloads[0] for transport, _ in same}) == 1
        assert [(transport.pictures[0].epoch, transport.pictures[0].sequence) for transport, _ in same] == [
            (10 + number, 100 + number) for number in (*range(9), 10, 11)
        ]
        digest = instance_digest(renders.names[2])
        assert {(header.instance_digest, header.index, header.window_center) for (header,) in (t.pictures for t, _ in same)} == {
            (digest, 2, 300.0)
        }
        await until(lambda: all((scheduler.held, scheduler.held_bytes) == (0, 0) for _, scheduler in people))
        assert {scheduler.credit for _, scheduler in people} == {FIRST_CREDIT - 1}


@pytest.mark.parametrize("goes", ["cancels", "unsubscribes", "closes"])
async def test_whoever_asked_first_may_go_and_the_others_get_their_picture(
    browser: Client, series: str, renders: Renders, goes: str
) -> None:
    """The render threads are busy, so that the first one's picture has not begun when it goes."""
    may_begin = threading.Event()
    for _ in range(pool.THREADS):
        pool.submit(may_begin.wait, DEADLINE_S)
    async with AsyncExitStack() as stack:
        stack.callback(may_begin.set)
        other, scheduler = await subscribed(stack, browser, series)
        async with connected(browser) as (first, _, consumer):
            first.say(Kind.SUBSCRIBE, 1, epoch=1, target={"series_instance_uid": series})
            await first.hear(Kind.OPENED)
            first.say(Kind.VIEW, 1, sequence=1, index=0, view={})
            assert consumer.session is not None
            session = consumer.session
            await until(lambda: session.scheduler.held == 1)
            other.say(Kind.VIEW, 1, sequence=7, index=0, view={})
            await until(lambda: scheduler.held == 1)
            if goes != "closes":
                first.say(Kind.CANCEL if goes == "cancels" else Kind.UNSUBSCRIBE, 1)
                first.say(Kind.PING, t=0)
                await first.hear(Kind.PONG)
                may_begin.set()
                await until(lambda: session.scheduler.held == 0)
                assert (session.scheduler.credit, session.scheduler.counters.dropped) == (FIRST_CREDIT, 1)
        assert not first.pictures
        may_begin.set()
        await until(lambda: other.pictures)
        assert [header.sequence for header in other.pictures] == [7]
        assert renders.done[0] == 1
        assert render_slots()._taken == 0


async def test_pictures_of_a_viewport_come_in_order_though_others_make_some_of_them(browser: Client, series: str, renders: Renders) -> None:
    renders.hold(0)
    async with AsyncExitStack() as stack:
        other, _ = await subscribed(stack, browser, series)
        other.say(Kind.VIEW, 1, sequence=1, index=0, view={})
        await until(lambda: renders.begun.total() == 1)
        transport, scheduler = await subscribed(stack, browser, series)
        transport.say(Kind.QUEUE, 1, sequence=1, views=[{"index": index} for index in (1, 0, 2, 0, 3)])  # 0 twice: joined twice
        await until(lambda: renders.done[3] == 1)
        await until(lambda: transport.pictures)
        assert [header.sequence for header in transport.pictures] == [1]
        renders.let_go()
        await until(lambda: len(transport.pictures) == 5)
        assert [(header.sequence, header.index) for header in transport.pictures] == [(1, 1), (2, 0), (3, 2), (4, 0), (5, 3)]
        assert renders.done[0] == 1
        await until(lambda: scheduler.held == 0)
        assert scheduler.credit == FIRST_CREDIT - 5


async def test_a_failure_is_told_to_all_who_wait_and_tried_again(browser: Client, series: str, renders: Renders) -> None:
    renders.hold(0)
    renders.faults[0] = Unsupported("pixels of this kind")
    async with AsyncExitStack() as stack:
        people = [await subscribed(stack, browser, series) for _ in range(3)]
        for number, (transport, _) in enumerate(people):
            transport.say(Kind.VIEW, 1, sequence=number, index=0, view={})
        await until(lambda: all(scheduler.held for _, scheduler in people))
        renders.let_go()
        faults = [await transport.hear(Kind.FAULT) for transport, _ in people]
        assert [(fault["status"], fault["about"], fault["sequence"]) for fault in faults] == [(415, Kind.VIEW, n) for n in range(3)]
        assert len({fault["correlation_id"] for fault in faults}) == 3
        assert {(scheduler.held, scheduler.credit) for _, scheduler in people} == {(0, FIRST_CREDIT)}
        assert renders.done[0] == 1
        renders.faults.clear()
        for number, (transport, _) in enumerate(people):
            transport.say(Kind.VIEW, 1, sequence=10 + number, index=0, view={})
        await until(lambda: all(transport.pictures for transport, _ in people))
        assert renders.done[0] == 2


async def test_a_full_render_queue_is_told_to_all_who_wait(
    browser: Client, series: str, renders: Renders, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        transport, scheduler = await subscribed(stack, browser, series)
        with monkeypatch.context() as patched:
            patched.setattr(pool, "_pool", pool.RenderPool(max_waiting=0))
            transport.say(Kind.QUEUE, 1, sequence=5, views=[{"index": 0}, {"index": 0}, {"index": 1}])
            faults = [await transport.hear(Kind.FAULT) for _ in range(3)]
        assert sorted((fault["status"], fault["sequence"]) for fault in faults) == [(503, 5), (503, 6), (503, 7)]
        assert render_slots()._taken == 0
        transport.say(Kind.VIEW, 1, sequence=9, index=0, view={})
        await until(lambda: transport.pictures)
        assert (scheduler.credit, scheduler.counters.faults) == (FIRST_CREDIT - 1, 3)
