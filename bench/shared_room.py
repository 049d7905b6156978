"""A shared view with everybody in it: opened, joined, and at the end compared."""

import asyncio
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.shared_house import House, Stack, tokens_of_people
from bench.shared_person import Person, Wish

PRESENTER, LATE = "bench-presenter", "bench-late"
STEP_S = 0.01


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds; say whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(STEP_S)
    return True


def stack_view(opened: dict[str, Any], index: int, window: list[float]) -> dict[str, Any]:
    """Return a stack's view as a presenter's page describes it: whole picture, upright."""
    frame = opened["frames"][index]
    center = [opened["columns"] / 2, opened["rows"] / 2]
    view = {"kind": "stack", "index": index, "instance": opened["instances"][frame["instance"]]["digest"], "frame": frame["frame_number"]}
    return view | {"window": window, "invert": False, "orientation": [1, 0, 0, 1], "zoom": 1, "center": center, "cine": None}


@dataclass
class Room:
    """The people of one shared view, over one or two server processes."""

    house: House
    stacks: list[Stack]
    key: str
    presenter: Person
    followers: list[Person]
    late: Person
    urls: list[str]
    hashes: dict[int, str] = field(default_factory=dict)

    @property
    def everyone(self) -> list[Person]:
        return [self.presenter, *self.followers]

    @property
    def wrong(self) -> list[str]:
        return [line for person in [*self.everyone, self.late] for line in person.wrong]

    async def join_all(self) -> None:
        """Connect everybody, let them join, and wait until each one's picture can come."""
        for person in self.everyone:
            await person.connect()
        await asyncio.gather(*(person.join(self.key) for person in self.everyone))
        await asyncio.gather(*(person.opened() for person in self.everyone if person.wish.pictures))

    def is_in_step(self) -> bool:
        """Say whether everybody holds the same state."""
        return len({(person.state["number"], person.hash) for person in self.everyone}) == 1

    async def compare(self, seconds: float = 15.0) -> tuple[bool, float]:
        """Wait until nothing moves and all hold one state, let someone join late, and hold all hashes against each other.

        Returns: whether all are equal; and the milliseconds from the late one's request to being in step.
        """
        await until(self.is_in_step, seconds)
        while True:
            number = self.presenter.state["number"]
            await asyncio.sleep(1.0)  # a last look comes 150 ms after the last motion
            if self.presenter.state["number"] == number:
                break
        await self.late.connect()
        started = time.perf_counter()
        await self.late.join(self.key)
        late_ms = (time.perf_counter() - started) * 1000
        if not self.is_in_step():
            held = sorted({(person.state["number"], person.hash) for person in self.everyone})
            self.presenter.wrong.append(f"different states at the end: {held}")
        same = {person.hash for person in [*self.everyone, self.late]}
        return len(same) == 1 and not self.wrong, late_ms

    async def end(self) -> None:
        """End the shared view; everybody must hear it."""
        await asyncio.to_thread(self.house.end, self.key)
        if not await until(lambda: all(person.state["ended"] for person in self.everyone), 10.0):
            missed = [person.name for person in self.everyone if not person.state["ended"]]
            self.presenter.wrong.append(f"not told of the end: {', '.join(missed)}")
        for person in [*self.everyone, self.late]:
            person.drop()


def _prepare(options: Namespace, names: list[str]) -> tuple[dict[str, str], House, list[Stack], str]:
    tokens = tokens_of_people([PRESENTER, *names, LATE], options.department or ["radiology"])
    house = House(options.url, tokens[PRESENTER])
    stacks = house.stacks()
    key = house.open_shared_view(stacks[0])
    house.invite(key, names)
    return tokens, house, stacks, key


async def open_room(options: Namespace, wish: Wish) -> Room:
    """Make the people, open a shared view of the largest CT and invite all but the late one, who comes by the link."""
    names = [f"bench-follower-{number:02}" for number in range(1, options.followers + 1)]
    tokens, house, stacks, key = await asyncio.to_thread(_prepare, options, names)
    urls = [options.url] + ([options.url2] if options.url2 else [])
    hashes: dict[int, str] = {}

    def person(name: str, url: str) -> Person:
        return Person(name=name, token=tokens[name], url=url, wish=wish, hashes=hashes)

    followers = [person(name, urls[number % len(urls)]) for number, name in enumerate(names)]
    late = Person(name=LATE, token=tokens[LATE], url=urls[-1], wish=Wish(wish.size, pictures=False), hashes=hashes)
    return Room(house, stacks, key, person(PRESENTER, urls[0]), followers, late, urls, hashes)
