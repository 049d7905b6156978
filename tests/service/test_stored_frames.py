"""Frames of loops: behind a remembered header they are what the long way makes of them, byte for byte."""

import pytest
from pydicom.uid import JPEGBaseline8Bit

from demo.part10 import part10
from demo.samples import echo_loop
from tests.stored_files import stored_bytes
from viewer.core.picture_header import PictureHeader
from viewer.core.scheduler import Job, Urgency
from viewer.core.view import ViewState
from viewer.services import stored_frames
from viewer.services.opening import OpenedTarget
from viewer.services.picture_messages import make_messages, message_at_once
from viewer.services.rendering import passed_through_at_once


@pytest.fixture
def loop() -> OpenedTarget:
    image = stored_bytes(part10(echo_loop(4, variant="stored frames"), transfer_syntax_uid=JPEGBaseline8Bit))
    return OpenedTarget("clip", tuple((image, index) for index in range(4)), {})


def job(index: int, *, sequence: int = 7, epoch: int = 5, viewport: int = 3, view: ViewState | None = None) -> Job:
    return Job(Urgency.QUEUE, viewport, epoch, 1, 1, sequence, index, view=view or ViewState())


def without_times(message: bytes) -> bytes:
    return message[:88] + bytes(8) + message[96:]


def without_address(message: bytes) -> bytes:
    """Leave out viewport, epoch and sequence too."""
    return message[:4] + bytes(2) + message[6:8] + bytes(8) + without_times(message)[16:]


def test_the_second_time_is_as_the_first_but_for_the_address(loop: OpenedTarget) -> None:
    (long_way,) = make_messages([(job(2), loop)])
    assert isinstance(long_way, bytes)
    first = message_at_once(job(2), loop)
    image = loop.frames[2][0]
    again = job(2, sequence=2_000_000_000, epoch=9, viewport=700)
    assert first is not None
    assert stored_frames.frame_at_once(again, image, 2, ViewState()) is not None, "remembered"
    assert without_times(bytes(first)) == without_times(long_way)
    second = message_at_once(again, loop)
    assert second is not None
    header = PictureHeader.parse(bytes(second))
    assert (header.sequence, header.epoch, header.viewport, header.index, header.frame_number) == (2_000_000_000, 9, 700, 2, 3)
    assert without_address(bytes(second)) == without_address(long_way)


def test_bytes_that_were_changed_on_their_way_out_are_not_taken_for_the_stored_ones(loop: OpenedTarget) -> None:
    """As long, and other: an Exif segment went and Adobe's came (rule S10)."""
    image = loop.frames[0][0]
    found = message_at_once(job(0), loop)
    assert found is not None
    message = bytes(found)
    picture = passed_through_at_once(image=image, frame_index=0, view=ViewState())
    assert picture is not None
    stored_frames._remembered.clear()
    stored_frames.remember(image, 0, ViewState(), picture._replace(data=picture.data[:-1] + b"\1"), message)
    assert stored_frames.frame_at_once(job(0), image, 0, ViewState()) is None
    stored_frames.remember(image, 0, ViewState(), picture, message)
    assert stored_frames.frame_at_once(job(0), image, 0, ViewState()) is not None


def test_another_view_is_never_taken_from_there(loop: OpenedTarget) -> None:
    make_messages([(job(1), loop)])
    assert message_at_once(job(1), loop) is not None
    for view in (ViewState(invert=True), ViewState(max_columns=64, max_rows=64), ViewState(codec="png")):
        assert message_at_once(job(1, view=view), loop) is None
    other = stored_frames.frame_at_once(job(3), loop.frames[3][0], 3, ViewState())
    assert other is None, "a frame that never went out"
