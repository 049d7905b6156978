"""Fifty people for minutes: lines break and come back, presenters scroll, hang, hand over, vanish and are replaced.

Everything is drawn from one seed (its moments are not: the clock runs). Each client holds every hash against the server's and
everybody's, as bench/shared_person.py says; at the end all must hold one state, and so must someone who only then joins.
"""

import asyncio
import os
import random
import time
from argparse import Namespace
from collections import Counter
from typing import Any

from bench.light_socket import Refused
from bench.shared_house import Stack
from bench.shared_latency import stand
from bench.shared_person import Fault, Person, Wish
from bench.shared_room import Room, open_room, stack_view, until

SIZE = 128
MOTION_HZ = 30
DISCONNECTS_A_SECOND = 1.5
PRESENTERS_SHARE = 0.1
LONGEST_AWAY_S = 6.0
ABSENT_S = 3.0
RETRY_S = 0.25
EXPECTED = {403, 404, 409, 503}  # refusals that come of two people acting at once, or of a server that restarts


class Soak:
    """The dice and the counters."""

    def __init__(self, room: Room, seed: int) -> None:
        self.room = room
        self.dice = random.Random(seed)
        self.disconnects = 0
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.unexpected: list[str] = []
        self.longest_rejoin_ms = 0.0
        self._away: set[asyncio.Task[None]] = set()

    # --- lines ---

    async def break_lines(self) -> None:
        """Break someone's line again and again."""
        while True:
            await asyncio.sleep(self.dice.expovariate(DISCONNECTS_A_SECOND))
            there = [person for person in self.room.everyone if person.is_connected]
            presenter = self._presenter()
            if presenter is not None and self.dice.random() < PRESENTERS_SHARE:
                self._break(presenter)
            elif there:
                self._break(self.dice.choice(there))

    def _break(self, person: Person) -> None:
        self.disconnects += 1
        person.drop()
        self._later(
            person, self.dice.uniform(0.1, LONGEST_AWAY_S) if person.is_presenter else min(self.dice.expovariate(1.0), LONGEST_AWAY_S)
        )

    def _later(self, person: Person, after_s: float) -> None:
        task = asyncio.create_task(self._come_back(person, after_s))
        self._away.add(task)
        task.add_done_callback(self._away.discard)

    async def _come_back(self, person: Person, after_s: float) -> None:
        """Connect to any process and join, until that succeeds: servers may be down for a while."""
        await asyncio.sleep(after_s)
        while not person.is_connected or person.ended_by is not None:
            person.url = self.dice.choice(self.room.urls)
            try:
                started = time.perf_counter()
                await person.connect()
                await person.join(self.room.key)
                self.longest_rejoin_ms = max(self.longest_rejoin_ms, (time.perf_counter() - started) * 1000)
            except (OSError, TimeoutError, Fault, Refused) as exc:
                self._count("join", exc)
                person.drop()
                await asyncio.sleep(RETRY_S)

    async def mind_lost(self) -> None:
        """Bring back whom the server cut off, as a page would."""
        while True:
            await asyncio.sleep(RETRY_S)
            for person in self.room.everyone:
                if person.lost_code is not None:
                    self.done[f"cut off by the server with {person.lost_code}"] += 1
                    person.lost_code = None
                    self._later(person, 0.0)

    async def bring_back(self) -> None:
        """Let everybody come back, also those whom the server cut off."""
        await asyncio.gather(*self._away)
        await asyncio.gather(*(self._come_back(person, 0.0) for person in self.room.everyone))

    # --- presenting ---

    async def present(self) -> None:
        """Let whoever presents do what presenters do."""
        while True:
            presenter = self._presenter()
            if presenter is None:
                await self._replace_absent()
                continue
            deed = self.dice.choices([self._scroll, self._hang, self._hand_over, self._rest], (5, 2, 2, 2))[0]
            try:
                await deed(presenter)
            except (Fault, OSError, TimeoutError) as exc:
                self._count(deed.__name__.strip("_"), exc)
                await asyncio.sleep(0.05)

    def _presenter(self) -> Person | None:
        """Return who presents, as the furthest of the connected holds it; None while that one's line is broken."""
        there = [person for person in self.room.everyone if person.is_connected]
        if not there:
            return None
        name = max(there, key=lambda person: person.state["number"]).state["presenter"]
        return next((person for person in there if person.name == name), None)

    async def _scroll(self, presenter: Person) -> None:
        places = [number for number, pane in enumerate(presenter.state["panes"]) if pane]
        place = self.dice.choice(places)
        opened = await presenter.opened(place)
        steps, frames = self.dice.randrange(10, MOTION_HZ), len(opened["frames"])
        first = self.dice.randrange(frames)
        for step in range(steps):
            window = [40 + step * 0.5, 400.0 + self.dice.randrange(100)]
            presenter.move(place, stack_view(opened, (first + step) % frames, window), t=0)
            await asyncio.sleep(1 / MOTION_HZ)
        self.done["motions"] += steps

    async def _hang(self, presenter: Person) -> None:
        chosen: list[Stack] = self.dice.sample(self.room.stacks, k=min(len(self.room.stacks), self.dice.choice((1, 2))))
        await presenter.act({"kind": "hang", "study": chosen[0].study, "active": 0, "panes": [stack.pane() for stack in chosen]})
        self.done["hangs"] += 1

    async def _hand_over(self, presenter: Person) -> None:
        to = self.dice.choice([person for person in self.room.everyone if person.is_connected and person is not presenter])
        await presenter.act({"kind": "hand_over", "presenter": to.name})
        self.done["hand-overs"] += 1
        await until(lambda: to.is_presenter or not to.is_connected, 2.0)

    async def _rest(self, presenter: Person) -> None:
        await asyncio.sleep(self.dice.uniform(0.1, 0.6))

    async def _replace_absent(self) -> None:
        """Once the presenter has been gone for 3 s, let two people take over at once: one must win."""
        if not await until(lambda: self._presenter() is None and self._absent_ms() >= ABSENT_S * 1000, 0.5):
            return
        there = [person for person in self.room.everyone if person.is_connected]
        takers = self.dice.sample(there, k=min(2, len(there)))
        event = {"kind": "take_over", "from": takers[0].state["presenter"]}
        answers = await asyncio.gather(*(taker.act(event) for taker in takers), return_exceptions=True)
        won = [answer for answer in answers if isinstance(answer, dict)]
        self.done["take-overs"] += len(won)
        for answer in answers:
            if isinstance(answer, Exception):
                self._count("take_over", answer)
        if len(won) > 1:
            self.unexpected.append("two took over at once")
        await until(lambda: self._presenter() is not None, 1.0)

    def _absent_ms(self) -> float:
        return max((person.presenter_absent_ms or 0 for person in self.room.everyone if person.is_connected), default=0)

    def _count(self, what: str, exc: BaseException) -> None:
        status: Any = exc.status if isinstance(exc, Fault) else type(exc).__name__
        self.refused[f"{what}: {status}"] += 1
        if isinstance(exc, Fault) and exc.status not in EXPECTED:
            self.unexpected.append(str(exc))
        elif not isinstance(exc, Fault | OSError | TimeoutError | Refused):
            raise exc


