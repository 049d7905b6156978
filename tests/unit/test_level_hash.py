"""XXH64 of levels: published values, and another implementation where the machine has one."""

import ctypes
import ctypes.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import skip_or_fail
from viewer.core.level_hash import level_hash


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"", "ef46db3751d8e999"), (b"a", "d24ec4f1a98c6e5b"), (b"abc", "44bc2cf5ad770999")],
)
def test_published_values(text: bytes, expected: str) -> None:
    assert level_hash(np.frombuffer(text, np.uint8)).hex() == expected


def test_every_length_as_libxxhash_has_it() -> None:
    name = ctypes.util.find_library("xxhash")
    if name is None:
        skip_or_fail("libxxhash is not installed (Debian: apt install libxxhash0)")
    xxh64 = ctypes.CDLL(name).XXH64
    xxh64.restype, xxh64.argtypes = ctypes.c_uint64, [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
    levels = np.random.default_rng(7).integers(0, 256, 70_000, np.uint8)
    for length in (*range(130), 4097, 70_000):
        assert int.from_bytes(level_hash(levels[:length])) == xxh64(levels[:length].tobytes(), length, 0), length


def test_rows_are_taken_in_order_whatever_lies_between_them() -> None:
    levels = np.arange(40 * 30, dtype=np.uint8).reshape(40, 30)
    assert level_hash(levels[:, 3:17]) == level_hash(np.ascontiguousarray(levels[:, 3:17]))
    assert level_hash(levels) == level_hash(levels.reshape(-1))
    assert level_hash(levels) != level_hash(levels.T)


@given(st.binary(min_size=1, max_size=200), st.data())
def test_one_other_level_is_another_hash(data: bytes, drawn: st.DataObject) -> None:
    levels = np.frombuffer(data, np.uint8).copy()
    before = level_hash(levels)
    levels[drawn.draw(st.integers(0, len(data) - 1))] ^= drawn.draw(st.integers(1, 255))
    assert level_hash(levels) != before
