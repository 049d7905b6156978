"""A beating heart as an echo sees it: two planes, each a function of place and time.

Places are in cm: x to the image's right, y away from the probe. Time is the phase of the beat, 0..1 from the R wave. Tissue is
described in its own resting space and carried along by the motion, so that whatever is drawn on it moves with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Echoes:
    """What lies at each place: all fields of one shape.

    rest_x, rest_y: where this tissue is at rest (cm); wall_cm: signed distance to the nearest blood, negative inside it;
    level_db: how strongly tissue scatters; bright_db: what thin bright lines (valves, pericardium) add.
    toward_cm_s: flow of blood towards the probe.
    """

    rest_x: Field
    rest_y: Field
    wall_cm: Field
    level_db: Field
    bright_db: Field
    toward_cm_s: Field


Scene = Callable[[Field, Field, float], Echoes]


def _periodic(points: list[tuple[float, float]]) -> Callable[[float], float]:
    """Return a smooth curve of the phase through points of one beat."""
    times = [time + beat for beat in (-1, 0, 1) for time, _ in points]
    curve = PchipInterpolator(times, [value for _ in range(3) for _, value in points])
    return lambda phase: float(curve(phase % 1.0))


contraction = _periodic(
    [(0.0, 0.02), (0.06, 0.15), (0.2, 0.75), (0.36, 1.0), (0.44, 0.85), (0.55, 0.32), (0.68, 0.2), (0.84, 0.17), (0.94, 0.03)]
)
inflow_opening = _periodic(
    [(0.0, 0.05), (0.04, 0.0), (0.42, 0.0), (0.5, 1.0), (0.6, 0.65), (0.72, 0.35), (0.82, 0.4), (0.9, 0.85), (0.97, 0.2)]
)
inflow_speed = _periodic([(0.0, 0.0), (0.43, 0.0), (0.51, 1.0), (0.62, 0.45), (0.72, 0.15), (0.83, 0.2), (0.9, 0.75), (0.97, 0.1)])
outflow_speed = _periodic([(0.0, 0.0), (0.05, 0.1), (0.13, 1.0), (0.26, 0.7), (0.36, 0.15), (0.4, 0.0), (0.9, 0.0)])


def ecg_millivolt(phase: float) -> float:
    """Return one lead of a healthy heart's ECG."""
    waves = [(-0.17, 0.025, 0.13), (-0.035, 0.009, -0.12), (0.0, 0.011, 1.1), (0.033, 0.010, -0.25), (0.33, 0.045, 0.26)]
    here = (phase + 0.4) % 1.0 - 0.4
    return float(sum(height * np.exp(-(((here - middle) / width) ** 2)) for middle, width, height in waves))


def _ellipse(x: Field, y: Field, cx: float, cy: float, a: float, b: float) -> Field:
    """Return about the signed distance to an ellipse, negative inside."""
    u, v = (x - cx) / a, (y - cy) / b
    length = np.hypot(u, v)
    return np.asarray((length - 1) * length / np.maximum(np.hypot(u / a, v / b), 1e-3), dtype=np.float32)


def _squeeze(x: Field, y: Field, cx: float, cy: float, reach: float, amount: float) -> tuple[Field, Field]:
    """Undo a contraction towards (cx, cy): inner layers have moved more than outer ones, so walls thicken."""
    dx, dy = x - cx, y - cy
    grow = np.asarray(amount * np.exp(-((dx * dx + dy * dy) / (reach * reach))), dtype=np.float32)
    return dx * grow, dy * grow


