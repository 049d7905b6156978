"""Mapped bytes are in memory once they were touched, and not before."""

import mmap

import numpy as np
import pytest

from archive.core.memory_pages import PAGE, is_in_memory

PAGES = 64


@pytest.fixture
def cold() -> np.ndarray:
    """Mapped bytes that nobody has touched: the system has given no memory for them yet."""
    return np.frombuffer(mmap.mmap(-1, PAGES * PAGE), np.uint8)


def test_what_was_never_touched_is_not_in_memory_and_what_was_is(cold: np.ndarray) -> None:
    assert not is_in_memory(cold)
    cold[:] = 7
    assert is_in_memory(cold)
    assert is_in_memory(cold[100 : PAGE + 300]), "from the middle of a page to the middle of another"


def test_one_page_that_is_missing_is_enough(cold: np.ndarray) -> None:
    for page in range(PAGES):
        if page != 40:
            cold[page * PAGE] = 7
    assert is_in_memory(cold[: 40 * PAGE])
    assert not is_in_memory(cold[: 40 * PAGE + 1])
    assert not is_in_memory(cold)


def test_nothing_and_scattered_values_count_as_not_in_memory() -> None:
    assert not is_in_memory(np.zeros(0, np.uint8))
    assert not is_in_memory(np.zeros((4, 4), np.uint8)[:, ::2])
