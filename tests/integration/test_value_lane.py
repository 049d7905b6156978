"""The 16-bit lane over the socket: stored values with what makes levels of them, read as docs/stream.md section 5 says."""

import hashlib
import json
import struct
from typing import Any

import numpy as np
import pytest

from tests.integration import drawings
from tests.integration.conftest import StreamServer
from tests.integration.stream_peer import stream
from tests.integration.test_stream import SLICES, WINDOW, level
from viewer.core.messages import Kind
from viewer.core.picture_digest import DigestKind
from viewer.core.picture_header import Codec, Fidelity

pytestmark = pytest.mark.integration


async def test_S01_S05_values_say_whose_they_are_and_give_the_levels_of_any_window(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.subscribe(3, 1, stream_server.series("A"))
        assert (await peer.hear_kind(Kind.OPENED)).document["values"] is True
        await peer.queue(3, 7, [4], codec="values")
        picture = (await peer.pictures(1))[0]
    header, payload = picture.header, picture.payload
    assert header is not None
    assert (header.codec, header.fidelity, header.sequence, header.index) == (Codec.VALUES, Fidelity.LOSSLESS, 7, 4)
    assert header.digest_kind is DigestKind.PAYLOAD_SHA256
    assert header.digest == hashlib.sha256(payload).digest()
    length = struct.unpack_from("<I", payload)[0]
    recipe = json.loads(payload[4 : 4 + length])
    samples = np.frombuffer(payload, f"<u{recipe['sample_bytes']}", offset=4 + length)
    assert samples.size == header.width * header.height
    value = recipe["modality"]["slope"] * (recipe["first"] + samples.astype(np.float64)) + recipe["modality"]["intercept"]
    center, width = WINDOW
    levels = np.clip(((value - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255) + 0.5
    assert set(levels.astype(np.uint8)) == {level(drawings.value_of(*SLICES[header.instance_digest]))}


async def test_what_has_no_values_is_a_fault_and_the_socket_stays(stream_server: StreamServer) -> None:
    async with stream(stream_server.url, token=stream_server.tokens["alice"]) as peer:
        await peer.subscribe(3, 1, stream_server.series("A"))
        refused: tuple[dict[str, Any], ...] = ({"voi_function": "SIGMOID"}, {"size": [10, 10]})
        for sequence, view in enumerate(refused, 20):
            await peer.queue(3, sequence, [0], codec="values", **view)
            fault = (await peer.hear_kind(Kind.FAULT)).document
            assert (fault["status"], fault["sequence"]) == (415, sequence)
        await peer.queue(3, 30, [0], codec="png")
        assert len(await peer.pictures(1)) == 1
