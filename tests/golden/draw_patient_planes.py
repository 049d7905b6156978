"""Write tests/golden/patient_planes.json: reference lines and linked frames that server and page must both find.

    python -m tests.golden.draw_patient_planes

The planes are drawn at random from a fixed seed: axial against sagittal, coronal, hardly tilted and any which way. The answers are worked
out here by another way than the product's, which takes no part: a reference line ends where an edge of one frame pierces the other frame,
so each of the eight edges is tried; linked frames are found by measuring every distance with NumPy. pytest (tests/unit/) and vitest
(static/src/state/) both read the file.
"""

import json
import math
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("patient_planes.json")
SEED, PAIRS, LINKS = 20261124, 60, 60
REFERENCES = ("1.2.3",) * 8 + ("1.2.4", "")  # most share one
QUARTER = math.pi / 2
Stated = dict[str, Any]
Angles = tuple[float, float, float]
Array = NDArray[np.float64]


def turned(angles: Angles) -> tuple[list[float], list[float]]:
    """Return row and column of an axial plane turned about x, then y, then z, in radians; six decimals, as files have them."""
    (a, b, c), found = angles, []
    about_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    about_y = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    about_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    for axis in ([1, 0, 0], [0, 1, 0]):
        found.append([round(float(value), 6) + 0.0 for value in about_z @ about_y @ about_x @ np.array(axis)])
    return found[0], found[1]


def stated(rng: random.Random, angles: Angles) -> Stated:
    """Return a frame, turned so, whose middle lies near the middle of the patient."""
    row, column = turned(angles)
    frame: Stated = {
        "row": row, "column": column, "origin": [0, 0, 0],
        "column_mm": round(rng.uniform(0.3, 2), 4), "row_mm": round(rng.uniform(0.3, 2), 4),
        "columns": rng.randrange(40, 300), "rows": rng.randrange(40, 300), "frame_of_reference": rng.choice(REFERENCES),
    }  # fmt: skip
    middle = np.array([rng.uniform(-20, 20) for _ in range(3)])
    frame["origin"] = [round(float(value), 3) for value in middle - place(frame, frame["columns"] / 2, frame["rows"] / 2)]
    return frame


def place(frame: Stated, x: float, y: float) -> Array:
    """Return where a point of a frame lies (Equation C.7.6.2.1-1; the centre of the first pixel is 0.5, 0.5)."""
    axes = np.array([np.array(frame["row"]) * frame["column_mm"], np.array(frame["column"]) * frame["row_mm"]])
    return np.asarray(np.array(frame["origin"]) + np.array([x - 0.5, y - 0.5]) @ axes)


def point(frame: Stated, where: Array) -> Array:
    """Return the point of a frame that is nearest to a place."""
    axes = np.array([np.array(frame["row"]) * frame["column_mm"], np.array(frame["column"]) * frame["row_mm"]]).T
    return np.asarray(np.linalg.lstsq(axes, where - np.array(frame["origin"]), rcond=None)[0] + 0.5)


def normal(frame: Stated) -> Array:
    cross = np.cross(frame["row"], frame["column"])
    return np.asarray(cross / np.linalg.norm(cross))


def distance(frame: Stated, where: Array) -> float:
    return float((where - np.array(frame["origin"])) @ normal(frame))


def pierced(by: Stated, through: Stated) -> list[Array]:
    """Return the places at which the four edges of one frame go through another, within its edges."""
    columns, rows = by["columns"], by["rows"]
    corners = [place(by, *corner) for corner in ((0, 0), (columns, 0), (columns, rows), (0, rows), (0, 0))]
    found = []
    for start, end in pairwise(corners):
        from_start, from_end = distance(through, start), distance(through, end)
        if from_start * from_end >= 0:
            continue
        where = start + (end - start) * from_start / (from_start - from_end)
        x, y = point(through, where)
        if 0 <= x <= through["columns"] and 0 <= y <= through["rows"]:
            found.append(where)
    return found


def line_of(source: Stated, target: Stated) -> list[list[float]] | None:
    is_shared = source["frame_of_reference"] and source["frame_of_reference"] == target["frame_of_reference"]
    if not is_shared or abs(normal(source) @ normal(target)) > math.cos(math.radians(1)):
        return None
    ends = sorted(
        [round(float(value), 6) + 0.0 for value in point(target, end)] for end in pierced(source, target) + pierced(target, source)
    )
    assert len(ends) in (0, 2)
    return ends or None


