"""Viewports that follow another's, in Chromium: the same picture on a screen of another size, no echo, and a pointer in its place.

What travels here is the views and pointers themselves, from one window to the other; the line between them has its own tests.
"""

from statistics import mode
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Window

pytestmark = pytest.mark.browser

CT, ECHO, SLIDE = "CT chest with contrast", "Transthoracic echocardiogram", "Colon biopsy"
PANE = "document.querySelector('viewbox-study').shadowRoot.querySelectorAll('viewbox-pane')[0]"
LISTEN = f"""() => {{
    window.told = [];
    {PANE}.addEventListener('view-moved', event => told.push([event.cause, event.view]));
    {PANE}.addEventListener('pointer-moved', event => told.push(['pointer', event.pointer]));
}}"""


def open_both(desk: Window, phone: Window, description: str) -> None:
    for window in (desk, phone):
        window.open_study(description)
        window.await_picture()
        window.page.evaluate(LISTEN)


def view_of(window: Window) -> dict[str, Any]:
    view: dict[str, Any] = window.pane()["sharedView"]
    return view


def follow(window: Window, view: dict[str, Any], *, is_moving: bool = False) -> None:
    window.page.evaluate(f"([view, isMoving]) => {PANE}.follow(view, isMoving)", [view, is_moving])


def told(page: Page, what: str) -> list[Any]:
    """Return what the pane said of one kind since the last time."""
    found: list[Any] = page.evaluate(
        """what => { const of = told.filter(one => one[0] === what); told = told.filter(one => one[0] !== what); return of }""", what
    )
    return [one for _, one in found]


def await_rest(window: Window) -> dict[str, Any]:
    """Wait for the whole truth, and return its header."""
    window.page.wait_for_function(
        """() => { const { header, sharedView } = window.viewbox.panes[0];
        return header?.fidelity === 'lossless' && !header.reduced && header.instanceDigest === sharedView.instance }"""
    )
    header: dict[str, Any] = window.pane()["header"]
    return header


def test_S01_a_phone_shows_the_frame_and_the_part_of_it_that_a_desk_shows(desk: Window, phone: Window):
    open_both(desk, phone, CT)
    x, y = desk.middle()
    desk.page.mouse.move(x + 100, y - 60)
    for _ in range(3):
        desk.page.mouse.wheel(0, 120)
    desk.page.keyboard.press("2")  # lung window
    desk.page.keyboard.press("Shift+R")
    desk.page.keyboard.press("h")
    desk.page.keyboard.down("Control")
    desk.page.mouse.wheel(0, -240)
    desk.page.keyboard.up("Control")
    view = told(desk.page, "hand")[-1]
    assert view == view_of(desk)
    assert (view["index"], view["window"], view["orientation"]) == (15, [-600, 1500], [0, 1, 1, 0])
    follow(phone, view, is_moving=True)
    assert await_rest(phone)["viewHash"] == await_rest(desk)["viewHash"]
    there = view_of(phone)
    assert there["center"] == pytest.approx(view["center"], abs=0.001)
    assert there | {"center": None} == view | {"center": None}
    assert phone.pane()["isFollowing"] is True
    assert told(phone.page, "hand") + told(phone.page, "itself") == []  # what follows doesn't speak
    phone.page.touchscreen.tap(*phone.middle())
    phone.page.locator(".strip input[type=range]").fill("3")
    assert told(phone.page, "hand")[-1]["index"] == 2
    assert phone.pane()["isFollowing"] is False


def test_S01_a_frame_that_is_not_there_leaves_the_glass_blank(desk: Window):
    desk.open_study(CT)
    desk.await_picture()
    view = view_of(desk)
    follow(desk, view | {"instance": "ee" * 16})
    expect(desk.page.locator(".state")).to_have_text("This image isn't in the series as you have it")
    assert desk.pane()["header"] is None
    follow(desk, view)
    await_rest(desk)
    expect(desk.page.locator(".state")).to_have_count(0)


def test_S08_two_windows_play_a_loop_in_phase(desk: Window, phone: Window):
    open_both(desk, phone, ECHO)
    desk.page.wait_for_function("() => window.viewbox.panes[0].sharedView.cine.at > 0")
    view = view_of(desk)
    assert view["cine"]["playing"] is True
    follow(phone, view)
    phone.page.wait_for_function("() => window.viewbox.panes[0].isFollowing && window.viewbox.panes[0].condition === 'ready'")
    record = """() => { window.frames_seen = []; const see = () => {
        frames_seen.push([Date.now(), window.viewbox.panes[0].header.index]);
        if (frames_seen.length < 240) requestAnimationFrame(see); }; see() }"""
    for window in (desk, phone):
        window.page.evaluate(record)
    seen = []
    for window in (desk, phone):
        window.page.bring_to_front()
        window.page.wait_for_function("() => frames_seen.length >= 120")
        seen.append(window.page.evaluate("() => frames_seen"))
    # Of the loop, not of what was seen: a busy machine skips frames, the last ones too.
    frame_ms, frames = 1000 / 30, int(desk.page.locator("viewbox-pane input[type=range]").first.get_attribute("max") or 0)
    assert frames == 60
    # It draws late now and then: what most frames of a window say is its phase.
    phases = [mode(int(at / frame_ms - index) % frames for at, index in of_window) for of_window in seen]
    apart = (phases[0] - phases[1]) % frames
    assert min(apart, frames - apart) <= 1
    desk.page.bring_to_front()
    desk.page.keyboard.press("Space")
    view = told(desk.page, "hand")[-1]
    assert view["cine"]["playing"] is False
    phone.page.bring_to_front()
    follow(phone, view, is_moving=True)
    phone.page.wait_for_function("index => window.viewbox.panes[0].header.index === index", arg=view["index"])
    assert phone.pane()["isPlaying"] is False
    assert told(phone.page, "hand") == []


