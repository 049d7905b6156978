"""The display chain, composed once and applied per frame (PS3.4 N.2).

stored values -> modality LUT -> VOI LUT -> MONOCHROME1 and inversion -> levels 0..255; or palette; or colour. For stored values
of up to 16 bits all of it becomes one table.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.codecs import DecodedFrame
from archive.core.codecs.frames import stored_range
from archive.core.description import ImageDescription, Rescale
from archive.core.kernels import int8, int16, int32, int64, kernel, pair, readonly, uint8, uint16, uint32, void, writable
from archive.core.lookup_table import LookupTable
from governance.core.faults import Malformed, Unsupported
from viewer.core.colour import rgb_levels
from viewer.core.modality_lut import apply_modality, modality_of
from viewer.core.palette import palette_table
from viewer.core.view import ViewState
from viewer.core.voi_lut import FUNCTIONS, apply_voi_lut, apply_window, check_window, resolve_function, window_table

TABLE_BITS = 16  # more bits, and floats, go through the formulas pixel by pixel


@dataclass(frozen=True, slots=True)
class Voi:
    """The VOI transform in use: a window with its function, or a table (then center and width are None)."""

    center: float | None
    width: float | None
    function: str
    table: LookupTable | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Levels:
    """What is shown: uint8 (rows, columns) or (rows, columns, 3), and the window that made it (None: there is none)."""

    values: NDArray[np.uint8]
    window_center: float | None
    window_width: float | None


# --- kernels ---


@kernel(
    void(readonly(uint8), readonly(uint8), uint8, uint8, writable(uint8)),
    void(readonly(uint16), readonly(uint8), uint16, uint16, writable(uint8)),
)
def _look_up(stored: Any, table: Any, offset: Any, mask: Any, out: Any) -> None:
    """out = table[(stored + offset) & mask]; mask = len(table) - 1, so that no index leaves the table. Four at a time: a fifth faster."""
    whole = stored.shape[0] & ~3
    for i in range(0, whole, 4):
        first = table[(stored[i] + offset) & mask]
        second = table[(stored[i + 1] + offset) & mask]
        third = table[(stored[i + 2] + offset) & mask]
        fourth = table[(stored[i + 3] + offset) & mask]
        out[i] = first
        out[i + 1] = second
        out[i + 2] = third
        out[i + 3] = fourth
    for i in range(whole, stored.shape[0]):
        out[i] = table[(stored[i] + offset) & mask]


@kernel(
    void(readonly(uint8), readonly(uint8, 2), uint8, uint8, writable(uint8, 2)),
    void(readonly(uint16), readonly(uint8, 2), uint16, uint16, writable(uint8, 2)),
)
def _look_up_colour(stored: Any, table: Any, offset: Any, mask: Any, out: Any) -> None:
    for i in range(stored.shape[0]):
        index = (stored[i] + offset) & mask
        out[i, 0] = table[index, 0]
        out[i, 1] = table[index, 1]
        out[i, 2] = table[index, 2]


@kernel(
    pair(int64)(readonly(uint8), int64, int64),
    pair(int64)(readonly(int8), int64, int64),
    pair(int64)(readonly(uint16), int64, int64),
    pair(int64)(readonly(int16), int64, int64),
    pair(int64)(readonly(uint32), int64, int64),
    pair(int64)(readonly(int32), int64, int64),
)
def _extent(stored: Any, padding_low: Any, padding_high: Any) -> tuple[int, int]:
    """Return the smallest and largest value outside the padding range; (1, 0) when there is none."""
    low = int64(1) << 40
    high = -(int64(1) << 40)
    for i in range(stored.shape[0]):
        value = int64(stored[i])
        is_image = value < padding_low or value > padding_high
        low = min(low, value) if is_image else low
        high = max(high, value) if is_image else high
    if high < low:
        return 1, 0
    return low, high


# --- VOI ---


def voi_of(decoded: DecodedFrame, description: ImageDescription, frame_index: int, view: ViewState) -> Voi:
    """Return the VOI transform: the view's window, else the image's first window, else its VOI LUT, else its full range.

    Full range is that of Bits Stored up to 8 bits, and beyond, or where a modality transform applies, that of the frame's
    own values without padding.
    """
    stated = stored_voi(description, frame_index, view)
    if stated is not None:
        return stated
    modality = modality_of(description, frame_index)
    low, high = frame_extent(decoded.values, description.padding)
    ends = apply_modality(np.array([low, high]), modality) if isinstance(modality, Rescale) else modality.entries
    return range_voi(float(ends.min()), float(ends.max()), is_integer=description.pixel_kind == "integer")


def _window(center: float, width: float, stated: str, description: ImageDescription) -> Voi:
    function = resolve_function(stated, width, is_integer=description.pixel_kind == "integer")
    return Voi(center, width, function)


def range_voi(low: float, high: float, *, is_integer: bool) -> Voi:
    """Return the window that takes low to 0 and high to 255."""
    if high <= low:
        return Voi(low + 0.5, 1.0, "LINEAR")
    if is_integer and high - low >= 1:
        return Voi((low + high) / 2 + 0.5, high - low + 1, "LINEAR")
    return Voi((low + high) / 2, high - low, "LINEAR_EXACT")


def frame_extent(values: NDArray[Any], padding: tuple[float, float] | None) -> tuple[float, float]:
    """Return the smallest and largest stored value of a frame that are not padding; its largest, twice, when all are."""
    if values.dtype.kind == "f":
        finite = values[np.isfinite(values)]
        if padding is not None:
            finite = finite[(finite < padding[0]) | (finite > padding[1])]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    low, high = padding if padding is not None else (1, 0)
    smallest, largest = _extent(values.reshape(-1), int(low), int(high))
    return (smallest, largest) if largest >= smallest else (int(values.max()),) * 2


# --- the chain ---


def display_levels(decoded: DecodedFrame, description: ImageDescription, frame_index: int, view: ViewState) -> Levels:
    """Return the levels that show a decoded frame in a view. Raises: Malformed, Unsupported (colour models)."""
    if decoded.values.ndim == 3:
        rgb = rgb_levels(decoded.values, decoded.photometric_interpretation, description.bits_stored)
        return Levels(255 - rgb if view.invert else rgb, None, None)
    if decoded.photometric_interpretation == "PALETTE COLOR":
        return Levels(_palette_levels(decoded, description, view), None, None)
    if decoded.photometric_interpretation not in ("MONOCHROME1", "MONOCHROME2"):
        raise Unsupported("photometric interpretation", decoded.photometric_interpretation)
    voi = voi_of(decoded, description, frame_index, view)
    inverted = (decoded.photometric_interpretation == "MONOCHROME1") != view.invert
    modality = modality_of(description, frame_index)
    if has_table(description):
        values = _apply_table(decoded.values, description, level_table(description, modality, voi, inverted))
    else:
        values = _levels(apply_modality(decoded.values, modality), voi, inverted)
    return Levels(values, voi.center, voi.width)


def has_table(description: ImageDescription) -> bool:
    """Say whether all stored values fit into one table."""
    return description.pixel_kind == "integer" and description.bits_stored <= TABLE_BITS and description.bits_allocated <= TABLE_BITS


@lru_cache(maxsize=64)
def level_table(description: ImageDescription, modality: Rescale | LookupTable, voi: Voi, inverted: bool) -> NDArray[np.uint8]:
    """Return uint8[2 ** bits_stored]: the level of every stored value, from the smallest on."""
    first, last = stored_range(description)
    if isinstance(modality, Rescale) and voi.center is not None and voi.width is not None:
        check_window(voi.function, voi.width)
        table = np.empty(last - first + 1, np.uint8)
        function = FUNCTIONS[voi.function]
        window_table(table, first, modality.slope, modality.intercept, voi.center, voi.width, function, inverted)
    else:
        table = _levels(apply_modality(np.arange(first, last + 1), modality), voi, inverted)
    table.setflags(write=False)
    return table


def _levels(values: NDArray[np.float64], voi: Voi, inverted: bool) -> NDArray[np.uint8]:
    if voi.table is not None:
        levels = apply_voi_lut(values, voi.table)
    else:
        levels = apply_window(values, center=voi.center or 0.0, width=voi.width or 1.0, function=voi.function)
    return 255 - levels if inverted else levels


def _apply_table(values: NDArray[Any], description: ImageDescription, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = np.empty(values.shape, np.uint8)
    stored, offset, mask = _index(values, description)
    _look_up(stored, table, offset, mask, out.reshape(-1))
    return out


def _index(values: NDArray[Any], description: ImageDescription) -> tuple[NDArray[Any], int, int]:
    """Return stored values as a flat unsigned array, and the offset and mask that make table indices of them."""
    first, last = stored_range(description)
    flat = values.reshape(-1)
    return flat.view(f"u{flat.dtype.itemsize}"), -first, last - first


def _palette_levels(decoded: DecodedFrame, description: ImageDescription, view: ViewState) -> NDArray[np.uint8]:
    """Palette colour doesn't pass the VOI stage (rule S09; PS3.4 N.2)."""
    if description.palette is None or not has_table(description):
        raise Malformed("a palette image without a palette")
    table = colour_table(description, view.invert)
    out = np.empty((*decoded.values.shape, 3), np.uint8)
    stored, offset, mask = _index(decoded.values, description)
    _look_up_colour(stored, table, offset, mask, out.reshape(-1, 3))
    return out


