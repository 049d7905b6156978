"""The display chain of PS3.4 N.2 on small images with literal levels."""

import numpy as np
import pytest

from archive.core.codecs import DecodedFrame
from archive.core.lookup_table import LookupTable
from governance.core.faults import Malformed, Unsupported
from tests.unit.pixel_images import image
from viewer.core.display import display_levels, shows_stored_levels
from viewer.core.view import ViewState
from viewer.core.voi_choice import frame_extent

XA = "1.2.840.10008.5.1.4.1.1.12.1"


PLAIN = ViewState()


def shown(picture, view=PLAIN, frame_index=0):
    decoded, description = picture
    return display_levels(decoded, description, frame_index, view)


def levels(picture, view=PLAIN):
    return shown(picture, view).values.tolist()


def lut(first, entries, bits=16):
    return LookupTable(first, np.array(entries, np.uint16), bits, len(entries))


def test_ct_by_its_own_window():
    # stored 0, 864, 1064, 1263, 4095 - 1024 = -1024, -160, 40, 239, 3071 HU; window 40/400 as worked out in test_voi_lut
    picture = image([0, 864, 1064, 1263, 4095], rescale=(1, -1024), window=(40, 400), bits_stored=12)
    result = shown(picture)
    assert result.values.tolist() == [[0, 0, 128, 255, 255]]
    assert (result.window_center, result.window_width) == (40, 400)


def test_a_views_window_replaces_the_images():
    # c = -600, w = 1500: from -1350 to 149; -600: 750 / 1499 * 255 = 127.585 -> 128
    picture = image([-1400, -1350, -600, 149, 200], is_signed=True, window=(40, 400))
    result = shown(picture, ViewState(window=(-600, 1500)))
    assert result.values.tolist() == [[0, 0, 128, 255, 255]]
    assert (result.window_center, result.window_width) == (-600, 1500)


def test_signed_12_bits_in_16():
    # c = 0, w = 4096: y = (x + 0.5) / 4095 + 0.5, so
    # low = 0 - 0.5 - 2047.5 = -2048, high = 2047: -2048 -> 0, 2047 -> 255, 0 -> 2048 / 4095 * 255 = 127.53 -> 128, -1 -> 127.47 -> 127
    picture = image([-2048, -1, 0, 2047], is_signed=True, bits_stored=12, window=(0, 4096))
    assert levels(picture) == [[0, 127, 128, 255]]


def test_rescale_with_fractions():
    # 0.5 x + 0.25: 0 -> 0.25, 1 -> 0.75, 2 -> 1.25, 3 -> 1.75; LINEAR_EXACT c = 1, w = 2: y = (v - 1) / 2 + 0.5 = v / 2
    # 0.125 * 255 = 31.875 -> 32; 0.375 -> 95.625 -> 96; 0.625 -> 159.375 -> 159; 0.875 -> 223.125 -> 223
    picture = image([0, 1, 2, 3], rescale=(0.5, 0.25), window=(1, 2), voi_function="LINEAR_EXACT")
    assert levels(picture) == [[32, 96, 159, 223]]


def test_monochrome1_and_inversion_undo_each_other():
    picture = image([0, 64, 255], bits_allocated=8, photometric_interpretation="MONOCHROME1")
    assert levels(picture) == [[255, 191, 0]]
    assert levels(picture, ViewState(invert=True)) == [[0, 64, 255]]
    plain = image([0, 64, 255], bits_allocated=8)
    assert levels(plain) == [[0, 64, 255]]
    assert levels(plain, ViewState(invert=True)) == [[255, 191, 0]]


def test_one_bit_is_black_and_white():
    assert levels(image([0, 1], bits_allocated=1)) == [[0, 255]]


def test_no_window_takes_the_frames_own_range_without_padding():
    # values 100..300, padding -2000: c = 200.5, w = 201 -> y = (x - 100) / 200 * 255; 200 -> 127.5 -> 128
    result = shown(image([-2000, 100, 200, 300], is_signed=True, padding=(-2000, -2000)))
    assert result.values.tolist() == [[0, 0, 128, 255]]
    assert (result.window_center, result.window_width) == (200.5, 201)