def lines() -> list[dict[str, Any]]:
    rng, found = random.Random(SEED), []
    for pair in range(PAIRS):
        tilt = math.radians(rng.choice((0.4, 0.9, 1.1, 3)))
        anyhow: Angles = (rng.uniform(-3, 3), rng.uniform(-3, 3), rng.uniform(-3, 3))
        angles: list[Angles] = [(-QUARTER, 0, QUARTER), (-QUARTER, 0, 0), (tilt, 0, 0), anyhow, anyhow]
        source, target = stated(rng, (0, 0, 0)), stated(rng, angles[pair % 5])
        if pair % 2:
            source, target = target, source
        found.append({"source": source, "target": target, "line": line_of(source, target)})
    return found


def stack_of(rng: random.Random, angles: Angles) -> list[Stated | None]:
    """Return a few parallel frames along z, now and then one without a place."""
    first, step, count = stated(rng, angles), round(rng.uniform(1, 9), 2) * rng.choice((-1, 1)), rng.randrange(1, 8)
    x, y, z = first["origin"]
    stack: list[Stated | None] = [{**first, "origin": [x, y, round(z + step * (number - count / 2), 3)]} for number in range(count)]
    if rng.random() < 0.1:
        stack[rng.randrange(len(stack))] = None
    return stack


def nearest(target: list[Stated], away: Array, by: str) -> dict[str, Any]:
    """Return the frame that is least far away; past the end where the place lies more than half a step beyond all of them."""
    index = int(np.argmin(np.abs(away)))
    beside = target[index - 1 if index else min(1, len(target) - 1)]
    step = abs(distance(beside, np.array(target[index]["origin"])))
    is_one_side = bool((away > 0).all() or (away < 0).all())
    least = float(abs(away[index]))
    return {"index": index, "by": by, "distance_mm": round(least, 6), "isBeyond": is_one_side and least > max(step / 2, 0.5)}


def link_of(source: list[Stated | None], index: int, target: list[Stated | None], offset: int, offset_mm: float | None) -> dict[str, Any]:
    here, known = source[index], [frame for frame in target if frame is not None]
    if here and len(known) == len(target) and abs(normal(here) @ normal(known[0])) > math.cos(math.radians(30)):
        if here["frame_of_reference"] and here["frame_of_reference"] == known[0]["frame_of_reference"]:
            middle = place(here, here["columns"] / 2, here["rows"] / 2)
            return nearest(known, np.array([distance(frame, middle) for frame in known]), "space")
        if offset_mm is not None:
            return linked_along(here, known, offset_mm)
    found = sorted((0, index + offset, len(target) - 1))[1]
    return {"index": found, "by": "offset", "distance_mm": None, "isBeyond": found != index + offset}


def linked_along(here: Stated, target: list[Stated], offset_mm: float) -> dict[str, Any]:
    """Each in its own space: how far a frame's middle lies along its normal is all that is compared."""

    def along(frame: Stated) -> float:
        return float(place(frame, frame["columns"] / 2, frame["rows"] / 2) @ normal(frame))

    away = np.array([along(here) + offset_mm - along(frame) for frame in target])
    return nearest(target, away, "offset")


def links() -> list[dict[str, Any]]:
    rng, found = random.Random(SEED + 1), []
    for _ in range(LINKS):
        tilt = math.radians(rng.choice((0, 0, 0, 10, 25, 35, 90)))
        source, target = stack_of(rng, (0, 0, 0)), stack_of(rng, (tilt, 0, rng.choice((0, math.pi))))
        index, offset = rng.randrange(len(source)), rng.randrange(-3, 4)
        offset_mm = round(rng.uniform(-15, 15), 2) if rng.random() < 0.7 else None
        linked = link_of(source, index, target, offset, offset_mm)
        found.append({"source": source, "index": index, "target": target, "offset": offset, "offset_mm": offset_mm, "linked": linked})
    return found


def text() -> str:
    """Return the file: a vector a line."""
    parts = [
        f'"{name}": [\n' + ",\n".join(json.dumps(one, separators=(",", ":")) for one in rows) + "\n]"
        for name, rows in (("lines", lines()), ("links", links()))
    ]
    return "{" + ",\n".join(parts) + "}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
