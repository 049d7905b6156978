"""Presentation states, switches and key images in Chromium: shown as they say, named from the picture (S01, S02, S05, S09)."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.browser.conftest import Window, open_window
from tests.browser.meeting import end_all
from tests.browser.presented_study import CIRCLE, write_study
from tests.server import ViewboxServer
from tests.small_objects import uid

pytestmark = pytest.mark.browser

WORDS = "viewbox-stack .looks span"
CIRCLE_ON_SCREEN = "viewbox-stack svg.graphics path:not(.shade)"


@pytest.fixture(scope="module")
def presented(viewbox: ViewboxServer, tmp_path_factory: pytest.TempPathFactory) -> ViewboxServer:
    """The server of the demo archive, with the study of presented_study besides."""
    folder: Path = tmp_path_factory.mktemp("presented")
    write_study(folder)
    viewbox.manage("import_folder", str(folder), "--department", "radiology")
    return viewbox


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, presented: ViewboxServer) -> StorageState:
    """Cookies of the demo clinician."""
    context = chromium.new_context()
    open_window(context, presented).sign_in()
    cookies = context.storage_state()
    context.close()
    return cookies


@pytest.fixture
def study(chromium: Browser, presented: ViewboxServer, signed_in: StorageState) -> Iterator[Window]:
    """A desk with that study, its middle image on screen."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, device_scale_factor=1, storage_state=signed_in)
    yield from _window(context, presented)


@pytest.fixture
def small_study(chromium: Browser, presented: ViewboxServer, signed_in: StorageState) -> Iterator[Window]:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=1, has_touch=True, is_mobile=True, storage_state=signed_in
    )
    yield from _window(context, presented)


def _window(context: BrowserContext, server: ViewboxServer) -> Iterator[Window]:
    window = open_window(context, server)
    window.page.goto(f"{server.url}/study/{uid('study', 'presented')}")
    window.page.wait_for_function("() => window.viewbox?.panes[0]?.header?.index === 1")
    window.await_header("fidelity", "lossless")
    yield window
    context.close()
    assert window.problems == []


def choose(page: Page, role: str, name: str, *, force: bool = False) -> None:
    """Open the menu unless it is, and use one of its rows. force: also one that can't be used."""
    row = page.locator("viewbox-looks").get_by_role(role, name=re.compile(name))  # type: ignore[arg-type]
    if row.count() == 0:
        page.locator("viewbox-toolbar .presets > button").nth(1).click()
    row.click(force=force)


