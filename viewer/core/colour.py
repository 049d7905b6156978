"""Colour: decoded samples to 8-bit RGB (PS3.3 C.7.6.3.1.2)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.kernels import boolean, float32, kernel, readonly, uint8, void, writable
from governance.core.faults import Unsupported


@kernel(void(readonly(uint8, 2), writable(uint8, 2), boolean))
def _ybr_to_rgb(ybr: Any, rgb: Any, partial: Any) -> None:
    """Convert YBR_FULL, or YBR_PARTIAL's studio range, rounding halves up. Arrays are (pixels, 3)."""
    for i in range(ybr.shape[0]):
        y = float32(ybr[i, 0])
        cb = float32(ybr[i, 1]) - float32(128.0)
        cr = float32(ybr[i, 2]) - float32(128.0)
        if partial:
            y = (y - float32(16.0)) * float32(255.0 / 219.0)
            cb *= float32(255.0 / 224.0)
            cr *= float32(255.0 / 224.0)
        red = y + float32(1.402) * cr
        green = y - float32(0.344136) * cb - float32(0.714136) * cr
        blue = y + float32(1.772) * cb
        rgb[i, 0] = uint8(min(max(red + float32(0.5), float32(0.0)), float32(255.0)))
        rgb[i, 1] = uint8(min(max(green + float32(0.5), float32(0.0)), float32(255.0)))
        rgb[i, 2] = uint8(min(max(blue + float32(0.5), float32(0.0)), float32(255.0)))


def rgb_levels(values: NDArray[Any], photometric_interpretation: str, bits_stored: int) -> NDArray[np.uint8]:
    """Return 8-bit RGB of decoded samples.

    values: (rows, columns, 3), RGB, YBR_FULL or YBR_PARTIAL at full resolution (also where the name says _422: RLE and JPEG 2000
    know no halved chroma), bits_stored bits a sample.
    Raises: Unsupported for retired colour models (HSV, CMYK, ARGB).
    """
    levels = to_8_bits(values, bits_stored)
    if photometric_interpretation in ("RGB", "YBR_RCT", "YBR_ICT"):  # the codec has undone RCT and ICT
        return levels
    if photometric_interpretation in ("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL", "YBR_PARTIAL_422", "YBR_PARTIAL_420"):
        out = np.empty_like(levels)
        _ybr_to_rgb(levels.reshape(-1, 3), out.reshape(-1, 3), not photometric_interpretation.startswith("YBR_FULL"))
        return out
    raise Unsupported("photometric interpretation", photometric_interpretation)


def to_8_bits(values: NDArray[Any], bits_stored: int) -> NDArray[np.uint8]:
    """Return samples with 8 bits, C-contiguous: the upper 8 of more, the full range of fewer."""
    unsigned = values.view(f"u{values.dtype.itemsize}")
    if bits_stored > 8:
        return np.ascontiguousarray((unsigned >> (bits_stored - 8)).astype(np.uint8))
    if bits_stored == 8:
        return np.ascontiguousarray(unsigned.astype(np.uint8, copy=False))
    full = (1 << bits_stored) - 1
    return np.ascontiguousarray((unsigned.astype(np.uint16) * 255 + full // 2) // full).astype(np.uint8)
