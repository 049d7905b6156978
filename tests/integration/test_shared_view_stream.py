"""Shared views over the stream: in process with one server, over Redis with two, the same tests."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from tests.conftest import skip_or_fail
from tests.integration.shared_peer import House, house, in_step, member, stack_view
from tests.redis_server import is_installed
from viewer.core.messages import Kind

pytestmark = pytest.mark.integration

UNKNOWN_KEY = "A" * 22


@pytest.fixture(scope="module", params=["in process", "redis"])
def there(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with one web process, and one with two that talk over Redis."""
    if request.param == "redis" and not is_installed():
        skip_or_fail("redis-server is not installed")
    with house(tmp_path_factory.mktemp("house"), redis=request.param == "redis") as running:
        yield running
        assert "Traceback" not in running.log()


async def test_a_late_joiner_is_in_step_within_one_round_trip(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice:
        assert await alice.act(there.hang("A", "A", active=1)) is None
        for index in range(3):
            await alice.move(stack_view("A", index), pane=1)
        await alice.reach(3)
        async with member(there, "bob", process=1) as bob:
            await bob.peer.say(Kind.JOIN, key=key)
            first = await bob.take()
            assert first.kind == Kind.SHARED, "the first answer says it all"
            assert (bob.state, bob.hash) == (alice.state, alice.hash)
            assert bob.view_of(1)["index"] == 2
            shared = bob.shared[0]
            assert (shared["key"], shared["you"], shared["opened_by"]) == (key, "bob", "alice")
            assert abs(shared["server_time"] / 1000 - time.time()) < 5
            await bob.until(lambda: {row["person"] for row in bob.people["people"]} == {"alice", "bob"})
            await bob.stand()
            await alice.until(lambda: alice.condition_of("bob") == "in step")
            assert [row["is_presenter"] for row in alice.people["people"]] == [True, False]


async def test_everyone_gets_every_event_once_in_order_and_only_who_asked_gets_the_request(there: House) -> None:
    key = await there.open("alice")
    async with (
        member(there, "alice", key) as alice,
        member(there, "bob", key, process=1) as bob,
        member(there, "carol", key, process=1) as carol,
    ):
        for letters in (("A",), ("B",), ("A", "A"), ("B",)):
            await alice.ask(there.hang(*letters))
        await alice.until(lambda: alice.requests == [1, 2, 3, 4])
        await alice.until(lambda: {"bob", "carol"} <= {row["person"] for row in alice.people["people"]})
        assert await alice.act({"kind": "hand_over", "presenter": "carol"}) is None
        await carol.until(lambda: carol.state["presenter"] == "carol")
        await carol.move(stack_view("B", 7))
        for peer in (alice, bob, carol):
            await peer.reach(7)
            assert [event["kind"] for event in peer.events] == ["hang"] * 4 + ["hand_over", "look"]
            assert [event["number"] for event in peer.events] == [2, 3, 4, 5, 6, 7]
        await in_step(alice, bob, carol)
        assert bob.view_of(0) == stack_view("B", 7)
        assert (bob.requests, carol.requests) == ([], [])


async def test_motion_arrives_newest_first_and_becomes_an_event_at_rest(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        began = time.monotonic()
        count = 0
        while time.monotonic() - began < 1.5:  # a hand that moves 200 times a second
            await alice.move(stack_view("A", count % 12, zoom=1 + count), t=count, active=0)
            count += 1
            await asyncio.sleep(0.005)
        moved_for_s = time.monotonic() - began
        await bob.until(lambda: bob.number > 1 and bob.view_of(0)["zoom"] == count)
        times = [moved["t"] for moved in bob.moved]
        assert times == sorted(set(times)), "in order, each once"
        assert times[-1] == count - 1, "the newest always comes"
        assert len(bob.moved) <= 60 * moved_for_s + 2
        assert len(bob.moved) > 15
        assert {(moved["number"], moved["by"], moved["pane"]) for moved in bob.moved} == {(1, "alice", 0)}
        looks = len(bob.events)
        assert 3 <= looks <= moved_for_s / 0.4 + 2, "an event about every 400 ms"
        await in_step(alice, bob)
        assert alice.moved == [], "nobody hears of their own hand"
        rested_at = time.monotonic()
        await alice.move(stack_view("A", 3, zoom=0.5))
        await bob.until(lambda: bob.view_of(0)["zoom"] == 0.5)
        assert time.monotonic() - rested_at >= 0.15


async def test_the_pointer_goes_with_motion_and_is_never_written_down(there: House) -> None:
    key = await there.open("alice")
    pointer = {"at": [10.5, 20.25], "mm": [1, 2, 3], "frame_of_reference": "1.2.3", "instance": "0" * 32, "frame": 1}
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        await alice.move(None, pointer=pointer)
        await bob.until(lambda: bool(bob.moved))
        assert bob.moved[-1]["pointer"] == pointer
        assert "view" not in bob.moved[-1]
        await alice.move(None, pointer=None)
        await bob.until(lambda: len(bob.moved) > 1)
        assert bob.moved[-1]["pointer"] is None
        assert await alice.act(there.hang("B")) is None
        await in_step(alice, bob)
        assert [event["kind"] for event in bob.events] == ["hang"]


async def test_S17_motion_of_the_former_patient_never_lands_on_the_next(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        before = alice.number
        assert await alice.act(there.hang("B")) is None
        for number in (before, 0, alice.number + 1000):  # a replay, one from the beginning, one from nowhere
            await alice.move(stack_view("A", 5), number=number)
        await alice.move(stack_view("B", 6), pane=1)  # a pane that isn't there
        await alice.quiet()
        await alice.move(stack_view("B", 7))
        await bob.until(lambda: bob.number == 3)
        assert [moved["view"]["index"] for moved in bob.moved] == [7]
        assert bob.moved[0]["number"] == 2
        assert bob.view_of(0) == stack_view("B", 7)
        await in_step(alice, bob)
        assert alice.faults == []


async def test_malformed_messages_are_refused_and_change_nothing(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        good = stack_view("A", 1)
        for view in (good | {"zoom": 0}, good | {"center": [1, "2"]}, good | {"orientation": [1, 1, 1, 1]}, {"kind": "film"}):
            await alice.move(view)
        await alice.peer.say(Kind.ACT, request=9, event={"kind": "look", "pane": 0, "active": 0, "view": good})
        await alice.peer.say(Kind.ACT, request=9, event=there.hang("A") | {"patient": "0" * 16})
        await alice.peer.say(Kind.STANDING, number=1, hash="x", condition="in step")
        await alice.quiet()
        assert [(fault["status"], fault["about"]) for fault in alice.faults] == [(400, 28)] * 4 + [(400, 27)] * 2 + [(400, 29)]
        await alice.move(good)
        await bob.reach(2)
        await in_step(alice, bob)
        assert len(bob.moved) == 1


async def test_only_the_presenter_presents(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        for event, status in (
            (there.hang("B"), 403),
            ({"kind": "hand_over", "presenter": "bob"}, 403),
            ({"kind": "end"}, 403),
            ({"kind": "take_over", "from": "alice"}, 409),
            ({"kind": "take_over", "from": "carol"}, 409),
        ):
            fault = await bob.act(event)
            assert fault is not None
            assert (fault["status"], fault["about"]) == (status, 27), event
        await bob.move(stack_view("A", 9), pointer=None)
        await bob.quiet()
        assert len(bob.faults) == 5, "motion of someone who doesn't present is dropped without a word"
        fault = await alice.act({"kind": "hand_over", "presenter": "carol"})
        assert fault is not None
        assert fault["status"] == 409, "carol isn't here"
        await in_step(alice, bob)
        assert (alice.events, alice.moved) == ([], [])


async def test_what_someone_may_not_join_looks_like_what_does_not_exist(there: House) -> None:
    key, ended, removed = [await there.open("alice") for _ in range(3)]
    await there.do("alice", "POST", f"/api/shared-views/{ended}/end")
    await there.do("alice", "POST", f"/api/shared-views/{removed}/people", {"usernames": ["bob"]})
    await there.do("alice", "DELETE", f"/api/shared-views/{removed}/people/bob")
    async with member(there, "bob", process=1) as bob:
        for each in (UNKNOWN_KEY, ended, removed):
            await bob.join(each)
        for fault in bob.faults:
            fault.pop("correlation_id")
        assert bob.faults == [{"status": 404, "code": 4404, "sentence": "Not found.", "about": 25}] * 3
        assert await bob.act({"kind": "end"}) is not None, "takes part in nothing"
        await bob.join(key)
        assert bob.state["presenter"] == "alice"


async def test_S17_what_someone_may_not_see_is_withheld_and_nothing_else_is_told(there: House) -> None:
    key = await there.open("alice")
    async with (
        member(there, "alice", key) as alice,
        member(there, "bob", key, process=1) as bob,
        member(there, "dora", key, process=1) as dora,
    ):
        assert await alice.act(there.hang("A", "P")) is None
        slide = {"kind": "slide", "center": [100, 64], "span": [192, 128], "rotation": 0, "flipped": False}
        await alice.move(slide, pane=1, pointer={"at": [1, 2], "mm": None, "frame_of_reference": None, "instance": None, "frame": None})
        await alice.reach(3)
        await alice.move(stack_view("A", 4), pane=0)
        await alice.reach(4)
        for peer in (bob, dora):
            await peer.reach(4)
            assert peer.state["panes"][-1] == {"withheld": True}
            assert all(moved["pane"] == 0 for moved in peer.moved)
        assert bob.state["study"] == there.study("A")
        assert bob.view_of(0) == stack_view("A", 4)
        assert dora.state["panes"] == [{"withheld": True}] * 2
        assert (dora.state["study"], dora.state["patient"], dora.moved) == (None, None, [])
        assert len({alice.hash, bob.hash, dora.hash}) == 3
        said = f"{dora.shared} {dora.events}"
        for secret in (there.study("A"), there.study("P"), there.pane("A")["series"], stack_view("A", 4)["instance"]):
            assert secret not in said
        for peer in (bob, dora):
            await peer.stand()
        await alice.until(lambda: alice.condition_of("bob") == alice.condition_of("dora") == "withheld")
        fault = await alice.act({"kind": "hand_over", "presenter": "bob"})
        assert fault is not None
        assert fault["status"] == 403


async def test_a_grant_shows_what_was_withheld_within_a_second(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "dora", key, process=1) as dora:
        await alice.move(stack_view("A", 2))
        await dora.reach(2)
        assert dora.state["panes"] == [{"withheld": True}]
        await there.do("alice", "POST", f"/api/shared-views/{key}/grants", {"usernames": ["dora"]})
        granted_at = time.monotonic()
        await dora.until(lambda: dora.state["panes"] != [{"withheld": True}])
        assert time.monotonic() - granted_at < 1.0
        assert await in_step(alice, dora)
        assert dora.view_of(0) == stack_view("A", 2)
        await dora.stand()
        await alice.until(lambda: alice.condition_of("dora") == "in step")
        await there.do("alice", "DELETE", f"/api/shared-views/{key}/people/dora")
        removed_at = time.monotonic()
        assert await dora.peer.closed() == 4403, "what she opened by it closes with it"
        assert time.monotonic() - removed_at < 1.0
    async with member(there, "dora", process=1) as dora:
        await dora.join(key)
        assert [fault["status"] for fault in dora.faults] == [404]


async def test_whoever_is_removed_hears_nothing_more_within_a_second(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        await there.do("alice", "DELETE", f"/api/shared-views/{key}/people/bob", process=1)
        removed_at = time.monotonic()
        await bob.until(lambda: bool(bob.faults))
        assert time.monotonic() - removed_at < 1.0
        assert (bob.faults[0]["status"], bob.faults[0]["about"]) == (404, 25)
        heard = bob.number
        assert await alice.act(there.hang("B")) is None
        await alice.move(stack_view("B", 1))
        await alice.reach(3)
        await bob.move(stack_view("B", 2))
        await bob.stand()
        assert await bob.act({"kind": "take_over", "from": "alice"}) is not None
        await bob.quiet()
        assert (bob.number, bob.moved) == (heard, [])
        await alice.until(lambda: alice.condition_of("bob") is None)


async def test_the_end_comes_to_everyone(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        await alice.move(stack_view("A", 11))
        assert await alice.act({"kind": "end"}) is None
        await bob.until(lambda: bob.state["ended"])
        await in_step(alice, bob)
        assert [event["kind"] for event in bob.events] == ["look", "end"], "what the hand did last is written down before"
        fault = await alice.act(there.hang("B"))
        assert fault is not None
        assert fault["status"] == 404
        assert (await bob.status())["shared_members"] == 0


async def test_an_end_over_http_comes_to_everyone_too(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        await there.do("alice", "POST", f"/api/shared-views/{key}/end")
        ended_at = time.monotonic()
        # ignored: mypy infers no lambda with a default
        await asyncio.gather(*(peer.until(lambda peer=peer: peer.state["ended"]) for peer in (alice, bob)))  # type: ignore[misc]
        assert time.monotonic() - ended_at < 1.0
        assert (alice.faults, bob.faults) == ([], [])


async def test_joining_another_view_leaves_the_first(there: House) -> None:
    first, second = await there.open("alice"), await there.open("carol", "B")
    async with member(there, "alice", first) as alice, member(there, "bob", first, process=1) as bob:
        await alice.until(lambda: alice.condition_of("bob") is not None)
        await bob.join(second)
        assert bob.state["presenter"] == "carol"
        await alice.until(lambda: alice.condition_of("bob") is None)
        assert await alice.act(there.hang("B")) is None
        await bob.quiet()
        assert bob.number == 1
        await bob.peer.say(Kind.LEAVE)
        async with asyncio.timeout(5):
            while (await bob.status())["shared_members"]:
                pass


async def test_a_wrong_hash_is_answered_by_the_state(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        await bob.stand("loading")
        await alice.until(lambda: alice.condition_of("bob") == "loading")
        right, bob.hash = bob.hash, "0" * 16
        await bob.stand()
        await bob.until(lambda: len(bob.shared) == 2)
        assert bob.hash == right
        await alice.until(lambda: alice.condition_of("bob") == "behind")
        await bob.stand("elsewhere")
        await alice.until(lambda: alice.condition_of("bob") == "elsewhere")


async def test_who_reports_an_old_number_is_behind(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        await bob.stand()
        await alice.until(lambda: alice.condition_of("bob") == "in step")
        assert await alice.act(there.hang("B")) is None
        happened_at = time.monotonic()
        await alice.until(lambda: alice.condition_of("bob") == "behind")
        assert time.monotonic() - happened_at > 2.5, "not at once: a report takes its time"
        await bob.reach(2)
        await bob.stand()
        await alice.until(lambda: alice.condition_of("bob") == "in step")


async def test_people_are_told_at_most_four_times_a_second(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "alice", key) as alice, member(there, "bob", key, process=1) as bob:
        lists: list[float] = []
        began = time.monotonic()
        while time.monotonic() - began < 2:
            await bob.stand("in step" if len(lists) % 2 else "elsewhere")
            message = await alice.take()
            lists += [time.monotonic()] if message.kind == Kind.PEOPLE else []
            if message.kind == Kind.PEOPLE:
                await bob.stand("loading")
        assert 2 < len(lists) <= 4 * 2 + 2


async def test_a_presenter_whose_line_drops_comes_back_as_presenter(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "bob", key, process=1) as bob:
        async with member(there, "alice", key) as alice:
            await alice.move(stack_view("A", 5))
            await bob.until(lambda: bob.condition_of("alice") is not None)
            assert bob.people["presenter_absent_ms"] is None
        await bob.until(lambda: bob.condition_of("alice") == "lost")
        await bob.until(lambda: bob.number == 2)
        assert bob.view_of(0)["index"] == 5, "what the hand did last is not lost with the line"
        assert bob.absent_ms < 2500
        fault = await bob.act({"kind": "take_over", "from": "alice"})
        assert fault is not None
        assert fault["status"] == 409, "not so soon"
        async with member(there, "alice", key, process=1) as alice:
            await bob.until(lambda: bob.condition_of("alice") == "loading")
            assert bob.people["presenter_absent_ms"] is None
            await alice.move(stack_view("A", 6))
            await bob.reach(3)
            await in_step(alice, bob)
            assert bob.state["presenter"] == "alice"


async def test_two_who_take_over_at_once(there: House) -> None:
    key = await there.open("alice")
    async with member(there, "bob", key, process=1) as bob, member(there, "carol", key) as carol:
        async with member(there, "alice", key):
            pass
        for peer in (bob, carol):  # ignored: mypy infers no lambda with a default
            await peer.until(lambda peer=peer: peer.absent_ms >= 3000)  # type: ignore[misc]
        answers = await asyncio.gather(*(peer.act({"kind": "take_over", "from": "alice"}) for peer in (bob, carol)))
        assert sorted(answer["status"] if answer else 200 for answer in answers) == [200, 409]
        winner = "bob" if answers[0] is None else "carol"
        await in_step(bob, carol)
        assert (bob.state["presenter"], bob.number) == (winner, 2)
        await (bob if winner == "bob" else carol).move(stack_view("A", 1))
        await bob.reach(3)
        async with member(there, "alice", key) as alice:
            assert alice.state["presenter"] == winner, "she comes back as one of the others"
            await alice.move(stack_view("A", 9))
            await in_step(alice, bob, carol)
            assert (bob.number, alice.faults) == (3, [])
