"""VOI: modality values to display levels 0..255 (PS3.3 C.11.2)."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.kernels import boolean, float64, int64, kernel, readonly, uint8, void, writable
from archive.core.lookup_table import LookupTable
from governance.core.faults import Malformed

LINEAR, LINEAR_EXACT, SIGMOID = 0, 1, 2
MAX_BRIEF_TABLE = 1 << 14  # 0.02 ms, SIGMOID 0.15
FUNCTIONS = {"LINEAR": LINEAR, "LINEAR_EXACT": LINEAR_EXACT, "SIGMOID": SIGMOID}


def resolve_function(stated: str, width: float, *, is_integer: bool) -> str:
    """Return the VOI LUT Function to use: the stated one, else LINEAR.

    LINEAR's steps of one belong to whole numbers: LINEAR_EXACT takes its place below a width of 1, where it is undefined, and
    where the function is not stated for floating point pixels (a map of 0..1 would become a threshold).
    """
    if width < 1 and stated in ("", "LINEAR"):
        return "LINEAR_EXACT"
    return stated or ("LINEAR" if is_integer else "LINEAR_EXACT")


def check_window(function: str, width: float) -> None:
    """Raise Malformed where the standard leaves a window undefined."""
    if function == "LINEAR" and width < 1:
        raise Malformed("Window Width must be at least 1 for LINEAR")
    if not width > 0:
        raise Malformed("Window Width must be above 0")


# The standard's expressions in its own order of operations, so that another implementation in IEEE doubles gives the same level.
@kernel(
    void(
        writable(uint8),
        int64,
        float64,
        float64,
        float64,
        float64,
        int64,
        boolean,
    ),
    brief=MAX_BRIEF_TABLE,
)
def window_table(out: Any, first: Any, slope: Any, intercept: Any, center: Any, width: Any, function: Any, inverted: Any) -> None:
    """Fill out[i] with the level of stored value first + i: rescale, then window, then inversion."""
    flip = uint8(255) if inverted else uint8(0)
    if function == LINEAR and width == 1.0:  # a threshold: the general form would divide by zero
        for i in range(out.shape[0]):
            value = slope * (first + i) + intercept
            out[i] = uint8(255 if value > center - 0.5 else 0) ^ flip
    elif function == LINEAR:
        for i in range(out.shape[0]):
            level = ((slope * (first + i) + intercept - (center - 0.5)) / (width - 1.0) + 0.5) * 255.0
            out[i] = uint8(min(max(level, 0.0), 255.0) + 0.5) ^ flip
    elif function == LINEAR_EXACT:
        for i in range(out.shape[0]):
            level = ((slope * (first + i) + intercept - center) / width + 0.5) * 255.0
            out[i] = uint8(min(max(level, 0.0), 255.0) + 0.5) ^ flip
    else:
        for i in range(out.shape[0]):
            value = slope * (first + i) + intercept
            out[i] = uint8(255.0 / (1.0 + math.exp(-4.0 * (value - center) / width)) + 0.5) ^ flip


@kernel(void(readonly(float64), writable(uint8), float64, float64, int64))
def _window_values(values: Any, out: Any, center: Any, width: Any, function: Any) -> None:
    """Fill out[i] with the level of modality value i; NaN gets 0."""
    is_threshold = function == LINEAR and width == 1.0
    for i in range(out.shape[0]):
        value = values[i]
        if is_threshold:
            level = 255.0 if value > center - 0.5 else 0.0
        elif function == LINEAR:
            level = ((value - (center - 0.5)) / (width - 1.0) + 0.5) * 255.0
        elif function == LINEAR_EXACT:
            level = ((value - center) / width + 0.5) * 255.0
        else:
            level = 255.0 / (1.0 + math.exp(-4.0 * (value - center) / width))
        out[i] = uint8(min(max(level, 0.0), 255.0) + 0.5) if level == level else uint8(0)


def apply_window(values: NDArray[np.float64], *, center: float, width: float, function: str) -> NDArray[np.uint8]:
    """Map modality values to levels with one of the three functions of PS3.3 C.11.2.1.2.

    values: any shape, in modality units; NaN (no value) becomes 0. center and width in the same units.
    Returns: same shape, uint8, rounded to nearest, halves up.
    Raises: Malformed where the width is outside the function's domain.
    """
    check_window(function, width)
    out = np.empty(values.shape, np.uint8)
    _window_values(np.ascontiguousarray(values, np.float64).reshape(-1), out.reshape(-1), center, width, FUNCTIONS[function])
    return out


def apply_voi_lut(values: NDArray[np.float64], table: LookupTable) -> NDArray[np.uint8]:
    """Map modality values to levels with a VOI LUT; its full range of entries becomes 0..255 (PS3.3 C.11.2.1.1)."""
    index = np.clip(np.floor(np.nan_to_num(values) + 0.5) - table.first_mapped, 0, len(table.entries) - 1).astype(np.int64)
    levels = np.minimum(table.entries.astype(np.float64) * 255 / ((1 << table.bits) - 1), 255)
    mapped: NDArray[np.uint8] = np.floor(levels + 0.5).astype(np.uint8)[index]
    return mapped
