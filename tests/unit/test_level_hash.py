"""XXH3 of levels: published values, and another implementation where the machine has one."""

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
    [(b"", "2d06800538d394c2"), (b"a", "e6c632b61e964e1f"), (b"abc", "78af5f94892f3950")],
)
def test_published_values(text: bytes, expected: str) -> None:
    assert level_hash(np.frombuffer(text, np.uint8)).hex() == expected


def test_every_length_as_libxxhash_has_it() -> None:
    name = ctypes.util.find_library("xxhash")
    if name is None:
        skip_or_fail("libxxhash is not installed (Debian: apt install libxxhash0)")
    xxh3 = ctypes.CDLL(name).XXH3_64bits
    xxh3.restype, xxh3.argtypes = ctypes.c_uint64, [ctypes.c_char_p, ctypes.c_size_t]
    levels = np.random.default_rng(7).integers(0, 256, 300_000, np.uint8)
    for length in (*range(300), 4097, 65_536, 65_537, 70_000, 512 * 512, 512 * 512 + 1, 300_000):
        assert int.from_bytes(level_hash(levels[:length])) == xxh3(levels[:length].tobytes(), length), length


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
