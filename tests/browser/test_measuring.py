"""Measuring in Chromium: lengths, statistics and values are those of the stored pixels of the picture on screen (S01, S06, S07)."""

import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Route, expect
from pydicom.dataset import Dataset

from tests.browser.conftest import Window
from tests.small_objects import dcmread

pytestmark = pytest.mark.browser

CT_PIXEL_MM = 400 / 128  # demo/ct.py: the field over the pixels of the small archive
SLIDE_UM = 0.25  # demo/slide.py, a pixel of level 0
NUMBERS = "viewbox-stack svg.measures text"


@dataclass(frozen=True)
class Glass:
    """Where the picture lies: it fits into the glass, in its middle; pixels of the stored frame and CSS pixels of the page."""

    middle: tuple[float, float]
    zoom: float
    columns: int
    rows: int

    def pixel(self, place: tuple[int, int]) -> tuple[float, float]:
        x, y = ((at - middle) / self.zoom for at, middle in zip(place, self.middle, strict=True))
        return x + self.columns / 2, y + self.rows / 2

    def near(self, column: float, row: float) -> tuple[int, int]:
        """Return the place, in whole CSS pixels, nearest to a pixel's place."""
        return round(self.middle[0] + (column - self.columns / 2) * self.zoom), round(self.middle[1] + (row - self.rows / 2) * self.zoom)

    def turned(self, place: tuple[int, int]) -> tuple[int, int]:
        """Return where a place lies after a quarter turn clockwise around the middle; of a square picture, which fits as before."""
        across, down = (at - middle for at, middle in zip(place, self.middle, strict=True))
        return round(self.middle[0] - down), round(self.middle[1] + across)


def glass_of(window: Window) -> Glass:
    """Wait until a picture is on screen and what measures is there."""
    window.await_picture()
    window.page.wait_for_selector("viewbox-stack svg.measures", state="attached")
    header = window.pane()["header"]
    box = window.glass().bounding_box()
    assert box is not None
    columns, rows = header["sourceColumns"], header["sourceRows"]
    return Glass(window.middle(), min(box["width"] / columns, box["height"] / rows), columns, rows)


def draw(window: Window, key: str, start: tuple[int, int], end: tuple[int, int]) -> dict[str, Any]:
    """Draw a shape by mouse, and return what the page asked and was answered once the drag ended."""
    window.page.keyboard.press(key)
    return drag(window, start, end)


def drag(window: Window, start: tuple[int, int], end: tuple[int, int]) -> dict[str, Any]:
    mouse = window.page.mouse
    mouse.move(*start)
    mouse.down()
    mouse.move(*end, steps=4)
    with window.page.expect_response("**/api/measurements") as answer:
        mouse.up()
    asked = answer.value.request.post_data_json
    return {"asked": asked, "answer": answer.value.json()}


def stored_file(window: Window, uid: str) -> Dataset:
    return dcmread(io.BytesIO(window.page.request.get(f"{window.server.url}/download/{uid}").body()))


def hounsfield(dataset: Dataset) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    return scaled


def with_minus(number: float, digits: int) -> str:
    return f"{number:.{digits}f}".replace("-", "−")


def test_S06_a_length_on_ct_is_the_millimetres_worked_by_hand(desk: Window):
    desk.open_study("CT chest with contrast")
    glass = glass_of(desk)
    start, end = glass.near(30, 40), glass.near(90, 75)
    draw(desk, "l", start, end)
    (x0, y0), (x1, y1) = glass.pixel(start), glass.pixel(end)
    by_hand = math.hypot(x1 - x0, y1 - y0) * CT_PIXEL_MM
    expect(desk.page.locator(NUMBERS)).to_contain_text(f"{by_hand:.1f} mm")
    expect(desk.page.locator(f"{NUMBERS} tspan")).to_have_count(2)
    expect(desk.page.locator(NUMBERS)).to_contain_text("Pixel Spacing (0028,0030)")
    # An end is moved by its handle, here on the picture turned to the right: what was right of the middle is below it.
    desk.page.keyboard.press("Shift+R")
    moved = glass.near(90, 40)
    drag(desk, glass.turned(end), glass.turned(moved))
    x2, y2 = glass.pixel(moved)
    by_hand = math.hypot(x2 - x0, y2 - y0) * CT_PIXEL_MM
    expect(desk.page.locator(NUMBERS)).to_contain_text(f"{by_hand:.1f} mm")
    expect(desk.page.locator("viewbox-stack .measured .head")).to_contain_text("1 measurement · not stored")
    desk.page.keyboard.press("Delete")
    expect(desk.page.locator(NUMBERS)).to_have_count(0)
    expect(desk.page.locator("viewbox-stack .measured")).to_have_count(0)