def test_a_slide_is_followed_without_an_echo(desk: Window, phone: Window):
    open_both(desk, phone, SLIDE)
    x, y = desk.middle()
    desk.page.mouse.move(x + 80, y + 40)
    desk.page.mouse.wheel(0, -360)
    desk.page.keyboard.press("h")
    desk.page.keyboard.press("Shift+R")
    desk.page.wait_for_function("() => window.viewbox.panes[0].sharedView.rotation === 270")
    desk.page.mouse.down()
    desk.page.mouse.move(x - 60, y - 30, steps=5)
    desk.page.mouse.up()
    await_still(desk)
    view, now = desk.page.evaluate("() => [told.filter(one => one[0] === 'hand').at(-1)[1], window.viewbox.panes[0].sharedView]")
    assert view == now
    told(phone.page, "itself")  # of its own opening
    follow(phone, view)
    phone.page.wait_for_function("() => window.viewbox.panes[0].sharedView.flipped")
    await_still(phone)
    there = view_of(phone)
    assert there["center"] == pytest.approx(view["center"], abs=0.5)
    assert (there["rotation"], there["flipped"]) == (270, True)
    larger = [here / theirs for here, theirs in zip(there["span"], view["span"], strict=True)]
    assert min(larger) == pytest.approx(1, abs=0.001)  # all of it is seen, and no more than the other shape of screen adds
    assert told(phone.page, "hand") + told(phone.page, "itself") == []
    phone.page.locator(".steps button", has_text="2.5").click()
    phone.page.wait_for_function("() => told.some(one => one[0] === 'hand')")
    assert phone.pane()["isFollowing"] is False


def test_a_pointer_stands_at_the_same_place_under_its_name(desk: Window, phone: Window):
    for description in (CT, SLIDE):
        open_both(desk, phone, description)
        if description == SLIDE:
            for window in (desk, phone):
                window.page.keyboard.press("h")
                window.page.wait_for_function("() => window.viewbox.panes[0].sharedView.flipped")
        x, y = desk.middle()
        desk.page.mouse.move(x + 70, y - 50)
        desk.page.wait_for_function("() => told.some(one => one[0] === 'pointer' && one[1])")
        pointer = told(desk.page, "pointer")[-1]
        show = f"pointer => {PANE}.showPointer(pointer, 'Weber, Jonas')"
        desk.page.evaluate(show, pointer)
        box = desk.glass().bounding_box()
        assert box is not None
        place = desk.pane()["pointer"]
        assert (place["x"] + box["x"], place["y"] + box["y"]) == pytest.approx((x + 70, y - 50), abs=0.6)
        phone.page.evaluate(show, pointer)
        marker = phone.page.locator(".pointer span")
        expect(marker).to_be_visible()
        expect(marker).to_have_text("Weber, Jonas")
        phone.page.evaluate(show, pointer | {"instance": "ee" * 16, "mm": None})
        expect(marker).to_be_hidden()
        desk.page.mouse.move(2, 2)
        desk.page.wait_for_function("() => told.some(one => one[0] === 'pointer' && !one[1])")


def test_a_pointer_is_told_thirty_times_a_second_at_most_and_never_of_a_finger(desk: Window, phone: Window):
    open_both(desk, phone, CT)
    x, y = desk.middle()
    took_ms, count = desk.page.evaluate(
        f"""async ([x, y]) => {{
            const glass = {PANE}.shadowRoot.querySelector('viewbox-stack').shadowRoot.querySelector('.glass');
            told.length = 0;
            const began = performance.now();
            for (let move = 0; performance.now() - began < 1000; move++) {{
                glass.dispatchEvent(new PointerEvent('pointermove', {{ clientX: x + move % 50, clientY: y, pointerType: 'mouse' }}));
                await new Promise(resolve => setTimeout(resolve, 4));
            }}
            return [performance.now() - began, told.filter(one => one[0] === 'pointer').length];
        }}""",
        [x, y],
    )
    assert 5 < count <= took_ms / (1000 / 30) + 1
    phone.page.touchscreen.tap(*phone.middle())
    assert told(phone.page, "pointer") == []


def test_S17_nothing_stays_on_a_glass_that_was_blanked(desk: Window):
    desk.open_study(CT)
    desk.await_picture()
    glass, words = desk.page.evaluate(
        f"""() => {{ {PANE}.blank(); const root = {PANE}.shadowRoot;
        return [root.querySelector('viewbox-stack, viewbox-slide'), root.textContent.trim()] }}"""
    )
    assert (glass, words) == (None, "Changing patient")


def await_still(window: Window) -> None:
    """Wait until a slide has glided to its place: the same view for longer than it glides, and in many animation frames."""
    window.page.wait_for_function(
        """async () => { const view = () => JSON.stringify(window.viewbox.panes[0].sharedView);
        const [first, began] = [view(), performance.now()];
        for (let frame = 0; (frame < 10 || performance.now() - began < 400) && view() === first; frame++) {
            await new Promise(requestAnimationFrame);
        }
        return view() === first }"""
    )
