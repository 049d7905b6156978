"""Which VOI transform a frame is shown with: the view's window, a stored window or table, or a range (PS3.3 C.11.2)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.codecs import DecodedFrame
from archive.core.codecs.frames import stored_range
from archive.core.description import ImageDescription, Rescale
from archive.core.kernels import int8, int16, int32, int64, kernel, pair, readonly, uint8, uint16, uint32
from archive.core.lookup_table import LookupTable
from viewer.core.modality_lut import apply_modality, modality_of
from viewer.core.view import ViewState
from viewer.core.voi_lut import resolve_function


@dataclass(frozen=True, slots=True)
class Voi:
    """The VOI transform in use: a window with its function, or a table (then center and width are None)."""

    center: float | None
    width: float | None
    function: str
    table: LookupTable | None = None


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


def voi_of(decoded: DecodedFrame, description: ImageDescription, frame_index: int, view: ViewState) -> Voi:
    """Return the VOI transform: the view's window, else the stored one that it names, else the first, else the full range.

    Full range is that of Bits Stored up to 8 bits, and beyond, or where a modality transform applies, that of the frame's
    own values without padding, and without those that a supplemental palette colours.
    """
    stated = stored_voi(description, frame_index, view)
    if stated is not None:
        return stated
    modality = modality_of(description, frame_index)
    values = decoded.values
    if description.has_supplemental_palette and description.palette is not None:
        grey = values[values < description.palette[0].first_mapped]
        values = grey if grey.size else values
    low, high = frame_extent(values, description.padding)
    ends = apply_modality(np.array([low, high]), modality) if isinstance(modality, Rescale) else modality.entries
    return _full_range(float(ends.min()), float(ends.max()), description, view)


def _full_range(low: float, high: float, description: ImageDescription, view: ViewState) -> Voi:
    """Return the window of a range, with the function that the view asks for; the image's own belongs to windows of its own."""
    voi = range_voi(low, high, is_integer=description.pixel_kind == "integer")
    if not view.voi_function or voi.center is None or voi.width is None:
        return voi
    return _window(voi.center, voi.width, view.voi_function, description)


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


def stored_voi(description: ImageDescription, frame_index: int, view: ViewState) -> Voi | None:
    """Return the VOI transform of a grey frame as voi_of does, or None when its pixels must be looked at for that."""
    stated = view.voi_function or description.voi_function_of(frame_index)
    if view.window is not None:
        return _window(*view.window, stated, description)
    windows, tables = description.windows_of(frame_index), description.voi_luts_of(frame_index)
    if windows or tables:
        # One of several that the image offers (C.11.2.1.1); a number that this frame does not have is its first.
        chosen = view.voi if view.voi is not None and view.voi < len(windows) + len(tables) else 0
        if chosen < len(windows):
            return _window(windows[chosen].center, windows[chosen].width, stated, description)
        return Voi(None, None, "", tables[chosen - len(windows)])
    modality = modality_of(description, frame_index)
    is_plain = isinstance(modality, Rescale) and modality.is_identity
    if description.pixel_kind == "integer" and description.bits_stored <= 8 and is_plain:
        return _full_range(*stored_range(description), description, view)
    return None
