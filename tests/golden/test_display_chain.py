"""The display chain's golden table, grey: every line a small object and the levels it must show, worked by hand (rule S09).

PS3.3 C.7.6.3, C.7.5.1.1.2, C.11.1, C.11.2, C.11.6; PS3.4 N.2. Each line goes the product's whole way: a Part 10 file is read as
intake reads it, decoded, put through the chain and encoded losslessly; Pillow reads the levels. Where DCMTK has an opinion on
such objects, the last test asks for it. y is the level before rounding; halves go up.
"""

import shutil
import subprocess
from typing import Any

import numpy as np
import pytest
from highdicom.pixels import apply_voi_window
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite

from tests.conftest import skip_or_fail
from tests.golden.chain_objects import ENHANCED_MR, XA, grey, image, item, shown, stored, with_pixels


def lut(first, entries, *, bits=16, vr="US", explanation=""):
    ds = Dataset()
    ds.add_new(0x00283002, vr, [len(entries), first, bits])
    ds.add_new(0x00283006, "US", list(entries))
    if explanation:
        ds.LUTExplanation = explanation
    return ds


def window(center, width, **attributes):
    return {"WindowCenter": center, "WindowWidth": width} | attributes


def frame(center, width, slope=1, intercept=0, **voi):
    return item(
        FrameVOILUTSequence=[item(**window(center, width), **voi)],
        PixelValueTransformationSequence=[item(RescaleSlope=slope, RescaleIntercept=intercept, RescaleType="US")],
    )


RAMP = [0, 64, 128, 255]  # in 8 bits without a window: as it is
THREE = window(["100", "50", "200"], ["100", "20", "50"], WindowCenterWidthExplanation=["A", "B", "C"])
TWO_LUTS: dict[str, Any] = {
    "VOILUTSequence": [lut(0, [9, 99, 199], bits=8, explanation="D"), lut(0, [8, 88, 188], bits=8, explanation="E")]
}
THREE_AND_LUTS = THREE | TWO_LUTS

