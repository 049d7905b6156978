"""The clock of a loop (rule S08): when each frame is due, where that comes from, which frames play, and when the heart beat.

PS3.3 C.7.6.5 (Cine Module), C.7.6.6 (Multi-frame Module) and C.8.5.6 (US Image Module: stages of a stress test, R waves).
"""

from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from typing import Any, Literal

from pydicom.datadict import tag_for_keyword

from viewer.core.frame_facts import Facts, number, numbers, text

ASSUMED_RATE = 30.0
SOURCES = {
    "FrameTime": "Frame Time (0018,1063)",
    "FrameTimeVector": "Frame Time Vector (0018,1065)",
    "CineRate": "Cine Rate (0018,0040)",
    "RecommendedDisplayFrameRate": "Recommended Display Frame Rate (0008,2144)",
}
TIME_POINTERS = {"FrameTime": "FrameTime", "00181063": "FrameTime", "FrameTimeVector": "FrameTimeVector", "00181065": "FrameTimeVector"}


@dataclass(frozen=True, slots=True)
class Stage:
    """Which part of a stress test a loop is of: rest, peak, recovery ..., and of the heart seen from where."""

    name: str
    number: int | None
    view: str


@dataclass(frozen=True, slots=True)
class CineClock:
    """times_ms: when each frame is due from the loop's start, only where frames are unevenly timed; rate in frames a second.

    start and stop: first and last frame to play, from 1. notes: what was stated and couldn't be used, in words.
    r_waves_ms: from the first frame, ascending; None where the image states none. stage: None where it isn't of a stress test.
    """

    times_ms: tuple[float, ...] | None
    frame_time_ms: float
    source: str
    is_assumed: bool
    start: int
    stop: int
    sequencing: Literal["looping", "sweeping"]
    notes: tuple[str, ...] = ()
    r_waves_ms: tuple[float, ...] | None = None
    stage: Stage | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "times_ms": list(self.times_ms) if self.times_ms is not None else None,
            "frame_time_ms": self.frame_time_ms,
            "rate": 1000.0 / self.frame_time_ms,
            "source": self.source,
            "assumed": self.is_assumed,
            "start": self.start,
            "stop": self.stop,
            "sequencing": self.sequencing,
            "r_waves_ms": list(self.r_waves_ms) if self.r_waves_ms is not None else None,
            "stage": asdict(self.stage) if self.stage else None,
        }


def clock_of(facts: Facts, number_of_frames: int) -> CineClock | None:
    """Resolve the clock of a multi-frame image, or None when it is no loop.

    What Frame Increment Pointer names comes first; then Frame Time, Cine Rate, Recommended Display Frame Rate; then 30 frames a
    second, said to be assumed. A pointer to something that isn't time makes no cine.
    """
    if number_of_frames < 2:
        return None
    pointers = _pointers(facts.get("FrameIncrementPointer"))
    if any(pointer not in TIME_POINTERS for pointer in pointers):
        return None
    notes: list[str] = []
    times_ms, frame_time_ms, source = None, None, ""
    if "FrameTimeVector" in {TIME_POINTERS[pointer] for pointer in pointers}:
        times_ms = _times_of_vector(facts.get("FrameTimeVector"), number_of_frames, notes)
        if times_ms is not None:
            frame_time_ms, source = times_ms[-1] / (number_of_frames - 1), SOURCES["FrameTimeVector"]
    if frame_time_ms is None:
        frame_time_ms, source = _constant_frame_time(facts, notes)
    start, stop = _trims(facts, number_of_frames, notes)
    return CineClock(
        times_ms=times_ms,
        frame_time_ms=frame_time_ms if frame_time_ms is not None else 1000.0 / ASSUMED_RATE,
        source=source or "assumed 30 frames/s: the image states no rate",
        is_assumed=frame_time_ms is None,
        start=start,
        stop=stop,
        sequencing="sweeping" if number(facts.get("PreferredPlaybackSequencing")) == 1 else "looping",
        r_waves_ms=_r_waves(facts.get("RWaveTimeVector"), notes),
        stage=_stage(facts),
        notes=tuple(notes),
    )


def pointer_words(facts: Facts) -> str:
    """Name what Frame Increment Pointer points to when that isn't time, for the viewport's note; "" otherwise."""
    others = [pointer for pointer in _pointers(facts.get("FrameIncrementPointer")) if pointer not in TIME_POINTERS]
    return ", ".join(others)


def _pointers(value: Any) -> list[str]:
    """Return Frame Increment Pointer (0028,0009; one or more tags) as keywords or eight hexadecimal digits."""
    values = value if isinstance(value, list | tuple) else [value] if value else []
    return [name if tag_for_keyword(name := text(one)) else name.upper() for one in values]


def _constant_frame_time(facts: Facts, notes: list[str]) -> tuple[float | None, str]:
    for keyword in ("FrameTime", "CineRate", "RecommendedDisplayFrameRate"):
        stated = number(facts.get(keyword))
        if stated is not None and stated > 0:
            return (stated if keyword == "FrameTime" else 1000.0 / stated), SOURCES[keyword]
        if stated is not None:
            notes.append(f"{SOURCES[keyword]} is {stated:g}: not used")
    return None, ""


def _times_of_vector(value: Any, number_of_frames: int, notes: list[str]) -> tuple[float, ...] | None:
    """Add up Frame Time Vector, whose values are increments in ms from the frame before, the first of them 0 (PS3.3 C.7.6.5.1.2)."""
    increments = numbers(value)
    if increments is None or len(increments) != number_of_frames:
        found = "is absent" if not value else f"has {len(value) if isinstance(value, list) else 1} values for {number_of_frames} frames"
        notes.append(f"{SOURCES['FrameTimeVector']} {found}: not used")
        return None
    if min(increments) < 0 or sum(increments[1:]) <= 0:
        notes.append(f"{SOURCES['FrameTimeVector']} does not run forward: not used")
        return None
    return tuple(accumulate([0.0, *increments[1:]]))


def _r_waves(value: Any, notes: list[str]) -> tuple[float, ...] | None:
    """Return R Wave Time Vector (0018,6060): ms from the start of the first frame."""
    if not value:
        return None
    waves = numbers(value)
    if waves is None or min(waves) < 0 or any(later <= earlier for earlier, later in pairwise(waves)):
        notes.append("R Wave Time Vector (0018,6060) does not run forward: not used")
        return None
    return tuple(waves)


def _stage(facts: Facts) -> Stage | None:
    """Return the stage of a stress test: Stage Name (0008,2120), Stage Number (0008,2122), View Name (0008,2127)."""
    name, stage = text(facts.get("StageName")), number(facts.get("StageNumber"))
    if not name and stage is None:
        return None
    return Stage(name=name, number=int(stage) if stage is not None else None, view=text(facts.get("ViewName")))


def _trims(facts: Facts, number_of_frames: int, notes: list[str]) -> tuple[int, int]:
    start, stop = number(facts.get("StartTrim")), number(facts.get("StopTrim"))
    if start is None and stop is None:
        return 1, number_of_frames
    first, last = int(start if start is not None else 1), int(stop if stop is not None else number_of_frames)
    if 1 <= first <= last <= number_of_frames:
        return first, last
    notes.append(f"Start and Stop Trim {first}–{last} lie outside the {number_of_frames} frames: not used")
    return 1, number_of_frames
