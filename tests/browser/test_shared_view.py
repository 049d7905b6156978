"""Three people in one shared view (S17): the presenter at a desk, a follower on a phone, a colleague who may not see the study.

The phone and the colleague reach the server through lines of their own (tests/browser/line.py), which can be cut and remember
every byte that came down them.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DEMO_PASSWORD, Window, open_window
from tests.browser.line import line_to
from tests.browser.meeting import CT, Meeting, end_all, in_step, same_view, shared, strip, unfold
from tests.server import ViewboxServer

pytestmark = pytest.mark.browser

PATIENT = "Demo, Ada"
STRANGER = "stranger"  # a clinician of ophthalmology
OF_THE_PATIENT = (b"Demo^Ada", b"Demo, Ada", b"DEMO-0001", b"CHEST 4 mm", CT.encode())

# Every frame that the page shows: the name in the banner, and the name in the corner of the picture (null without one).
WATCH_NAMES = """() => {
    const inside = (element, names) => names.reduce((parent, name) => parent?.shadowRoot?.querySelector(name), element);
    const page = document.querySelector('viewbox-study');
    window.namesSeen = [];
    const look = () => {
        const banner = inside(page, ['viewbox-banner', 'h1'])?.innerText ?? null;
        const corner = inside(page, ['viewbox-pane', 'viewbox-stack', '.corner.top-left div'])?.innerText ?? null;
        const last = window.namesSeen.at(-1);
        if (last?.[0] !== banner || last?.[1] !== corner) window.namesSeen.push([banner, corner]);
        requestAnimationFrame(look);
    };
    look();
}"""


@pytest.fixture(scope="module")
def house(viewbox: ViewboxServer) -> ViewboxServer:
    """The running demo, with someone who may not see the patient."""
    viewbox.create_user(STRANGER, "clinician", "ophthalmology", password=DEMO_PASSWORD)
    return viewbox


@pytest.fixture
def meeting(chromium: Browser, house: ViewboxServer) -> Iterator[Meeting]:
    """Three windows, signed in; what is still open at the end is ended; fails when anything went wrong in a page."""
    with ExitStack() as stack:
        lines = [stack.enter_context(line_to(house.port)) for _ in range(2)]
        contexts = [
            chromium.new_context(viewport={"width": 1440, "height": 900}, device_scale_factor=1),
            chromium.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=1, has_touch=True, is_mobile=True),
            chromium.new_context(viewport={"width": 1100, "height": 700}, device_scale_factor=1),
        ]
        servers = [house, *(replace(house, port=line.port) for line in lines)]
        windows = [open_window(context, server) for context, server in zip(contexts, servers, strict=True)]
        for window, name in zip(windows, ("clinician", "board-member", STRANGER), strict=True):
            window.sign_in(name)
        meeting = Meeting(windows[0], windows[1], windows[2], lines[0], lines[1])
        yield meeting
        end_all(meeting.presenter.page)
        for context in contexts:
            context.close()
    assert [problem for window in windows for problem in window.problems] == []


def test_S17_a_case_is_looked_at_together(meeting: Meeting):
    presenter, follower = meeting.presenter, meeting.follower
    meeting.start()
    expect(strip(presenter)).to_have_text(re.compile("You present.*nobody else is here yet"))
    presenter.page.get_by_role("combobox", name="Invite by name").fill("board")
    presenter.page.get_by_role("option", name="board-member").click()
    presenter.page.get_by_role("button", name="Invite board-member", exact=True).click()
    expect(presenter.page.locator("viewbox-shared-people")).to_contain_text("invited, not here yet")

    follower.page.goto(f"{follower.server.url}/")
    expect(follower.page.locator("viewbox-invitations")).to_contain_text("clinician invites you to look together")
    expect(follower.page.locator("viewbox-invitations")).to_contain_text(PATIENT)
    assert follower.page.evaluate("() => document.documentElement.scrollWidth") == 390
    follower.page.get_by_role("link", name="Join").tap()
    expect(strip(follower)).to_have_text("clinician presents")
    in_step(presenter, follower)
    expect(strip(presenter)).to_contain_text("You present to 1 1 in step")
    assert shared(follower)["patient"] == PATIENT

    look_at_the_ct(presenter, follower)
    look_at_the_echo(presenter, follower)
    look_at_the_slide(presenter, follower)
    in_step(presenter, follower)

    hand_over(presenter, "board-member")
    expect(strip(follower)).to_contain_text("You present to 1")
    expect(strip(presenter)).to_have_text("board-member presents")
    follower.page.get_by_role("button", name="20×", exact=True).tap()
    in_step(follower, presenter)
    same_view(follower, presenter)


def look_at_the_ct(presenter: Window, follower: Window) -> None:
    """Scroll, window, zoom, pan, flip; then point."""
    x, y = presenter.middle()
    presenter.page.mouse.move(x, y)
    for _ in range(4):
        presenter.page.mouse.wheel(0, 120)
    presenter.page.mouse.down()
    presenter.page.mouse.move(x + 70, y - 35, steps=12)
    presenter.page.mouse.up()
    presenter.page.keyboard.press("h")
    presenter.page.mouse.down(button="right")
    presenter.page.mouse.move(x + 70, y + 15, steps=8)
    presenter.page.mouse.up(button="right")
    presenter.page.mouse.down(button="middle")
    presenter.page.mouse.move(x + 110, y + 40, steps=8)
    presenter.page.mouse.up(button="middle")
    view = same_view(presenter, follower)
    assert view["index"] == 24 // 2 + 4
    assert view["window"] == [5, 470]
    assert view["zoom"] > 1.3
    assert view["orientation"] == [-1, 0, 0, 1]
    assert view["center"] != [64, 64]
    in_step(presenter, follower)
    for window in (presenter, follower):
        window.await_header("fidelity", "lossless")
        header = window.pane()["header"]
        assert (header["index"], header["windowCenter"], header["windowWidth"]) == (view["index"], 5, 470)
    # Each at full quality for their own size, but of the same levels.
    assert presenter.pane()["header"]["instanceDigest"] == follower.pane()["header"]["instanceDigest"]
    presenter.page.mouse.move(x - 60, y - 40)
    follower.page.wait_for_function("() => window.viewbox.panes[0].pointer?.name === 'clinician'")
    presenter.page.mouse.move(5, 5)
    follower.page.wait_for_function("() => window.viewbox.panes[0].pointer === null")


def look_at_the_echo(presenter: Window, follower: Window) -> None:
    """A loop runs for both by one clock, stops on one frame, and steps."""
    unfold(presenter, "US").locator(".item").first.click()
    for window in (presenter, follower):
        window.page.wait_for_function("() => window.viewbox.panes[0]?.cineFramesShown > 10")
    assert shared(follower)["patient"] == PATIENT  # another study, the same patient: nothing was blanked
    assert [what for what, _ in shared(follower)["log"]] == ["blank", "name", "picture"]
    presenter.glass().click()
    presenter.page.keyboard.press("Space")
    follower.page.wait_for_function("() => window.viewbox.panes[0].isPlaying === false")
    presenter.page.keyboard.press("ArrowRight")
    view = same_view(presenter, follower)
    assert view["cine"]["playing"] is False
    follower.await_header("index", view["index"])
    presenter.page.keyboard.press("Space")
    follower.page.wait_for_function("() => window.viewbox.panes[0].isPlaying === true")


def look_at_the_slide(presenter: Window, follower: Window) -> None:
    """The follower's viewport contains what the presenter's shows, round the same middle."""
    unfold(presenter, "SM").locator(".item").first.click()
    for window in (presenter, follower):
        window.page.wait_for_function("() => window.viewbox.panes[0]?.kind === 'slide' && window.viewbox.panes[0].tilesShown > 0")
    presenter.page.get_by_role("button", name="10×", exact=True).click()
    x, y = presenter.middle()
    presenter.page.mouse.move(x, y)
    presenter.page.mouse.down()
    presenter.page.mouse.move(x + 90, y + 50, steps=8)
    presenter.page.mouse.up()
    in_step(presenter, follower)
    view = same_view(presenter, follower)
    seen = follower.pane()["sharedView"]
    assert seen["span"][0] >= view["span"][0] - 1
    assert seen["span"][1] >= view["span"][1] - 1


def hand_over(presenter: Window, person: str) -> None:
    presenter.page.locator("viewbox-shared-people button.row", has_text=person).click()
    presenter.page.get_by_role("button", name="Hand over").click()
    presenter.page.wait_for_function("() => window.viewbox.shared.role === 'follower'")


def test_S17_another_patient_blanks_then_names_then_hangs(meeting: Meeting):
    presenter, follower = meeting.presenter, meeting.follower
    meeting.together()
    follower.page.evaluate(WATCH_NAMES)
    presenter.page.get_by_role("button", name="Show another study to everyone").click()
    presenter.page.locator("viewbox-study-picker input").fill("bruno")
    presenter.page.locator("viewbox-study-picker .row", has_text="CT, single slices").locator(".open").click()
    expect(presenter.page.get_by_role("heading", name="You are about to show another patient to everyone")).to_be_visible()
    assert shared(follower)["patient"] == PATIENT
    presenter.page.get_by_role("button", name="Show Sample, Bruno").click()

    follower.page.wait_for_function("() => window.viewbox.shared.log.length === 6")
    in_step(presenter, follower)
    log = shared(follower)["log"][3:]
    assert [what for what, _ in log] == ["blank", "name", "picture"]
    assert log[0][1] < log[1][1] < log[2][1]
    expect(follower.page.locator("viewbox-banner h1")).to_have_text("Sample, Bruno")
    follower.page.wait_for_function("() => window.namesSeen.at(-1)[1] === 'Sample, Bruno'")
    seen = follower.page.evaluate("() => window.namesSeen")
    # In no frame did a picture stand under another name, and between the two there was one without any.
    assert [banner for banner, corner in seen if corner is not None and corner != banner] == []
    assert [None, None] in seen
    same_view(presenter, follower)


def test_S17_withheld_means_that_nothing_of_the_patient_leaves(meeting: Meeting):
    presenter, stranger = meeting.presenter, meeting.stranger
    path = meeting.start()
    meeting.join(stranger, path)
    expect(strip(stranger)).to_contain_text("clinician presents something is shown that you may not see")
    expect(stranger.page.locator(".closed-place")).to_have_text("Something is shown here that you may not see")
    stranger.page.wait_for_function("() => window.viewbox.shared.condition === 'withheld'")
    expect(strip(presenter)).to_contain_text("1 withheld")

    before = shared(stranger)["number"]
    presenter.page.keyboard.press("ArrowDown")
    x, y = presenter.middle()
    presenter.page.mouse.move(x, y)
    stranger.page.wait_for_function("before => window.viewbox.shared.number > before", arg=before)
    uids = presenter.page.evaluate("() => fetch('/api/studies?search=ada').then(answer => answer.text())")
    secrets = [*OF_THE_PATIENT, *(uid.encode() for uid in re.findall(r"2\.25\.\d+", uids))]
    digest = presenter.pane()["header"]["instanceDigest"].encode()
    assert len(secrets) > len(OF_THE_PATIENT)
    assert [secret for secret in [*secrets, digest] if secret in meeting.stranger_line.received] == []
    text = stranger.page.evaluate("() => document.title + document.body.innerText")
    assert PATIENT not in text
    assert shared(stranger)["patient"] == ""
    assert shared(stranger)["hash"] != shared(presenter)["hash"]

    # The presenter lets them see, which is said to be recorded and to last until the end.
    expect(presenter.page.locator("viewbox-shared-people")).to_contain_text("It is recorded, and lasts until the shared view ends.")
    presenter.page.locator("viewbox-shared-people").get_by_role("button", name="Let them see").click()
    stranger.page.wait_for_function("() => window.viewbox.shared.condition === 'in step'")
    in_step(presenter, stranger)
    assert shared(stranger)["patient"] == PATIENT
    assert [what for what, _ in shared(stranger)["log"]] == ["blank", "name", "blank", "name", "picture"]
    assert digest in meeting.stranger_line.received  # so that looking for it above could have failed

    presenter.page.get_by_role("button", name="End", exact=True).click()
    presenter.page.get_by_role("button", name="End for everyone").click()
    expect(strip(stranger)).to_have_text(re.compile("The shared view has ended.*what was shown in it is gone from this screen"))
    expect(strip(presenter)).to_contain_text("The shared view has ended you may stay with this study")
    assert PATIENT not in stranger.page.evaluate("() => document.title + document.body.innerText")
    expect(stranger.page.locator("viewbox-stack canvas")).to_have_count(0)
    stranger.problems.clear()  # the study is asked for once more, and isn't there any more


def test_S17_who_lost_the_line_says_so_and_comes_back_in_step(meeting: Meeting):
    presenter, follower = meeting.presenter, meeting.follower
    meeting.together()
    meeting.follower_line.cut()
    expect(strip(follower)).to_contain_text("Connection lost")
    expect(strip(follower)).to_contain_text("this is the last picture you saw")
    expect(strip(presenter)).to_contain_text("1 lost")
    number = shared(follower)["number"]
    for _ in range(3):
        presenter.page.keyboard.press("ArrowDown")
    presenter.page.keyboard.press("2")
    presenter.await_header("windowWidth", 1500)
    presenter.page.wait_for_function("number => window.viewbox.shared.number > number", arg=number)
    meeting.follower_line.mend()
    in_step(presenter, follower)
    view = same_view(presenter, follower)
    assert (view["index"], view["window"]) == (15, [-600, 1500])
    expect(strip(follower)).to_have_text("clinician presents")
    follower.problems.clear()  # a line that was cut is a failed request


def test_S17_who_presents_may_be_taken_over_once_gone(meeting: Meeting):
    presenter, follower = meeting.presenter, meeting.follower
    meeting.together()
    hand_over(presenter, "board-member")
    expect(strip(follower)).to_contain_text("You present")
    meeting.follower_line.cut()
    expect(strip(follower)).to_contain_text("nobody sees what you do now")
    follower.page.keyboard.press("Home")
    presenter.page.get_by_role("button", name="Take over").click()
    presenter.page.wait_for_function("() => window.viewbox.shared.role === 'presenter'")
    presenter.page.keyboard.press("End")
    meeting.follower_line.mend()
    expect(strip(follower)).to_have_text("clinician presents")
    in_step(presenter, follower)
    assert same_view(presenter, follower)["index"] == 23
    follower.problems.clear()


def test_one_may_look_elsewhere_and_comes_back_by_key_or_button(meeting: Meeting):
    presenter, follower = meeting.presenter, meeting.follower
    meeting.together()
    follower.page.locator("viewbox-stack canvas").focus()
    follower.page.keyboard.press("ArrowUp")
    expect(strip(follower)).to_have_text("You look elsewhere")
    expect(strip(presenter)).to_contain_text("1 elsewhere")
    presenter.page.keyboard.press("ArrowDown")
    presenter.await_header("index", 13)
    assert follower.pane()["header"]["index"] == 11
    follower.page.keyboard.press("Escape")
    in_step(presenter, follower)
    same_view(presenter, follower)

    follower.page.get_by_role("button", name="Series").tap()
    follower.page.locator("viewbox-tray .item", has_text="LOCALIZER").tap()
    expect(strip(follower)).to_have_text("You look elsewhere")
    follower.await_header("index", 0)
    follower.page.get_by_role("button", name="Back to clinician").tap()
    in_step(presenter, follower)
    same_view(presenter, follower)

    # A change of patient ends it.
    follower.page.get_by_role("button", name="Look elsewhere").tap()
    presenter.page.get_by_role("button", name="Show another study to everyone").click()
    presenter.page.locator("viewbox-study-picker .row", has_text="CT, single slices").locator(".open").click()
    presenter.page.get_by_role("button", name="Show Sample, Bruno").click()
    expect(follower.page.locator("viewbox-banner h1")).to_have_text("Sample, Bruno")
    expect(strip(follower)).to_have_text("clinician presents")
    in_step(presenter, follower)


def test_followers_have_the_presenters_layout(meeting: Meeting):
    presenter, follower = meeting.presenter, meeting.follower
    meeting.together()
    presenter.page.keyboard.press("d")
    expect(follower.page.locator("viewbox-pane .tag")).to_have_text(["CURRENT", re.compile(r"PRIOR · 1 y.* earlier")])
    follower.page.wait_for_function("() => window.viewbox.panes[1]?.picturesShown > 0")
    presenter.page.keyboard.press("ArrowRight")
    presenter.page.keyboard.press("ArrowDown")
    in_step(presenter, follower)
    same_view(presenter, follower, pane=1)
    assert same_view(presenter, follower)["index"] > 12  # linked: the presenter's panes move together, and so do the follower's
    expect(strip(follower)).to_have_text("clinician presents")
    presenter.page.keyboard.press("d")
    expect(follower.page.locator("viewbox-pane")).to_have_count(1)
    in_step(presenter, follower)
    assert presenter.pane()["header"]["instanceDigest"] == follower.pane()["header"]["instanceDigest"]


def test_who_is_removed_is_out_and_cannot_come_back(meeting: Meeting):
    presenter, follower = meeting.presenter, meeting.follower
    meeting.together()
    presenter.page.locator("viewbox-shared-people button.row", has_text="board-member").click()
    presenter.page.get_by_role("button", name="Remove").click()
    expect(strip(follower)).to_contain_text("The shared view has ended for you")
    expect(strip(follower)).to_contain_text("you may stay with this study")
    answer = follower.page.request.get(f"{follower.server.url}{presenter.page.evaluate('() => location.pathname')}")
    assert answer.status == 404


def test_a_shared_view_by_keyboard_and_without_findings(meeting: Meeting):
    presenter, follower = meeting.presenter, meeting.follower
    presenter.open_study(CT)
    presenter.await_picture()
    presenter.page.keyboard.press("Shift+S")
    expect(presenter.page.get_by_role("button", name="Start shared view")).to_be_focused()
    assert presenter.serious_axe_findings() == []
    presenter.page.keyboard.press("Enter")
    presenter.page.wait_for_function("() => window.viewbox.shared.role === 'presenter'")
    meeting.join(follower, presenter.page.evaluate("() => location.pathname"))
    in_step(presenter, follower)
    assert presenter.serious_axe_findings() == []
    presenter.page.get_by_role("button", name="Show another study to everyone").click()
    expect(presenter.page.locator("viewbox-study-picker .open").first).to_be_visible()
    assert presenter.serious_axe_findings() == []
    presenter.page.keyboard.press("Escape")
    expect(presenter.page.locator("viewbox-study-picker")).to_have_count(0)

    assert follower.serious_axe_findings() == []
    assert follower.page.evaluate("() => document.documentElement.scrollWidth") == 390
    follower.page.get_by_role("button", name="Shared view").tap()
    expect(follower.page.locator("viewbox-share-panel dialog")).to_be_visible()
    assert follower.serious_axe_findings() == []
    follower.page.keyboard.press("Escape")
    expect(follower.page.locator("viewbox-share-panel")).to_have_count(0)
    for button in (follower.page.locator("viewbox-presenter-bar button"), follower.page.locator(".share")):
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
