"""What a hand sees in Chromium, near the server and far from it. `python -m bench.slow_line URL USER PASSWORD DESCRIPTION`

Opens the newest study of that description, drags its window for some seconds with a move in every animation frame (a screen has 60
a second, and Chromium hands a mouse's moves out once in each; sent from another process they beat against the frames, and a fifth
of them fell together), rests, turns the wheel 20 notches a second, rests. *Behind* is looked at in every animation frame: how long
ago the picture on screen stopped being what the hand had asked for. Last line: the figures as JSON. `rows` runs it on loopback and
through a line of 100 ms and 10 Mbit/s (tests/browser/line.py), each in processes of their own.
"""

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from playwright.async_api import Page, async_playwright

from bench.rows import Row, run
from tests.server import ROOT, ViewboxServer

ROUND_TRIP_MS, MEGABITS = 100, 10
USER, PASSWORD, STUDY = "bench-far", "a-password-for-the-bench", "CT chest with contrast"
DRAG_S, RADIUS_PX, TURN_S = 6.0, 150, 4.0
NOTCHES, NOTCHES_A_SECOND = 60, 20
PATIENCE_MS = 30_000

# Every animation frame: when, what the hand asks for, what is on screen. Inputs: when, what is asked for since.
RECORD = """
() => {
  const pane = () => window.viewbox.panes[0];
  const keyOf = (index, window) => `${index}/${window ? window.map((value) => Math.round(value * 100)).join() : ""}`;
  const record = { inputs: [], frames: [], draws: [] };
  const asked = () => { const view = pane()?.sharedView; return view && keyOf(view.index, view.window); };
  const note = (event) => {
    const key = asked();
    if (key && key !== record.inputs.at(-1)?.[1]) record.inputs.push([event.timeStamp, key]);
  };
  let sequence = -1;
  const look = () => {
    const header = pane()?.header;
    const now = performance.now();
    if (header) {
      const hasWindow = pane().sharedView?.window;
      const key = keyOf(header.index, hasWindow ? [header.windowCenter, header.windowWidth] : null);
      record.frames.push([now, key]);
      if (header.sequence !== sequence) {
        sequence = header.sequence;
        record.draws.push([now, key, header.fidelity, header.quality, header.width, header.payloadBytes]);
      }
    }
    requestAnimationFrame(look);
  };
  addEventListener("pointermove", note);
  addEventListener("wheel", note);
  requestAnimationFrame(look);
  window.record = record;
}
"""

# The hand: a circle with the button down, one move in each animation frame.
CIRCLE = """
(glass, { x, y, radius, turnS, dragS }) => new Promise((done) => {
  const began = performance.now();
  const move = (now) => {
    const passedS = (now - began) / 1000;
    if (passedS >= dragS) return done();
    const angle = (2 * Math.PI * passedS) / turnS;
    const place = { clientX: x + radius * Math.sin(angle), clientY: y + radius * (1 - Math.cos(angle)) };
    const mouse = { pointerId: 1, pointerType: "mouse", isPrimary: true, button: -1, buttons: 1 };
    glass.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, composed: true, cancelable: true, ...mouse, ...place }));
    requestAnimationFrame(move);
  };
  requestAnimationFrame(move);
})
"""


@dataclass
class Motion:
    """What came of one movement of the hand."""

    inputs_a_second: float
    pictures_a_second: float
    behind_p50_ms: float
    behind_p95_ms: float
    lossless_after_ms: float
    quality: int
    width: int
    mean_kb: float


