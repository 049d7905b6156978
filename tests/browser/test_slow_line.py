"""The viewer at the end of a slow line, and of one that breaks (S01, S05); `make bench` has figures at 100 ms and 10 Mbit/s.

The limits here are generous, for busy machines: what they must tell apart is a page that keeps up and one that falls behind.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from bench.slow_line import RECORD, figures
from tests.browser.conftest import Window, open_window
from tests.browser.line import Line, Shape, line_to
from tests.server import ViewboxServer

pytestmark = pytest.mark.browser

# The small demo's pictures are small. So far away no stored values are fetched to draw from: each picture is the server's.
FAR = Shape(round_trip_ms=160, megabits=3)
NARROW = Shape(round_trip_ms=160, megabits=0.1)
MOVES, TURN = 75, 60

Through = Callable[[Shape | None], AbstractContextManager[tuple[Window, Line]]]


@pytest.fixture
def through(chromium: Browser, viewbox: ViewboxServer) -> Through:
    """Return what opens a desktop window at the end of a line; anything that goes wrong in its page fails the test."""

    @contextmanager
    def window_through(shape: Shape | None) -> Iterator[tuple[Window, Line]]:
        with line_to(viewbox.port, shape) as line:
            context = chromium.new_context(viewport={"width": 1440, "height": 900}, device_scale_factor=1)
            window = open_window(context, replace(viewbox, port=line.port))
            window.sign_in()
            yield window, line
            context.close()
        assert window.problems == []

    return window_through


def drag_in_a_circle(window: Window) -> None:
    """Drag the window by mouse, as fast as the browser takes moves."""
    x, y = window.middle()
    window.page.mouse.move(x, y)
    window.page.mouse.down()
    for move in range(1, MOVES):
        angle = 2 * math.pi * move / TURN
        window.page.mouse.move(x + 120 * math.sin(angle), y + 120 * (1 - math.cos(angle)))


def test_S05_a_drag_over_a_slow_line_keeps_up_rests_lossless_and_gets_smaller_where_it_must(through: Through):
    with through(FAR) as (window, line):
        window.open_study("CT chest with contrast")
        window.await_header("fidelity", "lossless")
        page = window.page
        page.evaluate(RECORD)
        began = page.evaluate("() => performance.now()")
        drag_in_a_circle(window)
        ended = page.evaluate("() => window.record.inputs.at(-1)[0]")
        window.await_header("fidelity", "lossless")
        lossless_after_ms = page.evaluate("() => performance.now()") - ended
        page.mouse.up()
        motion = figures(page.evaluate("() => window.record"), began, lossless_after_ms)
        assert motion.pictures_a_second >= 6
        assert motion.behind_p95_ms <= 700
        assert lossless_after_ms <= 2000
        center, width = window.pane()["sharedView"]["window"]
        assert (window.pane()["header"]["windowCenter"], window.pane()["header"]["windowWidth"]) == (center, width)
        line_facts = page.evaluate("() => window.viewbox.line")
        assert 155 <= line_facts["roundTripMs"] <= 320
        assert 75 <= line_facts["bytesPerMs"] <= 1500  # 375 is what the line has
        trust = page.locator("viewbox-stack .trust")
        expect(trust).to_have_text("lossless")

        line.become(NARROW)
        smaller = "() => window.record.draws.some((one) => one[2] === 'lossy' && one[3] <= 45 && one[4] < 128)"
        for _ in range(8):
            page.keyboard.press("ArrowDown")  # of another image no stored values are here
            drag_in_a_circle(window)
            page.mouse.up()
            if page.evaluate(smaller):
                break
        assert page.evaluate(smaller)
        expect(trust).to_have_text("lossless")


def test_the_next_images_are_at_hand_when_the_wheel_turns(through: Through):
    with through(FAR) as (window, _):
        window.open_study("CT chest with contrast")
        window.await_header("fidelity", "lossless")
        page = window.page
        page.wait_for_function("() => window.viewbox.fetchedAhead >= 6")
        index = window.pane()["header"]["index"]
        page.evaluate(RECORD)
        page.mouse.move(*window.middle())
        for notch in range(1, 4):
            page.mouse.wheel(0, 120)
            window.await_header("index", index + notch)
        draws = page.evaluate(
            "() => window.record.draws.filter((one) => window.record.inputs.length && one[0] > window.record.inputs[0][0])"
        )
        assert {draw[2] for draw in draws} == {"lossless"}
        took_ms = page.evaluate("() => window.record.draws.at(-1)[0] - window.record.inputs.at(-1)[0]")
        assert took_ms < FAR.round_trip_ms  # nobody asked the server


def test_S01_a_cut_line_keeps_picture_view_and_look_and_comes_back_to_them(through: Through):
    with through(None) as (window, line):
        window.open_study("CT chest with contrast")
        window.await_picture()
        page = window.page
        for key in ("2", "ArrowDown", "ArrowDown", "+", "i", "h"):
            page.keyboard.press(key)
        page.evaluate(
            """() => {
                const inside = (element, name) => element.shadowRoot.querySelector(name);
                const stack = ['viewbox-pane', 'viewbox-stack'].reduce(inside, document.querySelector('viewbox-study'));
                stack.perform({ kind: 'look', look: { overlays: false } });
            }"""
        )
        window.await_header("index", 14)
        window.await_header("fidelity", "lossless")
        before = window.pane()
        line.cut()
        expect(page.locator(".state.partial")).to_contain_text("Connection lost")
        lost = window.pane()
        assert lost["header"] == before["header"]
        page.keyboard.press("ArrowDown")  # moved while nobody can answer: asked for once somebody can
        assert window.pane()["header"]["index"] == 14
        line.mend()
        page.wait_for_function("epoch => window.viewbox.panes[0].header.epoch > epoch", arg=before["header"]["epoch"])
        window.await_header("index", 15)
        window.await_header("fidelity", "lossless")
        after = window.pane()
        assert after["sharedView"] == {
            **before["sharedView"],
            **{name: after["sharedView"][name] for name in ("index", "instance", "frame")},
        }
        assert (after["header"]["windowCenter"], after["header"]["windowWidth"], after["header"]["inverted"]) == (-600, 1500, True)
        assert after["header"]["overlaysDrawn"] is before["header"]["overlaysDrawn"] is False
        expect(page.locator(".state")).to_have_count(0)
        window.problems.clear()  # a server that is away is a failed request


def test_S08_a_loop_plays_on_after_the_line_was_cut(through: Through):
    with through(None) as (window, line):
        window.open_study("Transthoracic echocardiogram")
        page = window.page
        page.wait_for_function("() => window.viewbox.panes[0]?.cineFramesShown > 3")
        epoch = window.pane()["header"]["epoch"]
        line.cut()
        expect(page.locator(".state.partial")).to_contain_text("Connection lost")
        line.mend()
        page.wait_for_function("epoch => window.viewbox.panes[0].header.epoch > epoch", arg=epoch)
        shown = window.pane()["cineFramesShown"]
        page.wait_for_function("shown => window.viewbox.panes[0].cineFramesShown > shown + 5", arg=shown)
        assert window.pane()["isPlaying"] is True
        assert window.pane()["picturesRefused"] == 0
        window.problems.clear()
