"""What every codec gives back, and the checks that every codec applies."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.description import ImageDescription
from governance.core.faults import Malformed, TooLarge

MAX_FRAME_BYTES = 1 << 29  # decoded; a 16-bit 16,384 x 16,384 frame


@dataclass(frozen=True, eq=False, slots=True)
class DecodedFrame:
    """One decoded frame.

    values: stored values, (rows, columns) or (rows, columns, samples), of `description.dtype` (1-bit: uint8); what stood above
        High Bit is gone and the sign is right. May be read-only.
    photometric_interpretation: of these values: a transform that belongs to the codestream (YBR_RCT, YBR_ICT, JPEG's
        YCbCr) is already undone, so that they say RGB then.
    is_lossy: the codestream lost something on its way here.
    """

    values: NDArray[Any]
    photometric_interpretation: str
    is_lossy: bool


def frame_shape(description: ImageDescription) -> tuple[int, ...]:
    """Return the shape of a decoded frame; refuse one that is empty or too large before anything is allocated."""
    rows, columns, samples = description.rows, description.columns, description.samples_per_pixel
    if rows < 1 or columns < 1:
        raise Malformed("an image has at least one row and one column")
    if samples not in (1, 3):
        raise Malformed("Samples per Pixel is neither 1 nor 3")
    if frame_bytes(description) > MAX_FRAME_BYTES:
        raise TooLarge("a frame of more bytes than can be rendered")
    return (rows, columns) if samples == 1 else (rows, columns, samples)


def frame_bytes(description: ImageDescription) -> int:
    """Return how many bytes a decoded frame takes."""
    return description.rows * description.columns * description.samples_per_pixel * max(description.bits_allocated // 8, 1)


def check_codestream(description: ImageDescription, *, rows: int, columns: int, components: int, precision: int) -> None:
    """Refuse a codestream that contradicts the data set, before it is decoded (a frame's memory is what the data set says)."""
    frame_shape(description)
    if (rows, columns) != (description.rows, description.columns):
        raise Malformed("the compressed frame has another size than the data set")
    if components != description.samples_per_pixel:
        raise Malformed("the compressed frame has another number of components than the data set")
    if not 1 <= precision <= max(description.bits_allocated, 8):
        raise Malformed("the compressed frame has more bits a sample than the data set allocates")


def stored_values(values: NDArray[Any], *, precision: int, description: ImageDescription, is_lossy: bool) -> NDArray[Any]:
    """Return decoded samples as the stored values of PS3.5 8.1.1: masked, shifted to High Bit, sign as Pixel Representation.

    values: integers of any width and sign, holding `precision` significant bits as a pattern. What the codestream says about
    the sign is not believed: Pixel Representation is (pydicom and GDCM have files of both kinds).
    """
    unsigned = values.view(f"u{values.dtype.itemsize}")
    width = unsigned.dtype.itemsize * 8
    bits, shift = precision, 0
    if precision > description.bits_stored and not is_lossy:
        bits, shift = description.bits_stored, description.high_bit + 1 - description.bits_stored
    target = description.dtype
    if unsigned.dtype.itemsize < target.itemsize:
        unsigned = unsigned.astype(f"u{target.itemsize}")
        width = target.itemsize * 8
    result = aligned(unsigned, bits=bits, shift=shift, width=width, is_signed=description.is_signed)
    if is_lossy and precision > description.bits_stored:
        # Ringing may leave the stored range; cutting bits off would turn a bright pixel black.
        low, high = stored_range(description)
        result = np.clip(result, low, high)
    return result.astype(target, copy=False)


def aligned(unsigned: NDArray[Any], *, bits: int, shift: int, width: int, is_signed: bool) -> NDArray[Any]:
    """Return the `bits` bits above `shift` of each sample, as signed or unsigned numbers of the same width."""
    values = unsigned.view(f"i{width // 8}") if is_signed else unsigned
    if bits == width:
        return values
    if bits + shift == width:
        shifted: NDArray[Any] = values >> (width - bits)
        return shifted
    if not shift and not is_signed:
        if unsigned.size and not int(np.maximum.reduce(unsigned, axis=None)) >> bits:
            return values  # nothing stands above: a look costs a fifth of a copy
        masked: NDArray[Any] = unsigned & unsigned.dtype.type((1 << bits) - 1)
        return masked
    result: NDArray[Any] = (values << (width - bits - shift)) >> (width - bits)
    return result


def stored_range(description: ImageDescription) -> tuple[int, int]:
    """Return the smallest and largest stored value that Bits Stored and Pixel Representation allow."""
    if description.is_signed:
        return -(1 << (description.bits_stored - 1)), (1 << (description.bits_stored - 1)) - 1
    return 0, (1 << description.bits_stored) - 1