def test_a_flat_frame_has_a_window():
    result = shown(image([7, 7]))
    assert (result.window_center, result.window_width) == (7.5, 1)
    assert result.values.tolist() == [[0, 0]]


def test_all_padding_has_a_window():
    assert shown(image([5, 5], padding=(5, 5))).values.tolist() == [[0, 0]]


def test_float_pixels_by_their_range():
    # 0.0 .. 0.5: LINEAR_EXACT c = 0.25, w = 0.5; 0.25 -> 127.5 -> 128; NaN is black
    result = shown(image([0.0, 0.25, 0.5, np.nan], pixel_kind="float", bits_allocated=32))
    assert result.values.tolist() == [[0, 128, 255, 0]]
    assert (result.window_center, result.window_width) == (0.25, 0.5)


def test_32_bit_integers_by_their_range():
    # RT Dose: 0 .. 4,000,000,000: far outside float32 and 16 bits; half way: (2e9 - 0) / 4e9 * 255 = 127.5 -> 128
    assert levels(image([0, 2_000_000_000, 4_000_000_000], bits_allocated=32)) == [[0, 128, 255]]


def test_modality_lut_before_window():
    # entries 10, 20, 30 for stored 5, 6, 7; lower and higher take the ends. LINEAR_EXACT c = 20, w = 20: (v - 10) / 20 * 255
    picture = image([0, 5, 6, 7, 9], modality_lut=lut(5, [10, 20, 30]), window=(20, 20), voi_function="LINEAR_EXACT")
    assert levels(picture) == [[0, 0, 128, 255, 255]]


def test_voi_lut_where_there_is_no_window():
    # 8-bit entries, as they are
    picture = image([0, 1, 2, 3], voi_luts=(lut(1, [9, 99, 199], bits=8),))
    result = shown(picture)
    assert result.values.tolist() == [[9, 9, 99, 199]]
    assert result.window_center is None


def test_S09_no_modality_lut_for_log_and_disp_angiograms():
    for relationship, expected in (("LOG", [[0, 128, 255]]), ("DISP", [[0, 128, 255]]), ("LIN", [[255, 128, 0]])):
        picture = image(
            [0, 128, 255],
            bits_allocated=8,
            sop_class_uid=XA,
            pixel_intensity_relationship=relationship,
            modality_lut=lut(0, list(range(255, -1, -1)), bits=8),
            window=(128, 256),
        )
        # LIN: 255 - 128 = 127 -> ((127 - 127.5) / 255 + 0.5) * 255 = 127
        assert levels(picture) == (expected if relationship != "LIN" else [[255, 127, 0]])


def test_S09_the_same_relationship_elsewhere_keeps_its_modality_lut():
    picture = image(
        [0, 255],
        bits_allocated=8,
        pixel_intensity_relationship="LOG",
        modality_lut=lut(0, list(range(255, -1, -1)), bits=8),
        window=(128, 256),
    )
    assert levels(picture) == [[255, 0]]


def test_S09_palette_colour_does_not_pass_the_voi_stage():
    palette = (lut(0, [1, 2, 3], 8), lut(0, [10, 20, 30], 8), lut(0, [100, 150, 200], 8))
    picture = image([0, 1, 2, 3], bits_allocated=8, photometric_interpretation="PALETTE COLOR", palette=palette, window=(1, 1))
    expected = [[[1, 10, 100], [2, 20, 150], [3, 30, 200], [3, 30, 200]]]
    for view in (ViewState(), ViewState(window=(1, 2)), ViewState(window=(500, 1))):
        result = shown(picture, view)
        assert result.values.tolist() == expected
        assert result.window_center is None
    assert levels(picture, ViewState(invert=True)) == [[[254, 245, 155], [253, 235, 105], [252, 225, 55], [252, 225, 55]]]


