"""The picture of a whole slide: pieces of tissue on glass, re-assembled from one real sample without a period.

Patches of the sample - turned, mirrored, scaled, bent and re-stained - compete for every spot. A patch wins where it is near
its own centre and where its gland (or, in stroma, its stroma) lies, so that seams run along gland borders and not through them.
Everything is a function of position: any tile can be drawn alone, in any order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.kernel import compiled, smooth_noise
from demo.stains import GLASS, OPTICAL_DENSITY_SCALE, UPSAMPLING, StainSample, stain_sample

GRID = 4  # fields and weights are known at every fourth pixel
GLAND_STEP = 8  # refined source pixels a sample of StainSample.gland
SPACING = 360.0  # pixels between patch centres
MAGNIFICATION = 1.5  # slide pixels a source pixel
BEND_PX = 22.0  # standard deviation of the bend that makes each copy of a gland another one
GAIN = 13.0  # how sharply the best patch wins
REACH = 1.4  # a patch's farthest effect, in spacings
COARSE = 32  # pixels a sample of the whole-slide fields


@dataclass(frozen=True, slots=True)
class Patches:
    """Where patches lie and how each one is laid: arrays of equal length.

    x, y: slide pixels; anchor_x, anchor_y: the refined source pixel that lies there; turn: (n, 2, 2) slide offset -> source offset.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    anchor_x: NDArray[np.float32]
    anchor_y: NDArray[np.float32]
    turn: NDArray[np.float32]
    haematoxylin: NDArray[np.float32]
    dab: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tissue:
    """A slide to be drawn. fields: (6, rows / COARSE + 2, columns / COARSE + 2), see _fields."""

    rows: int
    columns: int
    sample: StainSample
    patches: Patches
    fields: NDArray[np.float32]


def lay_out(*, rows: int, columns: int, seed: int = 7) -> Tissue:
    """Decide everything random about a slide of this size."""
    sample = stain_sample()
    return Tissue(rows, columns, sample, _patches(rows, columns, sample.density.shape[0], seed), _fields(rows, columns, seed))


def _patches(rows: int, columns: int, source_size: int, seed: int) -> Patches:
    rng = np.random.default_rng(seed)
    across, down = int(columns / SPACING) + 3, int(rows / (SPACING * 0.87)) + 3
    grid_y, grid_x = np.mgrid[-1 : down - 1, -1 : across - 1].astype(np.float64)
    x = (grid_x + 0.5 * (grid_y % 2) + rng.uniform(-0.38, 0.38, grid_x.shape)) * SPACING
    y = (grid_y * 0.87 + rng.uniform(-0.38, 0.38, grid_x.shape)) * SPACING
    count = x.size
    angle = rng.uniform(0, 2 * np.pi, count)
    scale = UPSAMPLING / MAGNIFICATION / rng.uniform(0.82, 1.22, count)
    mirror = rng.choice([-1.0, 1.0], count)
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    turn = np.stack([np.stack([cosine * mirror, -sine * mirror], -1), np.stack([sine, cosine], -1)], -2)
    margin = source_size * 0.22
    return Patches(
        x=x.ravel().astype(np.float32),
        y=y.ravel().astype(np.float32),
        anchor_x=rng.uniform(margin, source_size - margin, count).astype(np.float32),
        anchor_y=rng.uniform(margin, source_size - margin, count).astype(np.float32),
        turn=turn.astype(np.float32),
        haematoxylin=rng.normal(1.0, 0.08, count).clip(0.8, 1.2).astype(np.float32),
        dab=rng.normal(1.0, 0.14, count).clip(0.6, 1.35).astype(np.float32),
    )


