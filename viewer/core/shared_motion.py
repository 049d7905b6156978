"""Movement of a shared view: what is on its way to followers, and when it becomes an event.

A motion says what a pane shows now, in absolute values; the newest wins, and one that is lost costs nothing. The presenter's
process turns the last one into a `look` event once the hand rests, and in between while it goes on. Clocks are given.
"""

from dataclasses import dataclass
from typing import Any

FLUSH_S = 1 / 60  # at most so often to each follower
REST_S = 0.15  # a hand that moved nothing for so long rests
SAVE_S = 0.4  # between two events of a pane

Motion = dict[str, Any]  # pane, hang, active, by, seat, and of view, pointer, t those that were given


def merged(older: Motion | None, newer: Motion) -> Motion:
    """Return one motion for two of the same pane: the newer one, and from the older what the newer doesn't say."""
    return newer if older is None or older["hang"] != newer["hang"] else {**older, **newer}


class MotionSlots:
    """The newest unsent motion of each pane; a sender takes them at most once every FLUSH_S."""

    def __init__(self) -> None:
        self._slots: dict[int, Motion] = {}
        self._taken_at = float("-inf")

    def put(self, motion: Motion) -> None:
        """Keep a motion until it is taken or replaced."""
        self._slots[motion["pane"]] = merged(self._slots.get(motion["pane"]), motion)

    def due_at(self) -> float | None:
        """Return when something may be taken, None while there is nothing."""
        return self._taken_at + FLUSH_S if self._slots else None

    def take(self, now: float) -> list[Motion]:
        """Return what is due and forget it."""
        if not self._slots or now < self._taken_at + FLUSH_S:
            return []
        self._taken_at = now
        taken, self._slots = list(self._slots.values()), {}
        return taken

    def clear(self) -> None:
        """Forget everything: another case hangs, or someone else presents."""
        self._slots.clear()


@dataclass(slots=True)
class _Unsaved:
    motion: Motion
    since: float
    moved_at: float


class Checkpoints:
    """Which panes moved since they were last written down as an event, and when that is due."""

    def __init__(self) -> None:
        self._unsaved: dict[int, _Unsaved] = {}
        self._saved_at: dict[int, float] = {}

    def moved(self, motion: Motion, now: float) -> None:
        """Remember a motion that carries a view; a pointer alone is never written down."""
        if motion.get("view") is None:
            return
        known = self._unsaved.get(motion["pane"])
        self._unsaved[motion["pane"]] = _Unsaved(motion, known.since if known else now, now)

    def due_at(self) -> float | None:
        """Return when the next pane must be written down: at rest, or after SAVE_S of movement; never twice within SAVE_S."""
        return min(map(self._due, self._unsaved), default=None)

    def take(self, now: float, *, everything: bool = False) -> list[Motion]:
        """Return the motions to write down now and count them as saved."""
        due = [pane for pane in self._unsaved if everything or self._due(pane) <= now]
        self._saved_at.update(dict.fromkeys(due, now))
        return [self._unsaved.pop(pane).motion for pane in due]

    def try_again(self, motion: Motion, now: float) -> None:
        """Take back a motion that could not be written down, unless its pane has moved on."""
        if motion["pane"] not in self._unsaved:
            self.moved(motion, now)

    def clear(self) -> None:
        """Forget everything: another case hangs, or someone else presents."""
        self._unsaved.clear()

    def _due(self, pane: int) -> float:
        unsaved = self._unsaved[pane]
        wanted = min(unsaved.moved_at + REST_S, unsaved.since + SAVE_S)
        return max(wanted, self._saved_at.get(pane, float("-inf")) + SAVE_S)