def test_S06_ultrasound_measures_in_its_regions_alone(desk: Window):
    desk.page.emulate_media(reduced_motion="reduce")
    desk.open_study("Transthoracic echocardiogram")
    glass = glass_of(desk)
    height = glass.rows
    start, end = glass.near(glass.columns / 2 - 0.2 * height, 0.6 * height), glass.near(glass.columns / 2 - 0.2 * height, 0.7 * height)
    answer = draw(desk, "l", start, end)["answer"]
    (x0, y0), (x1, y1) = glass.pixel(start), glass.pixel(end)
    cm_a_pixel = 16.5 / (468 * height / 600)  # demo/echo.py: 16.5 cm of depth
    assert answer["length"]["kind"] == "regions"
    expect(desk.page.locator(NUMBERS)).to_contain_text(f"{math.hypot(x1 - x0, y1 - y0) * cm_a_pixel:.2f} cm")
    expect(desk.page.locator(NUMBERS)).to_contain_text("2D ultrasound region")
    strip = stored_file(desk, answer["sop_instance_uid"]).SequenceOfUltrasoundRegions[-1]
    left, top = int(strip.RegionLocationMinX0), int(strip.RegionLocationMinY0)
    start, end = glass.near(left + 10, top + 8), glass.near(left + 90, top + 8)
    draw(desk, "l", start, end)
    seconds = (glass.pixel(end)[0] - glass.pixel(start)[0]) * float(strip.PhysicalDeltaX)
    expect(desk.page.locator(NUMBERS).last).to_contain_text(f"Δ {float(f'{seconds:.3g}'):g} s" if seconds < 1 else f"Δ {seconds:.2f} s")
    expect(desk.page.locator(NUMBERS).last).to_contain_text("no length")
    draw(desk, "l", glass.near(glass.columns / 2, 0.6 * height), glass.near(2, 2))
    expect(desk.page.locator(NUMBERS).last).to_have_text("outside the ultrasound regions: no length")


def test_S07_an_ellipse_has_the_statistics_of_the_stored_pixels_inside(desk: Window):
    desk.open_study("CT chest with contrast")
    glass = glass_of(desk)
    corners = glass.near(50, 60), glass.near(82, 84)
    asked = draw(desk, "e", *corners)["asked"]
    values = hounsfield(stored_file(desk, asked["sop_instance_uid"]))
    (x0, y0), (x1, y1) = (glass.pixel(corner) for corner in corners)
    y, x = np.mgrid[: glass.rows, : glass.columns] + 0.5
    inside = values[((x - (x0 + x1) / 2) / ((x1 - x0) / 2)) ** 2 + ((y - (y0 + y1) / 2) / ((y1 - y0) / 2)) ** 2 <= 1]
    numbers = desk.page.locator(NUMBERS)
    expect(numbers).to_contain_text(f"{inside.size} pixels")
    mean = float(inside.mean())
    assert abs(mean) >= 10, "the demo's anatomy: written with one digit"
    expect(numbers).to_contain_text(f"mean {with_minus(mean, 1)} HU · SD {float(inside.std(ddof=1)):.1f}")
    expect(numbers).to_contain_text(f"{with_minus(float(inside.min()), 0)} to {with_minus(float(inside.max()), 0)} HU")
    # It is of its own frame: the next one doesn't show it, the list leads back to it.
    index = desk.pane()["header"]["index"]
    desk.page.keyboard.press("ArrowDown")
    desk.await_header("index", index + 1)
    expect(numbers).to_have_count(0)
    desk.page.locator("viewbox-stack .measured .head").click()
    desk.page.locator("viewbox-stack .measured li button").first.click()
    desk.await_header("index", index)
    expect(numbers).to_have_count(1)
    assert desk.serious_axe_findings() == []


def test_S07_the_value_under_the_cursor_is_that_of_the_stored_pixel(desk: Window):
    desk.open_study("CT chest with contrast")
    glass = glass_of(desk)
    with desk.page.expect_response("**/api/values/**") as answer:
        desk.page.mouse.move(*glass.near(64.5, 80.5))
    uid = answer.value.json()["sop_instance_uid"]
    values = hounsfield(stored_file(desk, uid))
    for column, row in [(64, 80), (20, 64), (0, 0), (127, 127)]:
        desk.page.mouse.move(*glass.near(column + 0.5, row + 0.5))
        expect_value(desk, values, column, row)
    # A drag says nothing, and once it has ended the value is of where it ended.
    desk.page.mouse.down()
    expect(desk.page.locator(".readout")).to_have_count(0)
    desk.page.mouse.move(*glass.near(64.5, 80.5), steps=4)
    expect(desk.page.locator(".readout")).to_have_count(0)
    desk.page.mouse.up()
    expect_value(desk, values, 64, 80)
    desk.page.mouse.move(2, 2)
    expect(desk.page.locator(".readout")).to_have_count(0)


