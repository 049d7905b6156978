"""What a baseline JPEG of one component states and is coded with: quantization, Huffman codes, headers (ITU-T T.81)."""

import struct
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

EOB, ZRL = 0x00, 0xF0  # symbols: no more in this block; sixteen zeros
SMALL = 32  # coefficients nearer to 0 than this have their code and bits in one table

# Quantization of luminance (T.81 table K.1), rows of the block from the lowest vertical frequency on.
_LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
# Huffman codes of luminance: how many of each length from 1 to 16, and what they mean (T.81 tables K.3 and K.5).
_DC_COUNTS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
_DC_SYMBOLS = bytes(range(12))
_AC_COUNTS = bytes([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125])
_AC_SYMBOLS = bytes.fromhex(
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a43444546"
    "4748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8"
    "b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
)


def _zigzag() -> NDArray[np.int64]:
    """Return int64[64]: the frequencies, 8 * vertical + horizontal, in zigzag order (T.81 figure A.6)."""
    order = sorted(((v, u) for v in range(8) for u in range(8)), key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]))
    return np.array([8 * v + u for v, u in order])


def _codes(counts: bytes, symbols: bytes) -> dict[int, tuple[int, int]]:
    """Return (code, its length) of each symbol (T.81 annex C)."""
    found, code, place = {}, 0, 0
    for length, count in enumerate(counts, 1):
        for symbol in symbols[place : place + count]:
            found[symbol] = (code, length)
            code += 1
        place += count
        code <<= 1
    return found


def _packed(counts: bytes, symbols: bytes) -> NDArray[np.uint64]:
    """Return uint64[256]: code << 5 | length, by symbol."""
    table = np.zeros(256, np.uint64)
    for symbol, (code, length) in _codes(counts, symbols).items():
        table[symbol] = code << 5 | length
    return table


def _small_codes() -> NDArray[np.uint64]:
    """Return uint64[16, 2 * SMALL]: by zeros before and value + SMALL, code and appended bits << 5 | their length."""
    table = np.zeros((16, 2 * SMALL), np.uint64)
    codes = _codes(_AC_COUNTS, _AC_SYMBOLS)
    for run in range(16):
        for value in range(-SMALL + 1, SMALL):
            if value:
                size = abs(value).bit_length()
                code, length = codes[run << 4 | size]
                bits = (value if value > 0 else value - 1) & ((1 << size) - 1)
                table[run, value + SMALL] = (code << size | bits) << 5 | (length + size)
    return table


ZIGZAG = _zigzag()
DC_CODES, AC_CODES = _packed(_DC_COUNTS, _DC_SYMBOLS), _packed(_AC_COUNTS, _AC_SYMBOLS)
SMALL_CODES = _small_codes().reshape(-1)


def quantization_steps(quality: int) -> NDArray[np.int64]:
    """Return int64[8, 8]: the quantization steps of a quality from 1 to 100; 50 is table K.1 as it stands."""
    per_cent = 5000 // quality if quality < 50 else 200 - 2 * quality
    steps: NDArray[np.int64] = np.clip((_LUMINANCE * per_cent + 50) // 100, 1, 255)
    return steps


@lru_cache(maxsize=256)
def header(rows: int, columns: int, quality: int) -> bytes:
    """Return everything ahead of the entropy-coded segment (T.81 annex B; JFIF 1.01 without a density)."""
    zigzag = bytes(quantization_steps(quality).reshape(-1)[ZIGZAG].tolist())
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            _segment(0xDB, b"\0" + zigzag),
            _segment(0xC0, struct.pack(">BHHB", 8, rows, columns, 1) + b"\1\x11\0"),
            _segment(0xC4, b"\x00" + _DC_COUNTS + _DC_SYMBOLS),
            _segment(0xC4, b"\x10" + _AC_COUNTS + _AC_SYMBOLS),
            _segment(0xDA, b"\1\1\0\0\x3f\0"),
        )
    )


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
