"""Grey levels to baseline JPEG (ITU-T T.81): every step on 32 blocks at once, so that it runs in the processor's vector units (ADR 0009).

libjpeg-turbo takes one block after the other; at 512x512 this takes 0.6 of its time, and encoding was half of what a picture cost.
"""

import math
import threading
from functools import lru_cache
from typing import Any

import numpy as np
from numba.cpython.unsafe import numbers
from numpy.typing import NDArray

from archive.core.kernels import float32, inlined, int16, int32, int64, kernel, readonly, uint8, uint32, uint64, void, writable
from governance.core.faults import Unsupported
from viewer.core.jpeg_tables import AC_CODES, DC_CODES, EOB, SMALL, SMALL_CODES, ZIGZAG, ZRL, header, quantization_steps

MAX_SIDE = 65_535

_C1, _C2, _C3, _, _C5, _C6, _C7 = (np.float32(math.cos(k * math.pi / 16) / 2) for k in range(1, 8))
_LANES = 32  # blocks that are transformed together: measured faster than 16, and narrow pictures waste less than with 64
_WORDS = 1024  # of entropy-coded bits, before bytes are made of them
_MOST_WORDS = _LANES * 64  # that a chunk can add: 27 bits a coefficient at most
_SPARE_BYTES, _KEPT_BYTES = 65_536, 1 << 23
_HALF = np.float32(0.5 + 1 / 2048)  # and what single precision may have lost
_NATURAL = (ZIGZAG * _LANES).astype(np.uint64)  # where a place of the zigzag begins among the quantized
_leading_zeros: Any = numbers.leading_zeros  # numba has no types
_trailing_zeros: Any = numbers.trailing_zeros
_threads = threading.local()


@inlined
def _transformed(x0: Any, x1: Any, x2: Any, x3: Any, x4: Any, x5: Any, x6: Any, x7: Any) -> Any:
    """Return the one-dimensional DCT of 8 numbers (T.81 A.3.3); 0 and 4 lack their factor cos(pi / 4) / 2, so that sums stay exact."""
    s0, s1, s2, s3 = x0 + x7, x1 + x6, x2 + x5, x3 + x4
    d0, d1, d2, d3 = x0 - x7, x1 - x6, x2 - x5, x3 - x4
    t0, t1, t2, t3 = s0 + s3, s1 + s2, s1 - s2, s0 - s3
    return (
        t0 + t1,
        d0 * _C1 + d1 * _C3 + d2 * _C5 + d3 * _C7,
        t3 * _C2 + t2 * _C6,
        d0 * _C3 - d1 * _C7 - d2 * _C1 - d3 * _C5,
        t0 - t1,
        d0 * _C5 - d1 * _C1 + d2 * _C7 + d3 * _C3,
        t3 * _C6 - t2 * _C2,
        d0 * _C7 - d1 * _C5 + d2 * _C3 - d3 * _C1,
    )


@kernel(void(readonly(int64), uint64, uint64, writable(float32)))
def _rows_transformed(words: Any, start: Any, step: Any, out: Any) -> None:
    """out[row, u, lane]: the DCT along 8 rows of 8 samples. words[start + row * step + lane]: 8 samples, the first in the lowest bits."""
    for row in range(8):
        for lane in range(_LANES):
            word = words[start + uint64(row) * step + uint64(lane)]
            y0, y1, y2, y3, y4, y5, y6, y7 = _transformed(
                float32(int32(word & 255)),
                float32(int32((word >> 8) & 255)),
                float32(int32((word >> 16) & 255)),
                float32(int32((word >> 24) & 255)),
                float32(int32((word >> 32) & 255)),
                float32(int32((word >> 40) & 255)),
                float32(int32((word >> 48) & 255)),
                float32(int32((word >> 56) & 255)),
            )
            out[(row * 8 + 0) * _LANES + lane] = y0
            out[(row * 8 + 1) * _LANES + lane] = y1
            out[(row * 8 + 2) * _LANES + lane] = y2
            out[(row * 8 + 3) * _LANES + lane] = y3
            out[(row * 8 + 4) * _LANES + lane] = y4
            out[(row * 8 + 5) * _LANES + lane] = y5
            out[(row * 8 + 6) * _LANES + lane] = y6
            out[(row * 8 + 7) * _LANES + lane] = y7


