"""From the presenter's input to the followers' pictures: bench/shared_view.py says what is counted."""

import asyncio
import gc
import os
import random
import time
from argparse import Namespace
from collections.abc import Awaitable
from typing import Any

import numpy as np

from bench.shared_person import Person, Wish
from bench.shared_room import Room, open_room, stack_view, until
from bench.stream_client import Picture, Server, check_levels

WARM_INPUTS = 30
CHECKED_INPUTS, CHECK_ONE_IN = 10, 5  # every tenth input, one in five pictures of it: one picture in fifty is decoded
REST_S = 0.5
STAND_EVERY_S = 2.0
STEP = 1 / 64  # windows are multiples of it: exact as float32, and with six decimals


class Stopwatch:
    """When each input was sent, and when each follower had it or a later one."""

    def __init__(self, inputs: int) -> None:
        self.sent_at = [0.0] * inputs
        self.number_of: dict[tuple[int, float, float], int] = {}
        self.delays_ms: list[float] = []
        self.moved_ms: list[float] = []
        self.skipped = 0
        self.received: set[int] = set()
        self._next: dict[str, int] = {}

    def moved(self, person: Person, moved: dict[str, Any]) -> None:
        """Note when a motion came to a follower; `t` of a motion is its input's number."""
        number = int(moved.get("t", -1))
        if 0 <= number < len(self.sent_at):
            self.moved_ms.append((time.perf_counter() - self.sent_at[number]) * 1000)

    def picture(self, person: Person, number: int) -> None:
        """Note that a follower has the picture of an input."""
        now = time.perf_counter()
        first = self._next.get(person.name, 0)
        if number < first:
            return
        self.delays_ms.extend((now - sent) * 1000 for sent in self.sent_at[first : number + 1])
        self.skipped += number - first
        self._next[person.name] = number + 1

    def have_all(self, people: list[Person]) -> bool:
        """Say whether everybody has the last input's picture."""
        return all(self._next.get(person.name, 0) == len(self.sent_at) for person in people)

    def close(self, people: list[Person]) -> None:
        """Count what never came as endless."""
        missing = sum(len(self.sent_at) - self._next.get(person.name, 0) for person in people)
        self.delays_ms.extend([float("inf")] * missing)


class Inputs:
    """What the presenter does: scrolls to and fro while windowing; no window comes twice, in this run or any other."""

    def __init__(self, opened: dict[str, Any], count: int) -> None:
        dice = random.Random()
        center, width, frames = dice.randrange(0, 3200) * STEP, 300 + dice.randrange(0, 12800) * STEP, len(opened["frames"])
        self.views = []
        for number in range(count):
            place = number % (2 * frames)
            index = place if place < frames else 2 * frames - 1 - place
            window = [center + number % 160 * STEP * 16, width + number * STEP * 16]
            self.views.append(stack_view(opened, index, window))

    def key(self, number: int) -> tuple[int, float, float]:
        """Return what names the picture of an input in a header."""
        view = self.views[number]
        return (view["index"], view["window"][0], view["window"][1])


class Judge:
    """Holds each picture against what was opened and asked; decodes one in fifty."""

    def __init__(self, room: Room, size: int, watch: Stopwatch) -> None:
        self._room, self._size, self._watch = room, size, watch
        self._server = Server(room.house.url, room.presenter.token)
        self._checks: list[Awaitable[None]] = []
        self._of_input: dict[int, int] = {}
        self.checked = self.bytes_received = self.pictures = self.render_us = self.encode_us = 0

    def warm(self, opened: dict[str, Any], inputs: Inputs) -> None:
        """Fetch the stored values of what will be checked, so that the measurement doesn't contain it."""
        for view in inputs.views[::CHECKED_INPUTS]:
            frame = opened["frames"][view["index"]]
            self._server.values(opened["instances"][frame["instance"]]["sop_instance_uid"], frame["frame_number"])

    def picture(self, person: Person, picture: Picture) -> None:
        """Take a picture in, of whoever."""
        number = self._watch.number_of.get((picture.index, picture.window_center, picture.window_width))
        if number is None:
            return  # of before the measurement
        self._watch.received.add(number)
        if person is not self._room.presenter:
            self._watch.picture(person, number)
        self.pictures += 1
        self.bytes_received += len(picture.payload)
        self.render_us, self.encode_us = self.render_us + picture.render_us, self.encode_us + picture.encode_us
        opened = person.panes[0].opened
        assert opened is not None
        frame = opened["frames"][picture.index]
        instance = opened["instances"][frame["instance"]]
        scale = min(1.0, self._size / max(opened["columns"], opened["rows"]))
        fits = (round(opened["columns"] * scale), round(opened["rows"] * scale))
        if (picture.codec, picture.quality, picture.width, picture.height) != (1, person.wish.quality, *fits):
            raise ValueError(f"a picture of codec {picture.codec}, quality {picture.quality}, {picture.width} x {picture.height}")
        if picture.instance_digest.hex() != instance["digest"] or picture.frame_number != frame["frame_number"]:
            raise ValueError("a picture of another image than asked")
        if number % CHECKED_INPUTS == 0 and scale == 1.0:
            self._of_input[number] = self._of_input.get(number, 0) + 1
            if self._of_input[number] % CHECK_ONE_IN == 0:
                where = {"sop_instance_uid": instance["sop_instance_uid"], "frame_number": frame["frame_number"]}
                self._checks.append(asyncio.get_running_loop().run_in_executor(None, check_levels, self._server, picture, where))

    async def finish(self) -> None:
        """Wait for the decoded pictures' checks. Raises: Wrong."""
        await asyncio.gather(*self._checks)
        self.checked = len(self._checks)


