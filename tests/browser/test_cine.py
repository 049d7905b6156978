"""Loops in Chromium (S08): a part, back and forth, in step, one after another, by hand and key; the first motion of a warm loop."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import stress_echo
from tests.browser.conftest import Window, open_window
from tests.server import ViewboxServer

pytestmark = pytest.mark.browser

# The frames that are drawn in so many ms, in order, each once; a loop that stands gives one.
SEEN = """
async (milliseconds) => {
  const indices = [];
  const began = performance.now();
  while (performance.now() - began < milliseconds) {
    const { index } = window.viewbox.panes[0].header;
    if (index !== indices.at(-1)) indices.push(index);
    await new Promise(requestAnimationFrame);
  }
  return indices;
}
"""

# How far the phases of both panes are apart, in beats, in nine of ten animation frames: a busy machine draws one late now and then.
APART = """
async ([milliseconds, frames]) => {
  const found = [];
  const began = performance.now();
  while (performance.now() - began < milliseconds) {
    await new Promise(requestAnimationFrame);
    const [one, other] = window.viewbox.panes.map((pane) => pane.header.index / frames);
    const by = Math.abs(one - other);
    found.push(Math.min(by, 1 - by));
  }
  return found.sort((one, other) => one - other)[Math.floor(found.length * 0.9)];
}
"""

FIRST_MOTION = """
async () => {
  const stack = document.querySelector("viewbox-study").pane(0);
  const stood = window.viewbox.panes[0].header.index;
  const began = performance.now();
  stack.perform({ kind: "play" });
  while (window.viewbox.panes[0].header.index === stood && performance.now() - began < 5000) {
    await new Promise((next) => setTimeout(next, 1));
  }
  return performance.now() - began;
}
"""


@pytest.fixture(scope="module")
def stress(viewbox: ViewboxServer, tmp_path_factory: pytest.TempPathFactory) -> ViewboxServer:
    folder: Path = tmp_path_factory.mktemp("stress")
    stress_echo.write(folder)
    viewbox.manage("import_folder", str(folder), "--department", "cardiology")
    return viewbox


@pytest.fixture
def echo(chromium: Browser, stress: ViewboxServer) -> Iterator[Window]:
    """A desktop window on the stress echo, whose first loop plays."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, device_scale_factor=1)
    window = open_window(context, stress)
    window.sign_in()
    window.open_study(stress_echo.VISIT.description)
    window.page.wait_for_function("() => window.viewbox.panes[0]?.cineFramesShown > 5")
    yield window
    context.close()
    assert window.problems == []


def seen(window: Window, milliseconds: int) -> list[int]:
    indices: list[int] = window.page.evaluate(SEEN, milliseconds)
    return indices


def test_S08_a_part_of_a_loop_by_keys_handles_and_back_and_forth(echo: Window):
    page = echo.page
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    echo.await_header("index", 4)
    page.keyboard.press("Shift+I")
    page.keyboard.press("Shift+ArrowDown")
    echo.await_header("index", 14)
    page.keyboard.press("Shift+O")
    expect(page.locator(".chip.part")).to_have_text("frames 5–15")
    page.keyboard.press("Space")
    page.wait_for_function("() => window.viewbox.panes[0].cineFramesShown > 12")
    assert set(seen(echo, 900)) <= set(range(4, 15))
    page.get_by_role("slider", name="End of the loop").press("End")
    expect(page.locator(".chip.part")).to_have_text("frames 5–25")
    page.wait_for_function("() => window.viewbox.panes[0].header.index > 20")
    page.get_by_role("slider", name="End of the loop").press("PageDown")
    expect(page.locator(".chip.part")).to_have_text("frames 5–15")
    page.keyboard.press("b")
    expect(page.locator(".chip.part")).to_have_text(["frames 5–15", "back and forth"])
    page.keyboard.press("Shift+C")
    expect(page.locator(".chip.part")).to_have_text(["back and forth"])
    page.keyboard.press(",")
    expect(page.get_by_label("Speed")).to_have_value("0.5")
    # Slow enough to see that it turns.
    indices = seen(echo, 2000)
    assert any(later < earlier for earlier, later in pairwise(indices))
    assert not any(earlier - later > 25 for earlier, later in pairwise(indices))  # never from the last of fifty to the first


def test_S08_a_handle_is_dragged_and_shows_where_it_cuts(echo: Window):
    page = echo.page
    handle = page.get_by_role("slider", name="Start of the loop")
    track = page.locator("viewbox-loop-slider").bounding_box()
    box = handle.bounding_box()
    assert track is not None
    assert box is not None
    page.mouse.move(box["x"] + 3, box["y"] + 8)
    page.mouse.down()
    middle = track["x"] + track["width"] / 2
    page.mouse.move(middle, box["y"] + 8, steps=6)
    echo.await_header("index", 12)  # the frame at the cut stands while it is dragged
    assert echo.pane()["isPlaying"] is False
    page.mouse.up()
    expect(page.locator(".chip.part")).to_have_text("frames 13–25")
    page.wait_for_function("() => window.viewbox.panes[0].isPlaying && window.viewbox.panes[0].cineFramesShown > 8")
    assert set(seen(echo, 700)) <= set(range(12, 25))


def test_S08_loops_of_one_stress_echo_play_in_step_and_say_how(echo: Window):
    page = echo.page
    page.keyboard.press("d")
    steps = page.locator(".chip.step")
    expect(steps).to_have_text(["in step 1.00×, 1 beat", "in step 0.60×, one beat assumed"])
    page.wait_for_function("() => window.viewbox.panes.every((pane) => pane?.cineFramesShown > 5)")
    apart: float = page.evaluate(APART, [1500, stress_echo.FRAMES])
    assert apart < 0.15  # a frame of each is 0.04 of a beat
    page.keyboard.press("Space")
    page.wait_for_function("() => window.viewbox.panes.every((pane) => !pane.isPlaying)")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => window.viewbox.panes.every((pane) => pane.header.index === 1)")
    page.keyboard.press("y")
    expect(steps).to_have_count(0)
    page.keyboard.press("ArrowDown")
    echo.await_header("index", 2)
    assert echo.pane(1)["header"]["index"] == 1


def test_one_clip_after_another_until_the_last(echo: Window):
    page = echo.page
    page.get_by_label("How the loop plays").click()
    page.get_by_role("button", name=re.compile("One clip after another")).click()
    expect(page.locator(".chip.after")).to_have_text("one after another")
    names = page.locator("viewbox-pane header strong")
    expect(names).to_have_text(re.compile("#2$"))
    page.wait_for_function("() => window.viewbox.panes[0].cineFramesShown > 5")
    expect(names).to_have_text(re.compile("#3$"))
    expect(page.locator(".chip.after")).to_have_count(0)
    page.wait_for_function("() => window.viewbox.panes[0].isPlaying")


def test_S08_a_warm_loop_moves_at_once(echo: Window):
    page = echo.page
    taken_ms = []
    for _ in range(5):
        page.keyboard.press("Space")
        page.wait_for_function("() => !window.viewbox.panes[0].isPlaying")
        taken_ms.append(page.evaluate(FIRST_MOTION))
    # The bench holds it to 50 ms on a quiet machine; here, that it doesn't wait for a head start or a second draw.
    assert min(taken_ms) < 150
