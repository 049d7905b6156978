"""`make bench`: the table of speed and memory of issues 2, 3 and 4, measured on this machine, now.

The server, the floor, and every load generator are processes of their own; what is compared is measured alternately, and the
middle of ROUNDS rounds counts. Takes a quarter of an hour; --data DIR uses a demo archive that is there, --only NAME measures one part.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import cine_page, objects, slow_line
from bench.pixel_rows import PARTS, Bench, measured
from bench.rows import ROUNDS, Memory, Row, cpu_ms, number_in, run, wait_for_port
from bench.shared_rows import shared_views
from tests.server import ROOT, ViewboxServer, free_port

FRAMES, TILES = 1500, 6000
FIRST_PARTS = ("first", "stack", "tiles", "shared")
BROWSER_PARTS: dict[str, Callable[[ViewboxServer], list[Row]]] = {"cine": cine_page.rows, "line": slow_line.rows}
READER, PASSWORD = "bench-reader", "a-password-for-the-bench"


def query(server: ViewboxServer, token: str, path: str) -> list[dict[str, dict[str, list[str]]]]:
    """Return what QIDO-RS answers."""
    request = urllib.request.Request(f"{server.url}/dicomweb/{path}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        found: list[dict[str, dict[str, list[str]]]] = json.load(answer)
        return found


def largest(series: list[dict[str, dict[str, list[str]]]]) -> dict[str, dict[str, list[str]]]:
    """Return the series with the most instances."""
    return max(series, key=lambda one: int(one["00201209"]["Value"][0]))


def stack(server: ViewboxServer, token: str, series: str) -> list[Row]:
    """Measure stack streaming against the floor, alternately."""
    rates, floors, costs, output = [], [], [], [""]
    arguments = ["bench/stream_client.py", "--url", server.url, "--token", token, "--series", series, "--frames", str(FRAMES)]
    with Memory(server) as memory:
        for _ in range(ROUNDS):
            floors.append(number_in(run("-m", "bench.floor", series, str(FRAMES), data_dir=server.data_dir)[-1]))
            before = cpu_ms(server)
            output = run(*arguments)
            costs.append((cpu_ms(server) - before) / FRAMES)
            rates.append(number_in(output[-1]))
            print(f"  stack {rates[-1]:.0f}, floor {floors[-1]:.0f} frames/s", flush=True)
        eight = run(*arguments, "--clients", "8")
    ratios = [rate / floor for rate, floor in zip(rates, floors, strict=True)]
    middle = statistics.median(ratios)
    print("\n".join(f"  {line}" for line in output))
    spread = f"{statistics.median(rates):.0f} against {statistics.median(floors):.0f} frames/s, {min(ratios):.2f}–{max(ratios):.2f}"
    return [
        Row("Stack 512x512, JPEG 80, new window each: stream / floor", f"{middle:.2f} ({spread})", "≥ 0.5", middle >= 0.5),
        Row("  the same, 8 clients together", eight[-1], "", None),
        Row("  server CPU a frame", f"{statistics.median(costs):.2f} ms", "", None),
        Row("Memory (RssAnon) while streaming the CT", f"{memory.highest_mb:.0f} MB", "< 300 MB", memory.highest_mb < 300),
    ]


@contextmanager
def bare_server(size: int) -> Iterator[str]:
    """Run the bare socket; yield its URL."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.bare_socket", str(port), str(size), str(TILES)], cwd=ROOT)
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def tiles(server: ViewboxServer, token: str, series: str) -> list[Row]:
    """Measure stored tiles against bare messages of their size, alternately."""
    streamed = ["-m", "bench.tile_client", "stream", server.url, token, series]
    size = int(run(*streamed, "600")[-1].split()[-2])
    rates, bares, costs = [], [], []
    with Memory(server) as memory, bare_server(size) as bare:
        for _ in range(ROUNDS):
            bares.append(number_in(run("-m", "bench.tile_client", "bare", bare, str(TILES))[-1]))
            before = cpu_ms(server)
            rates.append(number_in(run(*streamed, str(TILES))[-1]))
            costs.append((cpu_ms(server) - before) / TILES)
            print(f"  tiles {rates[-1]:.0f}, bare {bares[-1]:.0f} messages/s", flush=True)
    ratios = [rate / bare for rate, bare in zip(rates, bares, strict=True)]
    middle = statistics.median(ratios)
    spread = f"{statistics.median(rates):.0f} against {statistics.median(bares):.0f}/s of {size} bytes, {min(ratios):.2f}–{max(ratios):.2f}"
    return [
        Row("Stored slide tiles / bare messages of that size", f"{middle:.2f} ({spread})", "≥ 0.4", middle >= 0.4),
        Row("  server CPU a tile", f"{statistics.median(costs):.3f} ms", "", None),
        Row("Memory (RssAnon) while streaming the slide", f"{memory.highest_mb:.0f} MB", "< 300 MB", memory.highest_mb < 300),
    ]


