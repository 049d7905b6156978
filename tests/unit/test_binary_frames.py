"""The short way out of a socket writes what the WebSocket library would."""

import pytest
from websockets.frames import Frame, Opcode

from viewer.ws.binary_frames import frame_head


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_frame_is_that_of_the_library(length: int) -> None:
    data = bytes(length)
    assert frame_head(length) + data == Frame(Opcode.BINARY, data).serialize(mask=False)
