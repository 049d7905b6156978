"""Thumbnails: small, kept, and only for those who may see the study."""

import io

import pytest
from PIL import Image
from pydicom import examples

from archive.services.ingest import IncomingFile, store_instances
from governance.core.faults import NotFound
from governance.core.policy import operator
from viewer.services import pool
from viewer.services.thumbnails import SIDE_PX, thumbnail

pytestmark = pytest.mark.django_db


@pytest.fixture
def echo_uid():
    buffer = io.BytesIO()
    examples.ybr_color.save_as(buffer)
    [outcome] = store_instances(actor=operator(), files=[IncomingFile(data=buffer.getvalue(), source="echo.dcm")], department="cardiology")
    return outcome.sop_instance_uid


def test_it_is_a_small_jpeg_of_the_middle_frame_and_is_made_once(alice, echo_uid):
    before = pool.counters.pictures_rendered
    data = thumbnail(actor=alice.subject, sop_instance_uid=echo_uid)
    picture = Image.open(io.BytesIO(data))
    assert picture.format == "JPEG"
    assert max(picture.size) == SIDE_PX
    assert picture.width / picture.height == pytest.approx(640 / 480, rel=0.02)
    assert thumbnail(actor=alice.subject, sop_instance_uid=echo_uid) == data
    assert pool.counters.pictures_rendered == before + 1
    assert thumbnail(actor=alice.subject, sop_instance_uid=echo_uid, frame_number=16) == data
    assert thumbnail(actor=alice.subject, sop_instance_uid=echo_uid, frame_number=1) != data


def test_unknown_and_forbidden_look_the_same(charlie, bob, echo_uid):
    for actor, uid in ((charlie, echo_uid), (bob, echo_uid), (charlie, "1.2.3")):
        with pytest.raises(NotFound):
            thumbnail(actor=actor.subject, sop_instance_uid=uid)


@pytest.mark.parametrize("frame_number", [0, 31, -1])
def test_a_frame_that_is_not_there_is_not_found(alice, echo_uid, frame_number):
    with pytest.raises(NotFound):
        thumbnail(actor=alice.subject, sop_instance_uid=echo_uid, frame_number=frame_number)
