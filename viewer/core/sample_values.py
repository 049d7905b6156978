"""The values of one pixel, and the statistics of a region, from stored values at full depth (rule S07)."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.codecs import DecodedFrame
from archive.core.codecs.frames import stored_range
from archive.core.description import ImageDescription
from governance.core.faults import NotFound
from viewer.core.colour import rgb_levels
from viewer.core.display import colour_table, padding_of
from viewer.core.quantity import Quantity
from viewer.core.region_of_interest import Shape, is_within, pixels_inside
from viewer.core.sample_statistics import Gathering

PADDING = "pixel padding: no value"
NOT_MAPPED = "outside the values that are mapped"
COLOURS = ("red", "green", "blue")
RGB_SAMPLES = frozenset({"RGB", "YBR_RCT", "YBR_ICT"})  # codecs undo RCT and ICT


def value_at(
    decoded: DecodedFrame, description: ImageDescription, quantities: Sequence[Quantity], *, column: int, row: int
) -> dict[str, Any]:
    """Return the values of one pixel (from 0).

    stored: its stored value, of colour the samples as the codec gives them. colour: 8-bit RGB without ICC, or None for grey.
    quantities: each with its value, or None and the reason. Raises: NotFound outside the frame.
    """
    rows, columns = decoded.values.shape[:2]
    if not (0 <= row < rows and 0 <= column < columns):
        raise NotFound("pixel")
    pixel = decoded.values[row : row + 1, column : column + 1]
    is_padding = bool(_padding(pixel.reshape(-1, *pixel.shape[2:]), description)[0])
    return {
        "stored": _plain(pixel),
        "photometric": decoded.photometric_interpretation,
        "is_padding": is_padding,
        "colour": _colour(pixel, decoded, description),
        "quantities": [quantity.head() | _value(quantity, pixel, is_padding) for quantity in quantities],
    }


def statistics_in(decoded: DecodedFrame, description: ImageDescription, quantities: Sequence[Quantity], shape: Shape) -> dict[str, Any]:
    """Return the statistics of the pixels whose centres lie in a shape; padding is left out.

    pixels: how many are inside; padding: how many of those are padding. is_within: all of the shape lies on the frame.
    statistics: a row a quantity; of colour, a row a channel.
    """
    rows, columns = decoded.values.shape[:2]
    wanted = [*quantities, *_channels(decoded, description)]
    gathered = [Gathering() for _ in wanted]
    inside = padded = 0
    for some_rows, some_columns, mask in pixels_inside(shape, rows, columns):
        stored = decoded.values[some_rows, some_columns][mask]
        is_padding = _padding(stored, description)
        inside, padded = inside + len(stored), padded + int(is_padding.sum())
        for gathering, quantity in zip(gathered, wanted, strict=True):
            if quantity.transform is not None:
                gathering.add(quantity.transform(stored[~is_padding]))
    lines = [q.head() | g.statistics().as_json() | {"reason": q.reason} for q, g in zip(wanted, gathered, strict=True)]
    return {"pixels": inside, "padding": padded, "is_within": is_within(shape, rows, columns), "statistics": lines}


def _value(quantity: Quantity, pixel: NDArray[Any], is_padding: bool) -> dict[str, Any]:
    if quantity.transform is None or is_padding:
        return {"value": None, "reason": quantity.reason or PADDING}
    value = float(quantity.transform(pixel.reshape(-1))[0])
    return {"value": value, "reason": ""} if math.isfinite(value) else {"value": None, "reason": NOT_MAPPED}


def _plain(pixel: NDArray[Any]) -> int | float | list[int] | None:
    """Return stored values as JSON has them; a float that is no number is None."""
    if pixel.ndim == 3:
        return [int(sample) for sample in pixel[0, 0]]
    if pixel.dtype.kind != "f":
        return int(pixel[0, 0])
    value = float(pixel[0, 0])
    return value if math.isfinite(value) else None


def _colour(pixel: NDArray[Any], decoded: DecodedFrame, description: ImageDescription) -> list[int] | None:
    if pixel.ndim == 3:
        return [int(level) for level in rgb_levels(pixel, decoded.photometric_interpretation, description.bits_stored)[0, 0]]
    is_palette = decoded.photometric_interpretation == "PALETTE COLOR"
    if description.palette is None or not (is_palette or int(pixel[0, 0]) >= description.palette[0].first_mapped):
        return None
    index = int(pixel[0, 0]) - stored_range(description)[0]
    return [int(level) for level in colour_table(description, False)[index]]


def _padding(stored: NDArray[Any], description: ImageDescription) -> NDArray[np.bool_]:
    """Say which pixels are padding; of colour none is. stored: (pixels,) or (pixels, 3)."""
    padding = padding_of(description)
    if padding is None or stored.ndim == 2:
        return np.zeros(len(stored), np.bool_)
    is_padding: NDArray[np.bool_] = (stored >= padding[0]) & (stored <= padding[1])
    return is_padding


def _channels(decoded: DecodedFrame, description: ImageDescription) -> list[Quantity]:
    """Red, green and blue of a colour frame: samples at full depth where they are RGB, else 8-bit levels."""
    if decoded.values.ndim != 3:
        return []

    def channel(index: int, stored: NDArray[Any]) -> NDArray[np.float64]:
        if decoded.photometric_interpretation in RGB_SAMPLES:
            return stored[:, index].astype(np.float64)
        levels = rgb_levels(stored[None], decoded.photometric_interpretation, description.bits_stored)
        return levels[0, :, index].astype(np.float64)

    return [Quantity("colour", name, "", "", partial(channel, index)) for index, name in enumerate(COLOURS)]
