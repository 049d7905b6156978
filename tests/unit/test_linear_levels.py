"""Windows as arithmetic: the very levels of the table, or no arithmetic at all."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from viewer.core.linear_levels import Line, draw_line, fit_line
from viewer.core.voi_lut import FUNCTIONS, window_table

numbers = st.one_of(st.integers(-2000, 3000), st.floats(-2000, 3000, allow_nan=False).map(lambda value: round(value, 3)))


def table_of(*, bits: int, is_signed: bool, slope: float, center: float, width: float, function: str, inverted: bool) -> NDArray[np.uint8]:
    table = np.empty(1 << bits, np.uint8)
    window_table(table, -(1 << bits - 1) if is_signed else 0, slope, -1024.0, center, width, FUNCTIONS[function], inverted)
    return table


def line_of(*, bits: int, is_signed: bool, slope: float, center: float, width: float, function: str, inverted: bool) -> Line | None:
    table = table_of(bits=bits, is_signed=is_signed, slope=slope, center=center, width=width, function=function, inverted=inverted)
    span = width - 1 if function == "LINEAR" else width
    start = (center - width / 2 + 1024.0) / slope
    return fit_line(table, first=-(1 << bits - 1) if is_signed else 0, slope=255 * slope / span, start=start, inverted=inverted)


@given(
    bits=st.sampled_from([10, 12, 16]),
    is_signed=st.booleans(),
    slope=st.sampled_from([1.0, 2.0, 0.5, 1.3, -1.0]),
    center=numbers,
    width=st.integers(2, 4000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT"]),
    inverted=st.booleans(),
)
def test_every_stored_value_gets_the_level_of_the_table(
    bits: int, is_signed: bool, slope: float, center: float, width: int, function: str, inverted: bool
) -> None:
    window = {"center": float(center), "width": float(width), "function": function}
    line = line_of(bits=bits, is_signed=is_signed, slope=slope, inverted=inverted, **window)  # type: ignore[arg-type]
    if line is None:
        return
    first = -(1 << bits - 1) if is_signed else 0
    stored = np.arange(first, first + (1 << bits)).astype(np.int16 if is_signed else np.uint16)
    levels = np.empty(stored.shape, np.uint8)
    draw_line(stored, line, levels)
    expected = table_of(bits=bits, is_signed=is_signed, slope=slope, inverted=inverted, **window)  # type: ignore[arg-type]
    assert np.array_equal(levels, expected)


def test_a_soft_tissue_window_is_drawn_by_arithmetic() -> None:
    line = line_of(bits=12, is_signed=False, slope=1.0, center=40.0, width=400.0, function="LINEAR", inverted=False)
    levels = np.empty(3, np.uint8)
    assert line is not None
    draw_line(np.array([0, 1064, 4095], np.uint16), line, levels)
    assert levels.tolist() == [0, 128, 255]  # air; 40 HU: ((40 - 39.5) / 399 + 0.5) * 255 = 127.8; bone


def test_a_table_that_is_no_line_gets_none() -> None:
    table = table_of(bits=12, is_signed=False, slope=1.0, center=40.0, width=400.0, function="LINEAR", inverted=False)
    table[1064] += 1  # padding, or a rounding that float32 does not share
    assert fit_line(table, first=0, slope=255 / 399, start=40 - 200 + 1024, inverted=False) is None
