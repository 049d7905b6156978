"""The cache of encoded pictures: made once for all who ask, bounded in bytes, and a failure is nobody's for long."""

import asyncio
import random
import threading
from dataclasses import replace
from functools import partial

import pytest

from archive.services.retrieve import StoredImage
from governance.core.faults import Malformed
from tests.integration import drawings
from tests.stored_files import stored_bytes
from viewer.core.picture import Picture
from viewer.core.picture_header import Fidelity
from viewer.core.view import ViewState
from viewer.services import pool
from viewer.services.picture_cache import UNPROVEN_BYTES, Made, PictureCache, PictureKey, Standing
from viewer.services.rendering import render_frame

DEADLINE_S = 20.0
VIEW = ViewState(window=(40.0, 400.0), codec="png")


@pytest.fixture(scope="module")
def image() -> StoredImage:
    return stored_bytes(next(drawings.ct("C", slices=1, size=64, noise=True)))


@pytest.fixture(scope="module")
def picture(image: StoredImage) -> Picture:
    return render_frame(image=image, frame_index=0, view=VIEW)


def key(number: int = 0) -> PictureKey:
    return PictureKey(f"{number:064x}", 0, VIEW)


def refuse(made: Made) -> None:
    raise AssertionError("nobody had to be told")


def room_for(pictures: int, picture: Picture) -> PictureCache:
    """Return a cache into which so many of these pictures fit, and not one more."""
    probe = PictureCache(10**9)
    probe.ask(key(), refuse)
    probe.finish(key(), picture)
    return PictureCache(pictures * probe.kept_bytes + probe.kept_bytes // 2)


async def test_one_makes_it_and_all_get_it(picture: Picture) -> None:
    cache, told = PictureCache(10**6), list[tuple[str, Made]]()

    def note(who: str, made: Made) -> None:
        told.append((who, made))

    shared = pool.counters.pictures_shared
    assert cache.ask(key(), refuse) is Standing.YOURS
    for who in ("bob", "carol"):
        assert cache.ask(key(), partial(note, who)) is Standing.BEING_MADE
    await asyncio.sleep(0)
    assert told == []
    await asyncio.to_thread(cache.finish, key(), picture)
    async with asyncio.timeout(DEADLINE_S):
        while len(told) < 2:  # noqa: ASYNC110  (the loop hands it on in a later turn)
            await asyncio.sleep(0)
    assert told == [("bob", picture), ("carol", picture)]
    assert cache.ask(key(), refuse) is picture
    assert pool.counters.pictures_shared == shared + 3


async def test_a_failure_is_told_to_those_who_wait_and_forgotten(picture: Picture) -> None:
    cache, told = PictureCache(10**6), asyncio.Queue[Made]()
    assert cache.ask(key(), refuse) is Standing.YOURS
    assert cache.ask(key(), told.put_nowait) is Standing.BEING_MADE
    fault = Malformed("here")
    cache.finish(key(), fault)
    async with asyncio.timeout(DEADLINE_S):
        assert await told.get() is fault
    assert cache.ask(key(), refuse) is Standing.YOURS
    cache.finish(key(), picture)
    assert cache.ask(key(), refuse) is picture


@pytest.mark.parametrize(
    "other",
    [
        PictureKey("1" * 64, 0, VIEW),
        PictureKey("0" * 64, 1, VIEW),
        *(
            PictureKey("0" * 64, 0, replace(VIEW, **change))
            for change in (
                {"window": (40.0, 401.0)},
                {"window": None},
                {"voi_function": "SIGMOID"},
                {"invert": True},
                {"max_columns": 32},
                {"max_rows": 32},
                {"codec": "jpeg"},
                {"quality": 81},
            )
        ),
    ],
    ids=str,
)
async def test_S01_another_frame_or_another_view_is_another_picture(other: PictureKey, picture: Picture) -> None:
    cache = PictureCache(10**6)
    assert cache.ask(key(), refuse) is Standing.YOURS
    assert cache.ask(other, refuse) is Standing.YOURS, "not joined"
    cache.finish(key(), picture)
    cache.finish(other, Malformed("only this one"))
    assert cache.ask(key(), refuse) is picture
    assert cache.ask(other, refuse) is Standing.YOURS, "not kept"


async def test_what_was_asked_for_longest_ago_makes_room(picture: Picture) -> None:
    cache = room_for(3, picture)
    for number in range(3):
        cache.ask(key(number), refuse)
        cache.finish(key(number), picture)
    assert cache.ask(key(0), refuse) is picture  # so 1 is the oldest now
    assert cache.ask(key(3), refuse) is Standing.YOURS
    cache.finish(key(3), picture)
    assert cache.ask(key(1), refuse) is Standing.YOURS
    assert [cache.ask(key(number), refuse) for number in (0, 2, 3)] == [picture] * 3


async def test_the_bound_holds_over_many_pictures_and_sizes(picture: Picture) -> None:
    cache, sizes = room_for(10, picture), random.Random(3)
    for number in range(300):
        cache.ask(key(number), refuse)
        cache.finish(key(number), picture._replace(data=picture.data[: sizes.randrange(1, len(picture.data))]))
        assert cache.kept_bytes <= 10.5 * (len(picture.data) + 1000)
    cache.finish(key(300), picture)
    before = cache.kept_bytes
    cache.finish(key(300), picture)  # made again: one entry, its size counted once
    assert cache.kept_bytes == before


async def test_the_room_is_small_until_something_is_asked_for_again_and_then_while_that_goes_on(picture: Picture) -> None:
    cache, large = PictureCache(32_000_000), picture._replace(data=bytes(100_000))

    def make(first: int, count: int) -> int:
        for number in range(first, first + count):
            assert cache.ask(key(number), refuse) is Standing.YOURS
            cache.finish(key(number), large)
            assert cache.kept_bytes <= 32_000_000
        return cache.kept_bytes

    assert 1_800_000 < make(0, 100) <= UNPROVEN_BYTES
    for number in range(99, 89, -1):
        assert cache.ask(key(number), refuse) is large
    assert make(100, 120) > 12_000_000, "ten were asked for again: that pays for 160"
    assert make(220, 100) <= UNPROVEN_BYTES, "and not for 220"
    for number in range(300, 320):
        for _ in range(100):
            cache.ask(key(number), refuse)
    assert make(400, 1000) > 31_000_000
    assert make(1400, 200) <= UNPROVEN_BYTES


async def test_the_newest_is_kept_though_it_fills_the_small_room(picture: Picture) -> None:
    cache, huge = PictureCache(32_000_000), picture._replace(data=bytes(20_000_000))
    for number in range(3):
        assert cache.ask(key(number), refuse) is Standing.YOURS
        cache.finish(key(number), huge)
        assert cache.kept_bytes < 21_000_000
        assert cache.ask(key(number), refuse) is huge


async def test_a_picture_larger_than_all_room_is_shared_and_not_kept(picture: Picture) -> None:
    cache, told = room_for(1, picture), asyncio.Queue[Made]()
    huge = picture._replace(data=picture.data * 30)
    cache.ask(key(1), refuse)
    cache.finish(key(1), picture)
    cache.ask(key(2), refuse)
    cache.ask(key(2), told.put_nowait)
    cache.finish(key(2), huge)
    async with asyncio.timeout(DEADLINE_S):
        assert await told.get() is huge
    assert cache.ask(key(2), refuse) is Standing.YOURS
    assert cache.ask(key(1), refuse) is picture, "it threw nothing out"


async def test_without_room_what_is_being_made_is_still_shared(picture: Picture) -> None:
    cache, told = PictureCache(0), asyncio.Queue[Made]()
    cache.ask(key(), refuse)
    assert cache.ask(key(), told.put_nowait) is Standing.BEING_MADE
    cache.finish(key(), picture)
    async with asyncio.timeout(DEADLINE_S):
        assert await told.get() is picture
    assert (cache.ask(key(), refuse), cache.kept_bytes) == (Standing.YOURS, 0)


async def test_stored_bytes_are_shared_and_not_kept(picture: Picture) -> None:
    cache, told = PictureCache(10**6), asyncio.Queue[Made]()
    stored = picture._replace(fidelity=Fidelity.STORED)
    cache.ask(key(), refuse)
    cache.ask(key(), told.put_nowait)
    cache.finish(key(), stored)
    async with asyncio.timeout(DEADLINE_S):
        assert await told.get() is stored
    assert (cache.ask(key(), refuse), cache.kept_bytes) == (Standing.YOURS, 0)


async def test_one_who_fails_when_told_is_not_the_others_trouble(picture: Picture) -> None:
    cache, told, failed = PictureCache(10**6), asyncio.Queue[Made](), asyncio.Queue[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.put_nowait(context["exception"]))
    cache.ask(key(), refuse)
    cache.ask(key(), refuse)
    cache.ask(key(), told.put_nowait)
    cache.finish(key(), picture)
    async with asyncio.timeout(DEADLINE_S):
        assert await told.get() is picture
        assert isinstance(await failed.get(), AssertionError)


def test_whose_loop_has_ended_is_not_told(picture: Picture) -> None:
    cache = PictureCache(10**6)

    async def ask() -> None:
        cache.ask(key(), refuse)
        assert cache.ask(key(), refuse) is Standing.BEING_MADE

    asyncio.run(ask())
    cache.finish(key(), picture)
    assert cache.kept_bytes > 0


async def test_under_many_threads_each_picture_is_made_once_and_everybody_gets_his(image: StoredImage) -> None:
    """200 askers, 8 views, real renders on the render threads."""
    cache, answers = PictureCache(10**7), asyncio.Queue[tuple[int, Made]]()
    views = [ViewState(window=(40.0, 400.0 + number), codec="jpeg") for number in range(8)]
    rendered, shared, order = pool.counters.pictures_rendered, pool.counters.pictures_shared, random.Random(7)
    may_begin = threading.Event()

    def make(number: int) -> None:
        cache.finish(PictureKey(image.sha256, 0, views[number]), render_frame(image=image, frame_index=0, view=views[number]))

    def tell(number: int, made: Made) -> None:
        answers.put_nowait((number, made))

    for _ in range(pool.THREADS):
        pool.submit(may_begin.wait, DEADLINE_S)
    calls = []
    for asker in range(200):
        number = order.randrange(8)
        asked = cache.ask(PictureKey(image.sha256, 0, views[number]), partial(tell, number))
        if asked is Standing.YOURS:
            calls.append(pool.submit(make, number))
            tell(number, ValueError("the maker, who has it"))
        elif isinstance(asked, Picture):
            tell(number, asked)
        if asker == 100:  # until here all wait; from now on some come while it is made, some after
            may_begin.set()
        await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE_S):
        got = [await answers.get() for _ in range(200)]
        await asyncio.gather(*(asyncio.wrap_future(call) for call in calls))
    assert len(calls) == 8
    assert pool.counters.pictures_rendered == rendered + 8
    assert pool.counters.pictures_shared == shared + 192
    pictures = [(number, made) for number, made in got if isinstance(made, Picture)]
    assert len(pictures) == 192
    assert all(made.window_width == 400.0 + number for number, made in pictures)
