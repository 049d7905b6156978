"""The display chain's golden table, what lies over and under the image: overlays, shutters, mask subtraction (rule S09).

PS3.3 C.7.6.10, C.7.6.11, C.7.6.15, C.9.2, C.9.3; PS3.5 8.1.2. Every line goes the product's whole way; levels are worked by hand.
"""

import shutil
import subprocess
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from pydicom.filewriter import dcmwrite
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

from tests.conftest import skip_or_fail
from tests.golden.chain_objects import ENHANCED_XA, XA, colour, compressed, grey, item, picture, shown, stored
from viewer.core.applied import Applied
from viewer.core.picture_header import Fidelity

# --- overlays ---


def packed(*rows):
    """Return bits as Overlay Data, least significant first, frames without a gap, padded to an even length."""
    data = np.packbits(np.array(rows, np.uint8).ravel(), bitorder="little").tobytes()
    return data + b"\0" * (len(data) % 2)


def overlay(ds, rows, columns, data=None, *, group=0x6000, origin=(1, 1), kind="G", vr="OW", frames=None, first=None, position=0):
    ds.add_new((group, 0x0010), "US", rows)
    ds.add_new((group, 0x0011), "US", columns)
    if frames is not None:
        ds.add_new((group, 0x0015), "IS", str(frames))
    ds.add_new((group, 0x0040), "CS", kind)
    ds.add_new((group, 0x0050), "SS", list(origin))
    if first is not None:
        ds.add_new((group, 0x0051), "US", first)
    ds.add_new((group, 0x0100), "US", 1 if data is not None else ds.BitsAllocated)
    ds.add_new((group, 0x0102), "US", position)
    if data is not None:
        ds.add_new((group, 0x3000), vr, data)
    return ds


def flat(rows=3, columns=4, level=100):
    return grey(np.full((rows, columns), level))


CORNER = packed([1, 1], [1, 0])  # a hook of three pixels
PLACES = {
    (1, 1): [[255, 255, 100, 100], [255, 100, 100, 100], [100] * 4],
    (2, 3): [[100] * 4, [100, 100, 255, 255], [100, 100, 255, 100]],
    (0, 0): [[100] * 4] * 3,  # of the hook only its missing pixel reaches the image
    (0, 2): [[100, 255, 100, 100], [100] * 4, [100] * 4],
    (3, 4): [[100] * 4, [100] * 4, [100, 100, 100, 255]],
    (9, 9): [[100] * 4] * 3,
}


@pytest.mark.parametrize("origin", PLACES)
def test_S09_overlays_lie_where_their_origin_says(origin):
    ds = overlay(flat(), 2, 2, CORNER, origin=origin)
    assert shown(ds) == PLACES[origin]
    assert shown(ds, overlays=False) == [[100] * 4] * 3


def test_S09_several_overlays_all_show():
    ds = overlay(overlay(flat(), 1, 1, packed([1]), origin=(1, 1)), 1, 1, packed([1]), group=0x601E, origin=(3, 4))
    assert shown(ds) == [[255, 100, 100, 100], [100] * 4, [100, 100, 100, 255]]


def test_S09_overlays_are_white_whatever_is_done_to_the_image():
    ds = overlay(grey([[0, 255]], PhotometricInterpretation="MONOCHROME1"), 1, 1, packed([1]))
    assert shown(ds) == [255, 0]
    assert shown(ds, invert=True) == [255, 255]
    assert shown(overlay(colour([[[1, 2, 3], [4, 5, 6]]]), 1, 1, packed([1]), origin=(1, 2))) == [[1, 2, 3], [255, 255, 255]]


def test_S09_a_region_of_interest_is_an_outline():
    # filled, it would hide what it is about
    ds = overlay(flat(4, 4), 4, 4, packed([1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]), kind="R")
    assert shown(ds) == [[255, 255, 255, 100], [255, 100, 255, 100], [255, 255, 255, 100], [100] * 4]


