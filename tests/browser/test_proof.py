"""Proof in Chromium (rule S05): pictures at rest are compared with their digest before they are shown, and none that differs is."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Window, open_window
from tests.browser.line import PIECE_BYTES, Line
from tests.server import ViewboxServer

PICTURE = b"VB\x01\x01"
PNG = b"\x89PNG\r\n\x1a\n"
HEADER_BYTES, CODEC_AT, LOSSLESS_CODEC = 144, 6, 2


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("CT chest with contrast", "SHA-256 of the levels"),
        ("Skin lesion", "SHA-256 of the stored bytes"),
        ("Transthoracic echocardiogram", "SHA-256 of the stored bytes"),
    ],
)
def test_S05_what_is_at_rest_was_checked_in_this_browser(desk: Window, study: str, words: str):
    desk.open_study(study)
    desk.await_picture()
    if desk.pane()["isPlaying"]:
        desk.page.keyboard.press("Space")
        desk.page.wait_for_function("() => !window.viewbox.panes[0].isPlaying")
    desk.page.keyboard.press("q")
    expect(desk.page.locator(".details")).to_contain_text(re.compile(words + r" [0-9a-f]{16}, checked in this browser: matches"))
    assert desk.pane()["header"]["digest"][:16] in desk.page.locator(".details").inner_text()


class TamperingLine(Line):
    """Changes one byte of the digest of each lossless picture that comes down it, while told to."""

    is_tampering = False
    tampered = 0

    def _relay(self, source: socket.socket, sink: socket.socket, is_down: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                sink.sendall(self._changed(piece) if is_down and self.is_tampering else piece)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _changed(self, piece: bytes) -> bytes:
        """The digest's first byte, where header and signature of a PNG are in one piece."""
        at = piece.find(PNG)
        begins = at - HEADER_BYTES
        if begins < 0 or piece[begins : begins + 4] != PICTURE or piece[begins + CODEC_AT] != LOSSLESS_CODEC:
            return piece
        self.tampered += 1
        digest_at = begins + 112
        return piece[:digest_at] + bytes([piece[digest_at] ^ 1]) + piece[digest_at + 1 :]


@pytest.fixture
def tampered(chromium: Browser, viewbox: ViewboxServer) -> Iterator[tuple[Window, TamperingLine]]:
    line = TamperingLine(viewbox.port)
    context = chromium.new_context(viewport={"width": 1000, "height": 700}, device_scale_factor=1)
    window = open_window(context, viewbox)
    window.server = line  # type: ignore[assignment]  # all it is asked for is its url
    window.sign_in()
    yield window, line
    context.close()
    line.close()
    assert window.problems == []


def test_S05_a_picture_that_differs_from_its_proof_is_not_shown(tampered: tuple[Window, TamperingLine]):
    window, line = tampered
    window.open_study("CT chest with contrast")
    window.await_picture()
    window.await_header("fidelity", "lossless")
    line.is_tampering = True
    window.page.keyboard.press("End")
    expect(window.page.locator(".state.error")).to_have_text("This picture does not match its proof")
    assert window.pane()["header"] is None  # nothing is left on the glass
    assert line.tampered >= 2  # it was asked for once more

    line.is_tampering = False
    window.page.keyboard.press("Home")
    window.await_header("fidelity", "lossless")
    assert window.pane()["condition"] == "ready"
