"""Shared views over the stream: in process with one server, over Redis with two, the same tests."""

import time
from collections.abc import Iterator

import pytest

from tests.conftest import skip_or_fail
from tests.integration.shared_peer import House, house, member, stack_view
from tests.redis_server import is_installed
from viewer.core.messages import Kind

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=["in process", "redis"])
def there(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with one web process, and one with two that talk over Redis."""
    if request.param == "redis" and not is_installed():
        skip_or_fail("redis-server is not installed")
    with house(tmp_path_factory.mktemp("house"), redis=request.param == "redis") as running:
        yield running


async def test_a_late_joiner_is_in_step_within_one_round_trip(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice:
        assert await alice.act(there.hang("A", "A", active=1)) is None
        for index in range(3):
            await alice.move(stack_view("A", index), pane=1)
        await alice.until(lambda: alice.number == 3)
        async with member(there, "bob", process=1) as bob:
            await bob.peer.say(Kind.JOIN, key=key)
            first = await bob.take()
            assert first.kind == Kind.SHARED, "the first answer says it all"
            assert (bob.state, bob.hash) == (alice.state, alice.hash)
            assert bob.state["panes"][1]["view"]["index"] == 2  # type: ignore[index, typeddict-item]
            shared = bob.shared[0]
            assert (shared["key"], shared["you"], shared["opened_by"]) == (key, "bob", "alice")
            assert abs(shared["server_time"] / 1000 - time.time()) < 5
            await bob.until(lambda: {row["person"] for row in bob.people["people"]} == {"alice", "bob"})
            await bob.stand()
            await alice.until(lambda: alice.condition_of("bob") == "in step")