def test_S09_a_single_overlay_is_on_every_frame():
    ds = overlay(grey([1, 2], [3, 4]), 1, 2, packed([0, 1]))
    assert [shown(ds, number) for number in (1, 2)] == [[1, 255], [3, 255]]


def test_S09_frames_of_an_overlay_follow_each_other_bit_by_bit():
    # three frames of three pixels in nine bits, for image frames 2, 3 and 4
    ds = overlay(grey(*([[7, 7, 7]] * 5)), 1, 3, packed([1, 0, 0], [0, 1, 0], [0, 0, 1]), frames=3, first=2)
    shown_frames = [shown(ds, number) for number in range(1, 6)]
    assert shown_frames == [[7, 7, 7], [255, 7, 7], [7, 255, 7], [7, 7, 255], [7, 7, 7]]


def test_S09_an_overlay_of_one_frame_for_one_frame():
    ds = overlay(grey([7], [7], [7]), 1, 1, packed([1]), frames=1, first=2)
    assert [shown(ds, number) for number in (1, 2, 3)] == [[7], [255], [7]]


@pytest.mark.parametrize("signed", [False, True])
def test_S09_overlays_in_unused_bits_are_taken_before_masking(signed):
    # 12 bits stored; bit 12 is one plane, bit 15 another: 0x1064 is 100 with the first, 0x8064 with the second
    ds = grey([0x0064, 0x1064, 0x8064 - 0x10000 * signed, 0x2064], bits=16, stored=12, signed=signed, WindowCenter="128", WindowWidth="256")
    overlay(overlay(ds, 1, 4, position=12), 1, 4, group=0x6002, position=15)
    assert shown(ds) == [100, 255, 255, 100]
    assert shown(ds, overlays=False) == [100] * 4


def test_S09_overlays_in_unused_bits_of_compressed_pixels():
    values = np.array([0x64, 0x1064], ">u2").view(np.uint8)
    segments = [bytes([1, *values[0::2]]), bytes([1, *values[1::2]])]
    header = np.zeros(16, "<u4")
    header[:3] = [2, 64, 67]
    ds = grey([0, 0], bits=16, stored=12, WindowCenter="128", WindowWidth="256")
    ds = compressed(overlay(ds, 1, 2, position=12), header.tobytes() + b"".join(segments), RLELossless)
    assert shown(ds) == [100, 255]


def test_S09_a_bit_of_the_image_itself_is_no_overlay():
    ds = overlay(grey([0, 255], bits=16, stored=12, WindowCenter="128", WindowWidth="256"), 1, 2, position=0)
    assert shown(ds) == [0, 255]


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian])
def test_S09_overlays_in_every_encoding(syntax):
    # a plane of 4 x 4 bits: 0x21, 0x84 little-endian; in big-endian OW words the bytes change places
    bits = packed([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1])
    ds = flat(4, 4)
    overlay(ds, 4, 4, bits[::-1] if syntax == ExplicitVRBigEndian else bits)
    stored(ds)
    ds.file_meta.TransferSyntaxUID = syntax
    assert shown(ds) == [[255 if row == column else 100 for column in range(4)] for row in range(4)]


@pytest.mark.parametrize("damage", ["short", "no rows", "no data"])
def test_S09_a_damaged_overlay_leaves_the_image(damage):
    ds = overlay(flat(), 2, 40 if damage == "short" else 2, None if damage == "no data" else CORNER)
    if damage == "no rows":
        ds[0x60000010].value = 0
    assert shown(ds) == [[100] * 4] * 3


def test_S09_no_line_of_an_overlay_is_lost_in_a_smaller_picture():
    ds = overlay(grey(np.full((8, 8), 100)), 8, 8, packed(*([[0, 0, 0, 1, 0, 0, 0, 0]] * 8)))
    assert shown(ds, max_columns=2, max_rows=2) == [[255, 100]] * 2


