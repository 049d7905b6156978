"""Slide tiles: which frame of which level, and the one view that all tiles have. Stream and plain HTTP both find them here.

The view lets stored bytes pass wherever a browser shows them as they are; everything else is lossless PNG. No access decision: who
holds the levels was let in.
"""

from collections.abc import Sequence

from archive.services.retrieve import StoredImage
from governance.core.faults import NotFound
from viewer.core.view import ViewState
from viewer.services.opening import SlideLevel

TILE_VIEW = ViewState(codec="stored")


def locate_tile(*, levels: Sequence[SlideLevel], level: int, column: int, row: int) -> tuple[StoredImage, int | None]:
    """Return the image of a level and the frame of a tile in it, None where it is absent. Raises: NotFound outside the slide."""
    if not 0 <= level < len(levels):
        raise NotFound("level")
    found = levels[level]
    frame_index = found.frame_index_of(column, row)
    if frame_index is None and not (0 <= column < found.tiles_across and 0 <= row < found.tiles_down):
        raise NotFound("tile")
    return found.image, frame_index
