"""The stream against a running server: identity, order, bounds and refusals."""

import asyncio
import io
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from websockets.exceptions import InvalidStatus

from tests.integration import drawings
from tests.integration.conftest import StreamServer
from tests.integration.stream_peer import Received, stream
from tests.server import ROOT
from viewer.core.messages import FIRST_CREDIT, Kind
from viewer.core.picture_header import Codec, Fidelity, instance_digest

pytestmark = pytest.mark.integration

WINDOW = [1024.0, 2048.0]
SLICES = {instance_digest(drawings.uid("ct", study, index)): (study, index) for study in "AB" for index in range(30)}


def level(hu: int) -> int:
    """Return the level of a value in WINDOW: PS3.3 C.11.2.1.2.1."""
    return round(((hu - (1024 - 0.5)) / 2047 + 0.5) * 255)


def levels_of(picture: Received) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.payload)))


async def test_first_picture(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.subscribe(3, 1, stream_server.series("A"))
        await peer.say(Kind.VIEW, 3, sequence=11, index=4, view={"window": WINDOW, "codec": "png"})
        opened = (await peer.hear_kind(Kind.OPENED)).document
        picture = (await peer.pictures(1))[0]
    header = picture.header
    assert header is not None
    assert (picture.viewport, header.epoch, header.sequence, header.index, header.frame_number) == (3, 1, 11, 4, 1)
    assert (opened["epoch"], opened["kind"], len(opened["frames"])) == (1, "stack", 30)
    sliced = SLICES[header.instance_digest]
    assert opened["instances"][opened["frames"][4]["instance"]]["sop_instance_uid"] == drawings.uid("ct", *sliced)
    assert (header.codec, header.fidelity, header.window_center, header.window_width) == (Codec.PNG, Fidelity.LOSSLESS, 1024, 2048)
    assert np.array_equal(levels_of(picture), np.full((64, 64), level(drawings.value_of(*sliced))))


async def test_S01_headers_tell_the_truth_across_changes_of_study(stream_server: StreamServer) -> None:
    """Whatever is late or in flight, each picture's header names the study, slice and epoch that its pixels show."""
    found: list[Received] = []
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        peer.gives_credit_back = True
        sequence, epochs = 0, {}
        slice_at: dict[str, list[int]] = {}
        for epoch in range(1, 25):
            study = "AB"[epoch % 2]
            epochs[epoch] = study
            await peer.subscribe(1, epoch, stream_server.series(study))
            await peer.queue(1, sequence, list(range(8)), window=WINDOW, codec="png")
            sequence += 8
            opened = (await peer.hear_kind(Kind.OPENED, found)).document
            slice_at[study] = [SLICES[bytes.fromhex(opened["instances"][f["instance"]]["digest"])][1] for f in opened["frames"]]
            for _ in range(epoch % 4):
                found.append(await peer.hear())
        await peer.hear_until(lambda m: m.header is not None and m.header.sequence == sequence - 1, found)
    pictures = [message for message in found if message.header is not None]
    assert len(pictures) > 20
    for message in pictures:
        header = message.header
        assert header is not None
        study = epochs[header.epoch]
        assert header.sequence // 8 + 1 == header.epoch
        assert header.sequence % 8 == header.index
        sliced = SLICES[header.instance_digest]
        assert sliced == (study, slice_at[study][header.index])
        assert header.frame_number == 1
        shown = float(levels_of(message).mean()) * 2047 / 255
        assert abs(shown - drawings.value_of(*sliced)) < 8, "the pixels are another slice's"
    order = [message.header.sequence for message in pictures if message.header]
    assert order == sorted(order)


async def test_S01_after_reconnecting_nothing_old_comes(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.subscribe(1, 1, stream_server.series("B"))
        await peer.queue(1, 0, list(range(30)), window=WINDOW)
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.subscribe(1, 1, stream_server.series("A"))
        await peer.queue(1, 100, [0, 1, 2], window=WINDOW)
        pictures = await peer.pictures(3)
    assert [p.header.sequence for p in pictures if p.header] == [100, 101, 102]
    assert {SLICES[p.header.instance_digest][0] for p in pictures if p.header} == {"A"}


async def test_a_client_that_stops_reading_holds_at_most_its_credit(stream_server: StreamServer) -> None:
    token = stream_server.tokens["alice"]
    async with stream(stream_server.url, token=token) as other, stream(stream_server.url, token=token, max_queue=1) as silent:
        await other.subscribe(1, 1, stream_server.series("A"))
        await other.hear_kind(Kind.OPENED)
        before = (await other.status())["process_rendered"]
        await silent.subscribe(1, 1, stream_server.series("B"))
        await silent.queue(1, 0, list(range(30)), window=[1024, 1500])  # no window twice: each picture is a render
        after, watched = before, 0
        while after - before - watched < FIRST_CREDIT:
            await other.queue(1, watched, [watched % 30], window=[1024, 4000 + watched], codec="png")
            await other.pictures(1)
            watched += 1
            after = (await other.status())["process_rendered"]
            assert watched < 2000, "the silent client's pictures were never made"
        for more in range(100, 200, 25):
            await other.queue(1, watched + more, list(range(25)), window=[1024, 1000 + more], codec="png")
            await other.pictures(25)
        after = (await other.status())["process_rendered"]
        assert after - before - watched - 100 == FIRST_CREDIT
        found: list[Received] = []
        status = await silent.status(found)
        assert len([message for message in found if message.header]) == FIRST_CREDIT
        assert (status["rendered"], status["sent"], status["credit"], status["waiting"]) == (FIRST_CREDIT, FIRST_CREDIT, 0, 22)


@pytest.mark.parametrize("pause_s", [0.0, 0.005])
async def test_200_views_in_a_second_render_fewer_and_the_last_arrives(stream_server: StreamServer, pause_s: float) -> None:
    loop = asyncio.get_running_loop()
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.subscribe(1, 1, stream_server.series("A"))
        await peer.hear_kind(Kind.OPENED)
        await peer.say(Kind.CREDIT, pictures=56)

        async def say_views() -> None:
            begin = loop.time()
            for sequence in range(200):
                due = begin + sequence * pause_s
                await asyncio.sleep(max(0.0, due - loop.time()))  # a hand that moves evenly, not a wait for something to happen
                await peer.say(Kind.VIEW, 1, sequence=sequence, index=sequence % 30, view={"window": WINDOW})

        saying = asyncio.create_task(say_views())
        found: list[Received] = []
        while not found or found[-1].header.sequence != 199:  # type: ignore[union-attr]
            found += await peer.pictures(1)
        await saying
        status = await peer.status()
    sequences = [message.header.sequence for message in found if message.header]
    assert sequences == sorted(sequences)
    assert status["rendered"] == len(sequences) < 200
    assert status["dropped"] == 200 - len(sequences)


async def test_unsubscribing_stops_rendering(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.subscribe(1, 1, stream_server.series("B"))
        await peer.hear_kind(Kind.OPENED)
        await peer.say(Kind.CREDIT, pictures=56)
        await peer.queue(1, 0, [index % 30 for index in range(512)], window=WINDOW)
        await peer.hear_kind(Kind.PICTURE)
        await peer.say(Kind.UNSUBSCRIBE, 1)
        status = await peer.status()
        while status["held"]:
            status = await peer.status()
        assert status["rendered"] < 512
        assert status["rendered"] + status["waiting"] <= 64
        before = status["rendered"]
        await peer.subscribe(2, 1, stream_server.series("A"))
        await peer.queue(2, 0, list(range(20)), window=WINDOW)
        assert {message.viewport for message in await peer.pictures(20)} == {2}
        assert (await peer.status())["rendered"] == before + 20


async def test_cancel_drops_the_queue(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.subscribe(1, 1, stream_server.series("B"))
        await peer.hear_kind(Kind.OPENED)
        await peer.queue(1, 0, [index % 30 for index in range(512)], window=WINDOW)
        await peer.hear_kind(Kind.PICTURE)
        await peer.say(Kind.CANCEL, 1)
        await peer.say(Kind.CREDIT, pictures=20)
        await peer.say(Kind.VIEW, 1, sequence=9000, index=3, view={"window": WINDOW})
        last = await peer.hear_until(lambda m: m.header is not None and m.header.sequence >= FIRST_CREDIT)
        assert last.header is not None
        assert last.header.sequence == 9000
        assert (await peer.status())["dropped"] >= 500


async def test_stored_tiles_pass_through_and_an_absent_tile_says_so(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.subscribe(1, 1, stream_server.series("S"))
        places = [(column, row) for row in range(2) for column in range(3)]
        await peer.say(Kind.TILES, 1, tiles=[{"sequence": 10 * c + r, "level": 0, "column": c, "row": r} for c, r in places])
        opened = await peer.hear_kind(Kind.OPENED)
        tiles = {message.header.sequence: message for message in await peer.pictures(6) if message.header}
        await peer.say(Kind.TILES, 1, tiles=[{"sequence": 77, "level": 0, "column": 3, "row": 0}])
        fault = await peer.hear_kind(Kind.FAULT)
    assert opened.document["slide"]["levels"][0]["tiles_across"] == 3
    assert (fault.document["status"], fault.document["about"], fault.document["sequence"]) == (404, Kind.TILES, 77)
    for column, row in places:
        message = tiles[10 * column + row]
        header = message.header
        assert header is not None
        assert (message.kind, header.level, header.tile_column, header.tile_row) == (Kind.TILE, 0, column, row)
        if (column, row) == drawings.ABSENT_TILE:
            assert (header.fidelity, header.codec, message.payload, header.frame_number) == (Fidelity.ABSENT, Codec.NONE, b"", 0)
        else:
            assert (header.fidelity, header.source_lossy) == (Fidelity.STORED, True)
            assert message.payload == drawings.stored_tile(column, row)


async def test_faults_are_answered_and_the_socket_stays(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.socket.send(b"VB\x01\x11\x05\x00\x00\x00{nonsense")
        malformed = await peer.hear_kind(Kind.FAULT)
        assert (malformed.viewport, malformed.document["status"], malformed.document["code"]) == (5, 400, 4400)
        await peer.socket.send("text")
        assert (await peer.hear_kind(Kind.FAULT)).document["code"] == 4400
        await peer.say(Kind.VIEW, 9, sequence=1, index=0, view={})
        assert (await peer.hear_kind(Kind.FAULT)).document["code"] == 4404
        await peer.subscribe(1, 5, stream_server.series("A"))
        await peer.hear_kind(Kind.OPENED)
        await peer.subscribe(1, 5, stream_server.series("A"))
        assert (await peer.hear_kind(Kind.FAULT)).document["about"] == Kind.SUBSCRIBE
        await peer.say(Kind.VIEW, 1, sequence=2, index=30, view={})
        outside = await peer.hear_kind(Kind.FAULT)
        assert (outside.document["code"], outside.document["sequence"], outside.document["about"]) == (4404, 2, Kind.VIEW)
        await peer.queue(1, 10, list(range(12)), window=WINDOW)
        assert len(await peer.pictures(12)) == 12, "a fault's credit came back"


async def test_many_malformed_messages_close_the_socket(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        for _ in range(16):
            await peer.socket.send(b"XX")
        assert await peer.closed() == 4400


async def test_a_message_too_large_closes_the_socket(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.socket.send(b"VB\x01\x18\x00\x00\x00\x00" + b" " * 262_144)
        assert await peer.closed() == 1009


async def test_other_paths_and_protocols_are_refused(stream_server: StreamServer) -> None:
    from websockets.asyncio.client import connect

    for path, subprotocols, status in (("/ws/stream", None, 400), ("/ws/other", ["viewbox.1"], 404)):
        with pytest.raises(InvalidStatus) as refused:
            async with connect(
                stream_server.url.replace("http", "ws") + path,
                subprotocols=subprotocols,  # type: ignore[arg-type]
                additional_headers={"Authorization": f"Bearer {stream_server.tokens['alice']}"},
            ):
                pass
        assert refused.value.response.status_code == status


async def test_the_independent_client(stream_server: StreamServer) -> None:
    arguments = ["--url", stream_server.url, "--token", stream_server.tokens["alice"], "--largest-ct", "--frames", "120", "--clients", "2"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "bench/stream_client.py", *arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    lines = output.decode().strip().splitlines()
    assert re.fullmatch(r"\d+ frames/s, p50 \d+\.\d+ ms, p95 \d+\.\d+ ms", lines[-1])
    assert "checked 4 pictures" in lines[1]
    assert "240 rendered, 240 sent, 0 dropped" in lines[2]