def test_S09_a_picture_says_that_an_overlay_is_on_it():
    ds = overlay(flat(), 2, 2, CORNER)
    assert picture(ds).applied == Applied.OVERLAYS
    assert picture(ds, overlays=False).applied == Applied.NOTHING
    assert picture(overlay(flat(), 2, 2, CORNER, origin=(9, 9))).applied == Applied.NOTHING


@pytest.mark.parametrize("origin", [(1, 1), (2, 3), (0, 2), (3, 4)])
def test_S09_dcmtk_draws_overlays_in_the_same_place(origin, tmp_path):
    if shutil.which("dcmj2pnm") is None:
        skip_or_fail("dcmj2pnm (Debian package dcmtk) is not installed")
    ds = overlay(grey(np.full((3, 4), 100)), 2, 2, CORNER, origin=origin)
    stored(ds)
    dcmwrite(tmp_path / "object.dcm", ds, enforce_file_format=True)
    command = ["dcmj2pnm", "-q", "+Ww", "128", "256", str(tmp_path / "object.dcm"), str(tmp_path / "drawn.pnm")]
    subprocess.run(command, check=True, timeout=60)
    assert np.asarray(Image.open(tmp_path / "drawn.pnm")).tolist() == PLACES[origin]


# --- shutters ---


def rectangle(left, right, upper, lower, **attributes):
    edges = {"ShutterLeftVerticalEdge": left, "ShutterRightVerticalEdge": right}
    edges |= {"ShutterUpperHorizontalEdge": upper, "ShutterLowerHorizontalEdge": lower}
    return {"ShutterShape": "RECTANGULAR"} | edges | attributes


CIRCLE = {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [3, 3], "RadiusOfCircularShutter": 2}
TRIANGLE = {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 3, 5, 1, 5, 5]}
SHUTTERS = {
    "rectangular, its edges visible": (rectangle(2, 4, 2, 3), ["     ", " ### ", " ### ", "     ", "     "]),
    "circular": (CIRCLE, ["  #  ", " ### ", "#####", " ### ", "  #  "]),
    "circular, pixels twice as high as wide": (CIRCLE | {"PixelAspectRatio": [2, 1]}, ["     ", "  #  ", "#####", "  #  ", "     "]),
    "polygonal, its edges visible": (TRIANGLE, ["  #  ", "  #  ", " ### ", " ### ", "#####"]),
    "all shapes together": (
        {"ShutterShape": ["RECTANGULAR", "CIRCULAR", "POLYGONAL"]}
        | {k: v for shape in (rectangle(1, 5, 1, 4), CIRCLE, TRIANGLE) for k, v in shape.items() if k != "ShutterShape"},
        ["  #  ", "  #  ", " ### ", " ### ", "     "],
    ),
    "one that would leave nothing is not believed": (rectangle(4, 2, 1, 5), ["#####"] * 5),
    "one without its edges is not believed": ({"ShutterShape": "RECTANGULAR", "ShutterLeftVerticalEdge": 4}, ["#####"] * 5),
}


@pytest.mark.parametrize("line", SHUTTERS)
def test_S09_shutters(line):
    attributes, visible = SHUTTERS[line]
    ds = grey(np.full((5, 5), 100), **attributes)
    assert shown(ds) == [[100 if pixel == "#" else 0 for pixel in row] for row in visible]
    assert shown(ds, shutter=False) == [[100] * 5] * 5
    assert bool(picture(ds).applied & Applied.SHUTTER) is (visible != ["#####"] * 5)


def test_S09_a_shutter_is_drawn_at_its_presentation_value():
    # 0x8000 / 0xFFFF * 255 = 127.5; inverting the image leaves it alone
    ds = grey([[100, 100]], **rectangle(2, 2, 1, 1, ShutterPresentationValue=0x8000))
    assert shown(ds) == [128, 100]
    assert shown(ds, invert=True) == [128, 155]