def tell(counter: Counter[str]) -> str:
    """Return a counter in words."""
    return ", ".join(f"{count} {what}" for what, count in sorted(counter.items())) or "none"


async def soak(options: Namespace) -> int:
    """Run, compare, print, and say by the exit code whether all was right."""
    room = await open_room(options, Wish(SIZE))
    await room.join_all()
    run, load = Soak(room, options.seed), os.getloadavg()[0]
    tasks = [asyncio.create_task(work) for work in (run.present(), run.break_lines(), run.mind_lost(), stand(room))]
    ended, _ = await asyncio.wait(tasks, timeout=options.soak, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for task in ended:
        run.unexpected.append(f"stopped early: {task.exception()!r}")
    await run.bring_back()
    equal, late_ms = await room.compare()
    events = max(room.hashes)
    await room.end()
    everyone = room.everyone
    print(f"{len(everyone)} people on {len(room.urls)} processes for {options.soak:.0f} s, seed {options.seed}: {tell(run.done)}")
    print(f"refused, as they should be or while away: {tell(run.refused)}")
    gaps = sum(person.mended for person in everyone)
    folded, snapshots = sum(person.events_seen for person in everyone), sum(person.snapshots for person in everyone)
    print(f"{folded} events folded, {snapshots} snapshots, {gaps} gaps mended; {len(room.hashes)} states compared")
    print(f"longest way back {run.longest_rejoin_ms:.0f} ms; who joined last was in step after {late_ms:.1f} ms")
    print(f"load average {load:.1f} → {os.getloadavg()[0]:.1f}")
    wrong = [*room.wrong, *run.unexpected]
    for line in wrong[:20]:
        print(f"wrong: {line}")
    verdict = "equal" if equal and not wrong else "differ"
    print(f"soak: {events} events, {run.disconnects} disconnects, hashes {verdict}")
    return 0 if verdict == "equal" else 1
