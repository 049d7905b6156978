"""Who takes part in a shared view: one roster, merged from what each server process says of its own sockets.

Processes tell each other whole lists, never changes, so a lost list is mended by the next one. A process that has said nothing for
EXPIRY_S is gone, and its people with it. Clocks are given: monotonic seconds of the process that keeps the roster.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

EXPIRY_S = 6.0  # three heartbeats
LOST_S = 60.0  # so long someone who lost the line stays on the list
ABSENT_S = 3.0  # so long the presenter must be away before someone else may take over
MAX_PEOPLE = 1024

CONDITIONS = ("in step", "loading", "elsewhere", "behind", "withheld", "lost")  # of several windows of a person, the first counts


@dataclass(frozen=True, slots=True)
class Present:
    """One socket that takes part; is it here no longer without having left, its condition is "lost"."""

    seat: str
    person: str
    name: str
    condition: str

    def packed(self) -> list[str]:
        """Return what travels between processes."""
        return [self.seat, self.person, self.name, self.condition]


def unpacked(rows: Sequence[Sequence[str]]) -> list[Present]:
    """Return what another process sent."""
    return [Present(*row) for row in rows[:MAX_PEOPLE]]


@dataclass(slots=True)
class _Process:
    heard_at: float
    people: dict[str, Present] = field(default_factory=dict)  # by seat


@dataclass(slots=True)
class _Lost:
    name: str
    since: float


class Roster:
    """The people of one shared view, as one process knows them."""

    def __init__(self, now: float) -> None:
        self._processes: dict[str, _Process] = {}
        self._lost: dict[str, _Lost] = {}  # by person
        self._seen_at: dict[str, float] = {}  # by person: when someone present was last known to be
        self._began_at = now

    def hear(self, process: str, people: Sequence[Present], now: float) -> None:
        """Take in all that a process says of its sockets. Who is named no more has left; who lost the line is named so."""
        known = self._processes.setdefault(process, _Process(now))
        before = {each.person for each in known.people.values()}
        known.heard_at = now
        known.people = {each.seat: each for each in people if each.condition != "lost"}
        for each in people:
            if each.condition == "lost":
                self._lost.setdefault(each.person, _Lost(each.name, now))
        for person in before - {each.person for each in known.people.values()}:
            self._seen_at[person] = now
        self._forget(now)

    def expire(self, now: float) -> None:
        """Give up the processes that went quiet: their people lost the line when they were last heard of."""
        for name, process in list(self._processes.items()):
            if now - process.heard_at <= EXPIRY_S:
                continue
            del self._processes[name]
            for each in process.people.values():
                self._lost.setdefault(each.person, _Lost(each.name, process.heard_at))
                self._seen_at[each.person] = max(self._seen_at.get(each.person, process.heard_at), process.heard_at)
        self._forget(now)

    def go_on(self, now: float) -> None:
        """Let no process expire for what it could not say: called while processes cannot hear each other."""
        for process in self._processes.values():
            process.heard_at = now

    def present(self) -> frozenset[str]:
        """Return the usernames of who is here now."""
        return frozenset(each.person for process in self._processes.values() for each in process.people.values())

    def absent_s(self, person: str, now: float) -> float | None:
        """Return for how long a person has been away, None for who is here. Who was never seen is away since the roster began."""
        if person in self.present():
            return None
        return now - self._seen_at.get(person, self._began_at)

    def rows(self, presenter: str) -> list[dict[str, Any]]:
        """Return the list as clients get it, by name."""
        best: dict[str, Present] = {}
        for process in self._processes.values():
            for each in process.people.values():
                other = best.get(each.person)
                if other is None or CONDITIONS.index(each.condition) < CONDITIONS.index(other.condition):
                    best[each.person] = each
        here = [(each.name, each.person, each.condition) for each in best.values()]
        gone = [(lost.name, person, "lost") for person, lost in self._lost.items() if person not in best]
        return [
            {"person": person, "name": name, "condition": condition, "is_presenter": person == presenter}
            for name, person, condition in sorted(here + gone)
        ]

    def _forget(self, now: float) -> None:
        here = self.present()
        for person, lost in list(self._lost.items()):
            if person in here or now - lost.since > LOST_S:
                del self._lost[person]
        if len(self._seen_at) > MAX_PEOPLE:
            newest = sorted(self._seen_at.items(), key=lambda each: each[1])[-MAX_PEOPLE // 2 :]
            self._seen_at = dict(newest)