class Idling:
    """How late the load generator's own loop is, and what it costs: it must not be the bottleneck."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self._cpu, self._clock = time.process_time(), time.perf_counter()
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            due = time.perf_counter() + 0.01
            await asyncio.sleep(0.01)
            self.late_ms.append((time.perf_counter() - due) * 1000)

    def stop(self) -> float:
        """Return the share of one core that this process used."""
        self._task.cancel()
        return (time.process_time() - self._cpu) / (time.perf_counter() - self._clock)


async def stand(room: Room) -> None:
    """Let everybody report, each every 2 s, spread evenly."""
    while True:
        for person in room.everyone:
            person.stand()
            await asyncio.sleep(STAND_EVERY_S / len(room.everyone))


async def present(room: Room, inputs: Inputs, watch: Stopwatch | None, rate: float) -> None:
    """Send the inputs at an even rate."""
    started = time.perf_counter()
    for number, view in enumerate(inputs.views):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        if watch is None:
            room.presenter.move(0, view, t=-1)
        else:
            watch.sent_at[number] = time.perf_counter()
            room.presenter.move(0, view, t=number)


async def process_rendered(room: Room) -> int:
    """Return how many pictures the server processes have encoded."""
    one_each = {person.url: person for person in room.everyone}
    return sum([(await person.status())["process_rendered"] for person in one_each.values()])


async def measure(options: Namespace) -> int:
    """Measure, print, and say by the exit code whether all was right."""
    room = await open_room(options, Wish(options.size))
    await room.join_all()
    opened = await room.presenter.opened()
    inputs, watch = Inputs(opened, options.inputs), Stopwatch(options.inputs)
    judge = Judge(room, options.size, watch)
    await asyncio.to_thread(judge.warm, opened, inputs)
    await present(room, Inputs(opened, WARM_INPUTS), None, options.rate)
    await asyncio.sleep(REST_S)  # the last look and the last pictures of the warming
    await until(room.is_in_step, 10.0)
    for person in room.everyone:
        person.when_picture = judge.picture
    for follower in room.followers:
        follower.when_moved = watch.moved
    watch.number_of = {inputs.key(number): number for number in range(options.inputs)}
    gc.collect()
    gc.disable()
    before, load = await process_rendered(room), os.getloadavg()[0]
    standing, idling = asyncio.create_task(stand(room)), Idling()
    await present(room, inputs, watch, options.rate)
    await until(lambda: watch.have_all(room.followers), 10.0)
    share = idling.stop()
    standing.cancel()
    watch.close(room.followers)
    renders = await process_rendered(room) - before
    gc.enable()
    await judge.finish()
    equal, late_ms = await room.compare()
    await room.end()
    report(options, room, watch, judge)
    late = np.percentile(idling.late_ms, 95)
    print(
        f"load generator: {share:.0%} of a core, its loop late by {late:.1f} ms (p95); load average {load:.1f} → {os.getloadavg()[0]:.1f}"
    )
    print(f"someone who joined last was in step after {late_ms:.1f} ms")
    for line in room.wrong[:20]:
        print(f"wrong: {line}")
    verdict = "equal" if equal and not room.wrong else "differ"
    print(f"p95 {np.percentile(watch.delays_ms, 95):.1f} ms, {renders} renders for {len(watch.received)} views, hashes {verdict}")
    return 0 if verdict == "equal" else 1


def report(options: Namespace, room: Room, watch: Stopwatch, judge: Judge) -> None:
    """Print what stands behind the last line."""
    processes = "one process" if len(room.urls) == 1 else f"{len(room.urls)} processes"
    print(f"{len(room.followers)} followers on {processes}; {options.inputs} inputs at {options.rate:g}/s; {max(room.hashes)} events")
    pictures = max(judge.pictures, 1)
    size_kb = judge.bytes_received / pictures / 1000
    print(f"{judge.pictures} pictures of {size_kb:.1f} kB, all headers right; {judge.checked} decoded, all levels right")
    print(f"server: {judge.render_us / pictures:.0f} µs render, {judge.encode_us / pictures:.0f} µs encode by their headers")
    wanted = options.inputs * len(room.followers)
    print(f"newer ones won: {watch.skipped} of {wanted} pictures; {len(watch.moved_ms)} of {wanted} motions came")
    for name, times in (("input to motion ", watch.moved_ms), ("input to picture", watch.delays_ms)):
        if times:
            low, high, higher = np.percentile(times, (50, 95, 99))
            print(f"{name}: p50 {low:.1f}, p95 {high:.1f}, p99 {higher:.1f}, longest {max(times):.1f} ms")
