"""Mask subtraction: which frames (literal), and the shift against scipy's."""

import numpy as np
import pytest
from scipy import ndimage

from archive.core.description import MaskOperation, PixelShift
from tests.unit.pixel_images import image
from viewer.core.mask_subtraction import difference_window, shifted, subtraction_of


@pytest.mark.parametrize("shift", [(0.0, 0.0), (1.0, -2.0), (0.5, 0.25), (-3.75, 1.125), (40.0, 0.0)])
def test_the_shift_is_scipys(shift):
    mask = np.random.default_rng(5).random((17, 23))
    assert np.allclose(shifted(mask, shift), ndimage.shift(mask, shift, order=1, mode="nearest"))


def run(*operations, frames=8, **fields):
    return image([0], masks=operations, number_of_frames=frames, **fields)[1]


def of(description, number, asked=True):
    found = subtraction_of(description, number - 1, asked)
    return found and ([frame + 1 for frame in found.contrast_frames], [frame + 1 for frame in found.mask_frames], found.shift)


AVERAGE = MaskOperation("AVG_SUB", mask_frames=(2, 3), contrast_frames=3, shift=(0.5, 1.0))


def test_contrast_frames_begin_with_the_current_one_and_end_with_the_run():
    assert of(run(AVERAGE), 4) == ([4, 5, 6], [2, 3], (0.5, 1.0))
    assert of(run(AVERAGE), 6) == ([6, 7, 8], [2, 3], (0.5, 1.0))
    assert of(run(AVERAGE), 7) is None  # C.7.6.10.1.1: the range ends at the last frame minus the number averaged plus one
    ranged = MaskOperation("AVG_SUB", ranges=((7, 8),), mask_frames=(2,), contrast_frames=3)
    assert of(run(ranged), 8) == ([8], [2], (0.0, 0.0))


def test_reversed_time_interval_as_the_standard_reckons():
    # MFN = (FCFN - TID Offset) - (CFN - FCFN): first contrast frame 5, offset 1: 4, 3, 2, 1
    operation = MaskOperation("REV_TID", ranges=((5, 8),), tid_offset=1)
    assert [of(run(operation), number)[1] for number in (5, 6, 7, 8)] == [[4], [3], [2], [1]]


def test_what_is_asked_comes_before_what_is_recommended():
    assert of(run(AVERAGE), 4, None) is None
    assert of(run(AVERAGE, is_subtraction_recommended=True), 4, None) is not None
    assert of(run(AVERAGE, is_subtraction_recommended=True), 4, False) is None
    assert of(run(), 4) is None


def test_a_frames_own_shift_is_found_by_its_item():
    operation = MaskOperation("AVG_SUB", mask_frames=(1,), shift=(1.0, 1.0), item_id=2)
    description = run(operation, pixel_shifts=((PixelShift(1, (9.0, 9.0)), PixelShift(2, (3.0, 4.0))),))
    assert of(description, 4) == ([4], [1], (3.0, 4.0))
    assert of(run(operation, pixel_shifts=((PixelShift(1, (9.0, 9.0)),),)), 4) == ([4], [1], (1.0, 1.0))


def test_colour_and_floating_point_are_not_subtracted():
    assert of(run(AVERAGE, photometric_interpretation="PALETTE COLOR"), 4) is None
    assert of(run(AVERAGE, pixel_kind="float", bits_allocated=32), 4) is None


def test_the_window_of_a_difference():
    assert difference_window(run(bits_stored=10), 0) == (0, 256)
    assert difference_window(run(bits_stored=10, rescale=(-0.5, 7)), 0) == (0, 128)
