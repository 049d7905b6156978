"""What can go wrong while people look together, with real processes: Redis, web processes, lines, clients. All end with equal hashes."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import skip_or_fail
from tests.integration.shared_peer import House, SharedPeer, house, in_step, member, stack_view
from tests.redis_server import RedisServer, is_installed
from viewer.core.messages import Kind

pytestmark = pytest.mark.integration

OUT_OF_REACH = "the channel layer is out of reach"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with two web processes that talk over Redis."""
    if not is_installed():
        skip_or_fail("redis-server is not installed")
    with house(tmp_path_factory.mktemp("house"), redis=True) as running:
        yield running
        assert "Traceback" not in running.log()


def redis_of(there: House) -> RedisServer:
    assert there.redis is not None
    return there.redis


async def move_until(alice: SharedPeer, is_so: "asyncio.Future[None] | asyncio.Task[None]") -> None:
    """Go on moving, as a hand does, until something is so."""
    index = 0
    while not is_so.done():
        index += 1
        await alice.move(stack_view("A", index % 12, zoom=1 + index), t=index)
        await asyncio.sleep(0.02)
    await is_so


async def motion_reaches(alice: SharedPeer, *others: SharedPeer) -> None:
    """Go on moving until motion reaches all the others."""
    for other in others:
        heard = len(other.moved)
        await move_until(alice, asyncio.create_task(other.until(lambda: len(other.moved) > heard)))  # noqa: B023  (awaited here)


@contextlib.asynccontextmanager
async def three(there: House) -> AsyncIterator[tuple[str, SharedPeer, SharedPeer, SharedPeer]]:
    """alice presents on the first process; carol follows there, bob on the second. Motion reaches both."""
    key = await there.open("alice")
    async with (
        member(there, "alice", key) as alice,
        member(there, "carol", key) as carol,
        member(there, "bob", key, process=1) as bob,
    ):
        await motion_reaches(alice, carol, bob)
        for peer in (alice, carol, bob):  # ignored below: mypy infers no lambda with a default
            await peer.until(lambda peer=peer: all(peer.condition_of(person) for person in ("alice", "carol", "bob")))  # type: ignore[misc]
        yield key, alice, carol, bob


@pytest.mark.parametrize("hangs", [False, True], ids=["is killed", "hangs"])
async def test_redis_goes_and_comes_back(there: House, hangs: bool) -> None:
    redis, log_before = redis_of(there), there.log()
    async with three(there) as (key, alice, carol, bob):
        if hangs:
            redis.hang()
        else:
            redis.kill()
        await motion_reaches(alice, carol)  # within the process it goes on
        assert await alice.act(there.hang("A", "A")) is None
        happened_at = time.monotonic()
        await bob.until(lambda: len(bob.state["panes"]) == 2)  # the other reads the database
        assert time.monotonic() - happened_at < 2
        await alice.move(stack_view("A", 3), pane=1)
        await bob.until(lambda: bob.view_of(1).get("index") == 3)
        async with member(there, "bob", process=1) as late:
            await late.join(key)
            assert late.number == bob.number, "joining needs no Redis"
        fault = await bob.act({"kind": "take_over", "from": "alice"})
        assert fault is not None
        assert fault["status"] == 409, "nobody can know that she is gone"
        if hangs:
            redis.go_on()
        else:
            redis.start()
        await motion_reaches(alice, bob)  # by itself
        assert await alice.act(there.hang("A")) is None
        await in_step(alice, carol, bob)
        await bob.stand()
        await alice.until(lambda: alice.condition_of("bob") == "in step")
        assert bob.people["presenter_absent_ms"] is None
    logged = there.log()[len(log_before) :]
    assert 1 <= logged.count(OUT_OF_REACH) <= 2, "once a process"
    assert key not in there.log()


async def test_a_web_process_that_is_killed_takes_its_presenter_along(there: House) -> None:
    async with three(there) as (key, alice, carol, bob):
        await alice.move(stack_view("A", 8))
        await in_step(alice, carol, bob)
        there.servers[0].kill()
        killed_at = time.monotonic()
        try:
            await bob.until(lambda: bob.absent_ms >= 3000)
            assert time.monotonic() - killed_at < 9
            assert bob.condition_of("alice") == bob.condition_of("carol") == "lost"
            assert await bob.act({"kind": "take_over", "from": "alice"}) is None
            await bob.move(stack_view("A", 2))
            async with member(there, "alice", key, process=1) as back, member(there, "carol", key, process=1) as other:
                await bob.until(lambda: bob.view_of(0)["index"] == 2)
                await in_step(back, other, bob)
                assert back.state["presenter"] == "bob"
        finally:
            await asyncio.to_thread(there.servers[0].start)
        async with member(there, "alice", key) as again:
            await in_step(again, bob)
            await motion_reaches(bob, again)
            await in_step(again, bob)


