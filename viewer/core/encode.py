"""Levels to JPEG and PNG, and their reduction to a smaller picture."""

import math
import struct
import zlib
from typing import Any

import imagecodecs
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from archive.core.kernels import boolean, float32, float64, int64, kernel, readonly, uint8, void, writable
from viewer.core.grey_jpeg import encode_grey_jpeg

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP_FILTER = 2
_GREY, _RGB = 0, 2


def encode_jpeg(levels: NDArray[np.uint8], quality: int) -> bytes:
    """Return a baseline JPEG; colour is 4:4:4, so that colour Doppler keeps its edges (rule S10)."""
    if levels.ndim == 2:
        return encode_grey_jpeg(levels, quality)
    data: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(levels), quality, "RGB", "444")
    return data


def encode_png(levels: NDArray[np.uint8]) -> bytes:
    """Return an 8-bit PNG, grey or RGB (ISO 15948): every row by the Up filter, fastest deflate."""
    rows, columns = levels.shape[:2]
    flat = np.ascontiguousarray(levels).reshape(rows, -1)
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
    out = np.empty((rows, columns * samples), np.uint8)
    _area_mean(np.ascontiguousarray(levels).reshape(levels.shape[0], -1), samples, out)
    return out if levels.ndim == 2 else out.reshape(rows, columns, samples)


@kernel(void(writable(float32), readonly(uint8), float32, boolean))
def _weigh_row(line: Any, row: Any, weight: Any, is_first: Any) -> None:
    """line = weight * row, or line += weight * row."""
    if is_first:
        for i in range(line.shape[0]):
            line[i] = weight * float32(row[i])
    else:
        for i in range(line.shape[0]):
            line[i] += weight * float32(row[i])


@kernel(void(float64, int64, writable(int64), writable(int64), writable(float32), writable(float32)))
def _column_spans(step: Any, source_columns: Any, firsts: Any, lasts: Any, first_weights: Any, last_weights: Any) -> None:
    """Fill, for each output column, its first and last source column and the part of them that it covers."""
    for column in range(firsts.shape[0]):
        left = column * step
        right = min(left + step, float64(source_columns))
        first = int64(left)
        last = min(int64(right), source_columns - 1)
        firsts[column] = first
        lasts[column] = last
        first_weights[column] = min(first + 1.0, right) - left
        last_weights[column] = max(right - last, 0.0) if last > first else 0.0


_READ_COLUMNS = (readonly(int64), readonly(int64), readonly(float32), readonly(float32))


@kernel(void(readonly(float32), float32, int64, *_READ_COLUMNS, writable(uint8)))
def _mean_columns(line: Any, scale: Any, samples: Any, firsts: Any, lasts: Any, first_weights: Any, last_weights: Any, out: Any) -> None:
    """Write one row of means; source columns between first and last count whole."""
    if samples == 1:  # the same with a constant stride: three times as fast
        for column in range(firsts.shape[0]):
            total = first_weights[column] * line[firsts[column]] + last_weights[column] * line[lasts[column]]
            for between in range(firsts[column] + 1, lasts[column]):
                total += line[between]
            out[column] = uint8(min(total * scale + float32(0.5), float32(255.0)))
        return
    for column in range(firsts.shape[0]):
        for sample in range(samples):
            total = first_weights[column] * line[firsts[column] * samples + sample]
            total += last_weights[column] * line[lasts[column] * samples + sample]
            for between in range(firsts[column] + 1, lasts[column]):
                total += line[between * samples + sample]
            out[column * samples + sample] = uint8(min(total * scale + float32(0.5), float32(255.0)))


@kernel(void(readonly(uint8, 2), int64, writable(uint8, 2)))
def _area_mean(levels: Any, samples: Any, out: Any) -> None:
    """Average by area: rows into a line of weighted sums, then that line's columns. Arrays are (rows, columns * samples)."""
    rows = out.shape[0]
    row_step = levels.shape[0] / rows
    columns = out.shape[1] // samples
    column_step = levels.shape[1] / out.shape[1]
    scale = float32(1.0 / (row_step * column_step))
    line = np.empty(levels.shape[1], np.float32)
    firsts = np.empty(columns, np.int64)
    lasts = np.empty(columns, np.int64)
    first_weights = np.empty(columns, np.float32)
    last_weights = np.empty(columns, np.float32)
    _column_spans(column_step, levels.shape[1] // samples, firsts, lasts, first_weights, last_weights)
    for row in range(rows):
        top = row * row_step
        bottom = min(top + row_step, float64(levels.shape[0]))
        first = int64(top)
        _weigh_row(line, levels[first], float32(min(bottom, first + 1.0) - top), True)
        for source in range(first + 1, min(int64(math.ceil(bottom)), levels.shape[0])):
            _weigh_row(line, levels[source], float32(min(bottom, source + 1.0) - source), False)
        _mean_columns(line, scale, samples, firsts, lasts, first_weights, last_weights, out[row])