def _line_distance(x: Field, y: Field, points: NDArray[np.float64]) -> Field:
    """Return the distance to a polyline (n, 2), or 9 beyond 1.2 cm of its bounding box."""
    out = np.full(x.shape, 9.0, dtype=np.float32)
    low, high = points.min(axis=0) - 1.2, points.max(axis=0) + 1.2
    near = (x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1])
    px, py = x[near], y[near]
    best = np.full(px.shape, 9.0, dtype=np.float32)
    for (ax, ay), (bx, by) in pairwise(points):
        dx, dy = bx - ax, by - ay
        along = np.clip(((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy), 0, 1)
        best = np.minimum(best, np.hypot(px - ax - along * dx, py - ay - along * dy))
    out[near] = best
    return out


def _leaflet(hinge: tuple[float, float], inward: float, length: float, opening: float) -> NDArray[np.float64]:
    """Return a valve leaflet's line from its hinge to its tip. inward: +1 if it points to larger x when closed."""
    share = np.linspace(0, 1, 7)
    angle = np.radians(14 + 58 * opening) + np.radians(24 * (0.7 - opening)) * (share - 0.5)
    step = length / 6
    dx, dy = np.cos(angle) * step * inward, -np.sin(angle) * step
    return np.stack([hinge[0] + np.cumsum(dx) - dx[0], hinge[1] + np.cumsum(dy) - dy[0]], axis=1)


def four_chambers(x: Field, y: Field, phase: float) -> Echoes:
    """Apical four-chamber view: apex at the top, left heart at the image's right."""
    squeeze, opening = contraction(phase), inflow_opening(phase)
    # the base is drawn towards the apex in systole; the apex hardly moves
    pull = 1.35 * squeeze * np.exp(-(((y - 9.0) / 3.4) ** 2))
    left = _squeeze(x, y, 1.9, 7.4, 3.0, 0.40 * squeeze)
    right = _squeeze(x, y, -2.9, 8.0, 2.4, 0.26 * squeeze)
    rx = x + left[0] + right[0]
    ry = y + pull + 0.35 * (left[1] + right[1])
    fill = 0.16 * squeeze * np.exp(-(((y - 12.2) / 2.6) ** 2))  # the atria fill while the ventricles empty
    rx = rx - (x - (2.3 * np.tanh((x + 0.4) / 0.6) - 0.4)) * fill  # each about its own middle, the septum between them at rest

    wobble = (0.10 * np.sin(2.1 * ry + 0.8 * rx) + 0.07 * np.sin(3.7 * rx - 1.3 * ry)).astype(np.float32)
    lv = np.maximum(_ellipse(rx, ry, 1.9, 8.0, 2.25, 5.3), ry - 9.9)
    rv = np.maximum(_ellipse(rx, ry, -2.85, 8.4, 1.65, 4.3), ry - 9.6)
    la = _ellipse(rx, ry, 1.95, 12.2, 2.2, 2.75)
    ra = _ellipse(rx, ry, -2.7, 12.0, 2.05, 2.75)
    blood = np.minimum(np.minimum(lv, rv), np.minimum(la, ra)) + wobble
    trabecula = 0.24 * np.sin(5.0 * ry + 2.0 * rx) * np.exp(-((rv / 0.5) ** 2)) * (ry < 8.5)  # the right ventricle's rough wall
    blood = (blood + np.where(rx < -1.4, trabecula, 0)).astype(np.float32)
    outer = np.minimum(
        np.minimum(_ellipse(rx, ry, 1.9, 7.7, 3.25, 6.25), _ellipse(rx, ry, -2.6, 8.2, 2.3, 5.0)),
        np.minimum(_ellipse(rx, ry, 1.95, 12.2, 2.5, 3.05), _ellipse(rx, ry, -2.7, 12.0, 2.3, 3.0)),
    )
    fibres = 2.0 * np.sin(7.0 * (rx * 0.35 + ry) + 3.0 * wobble)
    level = np.where(outer < 0, -16.0 + fibres, -23.0 - 7.0 * np.clip(outer, 0, 2.2))
    level = np.where((ry > 10.2) & (outer < 0), -14.0, level)  # thin atrial walls
    level += 9.0 * np.exp(-(((ry - 9.7) / 0.5) ** 2)) * (blood > 0) * (outer < 0.3)  # the fibrous plane of the valves

    bright = 9.0 * np.exp(-((outer / 0.16) ** 2)) * (0.25 + 0.75 * (ry > 9))
    leaflets = [((0.38, 9.72), 1.0, 1.75), ((3.42, 9.78), -1.0, 1.45), ((-1.25, 9.45), -1.0, 1.45), ((-4.15, 9.5), 1.0, 1.5)]
    for hinge, inward, length in leaflets:
        apart = _line_distance(rx, ry, _leaflet(hinge, inward, length, opening))
        bright = np.maximum(bright, 30.0 * np.exp(-((apart / 0.11) ** 2)))
        knot = np.hypot(rx - hinge[0], (ry - hinge[1]) * 1.3)
        bright = np.maximum(bright, 13.0 * np.exp(-((knot / 0.30) ** 2)))

    jet = np.exp(-(((rx - 1.95) / (0.75 + 0.10 * np.clip(9.8 - ry, 0, 5))) ** 2)) * np.exp(-(((ry - 8.4) / 2.6) ** 2))
    fill_left = 78 * inflow_speed(phase) * jet
    back = np.exp(-(((rx - 3.3) / 0.6) ** 2) - (((ry - 6.0) / 1.8) ** 2)) * -24 * inflow_speed(phase)  # the eddy behind the jet
    outlet = -72 * outflow_speed(phase) * np.exp(-(((rx - 0.55 - 0.08 * (ry - 7)) / 0.65) ** 2) - (((ry - 8.4) / 2.2) ** 2))
    venous = 26 * (0.3 + 0.7 * outflow_speed(phase - 0.1)) * np.exp(-(((rx - 2.3) / 0.9) ** 2) - (((ry - 13.2) / 1.5) ** 2))
    leak = (
        -115 * outflow_speed(phase + 0.01) * np.exp(-(((rx - 2.0 + 0.12 * (ry - 9.8)) / 0.24) ** 2)) * np.exp(-(((ry - 10.7) / 1.2) ** 4))
    )
    return Echoes(
        rx.astype(np.float32),
        ry.astype(np.float32),
        blood,
        level.astype(np.float32),
        bright.astype(np.float32),
        (fill_left + back + outlet + venous + leak).astype(np.float32),
    )


def short_axis(x: Field, y: Field, phase: float) -> Echoes:
    """Parasternal short axis at the papillary muscles: the left ventricle as a ring, the right as a crescent above it."""
    squeeze = contraction(phase)
    cx, cy = 0.7, 7.3 - 0.25 * squeeze
    move = _squeeze(x, y, cx, cy, 3.3, 0.50 * squeeze)
    turn = np.radians(5.0) * squeeze
    dx, dy = x + move[0] - cx, y + move[1] - cy
    rx = (cx + np.cos(turn) * dx - np.sin(turn) * dy).astype(np.float32)
    ry = (7.3 + np.sin(turn) * dx + np.cos(turn) * dy).astype(np.float32)
    angle = np.arctan2(ry - 7.3, rx - cx)
    rough = 0.09 * np.sin(5 * angle + 1) + 0.06 * np.sin(9 * angle)
    lv = np.hypot(rx - cx, ry - 7.3) - 2.45 - rough
    for px, py, size in ((-0.75, 8.6, 0.62), (2.2, 8.55, 0.66)):
        lv = np.maximum(lv, size - np.hypot(rx - px, (ry - py) * 0.9))
    ring = np.hypot(rx - cx, ry - 7.3) - 3.45
    crescent = np.maximum(_ellipse(rx, ry, -1.3, 5.6, 3.5, 2.5), 0.15 - ring)
    crescent = crescent + 0.12 * np.sin(4 * rx + 3 * ry)
    blood = np.minimum(lv, crescent).astype(np.float32)
    outer = np.minimum(ring, _ellipse(rx, ry, -1.3, 5.6, 3.9, 2.9))
    fibres = 2.5 * np.sin(9.0 * np.hypot(rx - cx, ry - 7.3))
    level = np.where(outer < 0, -15.0 + fibres, -22.0 - 6.0 * np.clip(outer, 0, 2.5))
    bright = 10.0 * np.exp(-((outer / 0.17) ** 2)) * (0.3 + 0.7 * (ry > 8.5))
    still = np.zeros_like(rx)
    return Echoes(rx, ry, blood, level.astype(np.float32), bright.astype(np.float32), still)
