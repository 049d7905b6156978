"""Slide tiles: the stored bytes by frame table and one range read wherever a browser shows them as they are.

The stream and plain HTTP both read them here. No ORM and no access decision: who holds the levels was let in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.services.retrieve import StoredImage
from governance.core.faults import NotFound
from viewer.core.picture import Picture
from viewer.core.view import ViewState
from viewer.services.opening import SlideLevel
from viewer.services.rendering import render_frame

TILE_VIEW = ViewState(codec="stored")


@dataclass(frozen=True, slots=True)
class Tile:
    """One place of a slide's grid. picture is None where the slide has no tile: never to be drawn as glass (rule S11)."""

    image: StoredImage
    frame_index: int | None
    picture: Picture | None


def read_tile(*, levels: Sequence[SlideLevel], level: int, column: int, row: int) -> Tile:
    """Return a tile (level 0 = full resolution; column and row count tiles from 0): stored bytes, else lossless PNG.

    Raises: NotFound outside the slide; and as render_frame does.
    """
    image, frame_index = locate_tile(levels=levels, level=level, column=column, row=row)
    if frame_index is None:
        return Tile(image, None, None)
    return Tile(image, frame_index, render_frame(image=image, frame_index=frame_index, view=TILE_VIEW))


def locate_tile(*, levels: Sequence[SlideLevel], level: int, column: int, row: int) -> tuple[StoredImage, int | None]:
    """Return the image of a level and the frame of a tile in it, None where it is absent. Raises: NotFound outside the slide."""
    if not 0 <= level < len(levels):
        raise NotFound("level")
    found = levels[level]
    frame_index = found.frame_index_of(column, row)
    if frame_index is None and not (0 <= column < found.tiles_across and 0 <= row < found.tiles_down):
        raise NotFound("tile")
    return found.image, frame_index
