"""The rows of issue 4, "Speed and memory", that need no browser: new pictures, drag, scroll, loops, people who do nothing."""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.orthanc import is_installed, orthanc
from bench.rows import ROUNDS, Memory, Row, cpu_ms, number_in, redis_server, run
from tests.server import ROOT, ViewboxServer

PICTURES, CLIENTS, PROCESSES = 1600, 8, 2
MAX_ROUNDS, MAX_HTTP_ROUNDS, ENOUGH = 15, 8, 3
WHOLE = (1.9, 2.1)  # what two floors at once give of one when each has a processor for itself; more: the one was disturbed
DRAG_S, PASSES, LOOP_S, STAY_S, HTTP_S = 10, 12, 60, 40, 4
# Times Orthanc's pictures a second that issue 4 asks for, and the objects they are of.
AGAINST_ORTHANC = {"native": 6, "rle": 12, "loop": 60, "jpeg_2000": 40}
WORDS = {
    "native": "CT, uncompressed",
    "rle": "CT, RLE",
    "loop": "echo loop, stored JPEG",
    "jpeg_2000": "CT, JPEG 2000 after the first pass",
}
SAME_WINDOW = "?quality=80&window=40,400,linear"
NEW_WINDOWS = "?quality=80&window=40.%d,400,linear"  # %d: no two pictures are the same


@dataclass(frozen=True)
class Bench:
    """What is measured, and of what. series: Series Instance UID by the names of bench.objects; objects: the same as files."""

    server: ViewboxServer
    token: str
    series: dict[str, str]
    objects: Path

    def ask(self, module: str, action: str | None, *arguments: object) -> str:
        """Run a client as a process; return its last line."""
        words = ["-m", f"bench.{module}", *([action] if action else []), self.server.url, self.token, *map(str, arguments)]
        return run(*words)[-1]

    def watched(self, *arguments: object) -> tuple[str, float]:
        """Run loop_client; return its last line and what the server used between "begin" and "end", in per cent of a core."""
        action, *rest = map(str, arguments)
        command = [sys.executable, "-m", "bench.loop_client", action, self.server.url, self.token, *rest]
        used_ms, last = 0.0, ""
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as client:
            for line in client.stdout or ():
                used_ms += {"begin": -1, "end": 1}.get(line.strip(), 0) * cpu_ms(self.server)
                last = line.strip()
        if client.returncode != 0:
            raise SystemExit(f"{' '.join(command[2:4])} failed")
        return last, used_ms / (1000 * float(rest[2])) * 100


def new_pictures(bench: Bench) -> list[Row]:
    """New pictures against the one-thread floor, by one render thread and by two, for one client and for eight."""
    rows = []
    for threads, goals in ((1, {1: 0.75}), (2, {1: 1.1, CLIENTS: 1.25})):
        with _serving_with(bench.server, VIEWBOX_RENDER_THREADS=str(threads)):
            rows += _against_floor(bench, threads, goals)
    return rows