@inlined
def _rounded(value: Any) -> Any:
    """Return the nearest whole number, halves away from 0: white stays white."""
    return int16(int32(value + (_HALF if value >= 0 else -_HALF)))


@kernel(void(readonly(float32), readonly(float32), writable(int16)))
def _quantized(rows: Any, scale: Any, out: Any) -> None:
    """out[v, u, lane]: the DCT down the columns, less that of the level shift, times scale[v, u], rounded to whole numbers."""
    for u in range(8):
        q0, q1, q2, q3 = scale[u], scale[8 + u], scale[16 + u], scale[24 + u]
        q4, q5, q6, q7 = scale[32 + u], scale[40 + u], scale[48 + u], scale[56 + u]
        shift = float32(64 * 128) if u == 0 else float32(0)  # of 64 samples: levels are coded as -128 to 127 (T.81 A.3.1)
        for lane in range(_LANES):
            y0, y1, y2, y3, y4, y5, y6, y7 = _transformed(
                rows[(0 + u) * _LANES + lane],
                rows[(8 + u) * _LANES + lane],
                rows[(16 + u) * _LANES + lane],
                rows[(24 + u) * _LANES + lane],
                rows[(32 + u) * _LANES + lane],
                rows[(40 + u) * _LANES + lane],
                rows[(48 + u) * _LANES + lane],
                rows[(56 + u) * _LANES + lane],
            )
            out[(0 + u) * _LANES + lane] = _rounded((y0 - shift) * q0)
            out[(8 + u) * _LANES + lane] = _rounded(y1 * q1)
            out[(16 + u) * _LANES + lane] = _rounded(y2 * q2)
            out[(24 + u) * _LANES + lane] = _rounded(y3 * q3)
            out[(32 + u) * _LANES + lane] = _rounded(y4 * q4)
            out[(40 + u) * _LANES + lane] = _rounded(y5 * q5)
            out[(48 + u) * _LANES + lane] = _rounded(y6 * q6)
            out[(56 + u) * _LANES + lane] = _rounded(y7 * q7)


@kernel(void(readonly(int16), readonly(uint64), writable(uint64)))
def _presence(values: Any, natural: Any, out: Any) -> None:
    """out[lane]: a bit for each coefficient that isn't 0, the first of the zigzag lowest."""
    for b in range(_LANES):
        out[b] = 0
    for eight in range(0, 64, 8):
        n0, n1, n2, n3 = natural[eight], natural[eight + 1], natural[eight + 2], natural[eight + 3]
        n4, n5, n6, n7 = natural[eight + 4], natural[eight + 5], natural[eight + 6], natural[eight + 7]
        for lane in range(_LANES):
            b = uint64(lane)
            low = int32(values[n0 + b] != 0) | (int32(values[n1 + b] != 0) << 1)
            low |= (int32(values[n2 + b] != 0) << 2) | (int32(values[n3 + b] != 0) << 3)
            high = int32(values[n4 + b] != 0) | (int32(values[n5 + b] != 0) << 1)
            high |= (int32(values[n6 + b] != 0) << 2) | (int32(values[n7 + b] != 0) << 3)
            out[b] |= uint64(int32(low | (high << 4))) << uint64(eight)


@inlined
def _with_value(entry: Any, value: Any) -> Any:
    """Return the code of a category with the value's own bits behind it (T.81 F.1.2.1), and their length."""
    size = uint64(64) - uint64(_leading_zeros(uint64(abs(value))))
    bits = uint64(value + (value >> 63)) & ((uint64(1) << size) - uint64(1))
    return ((entry >> uint64(5)) << size) | bits, (entry & uint64(31)) + size


