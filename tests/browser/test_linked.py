"""Two panes in Chromium: reference lines lie where the pictures cross, scrolling is linked in space or by offset and says so (S04)."""

import re
from typing import Any

import imagecodecs
import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser import crossing_study
from tests.browser.conftest import Window
from tests.server import ViewboxServer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def crossing(viewbox: ViewboxServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("crossing")
    crossing_study.write(folder)
    viewbox.manage("import_folder", str(folder))


def hang(desk: Window, *series: str) -> None:
    """Open the crossing study with these series in two panes; the first pane is in use."""
    desk.open_study(crossing_study.DESCRIPTION)
    desk.await_picture()
    desk.page.keyboard.press("d")
    for index in (1, 0):
        desk.page.keyboard.press("ArrowRight" if index else "ArrowLeft")
        desk.page.locator("viewbox-tray .item", has_text=series[index]).first.click()
        expect(desk.page.locator(f"viewbox-pane >> nth={index} >> header strong")).to_have_text(re.compile(series[index]))
        desk.page.wait_for_function("index => window.viewbox.panes[index]?.header !== null", arg=index)


def await_index(desk: Window, pane: int, index: int) -> None:
    desk.page.wait_for_function("([pane, index]) => window.viewbox.panes[pane]?.header?.index === index", arg=[pane, index])


def await_rest(desk: Window) -> None:
    desk.page.wait_for_function("() => window.viewbox.panes.every(pane => pane.header?.fidelity === 'lossless')")


def line_of(desk: Window, pane: int) -> dict[str, Any]:
    """Return ends and words of the reference line in a pane."""
    drawn: dict[str, Any] = desk.page.locator(f"viewbox-pane >> nth={pane} >> svg.reference").evaluate(
        """svg => {
            const line = svg.querySelector('line:not(.under)');
            const [x1, y1, x2, y2] = ['x1', 'y1', 'x2', 'y2'].map(name => Number(line.getAttribute(name)));
            return { x1, y1, x2, y2, words: svg.textContent.trim() };
        }"""
    )
    return drawn


def chips(desk: Window) -> Locator:
    return desk.page.locator("viewbox-link-chip button")


def bright_rows(desk: Window, pane: int) -> float:
    """Return the middle of the bright band that the glass of a pane really shows, in CSS pixels from its top."""
    box = desk.page.locator(".glass").nth(pane).bounding_box()
    assert box is not None
    clip: Any = {"x": box["x"] + box["width"] * 0.4, "y": box["y"], "width": 20, "height": box["height"]}
    shot = imagecodecs.png_decode(desk.page.screenshot(clip=clip))
    rows = np.flatnonzero((shot[..., :3].min(axis=2) > 200).mean(axis=1) > 0.9)
    return float(rows.min() + rows.max() + 1) / 2


@pytest.mark.usefixtures("crossing")
def test_S04_a_reference_line_lies_on_the_pixels_where_the_pictures_cross(desk: Window):
    hang(desk, "Sagittal", "Axial 2 mm")
    assert desk.pane(1)["header"]["index"] == 10  # z = 0: the middle of the bright band
    await_rest(desk)
    line = line_of(desk, 0)
    box = desk.page.locator(".glass").first.bounding_box()
    assert box is not None
    # 200 columns of 0.5 mm and 80 rows of 1 mm, fitted: a pixel is half as wide as it is high.
    scale = min(box["width"] / 200, box["height"] / 160)
    # y from -30 to 30 of an image from -50 to 50: columns 40 to 160. z = 0 is 40 rows from the top.
    middle_x, middle_y = box["width"] / 2, box["height"] / 2
    ends = sorted((line["x1"], line["x2"]))
    assert ends == pytest.approx([middle_x - 60 * scale, middle_x + 60 * scale], abs=0.1)
    assert (line["y1"], line["y2"]) == pytest.approx((middle_y, middle_y), abs=0.1)
    assert line["words"] == "Im 11/21"
    desk.page.keyboard.press("f")
    expect(desk.page.locator("svg.reference")).to_have_count(0)
    assert bright_rows(desk, 0) == pytest.approx(middle_y, abs=1)
    desk.page.keyboard.press("f")
    # Seen from the axial pane: the sagittal image at x = 0 is column 50 of 100.
    across = line_of(desk, 1)
    assert across["words"] == "Im 3/5"
    assert (across["x1"], across["x2"]) == pytest.approx((box["width"] / 2, box["width"] / 2), abs=1.1)
    desk.page.keyboard.press("ArrowRight")
    for _ in range(5):
        desk.page.keyboard.press("ArrowDown")
    await_index(desk, 1, 15)  # z = -10
    assert line_of(desk, 0)["words"] == "Im 16/21"
    assert line_of(desk, 0)["y1"] == pytest.approx(middle_y + 10 * 2 * scale, abs=0.1)
    expect(chips(desk)).to_have_count(0)  # nobody scrolls axial and sagittal together
    expect(desk.page.get_by_label(re.compile("Scroll together: The two stacks look different ways"))).to_be_visible()


@pytest.mark.usefixtures("crossing")
def test_S04_in_one_space_the_other_pane_shows_the_nearest_slice_and_says_so(desk: Window):
    hang(desk, "Axial 2 mm", "Axial 5 mm")
    expect(chips(desk)).to_have_text(["linked in space"] * 2)
    x, y = desk.middle()
    desk.page.mouse.move(x, y)
    for notches in (1, 1, 1):
        desk.page.mouse.wheel(0, 120 * notches)
    await_index(desk, 0, 13)  # z = -6: the nearest of 20, 15, … is -5
    await_index(desk, 1, 5)
    expect(chips(desk).first).to_have_attribute("title", re.compile(r"1\.0 mm away"))
    expect(desk.page.locator("svg.reference")).to_have_count(0)  # parallel pictures have no line in common
    box = desk.page.locator(".glass").nth(1).bounding_box()
    assert box is not None
    desk.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    desk.page.mouse.wheel(0, 120)
    await_index(desk, 1, 6)  # z = -10
    await_index(desk, 0, 15)
    desk.page.keyboard.press("k")
    expect(chips(desk)).to_have_text(["not linked"] * 2)
    desk.page.mouse.wheel(0, 120)
    await_index(desk, 1, 7)
    await_rest(desk)
    assert desk.pane(0)["header"]["index"] == 15
    chips(desk).nth(1).click()  # the pane that is pressed in stays: z = -15, the other goes there
    await_index(desk, 0, 17)
    desk.page.keyboard.press("h")
    expect(desk.page.get_by_text("turned differently")).to_have_count(2)
    assert desk.serious_axe_findings() == []


def test_S04_current_and_prior_are_linked_by_offset_and_marked_so(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    desk.page.keyboard.press("d")
    expect(chips(desk)).to_have_text(["linked by offset"] * 2)
    expect(chips(desk).first).to_have_class(re.compile("warn"))
    apart_mm = between_mm(desk)
    for _ in range(4):
        desk.page.keyboard.press("ArrowDown")
    await_index(desk, 0, 16)
    desk.page.wait_for_function("index => window.viewbox.panes[1].header.index !== index", arg=desk.pane(1)["header"]["index"] - 4)
    await_rest(desk)
    thickest_mm = 20
    assert between_mm(desk) == pytest.approx(apart_mm, abs=thickest_mm / 2)
    for _ in range(3):
        desk.page.keyboard.press("Home")
    await_index(desk, 0, 0)
    assert desk.pane(0)["picturesRefused"] == desk.pane(1)["picturesRefused"] == 0


def between_mm(desk: Window) -> float:
    """Return how far apart the two panes' pictures say they lie along the patient."""
    said = [desk.page.locator(f"viewbox-pane >> nth={pane} >> .corner.bottom-left").inner_text() for pane in (0, 1)]
    places = [re.search(r"Position (-?[\d.]+) mm", words) for words in said]
    here, there = (float(place.group(1)) for place in places if place)
    return there - here
