"""Uncompressed pixel data, also one deflated frame at a time (PS3.5 8.1, 8.2, A.1 to A.3, A.5, A.4.13)."""

import zlib
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.codecs.frames import DecodedFrame, aligned, frame_shape
from archive.core.description import ImageDescription
from governance.core.faults import Malformed, Unsupported

CHROMA_HALVED = frozenset({"YBR_FULL_422", "YBR_PARTIAL_422"})


def decode_native(encoded: bytes | memoryview, description: ImageDescription) -> DecodedFrame:
    """Decode one uncompressed frame.

    encoded: a 1-bit frame begins at bit 0 of the first byte, least significant bit first; 8-bit samples that were stored in
    big-endian words (`description.is_word_swapped`) are in order already: see word_span and swap_words.
    """
    shape = frame_shape(description)
    photometric = description.photometric_interpretation
    if description.pixel_kind != "integer":
        values = _samples(encoded, description, prod(shape), description.dtype)
        return DecodedFrame(values.reshape(shape), photometric, False)
    if description.bits_allocated == 1:
        return DecodedFrame(unpack_bits(encoded, shape), photometric, False)
    if description.bits_allocated not in (8, 16, 32):
        raise Unsupported("Bits Allocated", description.bits_allocated)
    if photometric in CHROMA_HALVED:
        # Both become full resolution; what remains of the name is the range of the values.
        photometric = photometric.removesuffix("_422")
        if len(encoded) < prod(shape) * description.bits_allocated // 8:
            return DecodedFrame(_expand_422(encoded, description), photometric, False)
        # With room for all samples they are all there: only the name was left when the chroma was widened.
    unsigned = _samples(encoded, description, prod(shape), np.dtype(f"u{description.bits_allocated // 8}"))
    if len(shape) == 3 and description.planar_configuration == 1:
        unsigned = np.ascontiguousarray(np.moveaxis(unsigned.reshape(shape[2], *shape[:2]), 0, -1))
    return DecodedFrame(align_to_high_bit(unsigned.reshape(shape), description), photometric, False)


def decode_deflated_frame(encoded: bytes, description: ImageDescription) -> DecodedFrame:
    """Decode one frame of Deflated Image Frame Compression: raw deflate around a native frame (PS3.5 A.4.13)."""
    shape = frame_shape(description)
    expected = (prod(shape) * description.bits_allocated + 7) // 8
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(encoded, expected + 2)  # bounded: a frame and its pad byte
    except zlib.error as exc:
        raise Malformed("the deflated frame is damaged") from exc
    return decode_native(data, description)


def unpack_bits(packed: bytes | memoryview, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return 1-bit samples as 0 and 1. PS3.5 8.1.1: the first pixel is the least significant bit."""
    count = prod(shape)
    if len(packed) * 8 < count:
        raise Malformed("the frame is shorter than rows and columns say")
    return np.unpackbits(np.frombuffer(packed, np.uint8), count=count, bitorder="little").reshape(shape)


def align_to_high_bit(unsigned: NDArray[Any], description: ImageDescription) -> NDArray[Any]:
    """Drop what stands above High Bit and below Bits Stored, and extend the sign."""
    return aligned(
        unsigned,
        bits=description.bits_stored,
        shift=description.high_bit + 1 - description.bits_stored,
        width=description.bits_allocated,
        is_signed=description.is_signed,
    )


def _samples(encoded: bytes | memoryview, description: ImageDescription, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return `count` samples of native byte order; more bytes are padding, fewer are an error."""
    if len(encoded) < count * dtype.itemsize:
        raise Malformed("the frame is shorter than rows and columns say")
    stored = dtype.newbyteorder(">" if description.is_big_endian else "<")
    values = np.frombuffer(encoded, stored, count)
    return values.astype(dtype) if description.is_big_endian and dtype.itemsize > 1 else values.view(dtype)


def word_span(offset: int, length: int, first_offset: int) -> tuple[int, int]:
    """Return (offset, length) of the whole 16-bit words around a frame of 8-bit samples in big-endian words (PS3.5 8.1.2)."""
    start = first_offset + ((offset - first_offset) & ~1)
    return start, (offset + length - start + 1) & ~1


def swap_words(words: bytes) -> bytes:
    """Return bytes with each pair exchanged: the order of 8-bit samples that were written as big-endian words."""
    return np.frombuffer(words, np.uint16).byteswap().tobytes()


def _expand_422(encoded: bytes | memoryview, description: ImageDescription) -> NDArray[np.uint8]:
    """Return (rows, columns, 3) from Y Y Cb Cr quadruples, each chroma pair serving two pixels (PS3.3 C.7.6.3.1.2)."""
    rows, columns = description.rows, description.columns
    if description.bits_allocated != 8 or description.samples_per_pixel != 3:
        raise Malformed("halved chroma needs three 8-bit samples")
    if columns % 2:
        raise Malformed("halved chroma needs an even number of columns")
    quads = _samples(encoded, description, rows * columns * 2, np.dtype(np.uint8)).reshape(rows, columns // 2, 4)
    values = np.empty((rows, columns // 2, 2, 3), np.uint8)
    values[..., 0] = quads[..., :2]
    values[..., 1] = quads[..., 2, None]
    values[..., 2] = quads[..., 3, None]
    return values.reshape(rows, columns, 3)