@kernel(
    void(
        readonly(int16),
        readonly(uint64),
        int64,
        readonly(uint64),
        readonly(uint64),
        readonly(uint64),
        readonly(uint64),
        writable(uint64),
        writable(uint32),
    )
)
def _coded(values: Any, present: Any, lanes: Any, natural: Any, dc: Any, ac: Any, small: Any, state: Any, out: Any) -> None:
    """Append blocks to the entropy-coded segment (T.81 F.1.2). state: whole words in out, last DC, bits that wait for a word, how many."""
    at, last, waiting, count = state[0], int64(state[1]), state[2], state[3]
    for lane in range(lanes):
        b = uint64(lane)
        value = int64(values[b])
        difference, last = value - last, value
        code, length = _with_value(dc[uint64(64) - uint64(_leading_zeros(uint64(abs(difference))))], difference)
        left = present[b] & ~uint64(1)
        expected = uint64(1)
        while True:
            waiting = (waiting << length) | code
            count += length
            out[at] = uint32((waiting << (uint64(64) - count)) >> uint64(32))  # counts when it is whole: no branch to guess wrong
            at += count >> uint64(5)
            count &= uint64(31)
            if left == uint64(0):
                break
            place = uint64(_trailing_zeros(left))
            run = place - expected
            if run >= uint64(16):
                code, length = ac[ZRL] >> uint64(5), ac[ZRL] & uint64(31)
                expected += uint64(16)
                continue
            left &= left - uint64(1)
            expected = place + uint64(1)
            value = int64(values[natural[place] + b])
            if -SMALL < value < SMALL:
                entry = small[run * uint64(2 * SMALL) + uint64(value + SMALL)]
                code, length = entry >> uint64(5), entry & uint64(31)
            else:
                size = uint64(64) - uint64(_leading_zeros(uint64(abs(value))))
                code, length = _with_value(ac[run << uint64(4) | size], value)
        if expected != uint64(64):
            waiting = (waiting << (ac[EOB] & uint64(31))) | (ac[EOB] >> uint64(5))
            count += ac[EOB] & uint64(31)
            out[at] = uint32((waiting << (uint64(64) - count)) >> uint64(32))
            at += count >> uint64(5)
            count &= uint64(31)
    state[0], state[1], state[2], state[3] = at, uint64(last), waiting, count


@inlined
def _stuffed_byte(byte: Any, at: Any, out: Any) -> Any:
    """Write a byte, 0 behind it if it is 255 (T.81 F.1.2.3); return where the next goes. References to out are counted: one word in 64."""
    out[at] = byte
    if byte != 255:
        return at + uint64(1)
    out[at + uint64(1)] = 0
    return at + uint64(2)


@kernel(uint64(readonly(uint32), uint64, uint64, writable(uint8)))
def _stuffed(words: Any, count: Any, at: Any, out: Any) -> Any:
    """Write words, most significant byte first; return where the next byte goes."""
    for i in range(int64(count)):
        word = words[i]
        first, second, third, fourth = uint8(word >> 24), uint8(word >> 16), uint8(word >> 8), uint8(word)
        if first != 255 and second != 255 and third != 255 and fourth != 255:
            out[at] = first
            out[at + uint64(1)] = second
            out[at + uint64(2)] = third
            out[at + uint64(3)] = fourth
            at += uint64(4)
        else:
            at = _stuffed_byte(first, at, out)
            at = _stuffed_byte(second, at, out)
            at = _stuffed_byte(third, at, out)
            at = _stuffed_byte(fourth, at, out)
    return at