def test_S09_a_shutter_over_colour_is_drawn_in_its_cielab_colour():
    # L* 100, a* = b* = 0 (0x8080) is white; without the attribute the grey of the presentation value
    attributes = rectangle(2, 2, 1, 1, ShutterPresentationValue=0x8000)
    pixels = [[[1, 2, 3], [4, 5, 6]]]
    assert shown(colour(pixels, ShutterPresentationColorCIELabValue=[65535, 0x8080, 0x8080], **attributes)) == [[255] * 3, [4, 5, 6]]
    # sRGB red is L* 54.29, a* 80.80, b* 69.89 under D50 (ICC.1): 35579, 53665, 50857
    red = shown(colour(pixels, ShutterPresentationColorCIELabValue=[35579, 53665, 50857], **attributes))[0]
    assert np.abs(np.array(red) - [255, 0, 0]).max() <= 1
    assert shown(colour(pixels, **attributes)) == [[128] * 3, [4, 5, 6]]


def test_S09_a_bitmap_shutter_is_no_overlay():
    ds = overlay(grey([[100, 100]]), 1, 2, packed([1, 0]), group=0x6002)
    ds.ShutterShape, ds.ShutterOverlayGroup, ds.ShutterPresentationValue = "BITMAP", 0x6002, 0x4000
    assert shown(ds) == [64, 100]  # 0x4000 / 0xFFFF * 255 = 63.75
    assert shown(ds, shutter=False) == [100, 100]


def test_S09_frames_have_their_own_shutters():
    groups = [item(FrameDisplayShutterSequence=[item(**rectangle(column, column, 1, 1))]) for column in (1, 2)]
    ds = grey([9, 9], [9, 9], SOPClassUID=ENHANCED_XA, PerFrameFunctionalGroupsSequence=groups)
    assert [shown(ds, number) for number in (1, 2)] == [[9, 0], [0, 9]]


def test_S09_overlays_lie_over_the_shutter():
    ds = overlay(grey([[100, 100]], **rectangle(2, 2, 1, 1)), 1, 1, packed([1]))
    assert shown(ds) == [255, 100]
    assert picture(ds).applied == Applied.OVERLAYS | Applied.SHUTTER


def test_S09_polygons_agree_with_pillow():
    vertices = [(3, 10), (12, 28), (28, 22), (20, 14), (29, 4)]  # row, column: a star's half, with a notch
    ds = grey(np.full((32, 32), 255), ShutterShape="POLYGONAL", VerticesOfThePolygonalShutter=[n for vertex in vertices for n in vertex])
    drawn = Image.new("L", (32, 32))
    ImageDraw.Draw(drawn).polygon([(column - 1, row - 1) for row, column in vertices], fill=255, outline=255)
    # Pillow's outline takes every pixel it touches; ours those whose centres are in
    different = np.array(shown(ds)) != np.asarray(drawn)
    assert different.sum() < 40
    assert not different[10:16, 10:16].any()


# --- mask subtraction ---

