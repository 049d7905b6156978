"""Small pictures on the event loop: the same as a thread makes, only where nothing waits, and never for long."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from archive.services import pixels
from archive.services.retrieve import StoredImage
from governance.core.faults import Exhausted, Malformed
from tests.integration import drawings
from tests.small_objects import as_bytes, ct_image
from tests.stored_files import stored_bytes
from viewer.core.picture import Picture
from viewer.core.view import ViewState
from viewer.services import plain_pictures, short_renders
from viewer.services.plain_pictures import picture_of
from viewer.services.render_slots import render_slots
from viewer.services.rendering import render_frame
from viewer.services.short_renders import MAX_WAITING, PEOPLE_S, TURN_S, Turns, is_short

VIEW = ViewState(window=(40.0, 400.0), codec="jpeg", quality=80)


@pytest.fixture(autouse=True)
def _nothing_seen() -> Iterator[None]:
    yield
    short_renders._seen.clear()


@pytest.fixture
def image() -> StoredImage:
    """A CT that was shown before, so that its values are mapped."""
    return shown(next(drawings.ct("S", slices=1, size=64, noise=True)))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop has a processor of its own, and no render thread is there."""
    monkeypatch.setattr(plain_pictures, "HAS_OWN_PROCESSOR", True)
    monkeypatch.setattr(plain_pictures, "_make_on_a_thread", lambda *_: pytest.fail("passed on to a thread"))


def shown(data: bytes) -> StoredImage:
    image = stored_bytes(data)
    render_frame(image=image, frame_index=0, view=VIEW)
    return image


def seen_of(picture: Picture) -> str:
    """Return all that a picture says, but for the time it took."""
    return repr(picture._replace(render_us=0, encode_us=0))


# --- which ---


async def test_a_small_grey_picture_of_mapped_values_is_short(image: StoredImage) -> None:
    assert is_short(image, 0, VIEW)
    assert not is_short(image, 0, replace(VIEW, codec="png"))
    assert not is_short(image, 0, replace(VIEW, presentation="1.2.3"))
    assert not is_short(image, 1, VIEW), "another frame"


async def test_what_was_never_read_is_not_short() -> None:
    unread = stored_bytes(next(drawings.ct("U", slices=1, size=64, noise=True)))
    assert not is_short(unread, 0, VIEW)
    pixels.description_of(unread)
    assert not is_short(unread, 0, VIEW), "described, and its values not mapped"


@pytest.mark.parametrize(
    "attributes",
    [
        {"Rows": 513, "Columns": 512, "PixelData": bytes(513 * 512 * 2)},
        {
            "SamplesPerPixel": 3,
            "PhotometricInterpretation": "RGB",
            "PlanarConfiguration": 0,
            "BitsAllocated": 8,
            "BitsStored": 8,
            "HighBit": 7,
            "PixelData": bytes(48),
        },
        {"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31, "PixelData": np.arange(16, dtype=np.uint32).tobytes()},
        {"ShutterShape": "RECTANGULAR", "ShutterLeftVerticalEdge": 1, "ShutterRightVerticalEdge": 3}
        | {"ShutterUpperHorizontalEdge": 1, "ShutterLowerHorizontalEdge": 3},
    ],
    ids=["large", "colour", "32 bits", "a shutter"],
)
async def test_everything_else_is_left_to_the_threads(attributes: dict[str, Any]) -> None:
    image = shown(as_bytes(ct_image(**attributes)))
    assert pixels.known_description(image) is not None
    assert not is_short(image, 0, VIEW)


async def test_values_that_left_memory_are_not_short(image: StoredImage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_renders, "is_in_memory", lambda values: False)
    assert not is_short(image, 0, VIEW)


async def test_while_somebody_drags_or_watches_the_loop_is_theirs(image: StoredImage, monkeypatch: pytest.MonkeyPatch) -> None:
    slots = render_slots()
    await slots.acquire()
    slots.release()
    assert not is_short(image, 0, VIEW)
    later = time.monotonic() + PEOPLE_S
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert is_short(image, 0, VIEW)


# --- pictures ---


@pytest.mark.usefixtures("alone")
async def test_it_is_the_picture_that_a_thread_makes(image: StoredImage) -> None:
    views = [replace(VIEW, window=(100.0 * n, 4000.0)) for n in range(20)]
    made = await asyncio.gather(*(picture_of(image=image, frame_index=0, view=view) for view in views))
    for view, picture in zip(views, made, strict=True):
        assert seen_of(picture) == seen_of(render_frame(image=image, frame_index=0, view=view))
    assert len({picture.data for picture in made}) == 20


@pytest.mark.usefixtures("alone")
async def test_what_goes_wrong_is_told_and_the_next_is_made(image: StoredImage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_: object) -> Picture:
        raise Malformed("frame")

    views = [replace(VIEW, window=(40.0, 700.0 + n)) for n in range(4)]
    with monkeypatch.context() as broken:
        broken.setattr(plain_pictures, "render_frame", fails)
        told = await asyncio.gather(*(picture_of(image=image, frame_index=0, view=view) for view in views), return_exceptions=True)
    assert [type(one) for one in told] == [Malformed] * 4
    made = await picture_of(image=image, frame_index=0, view=views[0])
    assert seen_of(made) == seen_of(render_frame(image=image, frame_index=0, view=views[0]))


# --- turns ---


async def test_between_two_turns_of_calls_others_have_theirs() -> None:
    turns, seen = Turns(), list[str]()

    def long(name: str) -> None:
        seen.append(name)
        time.sleep(TURN_S)  # a picture that uses its turn up

    for name in ("first", "second", "third"):
        turns.submit(partial(long, name))
    assert seen == ["first"], "the first at once"
    for _ in range(4):
        seen.append("-")
        await asyncio.sleep(0)
    assert seen == ["first", "-", "second", "-", "third", "-", "-"]
    turns.submit(partial(seen.append, "again"))
    assert seen[-1] == "again"


async def test_short_calls_share_a_turn_in_their_order() -> None:
    turns, seen = Turns(), list[int]()
    turns.submit(partial(time.sleep, TURN_S))
    for number in range(5):
        turns.submit(partial(seen.append, number))
    assert seen == []
    await asyncio.sleep(0)
    assert seen == [0, 1, 2, 3, 4]


async def test_the_queue_is_bounded() -> None:
    turns, made = Turns(), list[int]()
    turns.submit(partial(time.sleep, TURN_S))
    for number in range(MAX_WAITING):
        turns.submit(partial(made.append, number))
    with pytest.raises(Exhausted):
        turns.submit(partial(made.append, -1))
    await asyncio.sleep(0)
    assert made == list(range(MAX_WAITING))
