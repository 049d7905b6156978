"""The windows of one shared view, and how tests see that they show the same."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE_MS, Window
from tests.browser.line import Line

CT = "CT chest with contrast"


@dataclass
class Meeting:
    """The windows of one shared view, and the lines of those that have one."""

    presenter: Window
    follower: Window
    stranger: Window
    follower_line: Line
    stranger_line: Line

    def start(self, study: str = CT) -> str:
        """Open a study and share it: two clicks. Returns the address of the shared view, without its host."""
        self.presenter.open_study(study)
        self.presenter.await_picture()
        self.presenter.page.get_by_role("button", name="Share", exact=True).click()
        self.presenter.page.get_by_role("button", name="Start shared view").click()
        self.presenter.page.wait_for_function("() => window.viewbox.shared.role === 'presenter'")
        return str(self.presenter.page.evaluate("() => location.pathname"))

    def join(self, window: Window, path: str) -> None:
        window.page.goto(f"{window.server.url}{path}")
        window.page.wait_for_function("() => window.viewbox.shared.role === 'follower'")

    def together(self, study: str = CT) -> None:
        """Start, and have the follower in step."""
        self.join(self.follower, self.start(study))
        in_step(self.presenter, self.follower)


def end_all(page: Page) -> None:
    """End the shared views that this person opened or presents."""
    page.evaluate(
        """async () => {
            const token = JSON.parse(document.getElementById('boot').textContent).csrf_token;
            const { shared_views } = await (await fetch('/api/shared-views')).json();
            const ending = { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token }, body: '{}' };
            for (const { key } of shared_views) await fetch(`/api/shared-views/${key}/end`, ending);
        }"""
    )


def shared(window: Window) -> dict[str, Any]:
    """Return window.viewbox.shared (static/src/entries/study.ts)."""
    found: dict[str, Any] = window.page.evaluate("() => JSON.parse(JSON.stringify(window.viewbox.shared))")
    return found


def until(window: Window, look: Callable[[], Any]) -> Any:
    """Look, a frame apart, until something is found; return it."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        window.page.evaluate("() => new Promise(requestAnimationFrame)")
    raise AssertionError("not in time")


def in_step(presenter: Window, *followers: Window) -> None:
    """Wait until all have the same state, by its hash, and see what it says."""

    def numbers_and_hashes() -> set[tuple[int, str]] | None:
        states = [shared(window) for window in (presenter, *followers)]
        found = {(state["number"], state["hash"]) for state in states}
        # Numbers grow while something moves: it is the same number that must have the same hash.
        assert len({number for number, _ in found}) == len(found)
        return found if len(found) == 1 and all(state["condition"] == "in step" for state in states) else None

    assert until(presenter, numbers_and_hashes) != {(0, "")}


def same_view(presenter: Window, follower: Window, pane: int = 0) -> dict[str, Any]:
    """Wait until a follower's pane is looked at as the presenter's, on a screen of another size; return the presenter's view."""

    def view_of_both() -> dict[str, Any] | None:
        views = [window.pane(pane)["sharedView"] for window in (presenter, follower)]
        told, followed = ({name: value for name, value in (view or {}).items() if name != "span"} for view in views)
        return views[0] if told and told == followed else None

    view: dict[str, Any] = until(presenter, view_of_both)
    return view


def strip(window: Window) -> Locator:
    return window.page.locator("viewbox-presenter-bar .words")


def unfold(window: Window, modality: str) -> Locator:
    """Return the tray's section of another study of the patient, unfolded."""
    section = window.page.locator("viewbox-tray section", has=window.page.locator(".fold", has_text=re.compile(rf"\b{modality}\b")))
    section.locator(".fold").click()
    expect(section.locator(".item").first).to_be_visible()
    return section
