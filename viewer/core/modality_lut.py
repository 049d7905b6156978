"""Modality LUT: stored values to modality values, such as HU (PS3.3 C.11.1)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.description import ImageDescription, Rescale
from archive.core.lookup_table import LookupTable


def modality_of(description: ImageDescription, frame_index: int) -> Rescale | LookupTable:
    """Return the modality transform of a frame for display.

    The table where there is one, else the rescale. None of both for XA and XRF whose Pixel Intensity Relationship is LOG or
    DISP (rule S09; PS3.3 C.8.7.1.1.2): their stored values are made for display already.
    """
    if description.is_log_or_disp_angiogram:
        return Rescale()
    return description.modality_lut or description.rescale(frame_index)


def apply_modality(values: NDArray[Any], modality: Rescale | LookupTable) -> NDArray[np.float64]:
    """Return modality values of stored values, any shape. A table takes inputs outside it to its nearer end (C.11.1.1.1)."""
    if isinstance(modality, Rescale):
        return values.astype(np.float64) * modality.slope + modality.intercept
    index = np.clip(values.astype(np.int64) - modality.first_mapped, 0, len(modality.entries) - 1)
    return modality.entries.astype(np.float64)[index]