def first_pictures(server: ViewboxServer, token: str, series: str, study: str) -> list[Row]:
    """Measure the time to the first picture, on the socket and in Chromium."""
    line = run("-m", "bench.first_picture", server.url, token, series, "60")[-1]
    rows = [Row("First subscribe to first picture, warm", line, "< 25 ms", number_in(line) < 25)]
    page = run("-m", "bench.page_open", server.url, READER, PASSWORD, study, "9")[-1]
    return [*rows, Row("Page open to first picture, Chromium", page, "< 1000 ms", number_in(page) < 1000)]


def of_first_issues(server: ViewboxServer, token: str, name: str) -> list[Row]:
    """Return the rows of issues 2 and 3 that a part has."""
    if name == "shared":
        return shared_views(server)
    modality = "SM" if name == "tiles" else "CT"
    one = largest(query(server, token, f"series?Modality={modality}&includefield=NumberOfSeriesRelatedInstances"))
    series, study = one["0020000E"]["Value"][0], one["0020000D"]["Value"][0]
    if name == "first":
        return first_pictures(server, token, series, study)
    return tiles(server, token, series) if name == "tiles" else stack(server, token, series)


def measure(server: ViewboxServer, token: str, names: list[str], folder: Path) -> list[Row]:
    """Return the rows of the named parts."""
    bench = Bench(server, token, objects.series(), folder)
    rows = []
    for name in names:
        if name in PARTS:
            rows += measured(bench, name)
        elif name in BROWSER_PARTS:
            print(name, flush=True)
            rows += BROWSER_PARTS[name](server)
        else:
            print(name, flush=True)
            rows += of_first_issues(server, token, name)
    return rows


def main() -> int:
    """Prepare, measure, print the table."""
    every = [*FIRST_PARTS, *PARTS, *BROWSER_PARTS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="data folder with the demo archive already loaded; the bench's objects are added to it")
    parser.add_argument("--only", choices=every, action="append", help="measure this part alone; may be given several times")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="viewbox-bench-") as name:
        folder = Path(name)
        server = ViewboxServer(options.data.resolve() if options.data else folder / "data")
        server.data_dir.mkdir(exist_ok=True)
        print("preparing the archive", flush=True)
        server.prepare(demo=False)
        if not options.data:
            server.manage("load_demo", timeout_s=900)
        run("-m", "bench.objects", str(folder / "objects"))
        server.manage("import_folder", str(folder / "objects"), "--department", "radiology")
        server.create_user(READER, "radiologist", "radiology", "pathology", password=PASSWORD)
        token = server.token(READER)
        before = os.getloadavg()[0]
        server.start()
        try:
            rows = measure(server, token, options.only or every, folder / "objects")
        finally:
            server.stop()
    print(f"\n{os.cpu_count()} cores, load {before:.1f} before; middle of {ROUNDS} rounds\n")
    for row in rows:
        verdict = "" if row.is_met is None else ("met" if row.is_met else "MISSED")
        print(f"{row.what:<66} {row.reached:<78} {row.goal:<14} {verdict}")
    return 0 if all(row.is_met is not False for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
