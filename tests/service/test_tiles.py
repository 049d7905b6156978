"""Slide tiles: the long way and the short one say the same, byte for byte; what can't be passed on as it is never is."""

from collections.abc import Callable

import pytest

from archive.services.ingest import IncomingFile, store_instances
from governance.core.faults import NotFound
from governance.core.policy import operator
from tests.integration import drawings
from viewer.core.messages import Kind, TileRequest
from viewer.core.picture_digest import DigestKind
from viewer.core.picture_header import HEADER_BYTES, Fidelity, PictureHeader
from viewer.core.scheduler import Job, Urgency
from viewer.services import stored_tiles
from viewer.services.opening import OpenedTarget, open_target
from viewer.services.picture_messages import make_messages, message_at_once
from viewer.services.tiles import locate_tile

pytestmark = pytest.mark.django_db(transaction=True)

PLACES = [(column, row) for row in range(2) for column in range(3) if (column, row) != drawings.ABSENT_TILE]


@pytest.fixture
def slide(db: None) -> Callable[..., OpenedTarget]:
    def store(study: str, **options: bool) -> OpenedTarget:
        data = drawings.sparse_slide(study, **options)
        outcome = store_instances(actor=operator("test"), files=[IncomingFile(data=data, source=study)], department="pathology")[0]
        assert outcome.status == "stored", outcome.reason
        return open_target(actor=operator("test"), target={"series_instance_uid": drawings.uid("slide series", study)})

    return store


def job(column: int, row: int, sequence: int = 7) -> Job:
    return Job(Urgency.TILE, 3, 5, 1, 1, sequence, tile=TileRequest(sequence, 0, column, row))


def without_times(message: bytes | bytearray) -> bytes:
    return bytes(message[:88] + message[96:])


def test_S01_the_short_way_says_what_the_long_way_says(slide: Callable[..., OpenedTarget]) -> None:
    opened = slide("S")
    long_way = {place: made for place in PLACES for made in make_messages([(job(*place), opened)]) if isinstance(made, bytes)}
    assert len(long_way) == len(PLACES)
    for _ in range(2):  # the first time the level is learnt
        for place in PLACES:
            short = message_at_once(job(*place), opened)
            assert isinstance(short, bytes)
            assert without_times(short) == without_times(long_way[place])
            header = PictureHeader.parse(bytes(short))
            assert (header.kind, header.tile_column, header.tile_row) == (Kind.TILE, *place)
            assert (header.digest_kind, header.digest) == (DigestKind.NONE, bytes(32))
            assert short[HEADER_BYTES:] == drawings.stored_tile(*place)
    assert opened.levels[0].image.sha256 in stored_tiles._proven


def test_S10_tiles_of_rgb_components_always_get_their_marker(slide: Callable[..., OpenedTarget]) -> None:
    opened = slide("R", rgb=True)
    for place in PLACES:
        made = make_messages([(job(*place), opened)])[0]
        again = message_at_once(job(*place), opened)
        assert isinstance(made, bytes)
        assert isinstance(again, bytes)
        for message in (made, again):
            assert PictureHeader.parse(bytes(message)).fidelity is Fidelity.STORED
            assert message[HEADER_BYTES + 2 :].startswith(b"\xff\xee\x00\x0eAdobe")
            assert message.endswith(drawings.rgb_tile(*place)[2:])
    assert opened.levels[0].image.sha256 not in stored_tiles._proven


def test_S11_an_absent_tile_is_absent_both_ways(slide: Callable[..., OpenedTarget]) -> None:
    opened = slide("S")
    column, row = drawings.ABSENT_TILE
    assert locate_tile(levels=opened.levels, level=0, column=column, row=row) == (opened.levels[0].image, None)
    made = make_messages([(job(column, row), opened)])[0]
    assert made == message_at_once(job(column, row), opened)
    assert isinstance(made, bytes)
    header = PictureHeader.parse(made)
    assert (header.fidelity, header.payload_length, header.frame_number) == (Fidelity.ABSENT, 0, 0)


@pytest.mark.parametrize(("level", "column", "row"), [(1, 0, 0), (0, 3, 0), (0, 0, 2), (0, 2**31, 0)])
def test_outside_the_slide(slide: Callable[..., OpenedTarget], level: int, column: int, row: int) -> None:
    opened = slide("S")
    with pytest.raises(NotFound):
        locate_tile(levels=opened.levels, level=level, column=column, row=row)
    outside = Job(Urgency.TILE, 1, 1, 1, 1, 1, tile=TileRequest(1, level, column, row))
    assert message_at_once(outside, opened) is None
    assert isinstance(make_messages([(outside, opened)])[0], NotFound)
