"""Colour: YBR to RGB by the equations of PS3.3 C.7.6.3.1.2, and sample depth."""

import numpy as np
import pytest

from governance.core.faults import Unsupported
from viewer.core.colour import rgb_levels, to_8_bits


def convert(pixels, photometric, bits=8):
    return rgb_levels(np.array([pixels], np.uint8 if bits <= 8 else np.uint16), photometric, bits)[0].tolist()


def test_ybr_full():
    # The forward equations of the standard on pure colours, rounded: red (76, 85, 255), green (150, 44, 21), blue (29, 255, 107).
    # Back: red: R = 76 + 1.402 * 127 = 254.05; G = 76 - 0.344136 * -43 - 0.714136 * 127 = 0.10; B = 76 + 1.772 * -43 = -0.20
    # green: R = 150 + 1.402 * -107 = -0.01; G = 150 + 28.907 + 76.413 = 255.32; B = 150 - 148.848 = 1.15
    # blue: R = 29 - 29.442 = -0.44; G = 29 - 43.705 + 14.997 = 0.29; B = 29 + 225.044 = 254.04
    assert convert([[76, 85, 255], [150, 44, 21], [29, 255, 107]], "YBR_FULL") == [[254, 0, 0], [0, 255, 1], [0, 0, 254]]


def test_ybr_full_grey_stays_grey():
    assert convert([[y, 128, 128] for y in (0, 1, 127, 255)], "YBR_FULL") == [[y, y, y] for y in (0, 1, 127, 255)]


def test_ybr_partial_has_the_studio_range():
    # Y 16 is black, 235 is white; 126: (126 - 16) * 255 / 219 = 128.08
    assert convert([[16, 128, 128], [235, 128, 128], [126, 128, 128]], "YBR_PARTIAL") == [[0] * 3, [255] * 3, [128] * 3]


def test_halved_chroma_in_name_only():
    for name in ("YBR_FULL", "YBR_PARTIAL"):
        assert convert([[76, 85, 255], [150, 44, 21]], f"{name}_422") == convert([[76, 85, 255], [150, 44, 21]], name)


def test_what_a_codec_has_undone_is_not_undone_again():
    assert convert([[10, 20, 30]], "YBR_RCT") == convert([[10, 20, 30]], "RGB") == [[10, 20, 30]]


def test_sample_depths():
    assert to_8_bits(np.array([0, 4095, 2048], np.uint16), 12).tolist() == [0, 255, 128]
    assert to_8_bits(np.array([0, 65535, 0x8000], np.uint16), 16).tolist() == [0, 255, 128]
    assert to_8_bits(np.array([0, 127, 64], np.uint8), 7).tolist() == [0, 255, 129]  # 64 * 255 / 127 = 128.5
    assert to_8_bits(np.array([0, 1], np.uint8), 1).tolist() == [0, 255]
    assert to_8_bits(np.array([0, 0xFFFFFFFF], np.uint32), 32).tolist() == [0, 255]


@pytest.mark.parametrize("photometric", ["HSV", "CMYK", "ARGB", "MONOCHROME2"])
def test_other_models_are_refused(photometric):
    with pytest.raises(Unsupported):
        convert([[1, 2, 3]], photometric)