def grey(page: Page, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Return the levels of a part of the glass as it is drawn; box: left, top, width, height."""
    levels = page.evaluate(
        """(box) => {
            const inside = (element, name) => element.shadowRoot.querySelector(name);
            const canvas = ['viewbox-pane', 'viewbox-stack', 'canvas'].reduce(inside, document.querySelector('viewbox-study'));
            const { data } = canvas.getContext('2d').getImageData(...box);
            return Array.from({ length: data.length / 4 }, (_, at) => data[4 * at]);
        }""",
        list(box),
    )
    return np.array(levels, np.uint8).reshape(box[3], box[2])


def test_S02_a_state_is_shown_as_it_says(study: Window):
    page = study.page
    choose(page, "radio", "^BONE")
    study.await_header("presented", True)
    study.await_header("fidelity", "lossless")
    header = study.pane()["header"]
    assert (header["index"], header["windowCenter"], header["windowWidth"]) == (1, -300, 500)
    expect(page.locator(WORDS)).to_have_text(["Presentation: BONE"])
    expect(page.locator("viewbox-stack .changes")).to_have_text("rotated 90° right")
    expect(page.locator("viewbox-stack .edge")).to_have_text(["P", "A", "R", "L"])  # left, right, top, bottom
    assert page.locator("viewbox-toolbar .title").inner_text() == "BONE"
    # Turned by 90°, the part (columns 65 to 128, rows 33 to 128) is 96 wide and 64 high, and as large as fits the glass.
    box = study.glass().bounding_box()
    assert box is not None
    scale = min(box["width"] / 96, box["height"] / 64)
    middle = (round(box["width"] / 2), round(box["height"] / 2))
    levels = grey(page, (middle[0], 0, 1, int(box["height"])))[:, 0]
    for column in (70, 96, 120):  # a row of the glass is a column of the image; its HU by PS3.3 C.11.2.1.2
        value = column * 8 + 2 - 1024
        expected = np.clip(((value - (-300 - 0.5)) / (500 - 1) + 0.5) * 255, 0, 255)
        y = middle[1] + (column + 0.5 - 96) * scale
        assert abs(float(levels[int(y)]) - expected) <= 3, column
    # The circle lies where its pixels are: its middle is that of the part, its radius that of 16 pixels.
    circle = page.locator(CIRCLE_ON_SCREEN).first.bounding_box()
    assert circle is not None
    radius = (CIRCLE[1][0] - CIRCLE[0][0]) * scale
    assert circle["width"] == pytest.approx(2 * radius, abs=3)
    assert circle["height"] == pytest.approx(2 * radius, abs=3)
    assert circle["x"] + circle["width"] / 2 == pytest.approx(box["x"] + box["width"] / 2, abs=2)
    assert circle["y"] + circle["height"] / 2 == pytest.approx(box["y"] + box["height"] / 2, abs=2)
    expect(page.locator("viewbox-stack svg.graphics tspan")).to_have_text(["Fracture", "3 mm"])
    # In half the room the part still fits: 96 across are as wide as the glass.
    page.keyboard.press("d")
    half = study.glass().bounding_box()
    assert half is not None
    assert half["width"] < box["width"] * 0.6
    page.wait_for_function(
        """(wanted) => {
            const shown = window.viewbox.panes[0].sharedView;
            return Math.abs(shown.zoom * wanted.fit - wanted.scale) < 0.01;
        }""",
        arg={"fit": min(half["width"] / 128, half["height"] / 256), "scale": min(half["width"] / 96, half["height"] / 64)},
    )


def test_S01_a_state_is_named_only_over_what_it_is_about(study: Window):
    page = study.page
    page.keyboard.press("Home")
    page.wait_for_function("() => window.viewbox.panes[0].header.index === 0")
    choose(page, "radio", "^BONE")  # it is shown where it begins
    page.wait_for_function("() => window.viewbox.panes[0].header.index === 1 && window.viewbox.panes[0].header.presented")
    page.keyboard.press("Home")
    page.wait_for_function("() => window.viewbox.panes[0].header.index === 0")
    expect(page.locator(WORDS)).to_contain_text(["Presentation BONE is not about this image: as stored"])
    expect(page.locator("viewbox-stack svg.graphics")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.locator(WORDS)).to_have_text(["Presentation: BONE"])
    page.keyboard.press("0")
    study.await_header("presented", False)
    expect(page.locator("viewbox-stack .looks")).to_have_count(0)
    expect(page.locator("viewbox-stack .edge")).to_have_text(["R", "L", "A", "P"])


def test_a_state_that_is_not_applied_says_why_and_does_nothing(study: Window):
    shown = study.pane()["picturesShown"]
    choose(study.page, "radio", "^BLENDED", force=True)
    row = study.page.locator("viewbox-looks").get_by_role("radio", name=re.compile("^BLENDED"))
    expect(row).to_have_attribute("aria-disabled", "true")
    expect(row).to_contain_text("Viewbox doesn't apply states of this kind yet: advanced blending")
    assert (study.pane()["picturesShown"], study.pane()["header"]["presented"]) == (shown, False)


def test_S09_what_is_switched_off_goes_and_is_named(study: Window):
    page = study.page
    header = study.pane()["header"]
    assert (header["overlaysDrawn"], header["shutterApplied"]) == (True, True)
    choose(page, "checkbox", "^Overlays · CAD")
    choose(page, "checkbox", "^Shutter")
    page.wait_for_function("() => { const { header } = window.viewbox.panes[0]; return !header.overlaysDrawn && !header.shutterApplied }")
    expect(page.locator(WORDS)).to_have_text(["Overlays off", "Shutter off"])
    choose(page, "radio", "^Halves")
    study.await_header("windowCenter", None)
    study.await_header("fidelity", "lossless")
    expect(page.locator(WORDS)).to_have_text(["Overlays off", "Shutter off", "Halves"])
    box = study.glass().bounding_box()
    assert box is not None
    levels = grey(page, (0, int(box["height"] / 2), int(box["width"]), 1))[0]
    lit = np.flatnonzero(levels == 255)
    assert lit[0] == pytest.approx(len(levels) * 3 / 4, abs=8), "512 HU is column 192 of 256"
    assert (set(levels[: lit[0] - 12].tolist()), set(levels[lit[0] + 12 :].tolist())) == ({0}, {255})
    assert study.serious_axe_findings() == []
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    study.await_header("shutterApplied", True)
    expect(page.locator("viewbox-stack .looks")).to_have_count(0)


def test_key_images_are_gone_to_by_key_and_from_the_menu(study: Window):
    page = study.page
    page.keyboard.press("n")
    study.await_header("index", 0)  # the third instance is the first of the stack
    expect(page.locator(WORDS)).to_have_text(["Key image · Of Interest: the fracture"])
    page.keyboard.press("End")
    study.await_header("index", 2)
    expect(page.locator(WORDS)).to_have_count(0)
    choose(page, "button", "^Of Interest")
    study.await_header("index", 0)


def test_S01_who_follows_is_shown_the_same_state(study: Window, chromium: Browser):
    page = study.page
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Start shared view").click()
    page.wait_for_function("() => window.viewbox.shared.role === 'presenter'")
    context = chromium.new_context(viewport={"width": 1100, "height": 700}, device_scale_factor=1)
    follower = open_window(context, study.server)
    follower.sign_in("radiologist")
    follower.page.goto(study.server.url + str(page.evaluate("() => location.pathname")))
    follower.page.wait_for_function("() => window.viewbox.shared.role === 'follower'")
    choose(page, "radio", "^BONE")
    follower.await_header("presented", True)
    study.await_header("presented", True)
    follower.await_header("fidelity", "lossless")
    expect(follower.page.locator(WORDS)).to_have_text(["Presentation: BONE"])
    expect(follower.page.locator("viewbox-stack .changes")).to_have_text("rotated 90° right")
    assert follower.pane()["header"]["viewHash"] == study.pane()["header"]["viewHash"]
    page.keyboard.press("0")
    follower.await_header("presented", False)
    expect(follower.page.locator("viewbox-stack .looks")).to_have_count(0)
    end_all(page)
    context.close()
    assert follower.problems == []


def test_a_phone_has_the_same_menu(small_study: Window):
    page = small_study.page
    page.get_by_role("button", name="Looks").tap()
    page.locator("viewbox-looks").get_by_role("radio", name=re.compile("^BONE")).tap()
    small_study.await_header("presented", True)
    expect(page.locator("viewbox-looks")).to_have_count(0)
    expect(page.locator(WORDS)).to_have_text(["Presentation: BONE"])
