"""Levels to JPEG and PNG, and their reduction to a smaller picture."""

import struct
import zlib
from typing import Any

import imagecodecs
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from archive.core.kernels import kernel, readonly, uint8, void, writable

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP_FILTER = 2
_GREY, _RGB = 0, 2


def encode_jpeg(levels: NDArray[np.uint8], quality: int) -> bytes:
    """Return a baseline JPEG; colour is 4:4:4, so that colour Doppler keeps its edges (rule S10)."""
    data: bytes
    if levels.ndim == 2:
        data = simplejpeg.encode_jpeg(levels[:, :, None], quality, "GRAY", "Gray")
    else:
        data = simplejpeg.encode_jpeg(levels, quality, "RGB", "444")
    return data


def encode_png(levels: NDArray[np.uint8]) -> bytes:
    """Return an 8-bit PNG, grey or RGB (ISO 15948): every row by the Up filter, fastest deflate."""
    rows, columns = levels.shape[:2]
    flat = levels.reshape(rows, -1)
    filtered = np.empty((rows, flat.shape[1] + 1), np.uint8)
    _filter_up(flat, filtered)
    header = struct.pack(">IIBBBBB", columns, rows, 8, _GREY if levels.ndim == 2 else _RGB, 0, 0, 0)
    data = bytes(imagecodecs.deflate_encode(filtered.tobytes(), 1))
    return b"".join((_PNG_SIGNATURE, *_chunk(b"IHDR", header), *_chunk(b"IDAT", data), *_chunk(b"IEND", b"")))


def _chunk(name: bytes, data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    return struct.pack(">I", len(data)), name, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))


@kernel(void(readonly(uint8, 2), writable(uint8, 2)))
def _filter_up(levels: Any, out: Any) -> None:
    """out = filter byte, then each byte minus the one above it (the first row's is 0)."""
    rows, columns = levels.shape
    for row in range(rows):
        out[row, 0] = _UP_FILTER
    for column in range(columns):
        out[0, column + 1] = levels[0, column]
    for row in range(1, rows):
        for column in range(columns):
            out[row, column + 1] = levels[row, column] - levels[row - 1, column]


def reduced_size(rows: int, columns: int, max_rows: int, max_columns: int) -> tuple[int, int]:
    """Return the (rows, columns) that fit into the given ones with the aspect kept; 0 is no limit; never larger."""
    scale = min(1.0, max_rows / rows if max_rows else 1.0, max_columns / columns if max_columns else 1.0)
    return (rows, columns) if scale == 1.0 else (max(1, round(rows * scale)), max(1, round(columns * scale)))


def reduce_levels(levels: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """Return levels of the given smaller size, each the mean of the area it covers."""
    if levels.shape[:2] == (rows, columns):
        return levels
    samples = 1 if levels.ndim == 2 else levels.shape[2]
    out = np.empty((rows, columns, samples), np.uint8)
    _area_mean(levels.reshape(levels.shape[0], levels.shape[1], samples), out)
    return out[:, :, 0] if levels.ndim == 2 else out


@kernel(void(readonly(uint8, 3), writable(uint8, 3)))
def _area_mean(levels: Any, out: Any) -> None:
    """Average by area: source rows into a line of float32 weights first, then its columns."""
    source_rows, source_columns, samples = levels.shape
    rows, columns, _ = out.shape
    row_step = source_rows / rows
    column_step = source_columns / columns
    flat = levels.reshape(source_rows, source_columns * samples)
    line = np.empty(source_columns * samples, np.float32)
    for row in range(rows):
        top = row * row_step
        bottom = min(top + row_step, float(source_rows))
        line[:] = 0
        source = int(top)
        while source < source_rows and source < bottom:
            weight = np.float32(min(bottom, source + 1.0) - max(top, float(source)))
            for i in range(line.shape[0]):
                line[i] += weight * np.float32(flat[source, i])
            source += 1
        for column in range(columns):
            left = column * column_step
            right = min(left + column_step, float(source_columns))
            for sample in range(samples):
                total = 0.0
                source = int(left)
                while source < source_columns and source < right:
                    total += (min(right, source + 1.0) - max(left, float(source))) * line[source * samples + sample]
                    source += 1
                out[row, column, sample] = uint8(min(total / (row_step * column_step) + 0.5, 255.0))
