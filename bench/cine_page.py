"""A loop of 60 frames at 60 a second in Chromium. `python -m bench.cine_page URL USER PASSWORD STUDY_UID SECONDS`

Counts what is drawn on the canvas: pictures a second, how far each is from the moment at which its frame was due (the clock
that fits best), frames dropped; then how long after the key that starts it another frame was drawn than the one that stood.
Last line: the figures as JSON. `rows` runs it against a server, in a process of its own.

    python -m bench.cine_page --data DIR     on a server of its own, over a data folder that holds any archive
"""

import json
import shutil
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.objects import LOOP_FRAMES, LOOP_HZ, loop
from bench.rows import Row, run
from demo import echo
from demo.identity import demo_uid
from tests.server import ViewboxServer

USER, PASSWORD = "bench-cine", "a-password-for-the-bench"
STUDY = str(demo_uid("bench", echo.VISIT.key))
SECONDS, STARTS = 30, 15
WARM_MS = 2000

# Every drawing of a picture on a canvas of the page: when, and which frame.
RECORD = """
(() => {
  const draws = [];
  const { drawImage } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function (...values) {
    drawImage.apply(this, values);
    const header = window.viewbox?.panes[0]?.header;
    if (header) draws.push([performance.now(), header.index]);
  };
  window.draws = draws;
})()
"""

# From the key that starts the loop to the first drawing of a frame that isn't the one that stood.
FIRST_MOTION = """
async () => {
  const stood = window.viewbox.panes[0].header.index;
  const before = window.draws.length;
  const began = performance.now();
  document.dispatchEvent(new KeyboardEvent("keydown", { key: " ", cancelable: true }));
  while (performance.now() - began < 10000) {
    const moved = window.draws.slice(before).find((one) => one[1] !== stood);
    if (moved) return moved[0] - began;
    await new Promise((next) => setTimeout(next, 1));
  }
  return 10000;
}
"""


@dataclass
class Cine:
    """What a person saw."""

    pictures_a_second: float
    timing_error_p95_ms: float
    dropped: int
    first_motion_ms: float
    first_motion_worst_ms: float


def figures(draws: list[tuple[float, int]], dropped: int, motions: list[float]) -> Cine:
    """Return the figures of drawings (when in ms, index): each is due at a whole number of frames from a moment that fits all."""
    step_ms, period_ms = 1000 / LOOP_HZ, LOOP_FRAMES * 1000 / LOOP_HZ
    began = draws[0][0] - draws[0][1] * step_ms
    starts = [at - index * step_ms for at, index in draws]
    offsets = [start - round((start - began) / period_ms) * period_ms for start in starts]
    middle = statistics.median(offsets)
    errors = [abs(offset - middle) for offset in offsets]
    took_s = (draws[-1][0] - draws[0][0]) / 1000
    return Cine(
        pictures_a_second=(len(draws) - 1) / took_s,
        timing_error_p95_ms=statistics.quantiles(errors, n=20)[-1],
        dropped=dropped,
        first_motion_ms=statistics.median(motions),
        first_motion_worst_ms=max(motions),
    )


def opened(page: Page, url: str, user: str, password: str, study: str) -> None:
    """Sign in and open the study; the loop plays by itself."""
    page.add_init_script(RECORD)
    page.goto(f"{url}/sign-in")
    page.fill("#username", user)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/study/{study}")
    page.wait_for_function("() => window.viewbox?.panes[0]?.cineFramesShown > 5", timeout=20_000)
    page.wait_for_timeout(WARM_MS)


def measure(url: str, user: str, password: str, study: str, seconds: float) -> Cine:
    """Watch the loop, in a Chromium of its own; then stop and start it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium isn't installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1280, "height": 800}, device_scale_factor=1)
        page = context.new_page()
        opened(page, url, user, password, study)
        dropped = page.evaluate("() => { window.draws.length = 0; return window.viewbox.panes[0].framesDropped; }")
        page.wait_for_timeout(seconds * 1000)
        draws = page.evaluate("() => window.draws.slice()")
        dropped = page.evaluate("() => window.viewbox.panes[0].framesDropped") - dropped
        motions = [started_again(page) for _ in range(STARTS)]
        browser.close()
    return figures(draws, dropped, motions)


def started_again(page: Page) -> float:
    """Stop the loop, wait until the whole picture stands, start it; return the ms to the first motion."""
    page.keyboard.press("Space")
    page.wait_for_function("() => !window.viewbox.panes[0].isPlaying")
    page.wait_for_timeout(300)
    return float(page.evaluate(FIRST_MOTION))


def prepare(server: ViewboxServer) -> None:
    """Put the loop into the archive, and the person who looks at it."""
    with tempfile.TemporaryDirectory(prefix="viewbox-bench-") as folder:
        (Path(folder) / "loop.dcm").write_bytes(loop())
        server.manage("import_folder", folder, "--department", "cardiology")
    server.create_user(USER, "cardiologist", "cardiology", "radiology", password=PASSWORD)  # the loop may be filed already, by another part


def rows(server: ViewboxServer) -> list[Row]:
    """Measure a loop of 60 frames a second in Chromium."""
    prepare(server)
    found = json.loads(run("-m", "bench.cine_page", server.url, USER, PASSWORD, STUDY, str(SECONDS))[-1])
    shown = f"{found['pictures_a_second']:.1f} a second, {found['dropped']} dropped in {SECONDS} s"
    motion = f"{found['first_motion_ms']:.0f} ms, at worst {found['first_motion_worst_ms']:.0f} of {STARTS}"
    return [
        Row("Chromium, cine 60 frames 800x600 at 60/s: pictures", shown, "≥ 55", found["pictures_a_second"] >= 55),
        Row("  timing error of what is drawn, p95", f"{found['timing_error_p95_ms']:.1f} ms", "", None),
        Row("  key to first motion, warm, median", motion, "< 50 ms", found["first_motion_ms"] < 50),
    ]


def alone(data_dir: Path) -> None:
    """Run a server over a data folder and print the rows."""
    server = ViewboxServer(data_dir)
    server.prepare(demo=False)
    server.start()
    try:
        for row in rows(server):
            print(f"{row.what:<58} {row.reached:<45} {row.goal}")
    finally:
        server.stop()


if __name__ == "__main__":
    if sys.argv[1] == "--data":
        alone(Path(sys.argv[2]))
    else:
        address, user, word, study, seconds = sys.argv[1:6]
        print(json.dumps(asdict(measure(address, user, word, study, float(seconds)))))
