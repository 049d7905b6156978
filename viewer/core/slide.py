"""Slide levels: where on the pyramid each tile is stored (PS3.3 C.7.6.17.3, C.8.12.14; rule S11 lives on what is absent)."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.frame_facts import Facts, ImageRecord, number, text


@dataclass(frozen=True, slots=True)
class LevelGrid:
    """One level: its size, its tiles and where each is.

    image: index into the series' images. positions: tile (column, row) -> frame index for TILED_SPARSE; None for TILED_FULL, where
    tiles run row by row and the first plane and optical path come first. first_tile: which of those its first frame is, where the
    level is one part of a concatenation (PS3.3 C.7.6.16.2.2.4).
    """

    image: int
    columns: int
    rows: int
    tile_columns: int
    tile_rows: int
    number_of_frames: int
    positions: dict[tuple[int, int], int] | None = field(default=None, repr=False)
    first_tile: int = 0

    @property
    def tiles_across(self) -> int:
        return -(-self.columns // self.tile_columns)

    @property
    def tiles_down(self) -> int:
        return -(-self.rows // self.tile_rows)

    def frame_index_of(self, column: int, row: int) -> int | None:
        """Return the frame that holds a tile, or None: outside the level, or a tile that was never stored."""
        if not (0 <= column < self.tiles_across and 0 <= row < self.tiles_down):
            return None
        if self.positions is not None:
            return self.positions.get((column, row))
        index = row * self.tiles_across + column - self.first_tile
        return index if 0 <= index < self.number_of_frames else None


def levels_of(images: Sequence[ImageRecord], chosen: Sequence[int]) -> tuple[list[LevelGrid], list[str]]:
    """Return the levels of a slide, the largest first, and notes on what is stored and not shown.

    Of several images of one size (optical paths, focal planes in instances of their own) the lowest Instance Number is taken.
    """
    notes: list[str] = []
    by_size: dict[tuple[int, int], list[int]] = {}
    ordered = sorted(chosen, key=lambda i: _rank(images[i]))
    for index in ordered:
        by_size.setdefault(_matrix(images[index]), []).append(index)
    grids = [_grid(members[0], images[members[0]], notes) for members in by_size.values()]
    spare = sum(len(members) - 1 for members in by_size.values())
    if spare:
        notes.append(f"{spare} further image{'s' if spare > 1 else ''} of the same size (channels or planes) not shown")
    planes, paths = (max((_count(images[m[0]].facts, k) for m in by_size.values()), default=1) for k in _EXTRA)
    if planes > 1:
        notes.append(f"{planes} focal planes stored, the first shown")
    if paths > 1:
        notes.append(f"{paths} optical paths stored, the first shown")
    return sorted(grids, key=lambda grid: -grid.columns * grid.rows), notes


def _rank(image: ImageRecord) -> tuple[bool, int, int, str]:
    return image.instance_number is None, image.instance_number or 0, _first_tile(image.facts), image.sop_instance_uid


def _first_tile(facts: Facts) -> int:
    return max(0, int(number(facts.get("ConcatenationFrameOffsetNumber")) or 0))


_EXTRA = ("TotalPixelMatrixFocalPlanes", "NumberOfOpticalPaths")


def _count(facts: Facts, keyword: str) -> int:
    return max(1, int(number(facts.get(keyword)) or 1))


def _matrix(image: ImageRecord) -> tuple[int, int]:
    columns, rows = (int(number(image.facts.get(f"TotalPixelMatrix{name}")) or 0) for name in ("Columns", "Rows"))
    return columns or image.columns, rows or image.rows


def _grid(index: int, image: ImageRecord, notes: list[str]) -> LevelGrid:
    columns, rows = _matrix(image)
    grid = LevelGrid(index, columns, rows, image.columns, image.rows, image.number_of_frames, None, _first_tile(image.facts))
    stated = text(image.facts.get("DimensionOrganizationType")).upper()
    offsets = _offsets(image.facts.get("TilePositions"))
    if stated == "TILED_SPARSE" or (stated != "TILED_FULL" and (offsets >= 0).any()):
        return replace(grid, positions=_positions(offsets[: image.number_of_frames], grid, notes))
    wanted = grid.tiles_across * grid.tiles_down
    if stated != "TILED_FULL" and wanted > 1:
        notes.append(f"level {columns} × {rows}: tile order not stated, taken as row by row")
    if image.number_of_frames < wanted:
        notes.append(f"level {columns} × {rows}: {wanted - image.number_of_frames} of {wanted} tiles absent")
    return grid


def _offsets(packed: Any) -> NDArray[np.int32]:
    """Unpack tile offsets: shape (frames, 2), pixels from 0 as (column, row); (-1, -1) where a frame doesn't say."""
    try:
        return np.frombuffer(base64.b64decode(packed or "", validate=True), dtype="<i4").reshape(-1, 2)
    except (binascii.Error, ValueError, TypeError):
        return np.empty((0, 2), dtype="<i4")


def _positions(offsets: NDArray[np.int32], grid: LevelGrid, notes: list[str]) -> dict[tuple[int, int], int]:
    """Return tile -> frame of a TILED_SPARSE level: the first frame at a place is shown."""
    found: dict[tuple[int, int], int] = {}
    astray = repeated = 0
    for frame_index, (x, y) in enumerate(offsets.tolist()):
        if x < 0 or y < 0 or x % grid.tile_columns or y % grid.tile_rows:
            astray += 1
        elif (tile := (x // grid.tile_columns, y // grid.tile_rows)) in found:
            repeated += 1
        else:
            found[tile] = frame_index
    if astray:
        notes.append(f"level {grid.columns} × {grid.rows}: {astray} tiles lie off the grid and are not shown")
    if repeated:
        notes.append(f"level {grid.columns} × {grid.rows}: {repeated} further planes or channels of tiles not shown")
    return found