@kernel(
    uint64(
        readonly(int64, 2),
        readonly(float32),
        readonly(uint64),
        readonly(uint64),
        readonly(uint64),
        readonly(uint64),
        uint64,
        writable(uint8),
    )
)
def _scan(words: Any, scale: Any, natural: Any, dc: Any, ac: Any, small: Any, at: Any, out: Any) -> Any:
    """Write the entropy-coded segment and EOI from out[at] on; return where they end, or 0 where they may not fit."""
    chunk, rows, values = np.zeros(8 * _LANES, np.int64), np.empty(64 * _LANES, np.float32), np.empty(64 * _LANES, np.int16)
    present, state, coded = np.empty(_LANES, np.uint64), np.zeros(4, np.uint64), np.empty(_WORDS + _MOST_WORDS, np.uint32)
    blocks = words.shape[1]
    flat = words.reshape(-1)
    for top in range(0, words.shape[0], 8):
        for first in range(0, blocks, _LANES):
            lanes = min(_LANES, blocks - first)
            if lanes == _LANES:
                _rows_transformed(flat, uint64(top * blocks + first), uint64(blocks), rows)
            else:
                for row in range(8):
                    for lane in range(lanes):
                        chunk[row * _LANES + lane] = words[top + row, first + lane]
                _rows_transformed(chunk, uint64(0), uint64(_LANES), rows)
            _quantized(rows, scale, values)
            _presence(values, natural, present)
            _coded(values, present, lanes, natural, dc, ac, small, state, coded)
            if state[0] > uint64(_WORDS):
                if at + uint64(8) * (state[0] + uint64(2)) > uint64(out.shape[0]):
                    return uint64(0)
                at = _stuffed(coded, state[0], at, out)
                state[0] = 0
    if at + uint64(8) * (state[0] + uint64(2)) > uint64(out.shape[0]):
        return uint64(0)
    at = _stuffed(coded, state[0], at, out)
    waiting, count = state[2], state[3]
    ones = (uint64(8) - (count & uint64(7))) & uint64(7)  # the last byte is filled with them (T.81 F.1.2.3)
    waiting = (waiting << ones) | ((uint64(1) << ones) - uint64(1))
    count += ones
    while count > uint64(0):
        count -= uint64(8)
        at = _stuffed_byte(uint8(waiting >> count), at, out)
    out[at] = 0xFF
    out[at + uint64(1)] = 0xD9
    return at + uint64(2)


def encode_grey_jpeg(levels: NDArray[np.uint8], quality: int) -> bytes:
    """Return levels, uint8 (rows, columns), as a JFIF picture: baseline, one component; quality from 1 to 100 as libjpeg counts it.

    Raises: Unsupported beyond 65,535 rows or columns, or without any.
    """
    rows, columns = levels.shape
    if not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE):
        raise Unsupported("JPEG of", rows, "rows and", columns, "columns")
    words, scale = _words_of(levels), _scale_of(quality)
    head = header(rows, columns, quality)
    capacity = words.size * 8 + _SPARE_BYTES  # noise at full quality may need more
    while True:
        out = _scratch(capacity)
        end = _scan(words, scale, _NATURAL, DC_CODES, AC_CODES, SMALL_CODES, len(head), out)
        if end:
            out[: len(head)] = np.frombuffer(head, np.uint8)
            return out[:end].tobytes()
        capacity *= 2


def _scratch(capacity: int) -> NDArray[np.uint8]:
    """Return room to write to, this thread's own: fresh memory has to be cleared by the kernel page by page."""
    kept: NDArray[np.uint8] | None = getattr(_threads, "scratch", None)
    if kept is None or kept.size < capacity:
        kept = np.empty(capacity, np.uint8)
        if capacity <= _KEPT_BYTES:
            _threads.scratch = kept
    return kept


def _words_of(levels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return levels as whole blocks of 8 samples a number; the last row and column are repeated where some are missing."""
    rows, columns = levels.shape
    whole_rows, whole_columns = -rows % 8 + rows, -columns % 8 + columns
    if (whole_rows, whole_columns) != levels.shape:
        whole = np.empty((whole_rows, whole_columns), np.uint8)
        whole[:rows, :columns] = levels
        whole[:rows, columns:] = levels[:, -1:]
        whole[rows:] = whole[rows - 1]
        levels = whole
    words: NDArray[np.int64] = np.ascontiguousarray(levels, np.uint8).view("<i8")
    return words if words.flags.aligned else words.copy()  # kernels are compiled for whole numbers where they belong


@lru_cache(maxsize=100)
def _scale_of(quality: int) -> NDArray[np.float32]:
    """Return float32[64], rows from the lowest vertical frequency on: 1 / step, times the factors that _transformed leaves out."""
    missing = np.where(np.arange(8) % 4 == 0, math.cos(math.pi / 4) / 2, 1.0)
    scale = (missing[:, None] * missing / quantization_steps(quality)).astype(np.float32).reshape(-1)
    scale.setflags(write=False)
    return scale