# LINEAR_EXACT around 0, a quarter of 256 wide: y = (d / 64 + 0.5) * 255: 0 -> 127.5, -16 -> 63.75, 16 -> 191.25, -32 -> 0
RUN = ([100, 100], [100, 84], [116, 68], [84, 100])
AVERAGE = {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": 1}


def angiogram(*operations, frames=RUN, mode="SUB", **attributes):
    sequence = [item(**operation) for operation in operations]
    return grey(*frames, SOPClassUID=XA, MaskSubtractionSequence=sequence, RecommendedViewingMode=mode, **attributes)


def levels_of(ds, **view):
    return [shown(ds, number, **view) for number in range(1, int(ds.NumberOfFrames) + 1)]


SUBTRACTED: dict[str, tuple[list[dict[str, Any]], list[list[int]]]] = {
    "one mask frame": ([AVERAGE], [[128, 128], [128, 64], [191, 0], [64, 128]]),
    # mask (100 + 100) / 2, (100 + 84) / 2 = 92: 8, -8, -24, 8 -> 159.4, 95.6, 31.9, 159.4
    "the mean of two mask frames": ([AVERAGE | {"MaskFrameNumbers": [1, 2]}], [[128, 159], [128, 96], [191, 32], [64, 159]]),
    # contrast of 2: (100 + 116) / 2 = 108, (84 + 68) / 2 = 76: 8, -24; of 3: 100, 84: 0, -16; of 1: 0, -8; the last has no second
    "contrast frames averaged": ([AVERAGE | {"ContrastFrameAveraging": 2}], [[128, 96], [159, 32], [128, 64], [84, 100]]),
    "only in its range": ([AVERAGE | {"ApplicableFrameRange": [2, 3]}], [[100, 100], [128, 64], [191, 0], [84, 100]]),
    "two ranges": ([AVERAGE | {"ApplicableFrameRange": [1, 1, 4, 4]}], [[128, 128], [100, 84], [116, 68], [64, 128]]),
    "each range its own mask": (
        [AVERAGE | {"ApplicableFrameRange": [1, 2]}, AVERAGE | {"MaskFrameNumbers": 2, "ApplicableFrameRange": [3, 4]}],
        [[128, 128], [128, 64], [191, 64], [64, 191]],
    ),
    "time interval": ([{"MaskOperation": "TID", "TIDOffset": 1}], [[100, 100], [128, 64], [191, 64], [0, 255]]),
    "time interval of 2": ([{"MaskOperation": "TID", "TIDOffset": 2}], [[100, 100], [100, 84], [191, 0], [64, 191]]),
    "time interval without an offset is 1": ([{"MaskOperation": "TID", "TIDOffset": None}], [[100, 100], [128, 64], [191, 64], [0, 255]]),
    "time interval forwards": ([{"MaskOperation": "TID", "TIDOffset": -1}], [[128, 191], [64, 191], [255, 0], [84, 100]]),
    # first contrast frame 3, offset 1: mask of 3 is 2, of 4 is 1
    "reversed time interval": (
        [{"MaskOperation": "REV_TID", "TIDOffset": 1, "ApplicableFrameRange": [3, 4]}],
        [[100, 100], [100, 84], [191, 64], [64, 128]],
    ),
    "none": ([{"MaskOperation": "NONE"}], [list(frame) for frame in RUN]),
    "a mask frame that there isn't": ([AVERAGE | {"MaskFrameNumbers": 9}], [list(frame) for frame in RUN]),
}


@pytest.mark.parametrize("line", SUBTRACTED)
def test_S09_mask_subtraction(line):
    operations, expected = SUBTRACTED[line]
    assert levels_of(angiogram(*operations)) == expected


def test_S09_subtraction_follows_the_recommendation_and_can_be_switched():
    stored_levels = [list(frame) for frame in RUN]
    subtracted = SUBTRACTED["one mask frame"][1]
    for mode, recommended in (("SUB", subtracted), ("NAT", stored_levels)):
        ds = angiogram(AVERAGE, mode=mode)
        assert levels_of(ds) == recommended
        assert levels_of(ds, subtraction=True) == subtracted
        assert levels_of(ds, subtraction=False) == stored_levels


def test_S09_a_difference_has_its_own_window():
    ds = angiogram(AVERAGE, WindowCenter="128", WindowWidth="256")
    made = picture(ds, 3)
    assert (made.window_center, made.window_width, made.applied) == (0, 64, Applied.SUBTRACTED)
    # of 12 bits: a quarter of 4096
    deep = angiogram(AVERAGE, frames=([2000], [1000]), bits=16, stored=12)
    assert picture(deep, 2).window_width == 1024
    # a view's own: (d + 128) / 256 * 255: 16 -> 143.4, -32 -> 95.6
    assert shown(ds, 3, window=(0, 256)) == [143, 96]
    assert shown(ds, 3, invert=True) == [64, 255]


SHIFT = ([0, 64, 0, 0], [32, 32, 32, 32])
SHIFTED = {  # C.7.6.10.1.2: a positive column offset is a shift towards the left hand side
    (0.0, 0.0): [32, -32, 32, 32],
    (0.0, -1.0): [32, 32, -32, 32],  # one to the right
    (0.0, 1.0): [-32, 32, 32, 32],
    (0.0, -0.5): [32, 0, 0, 32],  # half a pixel: 0, 32, 32, 0
    (0.0, 0.25): [16, -16, 32, 32],  # a quarter to the left: 16, 48, 0, 0
}


@pytest.mark.parametrize("shift", SHIFTED)
def test_S09_the_mask_is_shifted_by_pixels_and_fractions(shift):
    ds = angiogram(AVERAGE | {"MaskSubPixelShift": list(shift)}, frames=SHIFT)
    # window 0/128: y = (d / 128 + 0.5) * 255
    levels = {32: 191, 16: 159, 0: 128, -16: 96, -32: 64}  # 191.25, 159.4, 127.5, 95.6, 63.75
    assert shown(ds, 2, window=(0, 128)) == [levels[difference] for difference in SHIFTED[shift]]


def test_S09_the_first_number_of_a_shift_moves_down():
    ds = angiogram(AVERAGE | {"MaskSubPixelShift": [1.0, 0.0]}, frames=(np.array([[64], [0], [0]]), np.array([[64], [64], [64]])))
    # the mask becomes 64, 64, 0: its border repeats. Differences 0, 0, 64; window 0/128
    assert shown(ds, 2, window=(0, 128)) == [[128], [128], [255]]


def test_S09_frames_of_enhanced_angiograms_have_their_own_shifts():
    operations = [AVERAGE | {"SubtractionItemID": 7, "MaskSubPixelShift": [0.0, 0.0]}]
    groups = [item(FramePixelShiftSequence=[item(SubtractionItemID=7, MaskSubPixelShift=[0.0, left])]) for left in (0.0, -1.0, 1.0)]
    ds = angiogram(*operations, frames=(SHIFT[0], SHIFT[1], SHIFT[1]), PerFrameFunctionalGroupsSequence=groups)
    ds.SOPClassUID = ENHANCED_XA
    ds.SharedFunctionalGroupsSequence = [item()]
    # window 0/128: -32 -> 63.75, 32 -> 191.25
    assert [shown(ds, number, window=(0, 128)) for number in (2, 3)] == [[191, 191, 64, 191], [64, 191, 191, 191]]


def test_S09_subtraction_follows_the_modality_lut():
    # 2 v: differences are twice as large, and so is the window: 0 -> 128; of v: 16 and -32
    ds = angiogram(AVERAGE, PixelIntensityRelationship="LIN", RescaleSlope="2", RescaleIntercept="50")
    assert shown(ds, 3) == [191, 0]
    assert picture(ds, 3).window_width == 128
    # a table that makes 100 of everything: no difference
    table = item()
    table.add_new(0x00283002, "US", [256, 0, 16])
    table.add_new(0x00283006, "US", [100] * 256)
    assert shown(angiogram(AVERAGE, PixelIntensityRelationship="LIN", ModalityLUTSequence=[table]), 3, window=(0, 64)) == [128, 128]
    # LOG: the table does not apply (C.8.7.1.1.2)
    logarithmic = angiogram(AVERAGE, PixelIntensityRelationship="LOG", ModalityLUTSequence=[table])
    assert shown(logarithmic, 3, window=(0, 64)) == [191, 0]


def test_S09_padding_of_a_subtracted_frame_is_background():
    assert shown(angiogram(AVERAGE, PixelPaddingValue=116), 3) == [0, 0]
    assert shown(angiogram(AVERAGE, PixelPaddingValue=84), 2) == [128, 0]


def test_S09_a_subtracted_frame_is_never_its_stored_bytes():
    ds = angiogram(AVERAGE, frames=([10, 20], [30, 40]))
    assert picture(ds, 2, codec="auto").fidelity is Fidelity.LOSSLESS
