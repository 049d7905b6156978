"""The levels of a tiled picture as JPEG tiles, made in one pass from top to bottom with a few strips in memory."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from demo.kernel import compiled

DrawTile = Callable[[int, int], NDArray[np.uint8] | None]


@dataclass(slots=True)
class Level:
    """One level: its size in pixels and its tiles row by row, equal bytes shared. strip: rows that wait for a full tile row."""

    rows: int
    columns: int
    tile_size: int
    tiles: list[bytes] = field(default_factory=list)
    waiting: list[NDArray[np.uint8]] = field(default_factory=list)

    @property
    def tiles_across(self) -> int:
        return -(-self.columns // self.tile_size)

    @property
    def tiles_down(self) -> int:
        return -(-self.rows // self.tile_size)


def encode_jpeg(picture: NDArray[np.uint8], *, quality: int, subsampling: str = "422") -> bytes:
    """Return baseline JPEG in YCbCr; subsampling "422" is DICOM's YBR_FULL_422, "444" its YBR_FULL."""
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(picture), quality=quality, colorspace="RGB", colorsubsampling=subsampling))


@compiled
def halve(picture: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Fill out (rows / 2, columns / 2, 3) with the rounded means of 2 x 2 pixels."""
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            for channel in range(3):
                total = (
                    int(picture[2 * row, 2 * column, channel])
                    + int(picture[2 * row, 2 * column + 1, channel])
                    + int(picture[2 * row + 1, 2 * column, channel])
                    + int(picture[2 * row + 1, 2 * column + 1, channel])
                )
                out[row, column, channel] = (total + 2) // 4


def build_levels(
    draw_tile: DrawTile,
    *,
    rows: int,
    columns: int,
    tile_size: int,
    background: NDArray[np.uint8],
    quality: int = 80,
    tell: Callable[[float], None] = lambda share: None,
    threads: int = 2,
) -> tuple[list[Level], NDArray[np.uint8]]:
    """Draw every tile of level 0 once and derive the other levels by halving, down to one tile.

    draw_tile(top, left): (tile_size, tile_size, 3) RGB, or None for background alone; called from several threads.
    rows and columns: multiples of tile_size. tell: called with the share done, 0..1.
    Returns: the levels, and the picture of the last one.
    """
    levels = [Level(rows, columns, tile_size)]
    while max(levels[-1].rows, levels[-1].columns) > tile_size:
        levels.append(Level(-(-levels[-1].rows // 2), -(-levels[-1].columns // 2), tile_size))
    blank = np.broadcast_to(background, (tile_size, tile_size, 3))
    blank_tile = encode_jpeg(blank, quality=quality)

    def encode(tile: NDArray[np.uint8]) -> bytes:
        return blank_tile if (tile == background).all() else encode_jpeg(tile, quality=quality)

    def finish(strip: NDArray[np.uint8], depth: int) -> None:
        """Cut and encode a full tile row; hand its halved picture to the next level. strip: (tile_size, padded columns, 3)."""
        level = levels[depth]
        cuts = [strip[:, left : left + tile_size] for left in range(0, level.tiles_across * tile_size, tile_size)]
        level.tiles.extend(pool.map(encode, cuts))
        if depth + 1 == len(levels):
            return
        following = levels[depth + 1]
        half = np.full((tile_size // 2, following.tiles_across * tile_size, 3), background, dtype=np.uint8)
        halves = [half[:, left // 2 : (left + tile_size) // 2] for left in range(0, level.tiles_across * tile_size, tile_size)]
        list(pool.map(halve, cuts, halves))
        following.waiting.append(half)
        if len(following.waiting) == 2:
            joined = np.concatenate(following.waiting)
            following.waiting.clear()
            finish(joined, depth + 1)

    def drawn(top: int, left: int) -> NDArray[np.uint8]:
        tile = draw_tile(top, left)
        return np.array(blank) if tile is None else tile

    last = np.array(blank)
    with ThreadPoolExecutor(threads) as pool:
        for top in range(0, rows, tile_size):
            finish(np.concatenate(list(pool.map(partial(drawn, top), range(0, columns, tile_size))), axis=1), 0)
            tell((top + tile_size) / rows)
        for depth, level in enumerate(levels):  # a level whose last tile row is half filled
            if level.waiting:
                half = level.waiting.pop()
                finish(np.concatenate([half, np.broadcast_to(background, half.shape)]), depth)
    last = _decoded(levels[-1])
    return levels, last


def _decoded(level: Level) -> NDArray[np.uint8]:
    picture = simplejpeg.decode_jpeg(level.tiles[0], colorspace="RGB")
    return np.asarray(picture[: level.rows, : level.columns])


def iterate_tiles(level: Level) -> Iterator[tuple[int, int, bytes]]:
    """Yield (tile_row, tile_column, bytes) in TILED_FULL order (PS3.3 C.7.6.17.3)."""
    for index, tile in enumerate(level.tiles):
        yield index // level.tiles_across, index % level.tiles_across, tile