def _against_floor(bench: Bench, threads: int, goals: dict[int, float]) -> list[Row]:
    """A host may give two processors that are one core's, or share them: two floors at once then give less than twice one.

    Such rounds say nothing of what two processors can do: they are shown, and counted only where there are too few others.
    """
    series = bench.series["native"]
    rounds: list[tuple[float, dict[int, float]]] = []  # what two floors at once gave of one, and each number of clients of it
    before = _two_floors(bench, series)
    while len(rounds) < MAX_ROUNDS and sum(_is_whole(scale) for scale, _ in rounds) < ROUNDS:
        (floor,) = _floors(bench, series, 1)
        first = len(rounds) * 2 * PICTURES
        rates = {
            clients: number_in(bench.ask("new_pictures", None, series, PICTURES // clients, clients, first + (clients > 1) * PICTURES))
            for clients in goals
        }
        after = _two_floors(bench, series)
        rounds.append((min(before, after) / floor, {clients: rate / floor for clients, rate in rates.items()}))
        before = after
        print(f"  {threads} threads: floor {floor:.0f}, two at once {rounds[-1][0]:.2f} of it, stream {rounds[-1][1]}", flush=True)
    whole = [ratios for scale, ratios in rounds if _is_whole(scale)]
    counted = whole if len(whole) >= ENOUGH else [ratios for _, ratios in rounds]
    rows = []
    for clients, goal in goals.items():
        ratios, everything = [one[clients] for one in counted], [one[clients] for _, one in rounds]
        middle = statistics.median(ratios)
        reached = f"{middle:.2f} ({min(ratios):.2f}–{max(ratios):.2f}; {len(whole)} of {len(rounds)} rounds had two whole processors"
        name = f"New CT 512x512, {threads} render thread{'s'[: threads - 1]}, {clients} client{'s'[: clients - 1]}: stream / floor"
        rows.append(Row(name, f"{reached}; all: {statistics.median(everything):.2f})", f"≥ {goal}", middle >= goal))
    return rows


def _is_whole(scale: float) -> bool:
    return WHOLE[0] <= scale <= WHOLE[1]


def _two_floors(bench: Bench, series: str) -> float:
    return sum(_floors(bench, series, 2))


def _floors(bench: Bench, series: str, processes: int) -> list[float]:
    """Return the rates of so many floors at the same time."""
    command = [sys.executable, "-m", "bench.floor", series, str(PICTURES)]
    environment = os.environ | {"VIEWBOX_DATA_DIR": str(bench.server.data_dir)}
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return [number_in(each.communicate()[0].strip().splitlines()[-1]) for each in running]


@contextmanager
def _serving_with(server: ViewboxServer, **settings: str) -> Iterator[None]:
    """Run the server with other settings; afterwards as before."""
    before = dict(server.environment)
    server.stop()
    server.environment.update(settings)
    server.start()
    try:
        yield
    finally:
        server.stop()
        server.environment.clear()
        server.environment.update(before)
        server.start()


def against_orthanc(bench: Bench) -> list[Row]:
    """Rendered pictures over HTTP at eight clients, alternately from Orthanc and from here; both may use both cores."""
    with redis_server() as redis:
        if redis is None or not is_installed():
            return [Row("Rendered over HTTP, against Orthanc", "not installed: scripts/install_bench_peers, install_peers", "", None)]
        with _serving_with(bench.server, VIEWBOX_WEB_PROCESSES=str(PROCESSES), REDIS_URL=redis), orthanc(bench.objects) as other:
            return _alternately(bench, other)


def _alternately(bench: Bench, other: str) -> list[Row]:
    """Each series with another window for every picture, which no cache helps; a CT also as clients ask for it, round and round."""
    rows = []
    for name, goal in AGAINST_ORTHANC.items():
        rows.append(_ratio(bench, other, name, "" if name == "loop" else NEW_WINDOWS, goal))
    rows.append(_ratio(bench, other, "native", SAME_WINDOW, None))
    return rows


def _ratio(bench: Bench, other: str, name: str, query: str, goal: float | None) -> Row:
    paths = _paths(bench.objects / name, query)
    _rendered(bench.server.url, bench.token, paths, 0)  # the first pass of slow codecs
    rounds: list[tuple[float, float, float]] = []  # what two floors at once gave of one, pictures a second here and there
    while len(rounds) < MAX_HTTP_ROUNDS and sum(_is_whole(scale) for scale, _, _ in rounds) < ENOUGH:
        scale = _two_floors(bench, bench.series["native"]) / _floors(bench, bench.series["native"], 1)[0]
        there = _rendered(other, "-", paths, len(rounds) + 1)
        rounds.append((scale, _rendered(bench.server.url, bench.token, paths, len(rounds) + 1), there))
        print(f"  {name}{query[:24]}: {rounds[-1][1]:.0f}, Orthanc {there:.0f} pictures/s; two floors {scale:.2f}", flush=True)
    whole = [one for one in rounds if _is_whole(one[0])]
    counted = whole if len(whole) >= ENOUGH else rounds
    ratio, everything = (statistics.median(here / there for _, here, there in chosen) for chosen in (counted, rounds))
    here, there = (statistics.median(one[place] for one in counted) for place in (1, 2))
    reached = (
        f"{ratio:.1f} times ({here:.0f} against {there:.0f} pictures/s; {len(whole)} of {len(rounds)} rounds whole; all: {everything:.1f})"
    )
    if goal is None:
        return Row("  the CT with the same window again and again: kept pictures answer", reached, "", None)
    what = f"Rendered over HTTP, {CLIENTS} clients, {PROCESSES} web processes, {WORDS[name]}: / Orthanc"
    return Row(what, reached, f"≥ {goal}", ratio >= goal)


def _rendered(url: str, token: str, paths: Path, number: int) -> float:
    """Return the rate at which wrk gets pictures: a client in Python took as much of a processor as the server's event loop."""
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{HTTP_S}s", "-s", "bench/rendered.lua", url, "--", str(paths), token, str(number)]
    last = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip().splitlines()[-1]
    if "pictures/s" not in last:
        raise SystemExit(f"{url}: {last}")
    return number_in(last)


def _paths(folder: Path, query: str) -> Path:
    """Write a file with the path of each frame of a folder's objects; return it."""
    from pydicom import dcmread  # noqa: TID251 - our own objects

    lines = []
    for file in sorted(folder.glob("*.dcm")):
        ds = dcmread(file, stop_before_pixels=True)
        place = f"/dicomweb/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}/instances/{ds.SOPInstanceUID}"
        lines += [f"{place}/frames/{number}/rendered{query}" for number in range(1, int(ds.get("NumberOfFrames", 1)) + 1)]
    listed = folder / "paths.txt"
    listed.write_text("\n".join(lines))
    return listed


def drag(bench: Bench) -> list[Row]:
    """A window dragged at 60 Hz."""
    rows = []
    for name, size, server_ms, round_trip_ms in (("native", "512x512", 2.5, 5.0), ("large", "2048x2048", 16.0, None)):
        line = bench.ask("view_client", "drag", bench.series[name], DRAG_S)
        server, round_trip = (number_in(part) for part in line.split(", ")[:2])
        goal = f"< {server_ms:g}" + (f", < {round_trip_ms:g} ms" if round_trip_ms else " ms")
        is_met = server < server_ms and (round_trip_ms is None or round_trip < round_trip_ms)
        rows.append(Row(f"Window drag at 60 Hz, {size}", line, goal, is_met))
    return rows


def scroll(bench: Bench) -> list[Row]:
    """Series of slow codecs after their first pass, against the uncompressed one."""
    names = ("native", "jpeg_2000", "jpeg_ls", "rle")
    words = ["-m", "bench.view_client", "scroll", bench.server.url, bench.token, str(PASSES), *(bench.series[name] for name in names)]
    times = dict(zip(names, (number_in(line) for line in run(*words)[-len(names) :]), strict=True))
    rows = []
    for name in names[1:]:
        ratio = times[name] / times["native"]
        reached = f"{ratio:.2f} ({times[name]:.2f} against {times['native']:.2f} ms a picture)"
        rows.append(Row(f"Scroll of {name.upper().replace('_', ' ')} after the first pass / uncompressed", reached, "≤ 1.2", ratio <= 1.2))
    return rows


def loops(bench: Bench) -> list[Row]:
    """Viewers of a loop of 800x600 at 60 frames/s."""
    rows = []
    for viewers, most in ((8, 12), (30, 20)):
        line, percent = bench.watched("play", bench.series["loop"], viewers, LOOP_S)
        error = number_in(line.split(", ")[1])
        reached = f"{percent:.1f} % of a core; {line}"
        rows.append(
            Row(f"Loop 800x600 at 60/s, {viewers} viewers, {LOOP_S} s", reached, f"≤ {most} %, < 5 ms", percent <= most and error < 5)
        )
        if viewers == 8:
            first = number_in(line.split(", ")[3])
            rows.append(Row("  first picture of it, warm", f"{first:.1f} ms", "< 50 ms", first < 50))
    view = '{"size": [640, 480], "codec": "jpeg"}'
    line, percent = bench.watched("play", bench.series["loop"], 30, 10, view)
    encoded = number_in(line.split(", ")[2])
    rows.append(
        Row(
            "  the same reduced to 640x480, 30 viewers, 10 s: renders",
            f"{encoded:.0f} of 60 frames; {percent:.0f} %",
            "≤ 60",
            encoded <= 60,
        )
    )
    return rows


def idle(bench: Bench) -> list[Row]:
    """People who have a picture open and do nothing."""
    _, percent = bench.watched("stay", bench.series["native"], 50, STAY_S)
    return [Row("50 idle viewers, heartbeats included", f"{percent:.2f} % of a core", "< 1 %", percent < 1)]


PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    "pictures": new_pictures,
    "orthanc": against_orthanc,
    "drag": drag,
    "scroll": scroll,
    "loops": loops,
    "idle": idle,
}


def measured(bench: Bench, name: str) -> list[Row]:
    """Return the rows of one part, and the memory that it took."""
    print(name, flush=True)
    with Memory(bench.server) as memory:
        rows = PARTS[name](bench)
    return [*rows, Row(f"  memory (RssAnon) meanwhile: {name}", f"{memory.highest_mb:.0f} MB", "< 250 MB", memory.highest_mb < 250)]
