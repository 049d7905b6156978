"""What the page says when asked in Chromium: the details of a picture beside its corner texts (S05), and why a key does nothing."""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FloatRect, Locator, expect

if TYPE_CHECKING:
    from tests.browser.conftest import Window


def _box(locator: Locator) -> FloatRect:
    box = locator.first.bounding_box()
    assert box is not None
    return box


@pytest.mark.parametrize("study", ["CT chest with contrast", "Colon biopsy"])
@pytest.mark.parametrize("window_name", ["desk", "phone"])
def test_S05_details_leave_what_says_image_and_window_uncovered(request: pytest.FixtureRequest, window_name: str, study: str):
    window: Window = request.getfixturevalue(window_name)
    window.open_study(study)
    window.await_picture()
    window.page.keyboard.press("q")
    details = window.page.locator(".details")
    expect(details).to_contain_text("of instance 2.25.")
    panel = _box(details)
    for corner in ("bottom-left", "bottom-right"):
        assert panel["y"] + panel["height"] <= _box(window.page.locator(f".corner.{corner}"))["y"]
    ground = details.evaluate("panel => getComputedStyle(panel).backgroundColor")
    assert ground.startswith("rgb("), "something shines through"
    if study == "Colon biopsy":
        expect(details).to_contain_text("tiles carry no proof")
        expect(details).to_contain_text("Tile 256 × 256 of level ")
