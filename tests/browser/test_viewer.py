"""The viewer in Chromium: what it says is what it shows (S01, S02, S05, S06, S08, S11), by mouse, key and touch."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Window

pytestmark = pytest.mark.browser


def test_S01_texts_come_from_the_picture_on_screen(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    x, y = desk.middle()
    desk.page.mouse.move(x, y)
    for notches in (1, 1, 1, -1, 1, 1):
        desk.page.mouse.wheel(0, 120 * notches)
    desk.page.mouse.down()
    desk.page.mouse.move(x + 70, y - 35, steps=12)
    desk.page.mouse.up()
    desk.await_header("fidelity", "lossless")
    header = desk.pane()["header"]
    assert header["index"] == 24 // 2 + 4
    assert (header["windowCenter"], header["windowWidth"]) == (5, 470)
    assert f"Im {header['index'] + 1}/24" in desk.corner("bottom-left")[0]
    assert desk.corner("bottom-right")[0] == "W 470 L 5 HU"
    assert desk.corner("top-left") == ["Demo, Ada", "DEMO-0001", "66 y female"]
    assert desk.pane()["picturesRefused"] == 0


def test_S02_letters_follow_and_every_change_is_named(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    letters = desk.page.locator("viewbox-stack .edge")
    expect(letters).to_have_text(["R", "L", "A", "P"])  # left, right, top, bottom
    expect(desk.page.locator(".changes")).to_have_count(0)
    desk.page.keyboard.press("Shift+R")
    expect(letters).to_have_text(["P", "A", "R", "L"])
    desk.page.keyboard.press("h")
    expect(letters).to_have_text(["A", "P", "R", "L"])
    desk.page.keyboard.press("i")
    expect(desk.page.locator(".changes")).to_have_text("flipped left–right · rotated 90° left · inverted")
    for _ in range(2):  # letters and changes stay in every overlay mode
        desk.page.keyboard.press("o")
    expect(desk.page.locator(".corner")).to_have_count(0)
    expect(letters).to_have_text(["A", "P", "R", "L"])
    desk.page.keyboard.press("0")
    expect(letters).to_have_text(["R", "L", "A", "P"])


def test_S04_a_prior_beside_it_is_tagged_with_its_interval(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    desk.page.keyboard.press("d")
    expect(desk.page.locator("viewbox-pane .tag")).to_have_text(["CURRENT", re.compile(r"PRIOR · 1 y.* earlier")])
    desk.page.wait_for_function("() => window.viewbox.panes[1]?.picturesShown > 0")
    assert desk.pane(0)["header"]["instanceDigest"] != desk.pane(1)["header"]["instanceDigest"]


def test_S05_preview_while_it_moves_lossless_at_rest(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    trust = desk.page.locator(".trust")
    expect(trust).to_have_text("lossless")
    said: list[str] = desk.page.evaluate(
        """async () => {
            const inside = (element, name) => element.shadowRoot.querySelector(name);
            const stack = ['viewbox-pane', 'viewbox-stack'].reduce(inside, document.querySelector('viewbox-study'));
            const words = () => inside(stack, '.trust').innerText.trim();
            const said = [words()];
            stack.perform({ kind: 'preset', number: 2 });
            for (const start = performance.now(); performance.now() - start < 5000; ) {
                await new Promise(requestAnimationFrame);
                if (words() !== said.at(-1)) said.push(words());
                if (said.length > 2) break;
            }
            return said;
        }"""
    )
    assert [re.sub(r"q\d\d$", "q", words) for words in said] == ["lossless", "preview – JPEG q", "lossless"]
    assert desk.pane()["header"]["windowWidth"] == 1500
    desk.page.keyboard.press("q")
    expect(desk.page.locator(".details")).to_contain_text(desk.pane()["header"]["levelsDigest"][:16])
    expect(desk.page.get_by_text("not for primary diagnosis")).to_be_visible()


def test_S06_a_scale_only_where_it_is_known(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    expect(desk.page.locator("svg.scale text")).to_have_text(re.compile(r"^\d+ (cm|mm)$"))
    desk.open_study("Transthoracic echocardiogram")
    desk.await_picture()
    expect(desk.page.locator("svg.scale text")).to_have_text(re.compile(r"^\d+ (cm|mm)$"))
    desk.open_study("Skin lesion")
    desk.await_picture()
    expect(desk.page.locator("svg.scale")).to_have_count(0)


def test_S08_the_loop_keeps_its_clock_and_counts_what_it_drops(desk: Window):
    desk.open_study("Transthoracic echocardiogram")
    desk.page.wait_for_function("() => window.viewbox.panes[0]?.cineFramesShown > 3")
    expect(desk.page.locator(".rate")).to_have_text("33.33 ms from Frame Time (0018,1063)")
    due, elapsed_ms = desk.page.evaluate(
        """async () => {
            const count = () => window.viewbox.panes[0].cineFramesShown + window.viewbox.panes[0].framesDropped;
            const nextFrame = async () => { const now = count(); while (count() === now) await new Promise(requestAnimationFrame); };
            await nextFrame();
            const [from, began] = [count(), performance.now()];
            while (performance.now() - began < 3000) await new Promise(requestAnimationFrame);
            await nextFrame();
            return [count() - from, performance.now() - began];
        }"""
    )
    assert due == pytest.approx(elapsed_ms / (1000 / 30), abs=2.5)
    desk.page.keyboard.press("Space")
    desk.await_header("kind", "picture")
    assert desk.pane()["isPlaying"] is False
    index = desk.pane()["header"]["index"]
    desk.page.keyboard.press("ArrowRight")
    desk.await_header("index", min(index + 1, 59))
    assert f"Frame {min(index + 1, 59) + 1}/60" in desk.corner("bottom-left")[0]


def test_S08_reduced_motion_starts_paused(desk: Window):
    desk.page.emulate_media(reduced_motion="reduce")
    desk.open_study("Transthoracic echocardiogram")
    desk.await_picture()
    expect(desk.page.get_by_label("Play").first).to_be_visible()
    assert desk.pane()["isPlaying"] is False
    desk.page.keyboard.press("Space")
    desk.page.wait_for_function("() => window.viewbox.panes[0].cineFramesShown > 10")


def test_S11_a_slide_says_loading_complete_and_beyond_native(desk: Window):
    desk.open_study("Colon biopsy")
    desk.await_picture()
    completeness = desk.page.locator(".complete")
    expect(completeness).to_have_text(re.compile(r"^complete at [\d.]+×$"))
    desk.page.get_by_role("button", name="40×", exact=True).click()
    expect(completeness).to_have_text(re.compile(r"^complete at (40|39\.\d|40\.\d)×$"))
    expect(desk.page.locator("svg.scale text")).to_have_text(re.compile(r"µm$"))
    desk.page.keyboard.press("+")
    desk.page.keyboard.press("+")
    expect(completeness).to_have_text(re.compile(r"^beyond native, 1\d\d %$"))
    assert desk.pane()["header"]["level"] == 0
    assert desk.pane()["picturesRefused"] == 0


def test_what_cannot_be_drawn_is_named_and_can_be_had(desk: Window):
    desk.open_study("12-lead ECG at rest")
    expect(desk.page.locator(".object h2")).to_have_text("12-lead ECG")
    expect(desk.page.locator(".object")).to_contain_text("can't draw ECGs yet")
    with desk.page.expect_download() as download:
        desk.page.get_by_role("link", name="Download DICOM file").click()
    assert download.value.path().read_bytes()[128:132] == b"DICM"


def test_a_lost_line_comes_back_with_the_same_view(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    for key in ("2", "ArrowDown", "ArrowDown"):
        desk.page.keyboard.press(key)
    desk.await_header("index", 14)
    desk.await_header("fidelity", "lossless")
    epoch = desk.pane()["header"]["epoch"]
    desk.server.stop()
    expect(desk.page.locator(".state.partial")).to_contain_text("Connection lost")
    assert desk.pane()["header"]["index"] == 14
    desk.server.start()
    desk.page.wait_for_function("epoch => window.viewbox.panes[0].header.epoch > epoch", arg=epoch, timeout=40_000)
    after = desk.pane()["header"]
    assert (after["index"], after["windowCenter"], after["windowWidth"]) == (14, -600, 1500)
    expect(desk.page.locator(".state")).to_have_count(0)
    desk.problems.clear()  # a server that is away is a failed request


def test_signing_out_elsewhere_leaves_nothing_on_the_screen(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    other = desk.page.context.new_page()
    other.goto(f"{desk.server.url}/")
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/sign-in")
    desk.page.wait_for_url("**/sign-in?next=*")
    expect(desk.page.get_by_text("Demo, Ada")).to_have_count(0)


def test_the_list_searches_narrows_and_goes_by_keys(desk: Window):
    rows = desk.page.locator(".row a")
    expect(rows.first).to_be_visible()
    desk.page.keyboard.type("ada")
    expect(desk.page.locator(".row")).to_have_count(5)
    desk.page.get_by_label("Slides").check(force=True)
    expect(desk.page.locator(".row .description")).to_have_text(["Colon biopsy, immunohistochemistry"])
    desk.page.locator("#search").fill("nobody at all")
    expect(desk.page.get_by_role("heading", name="Nothing found")).to_be_visible()
    desk.page.get_by_role("button", name="Show all studies").click()
    expect(rows.nth(5)).to_be_visible()
    desk.page.keyboard.press("/")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        desk.page.keyboard.press(key)
    desk.page.wait_for_url("**/study/*")


def test_a_phone_has_five_tools_and_a_drawer(phone: Window):
    phone.open_study("CT chest with contrast")
    phone.await_picture()
    bar = phone.page.locator("viewbox-toolbar .phone button")
    expect(bar).to_have_count(5)
    for index in range(5):
        box = bar.nth(index).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    bar.nth(0).tap()
    phone.page.locator("viewbox-tray .item", has_text="LOCALIZER").first.tap()
    phone.await_header("index", 0)
    expect(phone.page.locator("viewbox-tray")).to_have_count(0)
    assert phone.page.evaluate("() => document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("study", ["CT chest with contrast", "Transthoracic echocardiogram", "Colon biopsy", "12-lead ECG at rest"])
def test_axe_finds_nothing_serious_in_the_viewer(desk: Window, study: str):
    desk.open_study(study)
    expect(desk.page.locator("viewbox-pane .trust, viewbox-pane .object").first).to_be_visible()
    assert desk.serious_axe_findings() == []
    desk.page.keyboard.press("q")
    desk.page.keyboard.press("?")
    assert desk.serious_axe_findings() == []


def test_axe_finds_nothing_serious_on_the_other_pages(phone: Window, desk: Window):
    for window in (phone, desk):
        expect(window.page.locator(".row a").first).to_be_visible()
        assert window.serious_axe_findings() == []
        window.page.context.clear_cookies()
        window.page.goto(f"{window.server.url}/sign-in")
        assert window.serious_axe_findings() == []


def test_page_open_to_first_picture_takes_less_than_a_second(desk: Window):
    desk.open_study("CT chest with contrast")
    desk.await_picture()
    desk.page.reload()
    desk.await_picture()
    took_ms = desk.page.evaluate("() => performance.now()")
    assert took_ms < 3000  # on a busy machine; `make bench` measures it on a quiet one
