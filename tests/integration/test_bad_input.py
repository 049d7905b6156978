"""Bad input on a running server: each viewport says in words what is wrong, others go on, the process stays up and small."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.bad_objects import PICTURE, REFUSED, STOPPED, BadObject, bad_objects, good_object
from tests.integration.stream_peer import Received, StreamPeer, stream
from tests.server import ViewboxServer
from viewer.core.messages import Kind
from viewer.core.picture_header import HEADER_BYTES

pytestmark = pytest.mark.integration

MOST_RSS_MB = 250
CASES = bad_objects()


@dataclass
class BadServer:
    """A server whose decoder may hang, die or grow, with all the bad objects, and what intake said of them."""

    server: ViewboxServer
    token: str
    report: str


@pytest.fixture(scope="module")
def bad_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadServer]:
    server = ViewboxServer(tmp_path_factory.mktemp("bad"), environment={"DJANGO_SETTINGS_MODULE": "tests.hostile_settings"})
    folder = server.data_dir / "in"
    folder.mkdir()
    for number, each in enumerate([*CASES, good_object()]):
        (folder / f"{number}.dcm").write_bytes(each.data)
    server.manage("migrate", "--verbosity", "0")
    report = server.manage("import_folder", str(folder), "--department", "radiology")
    server.create_user("alice", "clinician", "radiology")
    token = server.token("alice")
    server.start()
    yield BadServer(server, token, report)
    server.stop()


def test_intake_refuses_what_can_never_be_shown_and_says_why(bad_server: BadServer) -> None:
    refused = sum(each.answer == REFUSED for each in CASES)
    assert f"{refused} refused" in " ".join(bad_server.report.split())
    for words in (
        "no usable Rows and Columns",
        "no usable Bits Allocated",
        "Pixel Data is cut short",
        "Number of Frames is not a usable number",
    ):
        assert words in bad_server.report


async def _answer(peer: StreamPeer, viewport: int, each: BadObject) -> Received:
    """Return the picture or fault that a viewport is given for its first view."""
    await peer.subscribe(viewport, 1, each.series)
    await peer.say(Kind.VIEW, viewport, sequence=1, index=0, view={"codec": "png"})
    return await peer.hear_until(lambda message: message.viewport == viewport and message.kind in (Kind.PICTURE, Kind.FAULT))


async def test_others_go_on_while_a_decoder_hangs(bad_server: BadServer) -> None:
    """A frame that hangs takes one render thread for its time limit; pictures of other viewports come meanwhile."""
    hanging = next(case for case in CASES if case.name == "hangs for another")
    async with stream(bad_server.server.url, token=bad_server.token) as peer:
        peer.gives_credit_back = True
        await _answer(peer, 2, good_object())
        await peer.subscribe(1, 1, hanging.series)
        await peer.say(Kind.VIEW, 1, sequence=1, index=0, view={})
        pictures, fault = 0, Received(0, 0)
        for sequence in itertools.count(2):
            await peer.say(Kind.VIEW, 2, sequence=sequence, index=0, view={"window": [sequence, 100], "codec": "jpeg"})
            heard = await peer.hear_until(lambda message: message.kind in (Kind.PICTURE, Kind.FAULT))
            if heard.kind == Kind.FAULT:
                fault = heard
                break
            pictures += heard.viewport == 2
        assert pictures >= 3
        assert (fault.viewport, fault.document["status"], fault.document["sentence"]) == (1, 415, STOPPED)
        await peer.say(Kind.VIEW, 1, sequence=2, index=0, view={"window": [1, 2]})  # another view of it: refused at once
        assert (await peer.hear_kind(Kind.FAULT)).document["sentence"] == STOPPED


async def test_each_says_what_is_wrong_and_the_server_stays_up_and_small(bad_server: BadServer) -> None:
    async with stream(bad_server.server.url, token=bad_server.token) as peer:
        peer.gives_credit_back = True
        said = {}
        for viewport, each in enumerate((case for case in CASES if case.answer != REFUSED), 1):
            answer = await _answer(peer, viewport, each)
            said[each.name] = PICTURE if answer.kind == Kind.PICTURE else answer.document["sentence"]
        assert said == {case.name: case.answer for case in CASES if case.answer != REFUSED}
        assert len((await _answer(peer, 60, good_object())).payload) > HEADER_BYTES
    assert bad_server.server.rss_anon_mb() < MOST_RSS_MB
    assert "Traceback" not in bad_server.server.log()
