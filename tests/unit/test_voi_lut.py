"""The three VOI functions of PS3.3 C.11.2.1.2, against levels worked by hand."""

import numpy as np
import pytest

from archive.core.lookup_table import LookupTable
from governance.core.faults import Malformed
from viewer.core.voi_lut import FUNCTIONS, apply_voi_lut, apply_window, resolve_function, window_table


def levels(values, center, width, function):
    return apply_window(np.array(values, np.float64), center=center, width=width, function=function).tolist()


def test_linear_of_the_standards_own_example():
    # PS3.3 C.11.2.1.2.1, c = 2048, w = 4096: x <= 0 gives ymin, x > 4095 gives ymax, else ((x - 2047.5) / 4095 + 0.5) * 255.
    # x = 1: ((1 - 2047.5) / 4095 + 0.5) * 255 = 1 / 4095 * 255 = 0.06 -> 0;  x = 9: 0.56 -> 1
    # x = 2048: (0.5 / 4095 + 0.5) * 255 = 127.53 -> 128;  x = 4086: 4086 / 4095 * 255 = 254.44 -> 254
    assert levels([-1, 0, 1, 9, 2047, 2048, 4086, 4095, 4096], 2048, 4096, "LINEAR") == [0, 0, 0, 1, 127, 128, 254, 255, 255]


def test_linear_soft_tissue_window():
    # c = 40, w = 400: from 40 - 0.5 - 199.5 = -160 to 239. y = (x + 160) / 399 * 255.
    # 40: 200 / 399 * 255 = 127.82 -> 128; 0: 102.26 -> 102; -159: 0.64 -> 1; 238: 254.36 -> 254
    assert levels([-1000, -160, -159, 0, 40, 238, 239, 240], 40, 400, "LINEAR") == [0, 0, 1, 102, 128, 254, 255, 255]


def test_linear_of_width_one_is_a_threshold():
    # x <= c - 0.5 is black, x > c - 0.5 is white
    assert levels([99, 99.5, 99.50001, 100, 101], 100, 1, "LINEAR") == [0, 0, 255, 255, 255]


def test_linear_exact():
    # C.11.2.1.2.3.2, c = 0, w = 100: x <= -50 is 0, x > 50 is 255, else (x / 100 + 0.5) * 255
    # 0: 127.5 -> 128 (halves up); 10: 153; -49: 2.55 -> 3; 49: 252.45 -> 252
    assert levels([-51, -50, -49, 0, 10, 49, 50, 51], 0, 100, "LINEAR_EXACT") == [0, 0, 3, 128, 153, 252, 255, 255]


def test_linear_exact_of_a_fraction():
    # c = 0.5, w = 0.5: 0.25 to 0.75. 0.3: ((0.3 - 0.5) / 0.5 + 0.5) * 255 = 25.5 -> 26 (one ulp below would be 25)
    assert levels([0.25, 0.375, 0.5, 0.75], 0.5, 0.5, "LINEAR_EXACT") == [0, 64, 128, 255]


def test_sigmoid():
    # C.11.2.1.2.3.1: 255 / (1 + exp(-4 (x - c) / w)), c = 0, w = 4 -> 255 / (1 + exp(-x))
    # x = 0: 127.5 -> 128; 1: 255 / 1.367879 = 186.42 -> 186; -1: 68.58 -> 69; 3: 255 / 1.049787 = 242.91 -> 243; 50: 255
    assert levels([-50, -1, 0, 1, 3, 50], 0, 4, "SIGMOID") == [0, 69, 128, 186, 243, 255]


@pytest.mark.parametrize(("function", "width"), [("LINEAR", 0.5), ("LINEAR", 0), ("LINEAR_EXACT", 0), ("SIGMOID", -1)])
def test_a_width_outside_the_domain_is_malformed(function, width):
    with pytest.raises(Malformed):
        levels([0], 0, width, function)


def test_no_value_is_black():
    assert levels([np.nan, np.inf, -np.inf], 0, 10, "LINEAR_EXACT") == [0, 255, 0]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(40, 400), (-600.5, 1500.25), (0, 1), (128, 256), (3.7, 2)])
@pytest.mark.parametrize(("slope", "intercept"), [(1, -1024), (0.25, 3.3), (-1, 100)])
@pytest.mark.parametrize("inverted", [False, True])
def test_the_kernel_gives_the_formulas_levels(function, center, width, slope, intercept, inverted):
    first, count = -2048, 4096
    table = np.empty(count, np.uint8)
    window_table(table, first, slope, intercept, center, width, FUNCTIONS[function], inverted)
    stored = np.arange(first, first + count)
    expected = apply_window(slope * stored + intercept, center=center, width=width, function=function)
    assert np.array_equal(table, 255 - expected if inverted else expected)


def test_unstated_function():
    assert resolve_function("", 400, is_integer=True) == "LINEAR"
    assert resolve_function("", 0.8, is_integer=True) == "LINEAR_EXACT"
    assert resolve_function("LINEAR", 0.8, is_integer=True) == "LINEAR_EXACT"
    assert resolve_function("", 1.0, is_integer=False) == "LINEAR_EXACT"
    assert resolve_function("SIGMOID", 0.8, is_integer=True) == "SIGMOID"


def test_voi_lut_scales_its_entries_and_holds_its_ends():
    # 10-bit entries: 0..1023 -> 0..255; 511 * 255 / 1023 = 127.38 -> 127
    table = LookupTable(first_mapped=-2, entries=np.array([0, 511, 1023], np.uint16), bits=10, count=3)
    assert apply_voi_lut(np.array([-9.0, -2, -1, 0, 1, 500]), table).tolist() == [0, 0, 127, 255, 255, 255]
