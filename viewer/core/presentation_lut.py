"""The last grey stage of a presentation state: VOI output to P-Values by a table, or to colours by a palette (PS3.3 C.11.6, C.7.9).

Both take the whole output range of the VOI stage to their whole input range (C.11.6.1.1), so VOI output is a fraction 0..1 here and
not one of 256 levels: a table of 4,096 entries gets its 4,096 inputs.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.lookup_table import LookupTable
from viewer.core.palette import palette_table
from viewer.core.voi_choice import Voi
from viewer.core.voi_lut import check_window

Palette = tuple[LookupTable, LookupTable, LookupTable]


def voi_fractions(values: NDArray[np.float64], voi: Voi) -> NDArray[np.float64]:
    """Return modality values through the VOI transform, 0 its lowest output and 1 its highest; NaN becomes 0.

    PS3.3 C.11.2.1.2 (LINEAR, LINEAR_EXACT, SIGMOID) with y in 0..1; of a table, entries over its largest (C.11.2.1.1).
    Raises: Malformed where a window is outside its function's domain.
    """
    if voi.table is not None:
        index = np.clip(np.floor(np.nan_to_num(values) + 0.5) - voi.table.first_mapped, 0, len(voi.table.entries) - 1).astype(np.int64)
        return np.asarray(np.minimum(voi.table.entries.astype(np.float64)[index] / ((1 << voi.table.bits) - 1), 1.0))
    center, width = voi.center or 0.0, voi.width or 1.0
    check_window(voi.function, width)
    known = np.nan_to_num(values, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    if voi.function == "SIGMOID":
        exponents = np.clip(-4.0 * (known - center) / width, -700.0, 700.0)
        return np.asarray(1.0 / (1.0 + np.exp(exponents)))
    if voi.function == "LINEAR" and width == 1:
        return (known > center - 0.5).astype(np.float64)
    if voi.function == "LINEAR":
        return np.clip((known - (center - 0.5)) / (width - 1) + 0.5, 0.0, 1.0)
    return np.clip((known - center) / width + 0.5, 0.0, 1.0)


def apply_presentation_lut(fractions: NDArray[np.float64], table: LookupTable) -> NDArray[np.uint8]:
    """Return levels: fractions of the VOI output through a presentation LUT; its largest P-Value is 255. Halves up."""
    levels = np.floor(np.minimum(table.entries.astype(np.float64) * 255 / ((1 << table.bits) - 1), 255) + 0.5).astype(np.uint8)
    return np.asarray(levels[_index(fractions, len(levels))])


def apply_pseudo_colour(fractions: NDArray[np.float64], palette: Palette) -> NDArray[np.uint8]:
    """Return RGB levels, one axis more: fractions of the VOI output through the palette of a pseudo-colour state."""
    count = palette[0].count
    table = palette_table(palette, first=palette[0].first_mapped, count=count)
    return np.asarray(table[_index(fractions, count)])


def _index(fractions: NDArray[np.float64], count: int) -> NDArray[Any]:
    return np.floor(fractions * (count - 1) + 0.5).astype(np.int64)