async def test_a_line_that_breaks_is_noticed_and_mended(there: House) -> None:
    async with three(there) as (key, alice, carol, bob):
        bob.peer.socket.transport.abort()
        await alice.until(lambda: alice.condition_of("bob") == "lost")
        had = {"number": bob.number, "hash": bob.hash}
        assert await alice.act(there.hang("B")) is None
        async with member(there, "bob", process=1) as back:
            await back.join(key, **had)
            await in_step(alice, carol, back)
            assert len(back.shared) == 1
        alice.peer.socket.transport.abort()
        await carol.until(lambda: carol.people["presenter_absent_ms"] is not None)
        async with member(there, "alice", key, process=1) as back:
            await carol.until(lambda: carol.people["presenter_absent_ms"] is None)
            await back.move(stack_view("B", 4))
            await carol.until(lambda: carol.view_of(0).get("index") == 4)
            await in_step(back, carol)
            assert back.state["presenter"] == "alice"


async def stop_reading(there: House, bob: SharedPeer) -> None:
    """Ask for more pictures than the line holds, and read none of them."""
    await bob.peer.say(Kind.CREDIT, pictures=64)
    await bob.peer.subscribe(1, 1, there.pane("B")["series"])
    await bob.peer.queue(1, 1, [each % 12 for each in range(64)], codec="png")


def stubborn_socket(there: House, process: int) -> socket.socket:
    """Return a connection that takes in little before the server notices that nobody reads."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", there.servers[process].port))
    connection.setblocking(False)
    return connection


async def test_a_client_that_stops_reading_costs_nothing_and_is_in_step_when_it_reads_on(there: House) -> None:
    key = await there.open("alice")
    options = {"sock": stubborn_socket(there, 1), "max_queue": 1}
    async with (
        member(there, "alice", key) as alice,
        member(there, "carol", key, process=1) as carol,
        member(there, "bob", key, process=1, **options) as bob,
    ):
        hangings = [there.hang("A", "A"), there.hang("B", "B")]
        for hanging in hangings:
            for pane in hanging["panes"]:
                pane["view"] = stack_view("A", 1)
        await stop_reading(there, bob)
        for each in range(100):
            if each == 20:  # by now the line is full
                before_mb = there.servers[1].rss_anon_mb()
            assert await alice.act(hangings[each % 2]) is None
            await alice.move(stack_view("A", each % 12), pane=each % 2)
            await carol.reach(alice.number)
        await in_step(alice, carol)
        assert there.servers[1].rss_anon_mb() - before_mb < 6
        await bob.reach(alice.number)
        await in_step(alice, carol, bob)
        assert len(bob.shared) >= 2, "what it missed came as a state"
        assert len(bob.events) < 30


async def test_a_right_that_ends_closes_or_withholds_within_a_second(there: House) -> None:
    server = there.servers[0]
    await asyncio.to_thread(server.create_user, "erin", "clinician", "radiology")
    there.tokens["erin"] = await asyncio.to_thread(server.token, "erin")
    key = await there.open("alice")
    program = "import time\nfrom governance.models import User\nfrom archive.models import Study\n{}\nprint('at', time.time())"
    places = "Study.objects.filter(study_instance_uid='{}').update(department='{}')"

    async def change(code: str) -> float:
        printed = await asyncio.to_thread(server.manage, "shell", "-c", program.format(code))
        return float(printed.rsplit("at ", 1)[1])

    async with (
        member(there, "alice", key) as alice,
        member(there, "bob", key, process=1) as bob,
        member(there, "erin", key, process=1) as erin,
    ):
        assert bob.state == erin.state == alice.state

        async def closes() -> float:
            await erin.peer.closed()
            return time.time()

        closing = asyncio.create_task(closes())
        changed_at = await change("User.objects.get(username='erin').departments.clear()")
        assert await closing - changed_at < 1.0
        assert erin.peer.socket.close_code == 4403

        async def is_withheld() -> float:
            await bob.until(lambda: bob.state["panes"] == [{"withheld": True}])
            return time.time()

        withholding = asyncio.create_task(is_withheld())
        changed_at = await change(places.format(there.study("A"), "pathology"))
        assert await withholding - changed_at < 1.0
        await alice.move(stack_view("A", 3))
        await bob.reach(2)
        assert (bob.moved, bob.state["study"]) == ([], None)
        await change(places.format(there.study("A"), "radiology"))
        await bob.until(lambda: bob.state["panes"] != [{"withheld": True}])
        await in_step(alice, bob)


async def test_events_of_someone_who_takes_no_part_change_nothing(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "carol", process=1) as carol:
        for event in (there.hang("B"), {"kind": "end"}, {"kind": "take_over", "from": "alice"}):
            fault = await carol.act(event)
            assert fault is not None
            assert fault["status"] == 404
        await carol.move(stack_view("A", 1), number=1)
        await carol.peer.say(Kind.STANDING, number=1, hash="0" * 16, condition="in step")
        await carol.quiet()
        await alice.quiet()
        assert (alice.number, alice.moved, len(carol.faults)) == (1, [], 3)
        await carol.join(key)
        assert await in_step(alice, carol)
