"""Chromium on the built front end: a desk and a phone, and what went wrong in them."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.conftest import ROOT, skip_or_fail
from tests.server import ViewboxServer

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REPORT_VIOLATIONS = "addEventListener('securitypolicyviolation', e => console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`))"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
DEMO_PASSWORD = "viewbox-demo"
PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Window:
    """One browser window on one server: the page, and every violation, console error and failed request in it."""

    page: Page
    server: ViewboxServer
    problems: list[str] = field(default_factory=list)

    def sign_in(self, name: str = "clinician", password: str = DEMO_PASSWORD) -> None:
        self.page.goto(f"{self.server.url}/sign-in")
        self.page.fill("#username", name)
        self.page.fill("#password", password)
        self.page.press("#password", "Enter")
        self.page.wait_for_selector("viewbox-studies")

    def open_study(self, description: str) -> None:
        """Open the newest study of this description from the list, and wait for its first picture or state."""
        self.page.goto(f"{self.server.url}/")
        self.page.locator(".row", has_text=description).first.locator("a").click()
        self.page.wait_for_selector("viewbox-pane header")

    def await_picture(self) -> None:
        self.page.wait_for_function("() => window.viewbox.panes[0]?.picturesShown + window.viewbox.panes[0]?.tilesShown > 0")

    def pane(self, index: int = 0) -> dict[str, Any]:
        """Return what a pane shows (ViewportProbe in static/src/viewport/summary.ts)."""
        panes: list[dict[str, Any]] = self.page.evaluate("() => JSON.parse(JSON.stringify(window.viewbox.panes))")
        return panes[index]

    def await_header(self, field_name: str, value: object) -> None:
        """Wait until the picture on screen says this of itself."""
        self.page.wait_for_function(
            "([name, value]) => { return window.viewbox.panes[0]?.header?.[name] === value }",
            arg=[field_name, value],
        )

    def corner(self, name: str) -> list[str]:
        return self.page.locator(f"viewbox-pane >> nth=0 >> .corner.{name} div").all_inner_texts()

    def glass(self) -> Locator:
        return self.page.locator(".glass").first

    def middle(self) -> tuple[float, float]:
        box = self.glass().bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def serious_axe_findings(self) -> list[str]:
        """Return what axe-core calls serious or critical on the page as it stands."""
        self.page.evaluate(AXE.read_text(encoding="utf-8") + "; 0")
        violations = self.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] }).then(result => result.violations)")
        return [f"{one['id']}: {one['nodes'][0]['target']}" for one in violations if one["impact"] in ("serious", "critical")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        skip_or_fail("Chromium is not installed (Debian: apt install chromium)")
    if not Path(AXE).exists():
        skip_or_fail("axe-core is not installed (npm ci)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def open_window(context: BrowserContext, server: ViewboxServer) -> Window:
    """Open a window in which everything that goes wrong is written down."""
    window = Window(context.new_page(), server)
    page, problems = window.page, window.problems
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(REPORT_VIOLATIONS)
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("response", lambda answer: problems.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    return window


@pytest.fixture
def desk(chromium: Browser, viewbox: ViewboxServer) -> Iterator[Window]:
    """A desktop window, signed in as the demo clinician; fails its test when anything went wrong in the page."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, device_scale_factor=1)
    window = open_window(context, viewbox)
    window.sign_in()
    yield window
    context.close()
    assert window.problems == []


@pytest.fixture
def phone(chromium: Browser, viewbox: ViewboxServer) -> Iterator[Window]:
    """A phone's window (390 x 844, touch), signed in as the demo clinician."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=1, has_touch=True, is_mobile=True)
    window = open_window(context, viewbox)
    window.sign_in()
    yield window
    context.close()
    assert window.problems == []
