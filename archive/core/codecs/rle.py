"""RLE Lossless: PackBits segments, one for each byte of each sample (PS3.5 Annex G)."""

import struct
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.codecs.frames import DecodedFrame, frame_shape
from archive.core.codecs.native import align_to_high_bit, unpack_bits
from archive.core.description import ImageDescription
from archive.core.kernels import int64, kernel, readonly, uint8, writable
from governance.core.faults import Malformed, Unsupported

_HEADER = struct.Struct("<16L")


@kernel(int64(readonly(uint8), writable(uint8), int64, int64, int64))
def _unpack_segment(packed: Any, out: Any, first: Any, stride: Any, count: Any) -> int:
    """Fill out[first::stride] with `count` bytes of one PackBits segment; return how many there were (PS3.5 G.3.2)."""
    position = 0
    written = 0
    length = packed.shape[0]
    target = first
    while written < count and position < length:
        control = packed[position]
        position += 1
        if control < 128:
            run = min(control + 1, count - written, length - position)
            for _ in range(run):
                out[target] = packed[position]
                position += 1
                target += stride
            written += run
        elif control > 128:
            if position >= length:
                break
            value = packed[position]
            position += 1
            run = min(257 - control, count - written)
            for _ in range(run):
                out[target] = value
                target += stride
            written += run
    return written


def decode_rle(encoded: bytes, description: ImageDescription) -> DecodedFrame:
    """Decode one RLE frame. Raises: Malformed when a segment is missing or ends early."""
    shape = frame_shape(description)
    bits = description.bits_allocated
    if bits not in (1, 8, 16, 32):
        raise Unsupported("Bits Allocated", bits)
    pixels = description.rows * description.columns
    count = pixels if bits > 1 else (pixels + 7) // 8
    sample_bytes = max(bits // 8, 1)
    samples = description.samples_per_pixel
    out = np.empty(count * samples * sample_bytes, np.uint8)
    segments = _segments(encoded, samples * sample_bytes)
    for index, segment in enumerate(segments):
        sample, byte = divmod(index, sample_bytes)  # most significant byte first
        first = sample * sample_bytes + sample_bytes - 1 - byte
        if _unpack_segment(segment, out, first, samples * sample_bytes, count) != count:
            raise Malformed("an RLE segment ends before the frame is full")
    if bits == 1:
        return DecodedFrame(unpack_bits(out.tobytes(), shape), description.photometric_interpretation, False)
    values = align_to_high_bit(out.view(f"<u{sample_bytes}").reshape(shape), description)
    return DecodedFrame(values, description.photometric_interpretation, False)


def _segments(encoded: bytes, expected: int) -> list[NDArray[np.uint8]]:
    if len(encoded) < _HEADER.size:
        raise Malformed("the RLE header is cut short")
    number, *offsets = _HEADER.unpack_from(encoded)
    if number != expected:
        raise Malformed("the RLE frame has another number of segments than samples and bits need")
    bounds = [*offsets[:number], len(encoded)]
    if any(not _HEADER.size <= start < end <= len(encoded) for start, end in pairwise(bounds)):
        raise Malformed("the RLE segments are out of order or outside the frame")
    data = np.frombuffer(encoded, np.uint8)
    return [data[start:end] for start, end in pairwise(bounds)]