def expect_value(window: Window, values: NDArray[np.float64], column: int, row: int) -> None:
    lines = window.page.locator(".readout div")
    expect(lines.first).to_have_text(f"x {column} · y {row}")
    expect(lines.nth(1)).to_have_text(f"CT number {with_minus(values[row, column], 0)} HU")


def test_S01_a_value_of_the_picture_before_is_never_shown(desk: Window):
    desk.open_study("CT chest with contrast")
    place = glass_of(desk).near(64.5, 80.5)
    index = desk.pane()["header"]["index"]
    held: list[Route] = []
    desk.page.route("**/api/values/**", lambda route: held.append(route), times=1)
    with desk.page.expect_request("**/api/values/**"):
        desk.page.mouse.move(*place)
    desk.page.keyboard.press("ArrowDown")
    desk.await_header("index", index + 1)
    record_readouts(desk)
    before = held[0].request.url
    with desk.page.expect_response(lambda answer: "/api/values/" in answer.url and answer.url != before) as answered:
        held[0].continue_()
    late, fresh = desk.page.request.get(before).json(), answered.value.json()
    assert fresh["instance"] == desk.pane()["header"]["instanceDigest"] != late["instance"]
    stale, expected = (f"CT number {with_minus(answer['quantities'][0]['value'], 0)} HU" for answer in (late, fresh))
    expect(desk.page.locator(".readout")).to_contain_text(expected)
    said: list[str] = desk.page.evaluate("() => window.said")
    assert stale != expected
    assert not [text for text in said if stale in text]


def test_on_a_phone_a_finger_draws_and_moves_a_length(phone: Window):
    phone.open_study("CT chest with contrast")
    page, glass = phone.page, glass_of(phone)
    page.get_by_role("button", name="More").click()
    page.locator(".sheet").get_by_text("Length").click()
    line = page.context.new_cdp_session(page)

    def stroke(*places: tuple[int, int]) -> None:
        for place in places:
            kind = "touchStart" if place is places[0] else "touchMove"
            line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": place[0], "y": place[1]}]})
        line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    start, end = glass.near(30, 60), glass.near(90, 60)
    stroke(start, glass.near(60, 60), end)
    by_hand = (glass.pixel(end)[0] - glass.pixel(start)[0]) * CT_PIXEL_MM
    expect(page.locator(NUMBERS)).to_contain_text(f"{by_hand:.1f} mm")
    beside = (end[0] + 15, end[1])  # a finger takes hold of a handle without hitting its middle
    stroke(beside, (beside[0] + 5, beside[1]), (beside[0] - 60, beside[1]))
    by_hand -= 60 / glass.zoom * CT_PIXEL_MM
    expect(page.locator(NUMBERS)).to_contain_text(f"{by_hand:.1f} mm")
    expect(page.locator(NUMBERS)).to_have_count(1)
    page.locator("viewbox-stack .measured .head").click()
    page.get_by_role("button", name="Remove the measurement").click()
    expect(page.locator(NUMBERS)).to_have_count(0)


def record_readouts(window: Window) -> None:
    """Write down, in the page, every text that the readout has from now on."""
    window.page.evaluate(
        """() => {
            const inside = (element, name) => element.shadowRoot.querySelector(name);
            const stack = ['viewbox-pane', 'viewbox-stack'].reduce(inside, document.querySelector('viewbox-study'));
            window.said = [];
            const note = () => window.said.push(stack.shadowRoot.querySelector('.readout')?.innerText ?? '');
            new MutationObserver(note).observe(stack.shadowRoot, { subtree: true, childList: true, characterData: true });
        }"""
    )


def test_S06_a_slide_is_measured_in_micrometres_of_level_0(desk: Window):
    desk.open_study("Colon biopsy")
    desk.await_picture()
    desk.page.keyboard.press("l")
    desk.page.wait_for_selector("viewbox-slide svg.measures", state="attached")
    x, y = (round(at) for at in desk.middle())
    drag(desk, (x - 120, y - 40), (x + 90, y + 60))
    span, box = desk.pane()["sharedView"]["span"], desk.glass().bounding_box()
    assert box is not None
    by_hand = math.hypot(210 * span[0] / box["width"], 100 * span[1] / box["height"]) * SLIDE_UM
    numbers = desk.page.locator("viewbox-slide svg.measures text")
    expect(numbers).to_contain_text(f"{by_hand:.1f} µm")
    expect(numbers).to_contain_text("µm per pixel")
    desk.page.keyboard.press("Delete")
    expect(numbers).to_have_count(0)
