"""Mosaics: many slices of a volume tiled into one picture, a habit of Siemens MR (rules S03, S06).

Image Type says MOSAIC. Image Position (Patient) is then that of the whole sheet's corner, which is no place in the patient; orientation
and spacing hold within each tile.
"""

import math

from viewer.core.frame_facts import Facts, number, text, value_at


def is_mosaic(facts: Facts, frame_index: int = 0) -> bool:
    """Say whether a frame is a sheet of slices."""
    return "MOSAIC" in text(value_at(facts, "ImageType", frame_index)).upper().split("\\")


def tiles_across(facts: Facts) -> int | None:
    """Return how many tiles a row and a column of the sheet have, or None where their number is not stated: they fill a square."""
    count = number(facts.get("ImagesInMosaic"))
    return math.isqrt(int(count) - 1) + 1 if count and count >= 1 else None


def mosaic_note(facts: Facts, rows: int, columns: int) -> str:
    """Say what a sheet of this size holds."""
    count, across = number(facts.get("ImagesInMosaic")), tiles_across(facts)
    if count is None or across is None:
        return "mosaic: many slices in one picture, their places in the patient unknown"
    return f"mosaic: {int(count)} slices of {columns // across} × {rows // across} in one picture, their places in the patient unknown"