def _pieces(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far inside a piece of tissue each spot is: positive inside, about 1 at the middle. x, y: 0..1."""
    main = 1 - np.hypot((x - 0.42) / 0.35, (y - 0.52 + 0.25 * (x - 0.4) ** 2) / 0.40) ** 2
    bay = 1 - np.hypot((x - 0.20) / 0.13, (y - 0.14) / 0.20) ** 2  # a bite out of the outline
    second = 1 - np.hypot((x - 0.895) / 0.08, (y - 0.27) / 0.18) ** 2
    third = 1 - np.hypot((x - 0.90) / 0.07, (y - 0.78) / 0.10) ** 2
    return np.asarray(np.maximum(np.maximum(np.minimum(main, -0.8 * bay + 0.1), second * 0.7), third * 0.6), dtype=np.float64)


def _fields(rows: int, columns: int, seed: int) -> NDArray[np.float32]:
    """Return the slow fields: inside (px, signed), gland preference, haematoxylin, DAB, bend x and bend y (px)."""
    shape = (rows // COARSE + 2, columns // COARSE + 2)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    x, y = x * COARSE / columns, y * COARSE / rows
    long = shape[1]

    def noise(number: int, wavelength: float, octaves: int = 1) -> NDArray[np.float64]:
        # drawn on a larger field, because the noise is periodic and a slide is not
        larger = smooth_noise((shape[0] * 5 // 4, shape[1] * 5 // 4), seed=seed * 100 + number, wavelength=wavelength, octaves=octaves)
        return larger[: shape[0], : shape[1]].astype(np.float64)

    outline = _pieces(x, y) + 0.13 * noise(1, long / 4, 5) + 0.02 * noise(2, max(6.0, long / 60), 3)
    lumen = (noise(3, max(10.0, long / 14), 5) - 2.15) * 0.6
    crack = 0.035 - np.abs(noise(4, long / 5, 5)) - np.clip(0.9 - noise(5, long / 5), 0, None) * 0.5
    inside = np.minimum(outline, -np.maximum(lumen, crack * 2.0))
    # turn the level into a distance by its slope, so that edges are equally sharp everywhere
    slope = np.hypot(*np.gradient(inside)) / COARSE
    distance = inside / np.maximum(slope, np.percentile(slope, 20))
    preference = 1.3 * noise(6, long / 6, 3) + 5.5 * (0.46 - y - 0.35 * (x - 0.4))
    return np.stack(
        [
            np.clip(distance, -400, 400),
            np.clip(preference, -3.5, 1.5),
            np.clip(1 + 0.10 * noise(7, long / 4, 2), 0.7, 1.35),
            np.clip(1 + 0.20 * noise(8, long / 5, 3), 0.35, 1.5),
            BEND_PX * noise(9, 14.0, 2),
            BEND_PX * noise(10, 14.0, 2),
        ]
    ).astype(np.float32)


@compiled
def _interpolate(plane: NDArray[np.float32], y: float, x: float) -> float:
    y = min(max(y, 0.0), plane.shape[0] - 1.001)
    x = min(max(x, 0.0), plane.shape[1] - 1.001)
    row, column = int(y), int(x)
    v, u = y - row, x - column
    upper = plane[row, column] * (1 - u) + plane[row, column + 1] * u
    lower = plane[row + 1, column] * (1 - u) + plane[row + 1, column + 1] * u
    return float(upper * (1 - v) + lower * v)


@compiled
def _sample_fields(fields: NDArray[np.float32], top: int, left: int, out: NDArray[np.float32]) -> None:
    for field in range(fields.shape[0]):
        for row in range(out.shape[1]):
            for column in range(out.shape[2]):
                out[field, row, column] = _interpolate(fields[field], (top + row * GRID) / COARSE, (left + column * GRID) / COARSE)


@compiled
def _weigh(
    fields: NDArray[np.float32],
    top: int,
    left: int,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    anchor_x: NDArray[np.float32],
    anchor_y: NDArray[np.float32],
    turn: NDArray[np.float32],
    gland: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> None:
    """Fill weights (patches, rows, columns): a soft maximum of the patches' scores at each grid spot."""
    last = (gland.shape[0] - 1) * GLAND_STEP
    for row in range(weights.shape[1]):
        for column in range(weights.shape[2]):
            here_y, here_x = top + row * GRID + fields[5, row, column], left + column * GRID + fields[4, row, column]
            best = -1e9
            for patch in range(x.size):
                dx, dy = here_x - x[patch], here_y - y[patch]
                weights[patch, row, column] = -1e9
                if dx * dx + dy * dy > (REACH * SPACING) ** 2:
                    continue
                source_x = anchor_x[patch] + turn[patch, 0, 0] * dx + turn[patch, 0, 1] * dy
                source_y = anchor_y[patch] + turn[patch, 1, 0] * dx + turn[patch, 1, 1] * dy
                away = np.sqrt(dx * dx + dy * dy) / SPACING
                score = -2.2 * away * away - 40.0 * max(away - REACH + 0.2, 0.0)  # nothing is left of it beyond REACH
                beyond = max(max(-source_x, source_x - last), max(-source_y, source_y - last))
                if beyond > -75.0:  # the sample's straight border would show: let it wave
                    beyond += 13.0 * np.sin(0.055 * (source_x + source_y) + x[patch])
                if beyond > -60.0:
                    score -= 0.0011 * (beyond + 60.0) ** 2
                score += 0.9 * fields[1, row, column] * _interpolate(gland, source_y / GLAND_STEP, source_x / GLAND_STEP)
                weights[patch, row, column] = score
                best = max(best, score)
            total = 0.0
            for patch in range(x.size):
                weight = np.exp((weights[patch, row, column] - best) * GAIN)
                if weight < 0.03:
                    weight = 0.0
                weights[patch, row, column] = weight
                total += weight
            for patch in range(x.size):
                weights[patch, row, column] /= total


@compiled
def _paint(
    out: NDArray[np.uint8],
    fields: NDArray[np.float32],
    weights: NDArray[np.float32],
    top: int,
    left: int,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    anchor_x: NDArray[np.float32],
    anchor_y: NDArray[np.float32],
    turn: NDArray[np.float32],
    gains: NDArray[np.float32],
    density: NDArray[np.uint16],
    levels: NDArray[np.uint8],
) -> None:
    """Fill out (rows, columns, 3), block by block of GRID x GRID pixels. levels: (3, n) display level of each density step.

    Within a block everything slow is linear: a patch is sampled along two constant steps.
    """
    last = density.shape[0] - 1.01
    total = np.empty((GRID, GRID, 3), dtype=np.float32)
    inside, bend_x, bend_y = fields[0], fields[4], fields[5]
    for i in range(out.shape[0] // GRID):
        for j in range(out.shape[1] // GRID):
            if max(max(inside[i, j], inside[i, j + 1]), max(inside[i + 1, j], inside[i + 1, j + 1])) < -14.0:
                out[i * GRID : (i + 1) * GRID, j * GRID : (j + 1) * GRID] = levels[:, 0]
                continue
            total[:] = 0.0
            here_x, here_y = left + j * GRID + bend_x[i, j], top + i * GRID + bend_y[i, j]
            across_x, across_y = 1.0 + (bend_x[i, j + 1] - bend_x[i, j]) / GRID, (bend_y[i, j + 1] - bend_y[i, j]) / GRID
            down_x, down_y = (bend_x[i + 1, j] - bend_x[i, j]) / GRID, 1.0 + (bend_y[i + 1, j] - bend_y[i, j]) / GRID
            for patch in range(x.size):
                w00, w01, w10, w11 = weights[patch, i, j], weights[patch, i, j + 1], weights[patch, i + 1, j], weights[patch, i + 1, j + 1]
                if w00 + w01 + w10 + w11 <= 0.0:
                    continue
                t00, t01, t10, t11 = turn[patch, 0, 0], turn[patch, 0, 1], turn[patch, 1, 0], turn[patch, 1, 1]
                start_x = anchor_x[patch] + t00 * (here_x - x[patch]) + t01 * (here_y - y[patch])
                start_y = anchor_y[patch] + t10 * (here_x - x[patch]) + t11 * (here_y - y[patch])
                right_x, right_y = t00 * across_x + t01 * across_y, t10 * across_x + t11 * across_y
                below_x, below_y = t00 * down_x + t01 * down_y, t10 * down_x + t11 * down_y
                blue, brown = gains[0, patch] * fields[2, i, j], gains[1, patch] * fields[3, i, j]
                for v in range(GRID):
                    first, second = w00 + (w10 - w00) * v / GRID, w01 + (w11 - w01) * v / GRID
                    for u in range(GRID):
                        weight = first + (second - first) * u / GRID
                        # the few spots that no patch covers show the nearest one mirrored at its border
                        source_x = abs(start_x + right_x * u + below_x * v)
                        source_y = abs(start_y + right_y * u + below_y * v)
                        source_x = max(last - abs(source_x - last), 0.0)
                        source_y = max(last - abs(source_y - last), 0.0)
                        row, column = int(source_y), int(source_x)
                        q, p = source_y - row, source_x - column
                        s11 = q * p * weight
                        s10, s01 = q * weight - s11, p * weight - s11
                        s00 = weight - s10 - s01 - s11
                        for channel in range(3):
                            blue_here = (
                                density[row, column, channel] * s00
                                + density[row, column + 1, channel] * s01
                                + density[row + 1, column, channel] * s10
                                + density[row + 1, column + 1, channel] * s11
                            )
                            brown_here = (
                                density[row, column, channel + 3] * s00
                                + density[row, column + 1, channel + 3] * s01
                                + density[row + 1, column, channel + 3] * s10
                                + density[row + 1, column + 1, channel + 3] * s11
                            )
                            total[v, u, channel] += blue * blue_here + brown * brown_here
            edge, edge_right = inside[i, j], (inside[i, j + 1] - inside[i, j]) / GRID
            edge_down = (inside[i + 1, j] - inside[i, j]) / GRID
            for v in range(GRID):
                for u in range(GRID):
                    # the outline is frayed by the tissue itself: dense spots reach further out
                    reach = edge + edge_right * u + edge_down * v + (total[v, u, 0] + total[v, u, 2]) * (3.5 / OPTICAL_DENSITY_SCALE)
                    cover = min(max(reach * 0.15, 0.0), 1.0) * (512.0 / OPTICAL_DENSITY_SCALE)
                    for channel in range(3):
                        step = min(max(int(total[v, u, channel] * cover), 0), levels.shape[1] - 1)
                        out[i * GRID + v, j * GRID + u, channel] = levels[channel, step]


def _levels() -> NDArray[np.uint8]:
    """Return the display level of every density step of 1/512: glass dimmed by exp(-density), the offset of stains.py taken off."""
    density = np.maximum(np.arange(512 * 4) / 512 - 0.11, 0)
    return np.round(GLASS[:, None] * np.exp(-density)[None]).astype(np.uint8)


LEVELS = _levels()


def draw_tile(tissue: Tissue, *, top: int, left: int, size: int) -> NDArray[np.uint8] | None:
    """Draw the square of full-resolution pixels at (top, left); None where there is only glass.

    size: a multiple of GRID. Returns: (size, size, 3) uint8 RGB.
    """
    side = size // GRID + 1
    fields = np.empty((tissue.fields.shape[0], side, side), dtype=np.float32)
    _sample_fields(tissue.fields, top, left, fields)
    if fields[0].max() < -14:
        return None
    patches = tissue.patches
    reach = SPACING * REACH + BEND_PX * 4 + size / 2
    near = np.flatnonzero((abs(patches.x - left - size / 2) < reach) & (abs(patches.y - top - size / 2) < reach))
    laid = (patches.x[near], patches.y[near], patches.anchor_x[near], patches.anchor_y[near], patches.turn[near])
    weights = np.empty((near.size, side, side), dtype=np.float32)
    _weigh(fields, top, left, *laid, tissue.sample.gland, weights)
    used = weights.max(axis=(1, 2)) > 0
    weights, near, laid = weights[used], near[used], tuple(part[used] for part in laid)
    gains = np.stack([patches.haematoxylin[near], patches.dab[near]])
    out = np.empty((size, size, 3), dtype=np.uint8)
    _paint(out, fields, weights, top, left, *laid, gains, tissue.sample.density, LEVELS)
    return out