def test_rgb_is_shown_as_it_is():
    picture = image([[[1, 2, 3], [250, 251, 252]]], bits_allocated=8, photometric_interpretation="RGB")
    assert levels(picture, ViewState(window=(1, 1))) == [[[1, 2, 3], [250, 251, 252]]]
    assert levels(picture, ViewState(invert=True)) == [[[254, 253, 252], [5, 4, 3]]]


def test_a_colour_model_without_a_chain_is_said():
    decoded, description = image([[[1, 2, 3]]], bits_allocated=8, photometric_interpretation="HSV")
    with pytest.raises(Unsupported):
        display_levels(decoded, description, 0, ViewState())
    with pytest.raises(Malformed):
        levels(image([1], photometric_interpretation="PALETTE COLOR"))
    with pytest.raises(Unsupported):
        levels(image([1], photometric_interpretation="YBR_FULL"))


def test_garbage_in_a_frame_cannot_leave_the_table():
    decoded, description = image([0], bits_stored=12, window=(2048, 4096))
    wild = DecodedFrame(np.array([[0xFFFF, 0xF000]], np.uint16), "MONOCHROME2", False)
    assert display_levels(wild, description, 0, ViewState()).values.tolist() == [[255, 255]]  # brighter than all that can be stored
    table = ViewState(voi_function="SIGMOID")  # no arithmetic for it: the table's entries of 0xFFF and 0
    assert display_levels(wild, description, 0, table).values.tolist() == [[225, 30]]
    assert decoded.values.shape == (1, 1)


def test_frame_extent():
    assert frame_extent(np.array([[3, -7]], np.int16), None) == (-7, 3)
    assert frame_extent(np.array([[3, 65535]], np.uint16), (4, 65535)) == (3, 3)
    assert frame_extent(np.array([[np.nan, 2.5, -9.0]], np.float32), (-9.0, -9.0)) == (2.5, 2.5)
    assert frame_extent(np.array([[np.nan]], np.float64), None) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("fields", "view", "expected"),
    [
        ({}, ViewState(), True),
        ({}, ViewState(invert=True), False),
        ({}, ViewState(window=(128, 256)), True),
        ({}, ViewState(window=(100, 256)), False),
        ({"window": (128, 256)}, ViewState(), True),
        ({"window": (127, 255)}, ViewState(), False),
        ({"rescale": (1, -1)}, ViewState(), False),
        ({"photometric_interpretation": "MONOCHROME1"}, ViewState(), False),
        ({"bits_stored": 7}, ViewState(), False),
        ({"is_signed": True}, ViewState(), False),
        ({"voi_luts": (lut(0, [0, 1], 8),)}, ViewState(), False),
        ({"photometric_interpretation": "PALETTE COLOR"}, ViewState(), False),
    ],
)
def test_whether_stored_samples_are_the_levels(fields, view, expected):
    _, description = image([0], bits_allocated=8, **fields)
    assert shows_stored_levels(description, 0, view) is expected


def test_a_function_that_is_asked_for_holds_for_the_full_range_too():
    """Full range of 8 bits is 128/256. SIGMOID at 128 is half of 255, at 0 it is 255 / (1 + e^2) = 30.4 (C.11.2.1.3.1)."""
    decoded, description = image([0, 128, 255], bits_allocated=8, bits_stored=8)
    sigmoid = ViewState(voi_function="SIGMOID")
    assert shows_stored_levels(description, 0, ViewState())
    assert not shows_stored_levels(description, 0, sigmoid)
    assert display_levels(decoded, description, 0, sigmoid).values.tolist() == [[30, 128, 224]]
    wide, wide_description = image([0, 1000], bits_stored=12)  # of more bits the frame's own range counts: 500.5/1001
    assert display_levels(wide, wide_description, 0, sigmoid).values.tolist() == [[30, 224]]


def test_colour_samples_are_levels_whatever_the_window():
    _, description = image([[[1, 2, 3]]], bits_allocated=8, photometric_interpretation="YBR_FULL_422")
    assert shows_stored_levels(description, 0, ViewState(window=(1, 1)))
    assert not shows_stored_levels(description, 0, ViewState(invert=True))