@lru_cache(maxsize=16)
def colour_table(description: ImageDescription, inverted: bool) -> NDArray[np.uint8]:
    """Return uint8[2 ** bits_stored, 3]: the RGB levels of every stored value, from the smallest on."""
    first, last = stored_range(description)
    if description.palette is None:
        raise Malformed("a palette image without a palette")
    table = palette_table(description.palette, first=first, count=last - first + 1)
    return 255 - table if inverted else table


def shows_stored_levels(description: ImageDescription, frame_index: int, view: ViewState) -> bool:
    """Say whether a frame's stored 8-bit samples are already its levels, so that nothing need be decoded to show it."""
    if view.invert or description.bits_stored != 8 or description.bits_allocated != 8 or description.is_signed:
        return False
    if description.samples_per_pixel == 3:
        return True
    if description.photometric_interpretation != "MONOCHROME2":
        return False
    voi = stored_voi(description, frame_index, view)
    modality = modality_of(description, frame_index)
    return voi is not None and bool(np.array_equal(level_table(description, modality, voi, False), np.arange(256)))


def stored_voi(description: ImageDescription, frame_index: int, view: ViewState) -> Voi | None:
    """Return the VOI transform of a grey frame as voi_of does, or None when its pixels must be looked at for that."""
    stated = view.voi_function or description.voi_function_of(frame_index)
    windows = description.windows_of(frame_index)
    if view.window is not None:
        return _window(*view.window, stated, description)
    if windows:
        return _window(windows[0].center, windows[0].width, stated, description)
    if description.voi_luts:
        return Voi(None, None, "", description.voi_luts[0])
    modality = modality_of(description, frame_index)
    is_plain = isinstance(modality, Rescale) and modality.is_identity
    if description.pixel_kind == "integer" and description.bits_stored <= 8 and is_plain:
        return range_voi(*stored_range(description), is_integer=True)
    return None
