"""What the page says when asked in Chromium: the details of a picture beside its corner texts (S05), and why a key does nothing."""

from playwright.sync_api import FloatRect, Locator, expect

from tests.browser.conftest import Window


def _box(locator: Locator) -> FloatRect:
    box = locator.first.bounding_box()
    assert box is not None
    return box


def _details_stand_clear(window: Window, study: str) -> Locator:
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
    return details


def test_S05_details_leave_what_says_image_and_window_uncovered(phone: Window):
    _details_stand_clear(phone, "CT chest with contrast")


def test_S05_details_of_a_slide_say_that_they_are_of_a_tile_and_the_tray_tells_its_images_apart(desk: Window):
    details = _details_stand_clear(desk, "Colon biopsy")
    expect(details).to_contain_text("tiles carry no proof")
    expect(details).to_contain_text("Tile 256 × 256 of level ")
    parts = desk.page.locator("viewbox-tray .part")
    expect(parts).to_have_text(["overview", "label"])
    assert parts.evaluate_all("parts => parts.every(part => part.scrollWidth <= part.clientWidth)")


def test_S04_the_name_of_the_series_stays_beside_the_link_and_a_key_that_can_do_nothing_says_why(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    answer = desk.page.locator("viewbox-study .answer")
    desk.page.keyboard.press("y")
    expect(answer).to_have_text("Not in step: There is no clip")
    expect(answer).to_be_visible()
    desk.page.keyboard.press("k")
    expect(answer).to_have_text("Not linked: There is one pane only")
    desk.page.keyboard.press("i")
    expect(answer).to_have_text("")
    desk.page.keyboard.press("d")
    chip = desk.page.locator("viewbox-link-chip button").first
    name = desk.page.locator("viewbox-pane header strong").first
    for width_px, words in ((1920, "linked by offset"), (1280, "by offset")):
        desk.page.set_viewport_size({"width": width_px, "height": 800})
        expect(chip).to_have_text("linked by offset")  # all of it
        expect(chip).to_have_text(words, use_inner_text=True)  # what is seen
        assert name.evaluate("name => name.scrollWidth <= name.clientWidth")
