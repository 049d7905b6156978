"""From opening the study's page to its first picture on screen, in Chromium. `python -m bench.page_open URL USER PASSWORD STUDY TIMES`

Counted from the navigation's start to the frame after the page's first picture was drawn. Last line: "<ms> ms median of <n>".
"""

import shutil
import statistics
import sys

from playwright.sync_api import sync_playwright

WATCH = """
() => {
  const look = () => {
    if (window.viewbox?.panes.some((pane) => pane && pane.picturesShown > 0)) window.firstPictureMs = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


def main() -> None:
    """Measure and print."""
    url, user, password, study, times = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium isn't installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 800}, device_scale_factor=1)
        page = context.new_page()
        page.goto(f"{url}/sign-in")
        page.fill('input[name="username"]', user)
        page.fill('input[name="password"]', password)
        page.press('input[name="password"]', "Enter")
        page.wait_for_url(f"{url}/")
        page.add_init_script(f"({WATCH})()")
        taken_ms = []
        for _ in range(times):
            page.goto(f"{url}/study/{study}", wait_until="commit")
            taken_ms.append(page.wait_for_function("() => window.firstPictureMs", timeout=20_000).json_value())
            page.goto(f"{url}/")
        browser.close()
    print(" ".join(f"{taken:.0f}" for taken in taken_ms))
    print(f"{statistics.median(taken_ms):.0f} ms median of {times}")


if __name__ == "__main__":
    main()
