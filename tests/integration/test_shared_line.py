"""The line between processes over a real Redis: both ends in one process here, each with a channel layer of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from django.utils.module_loading import import_string

from tests.conftest import skip_or_fail
from tests.redis_server import RedisServer, is_installed
from viewer.services.shared_line import SharedLine

pytestmark = pytest.mark.integration

PubSub = import_string("channels_redis.pubsub.RedisPubSubChannelLayer")  # of config.settings; it has no types
DEADLINE_S = 20.0
PK = 12


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    if not is_installed():
        skip_or_fail("redis-server is not installed")
    server = RedisServer()
    server.start()
    yield server
    server.stop()


class End:
    """One end of the line, and what it heard."""

    def __init__(self, redis: RedisServer, prefix: str = "viewbox-one") -> None:
        host = {"address": redis.url, "socket_connect_timeout": 1.0, "socket_timeout": 1.0}
        self.heard: list[object] = []
        self.came_back = 0
        self.line = SharedLine(hear=self._hear, back=self._back, layer=PubSub(hosts=[host], prefix=prefix))

    def _hear(self, pk: int, document: dict[str, object]) -> None:
        assert pk == PK
        self.heard.append(document["said"])

    def _back(self) -> None:
        self.came_back += 1

    async def until(self, is_up: bool) -> None:
        """Probe, as the hub does, until the line is up or down."""
        async with asyncio.timeout(DEADLINE_S):
            while self.line.is_up != is_up:
                await self.line.probe()
                await asyncio.sleep(0.05)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not is_so():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.01)


async def until_heard(end: End, *said: object) -> None:
    await until(lambda: len(end.heard) >= len(said))
    assert end.heard == list(said)


@asynccontextmanager
async def ends(redis: RedisServer, *prefixes: str) -> AsyncIterator[list[End]]:
    opened = [End(redis, prefix) for prefix in prefixes]
    for end in opened:
        await end.line.open()
        await end.until(True)
        await end.line.listen_to(PK)
    yield opened
    for end in opened:
        await end.line.close()


async def test_what_is_said_comes_to_everyone_who_listens_in_order(redis: RedisServer) -> None:
    async with ends(redis, "viewbox-one", "viewbox-one") as (one, other):
        for number in range(200):
            await one.line.say(PK, {"said": number})
        await until_heard(one, *range(200))
        await until_heard(other, *range(200))
        await other.line.forget(PK)
        await one.line.say(PK, {"said": "later"})
        await until_heard(one, *range(200), "later")
        assert len(other.heard) == 200


async def test_installations_that_share_a_redis_do_not_hear_each_other(redis: RedisServer) -> None:
    async with ends(redis, "viewbox-one", "viewbox-two") as (one, two):
        await one.line.say(PK, {"said": "one"})
        await two.line.say(PK, {"said": "two"})
        await until_heard(one, "one")
        await until_heard(two, "two")


@pytest.mark.parametrize("hangs", [False, True], ids=["is killed", "hangs"])
async def test_an_outage_is_said_once_and_ends_by_itself(redis: RedisServer, hangs: bool, caplog: pytest.LogCaptureFixture) -> None:
    async with ends(redis, "viewbox-one", "viewbox-one") as (one, other):
        caplog.clear()
        if hangs:
            redis.hang()
        else:
            redis.kill()
        await one.line.say(PK, {"said": "at home"})
        assert one.heard == ["at home"], "given to this process at once"
        assert not one.line.is_up
        await one.line.listen_to(PK + 1)
        for _ in range(3):
            await one.line.probe()
        await other.until(False)
        if hangs:
            redis.go_on()
        else:
            redis.start()
        await one.until(True)
        await other.until(True)
        assert (one.came_back, other.came_back) == (2, 2)
        heard = len(other.heard)
        await one.line.say(PK, {"said": "again"})
        await until(lambda: "again" in other.heard[heard:] and "again" in one.heard)
        ours = [record.getMessage() for record in caplog.records if record.name == "viewbox.shared"]
        assert [message.split(" (")[0] for message in ours].count("the channel layer is out of reach") == 2, "once an end"
        assert ours.count("the channel layer is back") == 2


async def test_without_any_redis_it_begins_alone(redis: RedisServer) -> None:
    redis.kill()
    end = End(redis)
    await end.line.open()
    await end.line.listen_to(PK)
    await end.line.say(PK, {"said": "alone"})
    assert (end.heard, end.line.is_up) == (["alone"], False)
    redis.start()
    await end.until(True)
    await end.line.say(PK, {"said": "together"})
    await until_heard(end, "alone", "together")
    await end.line.close()
