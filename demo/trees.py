"""Branching tubes that fill a region: vessels and airways of the lungs, vessels of the liver.

Each end point joins the tree where that makes its way from the root short without much new tube; radii follow Murray's law
(the parent's radius to the power GAMMA is the sum of its children's).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

GAMMA = 2.5


@dataclass(frozen=True, slots=True)
class Tubes:
    """Straight pieces with round ends: start and end (n, 3) mm, radii at both (n,) mm, value (n,) HU."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    start_radius: NDArray[np.float64]
    end_radius: NDArray[np.float64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.value)


def joined(*parts: Tubes) -> Tubes:
    """Return all parts as one, in order."""
    return Tubes(
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.end for part in parts]),
        np.concatenate([part.start_radius for part in parts]),
        np.concatenate([part.end_radius for part in parts]),
        np.concatenate([part.value for part in parts]),
    )


def path(points: Sequence[tuple[float, float, float, float]], value: float, *, step_mm: float = 6.0) -> Tubes:
    """Return a smooth tube through points (x, y, z, radius)."""
    corners = np.array(points, dtype=float)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners[:, :3], axis=0), axis=1))])
    count = max(2, int(along[-1] / step_mm) + 1)
    if len(corners) > 2:
        fine = PchipInterpolator(along, corners, axis=0)(np.linspace(0, along[-1], count))
    else:
        fine = corners[:1] + (corners[1:] - corners[:1]) * np.linspace(0, 1, count)[:, None]
    return Tubes(fine[:-1, :3], fine[1:, :3], fine[:-1, 3], fine[1:, 3], np.full(count - 1, value))


def grow(
    root: tuple[float, float, float],
    ends: NDArray[np.float64],
    *,
    tip_radius_mm: float,
    value: float,
    seed: int,
    thrift: float = 0.35,
    wobble: float = 0.12,
) -> Tubes:
    """Return the tree from root to every end.

    ends: (n, 3) mm. thrift: weight of the way from the root against new tube; wobble: bend of each piece, as part of its length.
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(np.linalg.norm(ends - np.array(root), axis=1))
    nodes = [np.array(root, dtype=float)]
    parent, way = [-1], [0.0]
    for end in ends[order]:
        placed = np.array(nodes)
        distance = np.linalg.norm(placed - end, axis=1)
        best = int(np.argmin(distance + thrift * np.array(way)))
        pieces = max(1, int(distance[best] / 9.0))
        base, previous = placed[best], best
        bend = rng.normal(0, wobble * distance[best], 3)
        for piece in range(1, pieces + 1):
            share = piece / pieces
            point = base + (end - base) * share + bend * 4 * share * (1 - share) * (0.5 if pieces > 1 else 0)
            way.append(way[previous] + float(np.linalg.norm(point - nodes[previous])))
            nodes.append(point)
            parent.append(previous)
            previous = len(nodes) - 1
    flow = np.zeros(len(nodes))
    leaves = np.ones(len(nodes), dtype=bool)
    leaves[np.array(parent[1:])] = False
    flow[leaves] = tip_radius_mm**GAMMA
    for node in range(len(nodes) - 1, 0, -1):  # children come after their parents
        flow[parent[node]] += flow[node]
    radius = flow ** (1 / GAMMA)
    placed, of = np.array(nodes), np.array(parent[1:])
    return Tubes(placed[of], placed[1:], np.minimum(radius[of], radius[1:] * 1.25), radius[1:], np.full(len(of), value))


def spread(candidates: NDArray[np.float64], count: int, *, seed: int) -> NDArray[np.float64]:
    """Choose count of the candidates (n, 3), far from each other: the best of a few at each draw."""
    rng = np.random.default_rng(seed)
    chosen = [candidates[rng.integers(len(candidates))]]
    for _ in range(count - 1):
        few = candidates[rng.integers(len(candidates), size=6)]
        gap = np.linalg.norm(few[:, None] - np.array(chosen)[None], axis=-1).min(axis=1)
        chosen.append(few[int(np.argmax(gap))])
    return np.array(chosen)