GREY: dict[str, tuple[Dataset, dict[str, Any], list[int]]] = {
    # -1024 + v: -1024, -160, 40, 239, 3071 HU; LINEAR 40/400: low = 40 - 0.5 - 199.5 = -160; 40: 200 / 399 * 255 = 127.8
    "rescale, then LINEAR": (
        grey([0, 864, 1064, 1263, 4095], bits=16, stored=12, RescaleSlope="1", RescaleIntercept="-1024", **window("40", "400")),
        {},
        [0, 0, 128, 255, 255],
    ),
    # 0.5 v + 0.25: 0.25, 0.75, 1.25, 1.75; LINEAR_EXACT 1/2: y = x / 2 * 255 = 31.9, 95.6, 159.4, 223.1
    "rescale with fractions, then LINEAR_EXACT": (
        grey([0, 1, 2, 3], RescaleSlope="0.5", RescaleIntercept="0.25", VOILUTFunction="LINEAR_EXACT", **window("1", "2")),
        {},
        [32, 96, 159, 223],
    ),
    # LINEAR 100/101: y = ((x - 99.5) / 100 + 0.5) * 255: 50 -> 0.005 * 255 = 1.3; 100 -> 128.8; 149 -> 253.7; 150 -> over 255
    "LINEAR at its ends": (grey([49, 50, 100, 149, 150], **window("100", "101")), {}, [0, 1, 129, 254, 255]),
    # LINEAR width 1: over c - 0.5 = 99.5 white
    "LINEAR of width 1 is a threshold": (grey([99, 100], **window("100", "1")), {}, [0, 255]),
    # 255 / (1 + e^(-4 (x - 100) / 40)): 60: e^4 = 54.6 -> 4.6; 80: e^2 = 7.389 -> 30.4; 100: 127.5; 140: 250.4
    "SIGMOID": (grey([60, 80, 100, 140], VOILUTFunction="SIGMOID", **window("100", "40")), {}, [5, 30, 128, 250]),
    "a view's function over the image's": (grey([60, 80, 100, 140], **window("100", "40")), {"voi_function": "SIGMOID"}, [5, 30, 128, 250]),
    # A 100/100: low 50, high 149: 50 -> 0; 100 -> 50 / 99 * 255 = 128.8; B 50/20: low 40, high 59: 45 -> 5 / 19 * 255 = 67.1
    "the first of several windows": (grey([45, 50, 100, 255], **THREE), {}, [0, 0, 129, 255]),
    "the second of several windows": (grey([45, 50, 100, 255], **THREE), {"voi": 1}, [67, 134, 255, 255]),
    "a window that there isn't is the first": (grey([45, 50, 100, 255], **THREE), {"voi": 7}, [0, 0, 129, 255]),
    "VOI LUTs count on after the windows": (grey([0, 1, 2, 255], **THREE_AND_LUTS), {"voi": 3}, [9, 99, 199, 199]),
    "the last VOI LUT": (grey([0, 1, 2, 255], **THREE_AND_LUTS), {"voi": 4}, [8, 88, 188, 188]),
    "the first of several VOI LUTs": (grey([0, 1, 2, 255], **TWO_LUTS), {}, [9, 99, 199, 199]),
    "the second of several VOI LUTs": (grey([0, 1, 2, 255], **TWO_LUTS), {"voi": 1}, [8, 88, 188, 188]),
    "a view's own window over them all": (grey(RAMP, **THREE_AND_LUTS), {"voi": 3, "window": (128, 256)}, RAMP),
    # inputs 10, 11, 12 -> 0, 2048, 4095 of 12 bits: 2048 / 4095 * 255 = 127.5
    "VOI LUT of 12 bits": (grey([0, 10, 11, 12, 255], VOILUTSequence=[lut(10, [0, 2048, 4095], bits=12)]), {}, [0, 0, 128, 255, 255]),
    # rescale - 20: inputs -20, -10, -9, 235; first mapped -10, as SS
    "VOI LUT of negative inputs": (
        grey([0, 10, 11, 255], RescaleSlope="1", RescaleIntercept="-20", VOILUTSequence=[lut(-10, [7, 77], bits=8, vr="SS")]),
        {},
        [7, 7, 77, 77],
    ),
    # 5, 6, 7 -> 10, 20, 30; LINEAR_EXACT 20/20: (x - 10) / 20 * 255
    "modality LUT, then window": (
        grey([0, 5, 6, 7, 9], ModalityLUTSequence=[lut(5, [10, 20, 30])], VOILUTFunction="LINEAR_EXACT", **window("20", "20")),
        {},
        [0, 0, 128, 255, 255],
    ),
    "inversion": (grey(RAMP), {"invert": True}, [255, 191, 127, 0]),
    "MONOCHROME1": (grey(RAMP, PhotometricInterpretation="MONOCHROME1"), {}, [255, 191, 127, 0]),
    "MONOCHROME1 inverted": (grey(RAMP, PhotometricInterpretation="MONOCHROME1"), {"invert": True}, RAMP),
    "Presentation LUT Shape INVERSE": (grey(RAMP, PresentationLUTShape="INVERSE"), {}, [255, 191, 127, 0]),
    "MONOCHROME1 that says INVERSE is inverted once": (
        grey(RAMP, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE"),
        {},
        [255, 191, 127, 0],
    ),
    "MONOCHROME1 that says IDENTITY": (grey(RAMP, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="IDENTITY"), {}, RAMP),
    # padding 250 would be white in the window
    "padding is background": (grey([0, 128, 250], PixelPaddingValue=250, **window("128", "256")), {}, [0, 128, 0]),
    "padding stays background where low is bright": (
        grey([0, 128, 250], PhotometricInterpretation="MONOCHROME1", PixelPaddingValue=0, **window("128", "256")),
        {},
        [0, 127, 5],
    ),
    "padding stays background inverted": (grey([0, 128, 250], PixelPaddingValue=0, **window("128", "256")), {"invert": True}, [0, 127, 5]),
    "a range of padding, its ends in any order": (
        grey([9, 10, 20, 30, 31], PixelPaddingValue=30, PixelPaddingRangeLimit=10, **window("128", "256")),
        {"invert": True},
        [246, 0, 0, 0, 224],
    ),
    "padding that would be the whole image is not believed": (
        grey(RAMP, PixelPaddingValue=0, PixelPaddingRangeLimit=255, **window("128", "256")),
        {},
        RAMP,
    ),
    # without -2000: 100..300; LINEAR 200.5/201: (x - 100) / 200 * 255
    "padding is not in the range of a frame without a window": (
        grey([-2000, 100, 200, 300], bits=16, signed=True, PixelPaddingValue=-2000),
        {},
        [0, 0, 128, 255],
    ),
    "signed 16 bits": (grey([-32768, -1, 0, 32767], bits=16, signed=True, **window("0", "65536")), {}, [0, 127, 128, 255]),
    # c 0, w 4096: y = (x + 2048) / 4095 * 255: -1 -> 127.47; 0 -> 127.53
    "signed 12 bits in 16": (grey([-2048, -1, 0, 2047], bits=16, stored=12, signed=True, **window("0", "4096")), {}, [0, 127, 128, 255]),
    # y = x / 1023 * 255: 512 -> 127.6
    "10 bits": (grey([0, 512, 1023], bits=16, stored=10, **window("512", "1024")), {}, [0, 128, 255]),
    "16 bits": (grey([0, 32768, 65535], bits=16, **window("32768", "65536")), {}, [0, 128, 255]),
    # far outside float32: half way (2e9 - 0) / 4e9 * 255 = 127.5
    "32 bits": (grey([0, 2_000_000_000, 4_000_000_000], bits=32), {}, [0, 128, 255]),
    "signed 32 bits": (grey([-2_000_000_000, 0, 2_000_000_000], bits=32, signed=True), {}, [0, 128, 255]),
    # the four bits above High Bit 11 hold 0xF, 0x8, 0x1: 0x000, 0x800, 0xFFF are left
    "garbage above High Bit": (grey([0xF000, 0x8800, 0x1FFF], bits=16, stored=12, **window("2048", "4096")), {}, [0, 128, 255]),
    # High Bit 15 of 12 stored bits: the low four are not the image's
    "12 bits that end at bit 15": (
        grey([0x000F, 0x8005, 0xFFF0], bits=16, stored=12, HighBit=15, **window("2048", "4096")),
        {},
        [0, 128, 255],
    ),
    # signed: 0x7FF is the largest, 0x800 the smallest of 12 bits
    "garbage above a sign bit": (
        grey([0x0800, 0x7800 - 0x8000, 0x07FF], bits=16, stored=12, signed=True, **window("0", "4096")),
        {},
        [0, 0, 255],
    ),
    # an inverting table: 255 - v; LIN uses it: 255 - 128 = 127 -> 127 of 128/256
    "angiogram LIN: its modality LUT applies": (
        grey([0, 128, 255], SOPClassUID=XA, PixelIntensityRelationship="LIN", ModalityLUTSequence=[lut(0, range(255, -1, -1), bits=8)]),
        {"window": (128, 256)},
        [255, 127, 0],
    ),
    "angiogram LOG: its modality LUT does not": (
        grey([0, 128, 255], SOPClassUID=XA, PixelIntensityRelationship="LOG", ModalityLUTSequence=[lut(0, range(255, -1, -1), bits=8)]),
        {"window": (128, 256)},
        [0, 128, 255],
    ),
    "angiogram DISP: its modality LUT does not": (
        grey([0, 128, 255], SOPClassUID=XA, PixelIntensityRelationship="DISP", ModalityLUTSequence=[lut(0, range(255, -1, -1), bits=8)]),
        {"window": (128, 256)},
        [0, 128, 255],
    ),
    "Planar Configuration of one sample means nothing": (grey(RAMP, PlanarConfiguration=1), {}, RAMP),
}


@pytest.mark.parametrize("line", GREY)
def test_S09_grey(line):
    ds, view, expected = GREY[line]
    assert shown(ds, **view) == expected


def test_S09_one_bit():
    ds = image(1, 10, BitsAllocated=1, BitsStored=1, HighBit=0, PixelRepresentation=0)
    # least significant bit first: 0b00000101, 0b00000010 -> 1 0 1 0 0 0 0 0, 0 1
    assert shown(with_pixels(ds, bytes([0b101, 0b10]))) == [255, 0, 255, 0, 0, 0, 0, 0, 0, 255]


@pytest.mark.parametrize(("keyword", "vr", "dtype"), [("FloatPixelData", "OF", "<f4"), ("DoubleFloatPixelData", "OD", "<f8")])
def test_S09_floating_point(keyword, vr, dtype):
    values = np.array([-1.5, 0.25, 0.5, np.nan, 99.0], dtype)
    ds = image(1, 5, BitsAllocated=values.dtype.itemsize * 8)
    setattr(ds, keyword.replace("Data", "PaddingValue"), 99.0)
    setattr(ds, keyword, values.tobytes())
    # range -1.5 .. 0.5: (0.25 + 1.5) / 2 * 255 = 223.1; NaN and padding are background
    assert shown(ds) == [0, 223, 255, 0, 0]
    assert shown(ds, invert=True) == [255, 32, 0, 0, 0]
    # LINEAR_EXACT 0/1: 0.25 -> 0.75 * 255 = 191.25
    assert shown(ds, window=(0, 1)) == [0, 191, 255, 0, 0]


@pytest.mark.parametrize(("number", "expected"), [(1, [0, 64, 191, 255]), (2, [32, 96, 223, 255]), (3, [0, 0, 255, 255])])
def test_S09_enhanced_frames_have_their_own_rescale_window_and_function(number, expected):
    # 1: LINEAR_EXACT 2/4 of v: v / 4 * 255 = 0, 63.75, 191.25, 255. 2: of v + 0.5: 31.9, 95.6, 223.1, 286.9
    # 3: LINEAR of width 2 at 2: y = ((x - 1.5) / 1 + 0.5) * 255: 1 -> 0; 3 -> over 255
    ds = grey(
        *([[0, 1, 3, 4]] * 3),
        SOPClassUID=ENHANCED_MR,
        PerFrameFunctionalGroupsSequence=[
            frame("2", "4", VOILUTFunction="LINEAR_EXACT"),
            frame("2", "4", intercept="0.5", VOILUTFunction="LINEAR_EXACT"),
            frame("2", "2", VOILUTFunction="LINEAR"),
        ],
    )
    assert shown(ds, number) == expected


def test_S09_enhanced_frames_share_what_they_do_not_have_themselves():
    # shared: v + 2; LINEAR_EXACT 2/4: (v + 2) / 4 * 255 = 127.5, 191.25
    ds = grey(
        [0, 1],
        [1, 0],
        SOPClassUID=ENHANCED_MR,
        SharedFunctionalGroupsSequence=[frame("2", "4", intercept="2", VOILUTFunction="LINEAR_EXACT")],
    )
    assert [shown(ds, number) for number in (1, 2)] == [[128, 191], [191, 128]]


def test_S09_voi_luts_of_functional_groups():
    shared = item(FrameVOILUTSequence=[item(VOILUTSequence=[lut(0, [5, 55], bits=8)])])
    own = [item(FrameVOILUTSequence=[item(VOILUTSequence=[lut(0, table, bits=8)])]) for table in ([1, 11], [2, 22])]
    ds = grey([0, 1], [1, 0], SOPClassUID=ENHANCED_MR, SharedFunctionalGroupsSequence=[shared])
    assert [shown(ds, number) for number in (1, 2)] == [[5, 55], [55, 5]]
    ds = grey([0, 1], [1, 0], SOPClassUID=ENHANCED_MR, PerFrameFunctionalGroupsSequence=own)
    assert [shown(ds, number) for number in (1, 2)] == [[1, 11], [22, 2]]


# Lines on which DCMTK's own chain has an opinion: it takes one window or the VOI LUT of the image, knows no padding, no
# LINEAR_EXACT and no float.
BY_DCMTK = {
    "rescale, then LINEAR": "1",
    "LINEAR at its ends": "1",
    "SIGMOID": "1",
    "the second of several windows": "2",
    "MONOCHROME1": None,
    "Presentation LUT Shape INVERSE": None,
    "MONOCHROME1 that says INVERSE is inverted once": None,
    "MONOCHROME1 that says IDENTITY": None,
    "signed 16 bits": "1",
    "signed 12 bits in 16": "1",
    "10 bits": "1",
    "16 bits": "1",
    "garbage above High Bit": "1",
    "12 bits that end at bit 15": "1",
    "garbage above a sign bit": "1",
}


@pytest.mark.parametrize("line", BY_DCMTK)
def test_S09_dcmtk_agrees_within_a_level(line, tmp_path):
    if shutil.which("dcmj2pnm") is None:
        skip_or_fail("dcmj2pnm (Debian package dcmtk) is not installed")
    ds, _, expected = GREY[line]
    stored(ds)  # gives it its UIDs and file meta
    dcmwrite(tmp_path / "object.dcm", ds, enforce_file_format=True)
    number = BY_DCMTK[line]
    options = ["+Wi", number] if number else []
    subprocess.run(["dcmj2pnm", "-q", *options, str(tmp_path / "object.dcm"), str(tmp_path / "drawn.pnm")], check=True, timeout=60)
    drawn = np.asarray(Image.open(tmp_path / "drawn.pnm"))[0]
    assert np.abs(drawn.astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("function", "center", "width"), [("LINEAR", 40, 400), ("LINEAR_EXACT", 40, 400), ("SIGMOID", 40, 400), ("LINEAR_EXACT", 0, 0.5)]
)
def test_S09_highdicom_agrees_within_a_level(function, center, width):
    values = np.arange(-300, 300, dtype=np.int16)
    ours = shown(grey(values, bits=16, signed=True, VOILUTFunction=function, **window(str(center), str(width))))
    theirs = apply_voi_window(values, center, width, voi_lut_function=function, output_range=(0, 255))
    assert np.abs(np.array(ours) - theirs).max() <= 1
    assert len(set(ours)) > 2 or width < 1