async def paced(times: int, a_second: float, move: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Do something so many times a second, whether or not the page has taken in what was before."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(times):
            group.create_task(move(number))
            await asyncio.sleep(max(0.0, began + (number + 1) / a_second - time.monotonic()))


async def drag(page: Page, x: float, y: float) -> None:
    """Move in a circle with the button down."""
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.locator(".glass").first.evaluate(CIRCLE, {"x": x, "y": y, "radius": RADIUS_PX, "turnS": TURN_S, "dragS": DRAG_S})


async def turn_wheel(page: Page, x: float, y: float) -> None:
    """Scroll down and up again, ten notches each way."""
    await page.mouse.move(x, y)
    await paced(NOTCHES, NOTCHES_A_SECOND, lambda notch: page.mouse.wheel(0, 120 if (notch // 10) % 2 == 0 else -120))


async def await_lossless(page: Page, since: float) -> float:
    """Wait until what is asked for is on screen without loss, after a moment of the page's clock; return how long that took, in ms."""
    handle = await page.wait_for_function(
        """(since) => {
            const last = window.record.inputs.at(-1);
            const draw = window.record.draws.find((one) => one[0] > since && one[1] === last[1] && one[2] !== "lossy");
            return draw && draw[0] - since;
        }""",
        arg=since,
        timeout=PATIENCE_MS,
    )
    return float(await handle.json_value())


def figures(record: dict[str, list[list[Any]]], began: float, lossless_after_ms: float) -> Motion:
    """Return what the record says of the movement that began then and is over."""
    inputs = [(at, key) for at, key in record["inputs"] if at >= began]
    ended = inputs[-1][0]
    draws = [one for one in record["draws"] if began < one[0] <= ended]
    behind = [age for at, key in record["frames"] if began < at <= ended for age in age_of(at, key, inputs)]
    lossy = [one for one in draws if one[2] == "lossy"] or draws
    took_s = (ended - inputs[0][0]) / 1000
    return Motion(
        inputs_a_second=len(inputs) / took_s,
        pictures_a_second=len(draws) / took_s,
        behind_p50_ms=statistics.median(behind),
        behind_p95_ms=statistics.quantiles(behind, n=20)[-1],
        lossless_after_ms=lossless_after_ms,
        quality=round(statistics.median(one[3] for one in lossy)),
        width=round(statistics.median(one[4] for one in lossy)),
        mean_kb=statistics.mean(one[5] for one in draws) / 1000,
    )


def age_of(at: float, key: str, inputs: list[tuple[float, str]]) -> Iterator[float]:
    """Yield how long ago what is on screen stopped being what was asked for; nothing where it was asked for before the movement."""
    before = [position for position, (when, asked) in enumerate(inputs) if asked == key and when <= at]
    if before:
        following = before[-1] + 1
        yield max(0.0, at - inputs[following][0]) if following < len(inputs) else 0.0


async def measure(url: str, user: str, password: str, description: str) -> dict[str, Motion]:
    """Move and look, in a Chromium of its own."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium isn't installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, device_scale_factor=1)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"{url}/sign-in")
        await page.fill("#username", user)
        await page.fill("#password", password)
        await page.press("#password", "Enter")
        await page.locator(".row", has_text=description).first.locator("a").click()
        await page.wait_for_function("() => window.viewbox?.panes[0]?.header && window.viewbox.panes[0].header.fidelity !== 'lossy'")
        await page.evaluate(RECORD)
        box = await page.locator(".glass").first.bounding_box()
        assert box is not None
        found: dict[str, Motion] = {}
        for name, move in (("warming", turn_wheel), ("drag", drag), ("scroll", turn_wheel)):
            began = await page.evaluate("() => performance.now()")
            await move(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            ended = await page.evaluate("() => window.record.inputs.at(-1)[0]")
            after = await await_lossless(page, ended)
            await page.mouse.up()
            found[name] = figures(await page.evaluate("() => window.record"), began, after)
        await browser.close()
    return found


@contextmanager
def far_from(port: int) -> Iterator[str]:
    """Run the line as a process; yield the URL at its near end."""
    command = [sys.executable, "-m", "tests.browser.line", str(port), str(ROUND_TRIP_MS), str(MEGABITS)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as line:
        assert line.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(line.stdout.readline())}"
        finally:
            line.terminate()


def rows(server: ViewboxServer) -> list[Row]:
    """Measure window drag and scroll in Chromium, near and far."""
    server.create_user(USER, "radiologist", "radiology", password=PASSWORD)
    near = json.loads(run("-m", "bench.slow_line", server.url, USER, PASSWORD, STUDY)[-1])
    with far_from(server.port) as url:
        far = json.loads(run("-m", "bench.slow_line", url, USER, PASSWORD, STUDY)[-1])
    drag_near, drag_far = near["drag"], far["drag"]
    shown = f"{drag_near['pictures_a_second']:.0f} of {drag_near['inputs_a_second']:.0f} a second"
    moves = f"{shown}, behind p95 {drag_near['behind_p95_ms']:.0f} ms"
    how = f"{drag_far['pictures_a_second']:.0f} a second (q{drag_far['quality']}, {drag_far['width']} wide, {drag_far['mean_kb']:.0f} kB)"
    line = f"{ROUND_TRIP_MS} ms, {MEGABITS} Mbit/s"
    return [
        Row("Chromium, window drag at 60 Hz: pictures shown", moves, "≥ 55", drag_near["pictures_a_second"] >= 55),
        Row("  scroll, 20 notches a second: behind p95", f"{near['scroll']['behind_p95_ms']:.0f} ms", "", None),
        Row(f"Chromium, {line}: window drag", how, "≥ 10", drag_far["pictures_a_second"] >= 10),
        Row("  picture behind the input, p95", f"{drag_far['behind_p95_ms']:.0f} ms", "≤ 300 ms", drag_far["behind_p95_ms"] <= 300),
        Row("  lossless after rest", f"{drag_far['lossless_after_ms']:.0f} ms", "≤ 1000 ms", drag_far["lossless_after_ms"] <= 1000),
        Row("  scroll: pictures, behind p95", scroll_words(far["scroll"]), "", None),
    ]


def scroll_words(motion: dict[str, float]) -> str:
    """Return a scroll's figures in words."""
    return (
        f"{motion['pictures_a_second']:.0f} a second, {motion['behind_p95_ms']:.0f} ms, lossless after {motion['lossless_after_ms']:.0f} ms"
    )


if __name__ == "__main__":
    print(json.dumps({name: asdict(motion) for name, motion in asyncio.run(measure(*sys.argv[1:5])).items()}))
