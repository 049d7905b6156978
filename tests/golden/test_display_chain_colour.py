"""The display chain's golden table, colour: palettes, YBR, compressed colour that contradicts its data set, ICC (rules S09, S10).

PS3.3 C.7.6.3.1.2, C.7.6.3.1.5, C.7.9.2, C.8.16.2.1.1.1, C.11.15. Every line goes the product's whole way; levels are worked by
hand. Lossy codecs get flat patches, whose colours survive within the tolerance stated.
"""

import io
from typing import Any

import imagecodecs
import numpy as np
import pytest
import simplejpeg
from PIL import Image, ImageCms
from pydicom.dataset import Dataset
from pydicom.uid import (
    JPEG2000,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from governance.core.faults import Undecodable
from tests.golden.chain_objects import ENHANCED_MR, SLIDE, colour, compressed, grey, image, item, picture, shown, with_pixels
from viewer.core.applied import Applied
from viewer.core.picture_header import Fidelity

JPEG_XL = "1.2.840.10008.1.2.4.112"
RED, GREEN, BLUE = (76, 85, 255), (150, 44, 21), (29, 255, 107)  # the standard's forward equations on pure colours, rounded
# Back: R = Y + 1.402 Cr', G = Y - 0.344136 Cb' - 0.714136 Cr', B = Y + 1.772 Cb', with ' = - 128
RGB_OF_YBR = [[254, 0, 0], [0, 255, 1], [0, 0, 254]]
PIXELS = [[[1, 2, 3], [250, 251, 252], [0, 128, 255]]]


def palette(first: int, red: Any, green: Any, blue: Any, bits: int = 16, vr: str = "US") -> dict[str, Any]:
    """Return palette attributes, entries as 16-bit words."""
    ds = Dataset()
    for number, entries in enumerate((red, green, blue), 1):
        ds.add_new(0x00281100 + number, vr, [len(entries), first, bits])
        ds.add_new(0x00281200 + number, "OW", np.array(entries, "<u2").tobytes())
    return {element.keyword: element.value for element in ds} | {"PhotometricInterpretation": "PALETTE COLOR"}


def segmented(count: int, data: bytes, bits: int) -> dict[str, Any]:
    ds = Dataset()
    for number in (1, 2, 3):
        ds.add_new(0x00281100 + number, "US", [count, 0, bits])
        ds.add_new(0x00281220 + number, "OW", data)
    return {element.keyword: element.value for element in ds} | {"PhotometricInterpretation": "PALETTE COLOR"}


def words(*values: int) -> bytes:
    return np.array(values, "<u2").tobytes()


# discrete: 0, 100; linear to 200 in 4 steps: 125, 150, 175, 200; linear down to 198 in 2: 199, 198
SEGMENTS, EXPANDED = (0, 2, 0, 100, 1, 4, 200, 1, 2, 198), [0, 100, 125, 150, 175, 200, 199, 198]
EIGHT = list(range(8))
TABLES = palette(1, [1 << 8, 2 << 8, 3 << 8], [10 << 8, 20 << 8, 30 << 8], [100 << 8, 150 << 8, 200 << 8])
SIGNED = palette(-1, [1 << 8, 2 << 8], [3 << 8, 4 << 8], [5 << 8, 6 << 8], vr="SS")
NARROW = palette(0, [7, 77], [8, 88], [9, 99], bits=8)
HABIT = palette(0, [7, 77], [8, 88], [9, 99], bits=16)


def grey_levels(values: list[int]) -> list[list[int]]:
    return [[value] * 3 for value in values]


COLOUR: dict[str, tuple[Dataset, dict[str, Any], Any]] = {
    "RGB": (colour(PIXELS), {}, PIXELS[0]),
    "RGB takes no window": (colour(PIXELS), {"window": (1, 1)}, PIXELS[0]),
    "RGB inverted": (colour(PIXELS), {"invert": True}, [[254, 253, 252], [5, 4, 3], [255, 127, 0]]),
    "RGB by plane": (colour(PIXELS, PlanarConfiguration=1), {}, PIXELS[0]),
    "YBR_FULL": (colour([[RED, GREEN, BLUE]], "YBR_FULL"), {}, RGB_OF_YBR),
    "YBR_FULL by plane": (colour([[RED, GREEN, BLUE]], "YBR_FULL", PlanarConfiguration=1), {}, RGB_OF_YBR),
    "YBR_FULL_422 that has all its samples": (colour([[RED, GREEN]], "YBR_FULL_422"), {}, RGB_OF_YBR[:2]),
    # Y 81, Cb 90, Cr 240: 1.164 * 65 = 75.7; R = 75.7 + 1.596 * 112 = 254.4; G = 75.7 + 0.392 * 38 - 0.813 * 112 = -0.5; B = -1.0
    # Y 126, no chroma: 110 * 255 / 219 = 128.1
    "YBR_PARTIAL_420 that has all its samples": (
        colour([[[81, 90, 240], [126, 128, 128]]], "YBR_PARTIAL_420"),
        {},
        [[254, 0, 0], [128, 128, 128]],
    ),
    "palette of 16 bits, its ends beyond its range": (
        grey([0, 1, 2, 3, 9], **TABLES),
        {},
        [[1, 10, 100]] * 2 + [[2, 20, 150]] + [[3, 30, 200]] * 2,
    ),
    "palette takes no window": (
        grey([1, 2], WindowCenter="1", WindowWidth="1", **TABLES),
        {"window": (1, 1)},
        [[1, 10, 100], [2, 20, 150]],
    ),
    "palette inverted": (grey([1, 2], **TABLES), {"invert": True}, [[254, 245, 155], [253, 235, 105]]),
    "palette of 8 bits": (grey([0, 1], **NARROW), {}, [[7, 8, 9], [77, 88, 99]]),
    "palette that says 16 bits and fills 8": (grey([0, 1], **HABIT), {}, [[7, 8, 9], [77, 88, 99]]),
    "palette of signed pixels": (grey([-2, -1, 0, 1], signed=True, **SIGNED), {}, [[1, 3, 5]] * 2 + [[2, 4, 6]] * 2),
    "palette in segments of 16 bits": (
        grey(EIGHT, **segmented(8, words(*(value << 8 if at in (2, 3, 6, 9) else value for at, value in enumerate(SEGMENTS))), 16)),
        {},
        grey_levels(EXPANDED),
    ),
    "palette in segments of 8 bits": (grey(EIGHT, **segmented(8, bytes(SEGMENTS), 8)), {}, grey_levels(EXPANDED)),
    "palette in segments of 8 bits, a word each": (grey(EIGHT, **segmented(8, words(*SEGMENTS), 8)), {}, grey_levels(EXPANDED)),
    # discrete 5; linear to 7 in 2 steps; then 2 segments again from byte 0. Odd length: one byte of padding
    "palette in segments that repeat": (
        grey(list(range(7)), **segmented(7, bytes((0, 1, 5, 1, 2, 7, 2, 2, 0, 0, 0, 0, 0, 1, 9, 0)), 8)),
        {},
        grey_levels([5, 6, 7, 5, 6, 7, 9]),
    ),
}


@pytest.mark.parametrize("line", COLOUR)
def test_S09_colour(line):
    ds, view, expected = COLOUR[line]
    assert shown(ds, **view) == expected


def test_S09_halved_chroma():
    # Y Y Cb Cr: red and its darker neighbour share chroma: Y 29 with red's: R = 29 + 178.1 = 207.1, G = 29 + 14.8 - 90.7 = -46.9
    ds = image(1, 4, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422", PlanarConfiguration=0)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    assert shown(with_pixels(ds, bytes([76, 29, 85, 255, 150, 150, 44, 21]))) == [[254, 0, 0], [207, 0, 0], [0, 255, 1], [0, 255, 1]]
    ds.PhotometricInterpretation = "YBR_PARTIAL_422"
    assert shown(with_pixels(ds, bytes([81, 81, 90, 240, 126, 235, 128, 128]))) == [[254, 0, 0]] * 2 + [[128] * 3, [255] * 3]


@pytest.mark.parametrize(
    ("bits", "samples", "expected"), [(16, [0, 0x80FF, 0xFFFF], [0, 128, 255]), (12, [0, 0x80F, 0xFFF], [0, 128, 255])]
)
def test_S09_deep_colour_keeps_its_upper_8_bits(bits, samples, expected):
    ds = image(1, 1, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, bits, bits - 1, 0
    assert shown(with_pixels(ds, np.array(samples, "<u2").tobytes())) == [expected]


# grey below 200, colours from there on; window 128/256 leaves grey as it is
SUPPLEMENTAL = palette(200, [1 << 8, 2 << 8], [3 << 8, 4 << 8], [5 << 8, 6 << 8]) | {
    "PhotometricInterpretation": "MONOCHROME2",
    "SOPClassUID": ENHANCED_MR,
}


def test_S09_supplemental_palette_colours_what_is_above_the_grey():
    ds = grey([0, 64, 199, 200, 201, 255], PixelPresentation="COLOR", WindowCenter="128", WindowWidth="256", **SUPPLEMENTAL)
    colours = [[1, 3, 5], [2, 4, 6], [2, 4, 6]]
    assert shown(ds) == grey_levels([0, 64, 199]) + colours
    assert shown(ds, invert=True) == grey_levels([255, 191, 56]) + colours
    # LINEAR 64/65: 64 -> (0.5 / 64 + 0.5) * 255 = 129.5
    assert shown(ds, window=(64, 65)) == grey_levels([0, 129, 255]) + colours


def test_S09_supplemental_palette_is_not_in_the_range_of_the_grey():
    # no window, rescale: the grey runs from 10 to 110: (x - 10) / 100 * 255
    ds = grey([10, 60, 110, 200], PixelPresentation="MIXED", RescaleSlope="1", RescaleIntercept="5", **SUPPLEMENTAL)
    assert shown(ds) == [*grey_levels([0, 128, 255]), [1, 3, 5]]


def test_S09_a_palette_that_a_grey_image_does_not_present_is_left_alone():
    assert shown(grey([0, 200], PixelPresentation="MONOCHROME", **SUPPLEMENTAL)) == [0, 200]
    assert shown(grey([0, 200], **SUPPLEMENTAL)) == [0, 200]


PATCHES = np.repeat(np.repeat(np.array([[[200, 30, 60], [20, 180, 90]], [[10, 40, 220], [240, 230, 20]]], np.uint8), 16, 0), 16, 1)
YBR_JPEG = simplejpeg.encode_jpeg(PATCHES, 100, "RGB", "444")  # JFIF: components are YCbCr
RGB_JPEG = bytes(imagecodecs.jpeg8_encode(PATCHES, level=100, colorspace="RGB", outcolorspace="RGB"))  # Adobe's marker, transform 0
COMPRESSED = {
    "JPEG that says RGB and is YBR": ("RGB", YBR_JPEG, JPEGBaseline8Bit, {}, 2),
    "JPEG that says YBR and is RGB": ("YBR_FULL_422", RGB_JPEG, JPEGBaseline8Bit, {}, 2),
    "JPEG whose Planar Configuration is 1": ("YBR_FULL", YBR_JPEG, JPEGBaseline8Bit, {"PlanarConfiguration": 1}, 2),
    "JPEG-LS whose Planar Configuration is 1": ("RGB", imagecodecs.jpegls_encode(PATCHES), JPEGLSLossless, {"PlanarConfiguration": 1}, 0),
    "JPEG 2000, YBR_RCT": ("YBR_RCT", imagecodecs.jpeg2k_encode(PATCHES, 0, codecformat="j2k", reversible=True), JPEG2000Lossless, {}, 0),
    "JPEG 2000 that says RGB and is YBR_RCT": (
        "RGB",
        imagecodecs.jpeg2k_encode(PATCHES, 0, codecformat="j2k", reversible=True),
        JPEG2000Lossless,
        {},
        0,
    ),
    "JPEG 2000, YBR_ICT": ("YBR_ICT", imagecodecs.jpeg2k_encode(PATCHES, 90, codecformat="j2k", reversible=False), JPEG2000, {}, 3),
    "JPEG 2000 without a transform": (
        "RGB",
        imagecodecs.jpeg2k_encode(PATCHES, 0, codecformat="j2k", reversible=True, mct=False),
        JPEG2000Lossless,
        {},
        0,
    ),
    "JPEG XL, XYB": ("XYB", imagecodecs.jpegxl_encode(PATCHES, distance=0.1), JPEG_XL, {}, 3),
    "JPEG XL that says RGB and is XYB": ("RGB", imagecodecs.jpegxl_encode(PATCHES, distance=0.1), JPEG_XL, {}, 3),
}


@pytest.mark.parametrize("line", COMPRESSED)
def test_S10_compressed_colour(line):
    photometric, frame, syntax, attributes, tolerance = COMPRESSED[line]
    ds = compressed(colour(PATCHES, photometric, **attributes), bytes(frame), syntax)
    centers = np.array(shown(ds))[8::16, 8::16]
    assert np.abs(centers - PATCHES[8::16, 8::16]).max() <= tolerance


@pytest.mark.parametrize("planar", [0, 1])
def test_S10_rle_is_by_plane_whatever_it_says(planar):
    ds = colour(PIXELS, PlanarConfiguration=planar)
    segments = [bytes([2, *plane, 0]) for plane in np.moveaxis(np.array(PIXELS, np.uint8), -1, 0).reshape(3, 3).tolist()]
    header = np.zeros(16, "<u4")
    header[:4] = [3, 64, 69, 74]
    assert shown(compressed(ds, header.tobytes() + b"".join(segments) + b"\0", RLELossless)) == PIXELS[0]


# --- ICC (rule S10) ---

ADOBE_RGB = bytes(imagecodecs.cms_profile("adobergb"))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Adobe RGB (1998): gamma 563 / 256. Both white points are D65, so linear sRGB = [1.3984 R - 0.3984 G, G, -0.0429 G + 1.0429 B].
# (200, 100, 50): linear 0.5861, 0.1276, 0.0278 -> 0.7688, 0.1276, 0.0235; sRGB's curve: 0.8905, 0.3924, 0.1661 -> 227.1, 100.1, 42.3
# (128, 128, 128): linear 0.2196 in all three: 129.03
ADOBE_PIXELS, AS_SRGB = [[[200, 100, 50], [128, 128, 128], [0, 0, 0], [255, 255, 255]]], [[227, 100, 42], [129] * 3, [0] * 3, [255] * 3]


def test_S10_colours_go_through_the_images_profile_by_default():
    ds = colour(ADOBE_PIXELS, ICCProfile=ADOBE_RGB)
    assert np.abs(np.array(shown(ds)) - AS_SRGB).max() <= 1
    assert shown(ds, icc=False) == ADOBE_PIXELS[0]
    assert np.abs(np.array(shown(ds, invert=True)) - (255 - np.array(AS_SRGB))).max() <= 1


def test_S10_palette_colours_go_through_it_too():
    ds = grey([0, 1], ICCProfile=ADOBE_RGB, **palette(0, [200 << 8, 0], [100 << 8, 0], [50 << 8, 0]))
    assert np.abs(np.array(shown(ds)) - [AS_SRGB[0], [0, 0, 0]]).max() <= 1
    assert shown(ds, icc=False) == [[200, 100, 50], [0, 0, 0]]


def test_S10_a_slides_profile_is_its_optical_paths():
    paths = [item(OpticalPathIdentifier="1", ICCProfile=SRGB), item(OpticalPathIdentifier="2", ICCProfile=ADOBE_RGB)]
    chosen = item(OpticalPathIdentificationSequence=[item(OpticalPathIdentifier="2")])
    ds = colour(ADOBE_PIXELS, SOPClassUID=SLIDE, OpticalPathSequence=paths, SharedFunctionalGroupsSequence=[chosen])
    assert np.abs(np.array(shown(ds)) - AS_SRGB).max() <= 1


@pytest.mark.parametrize("presentation", ["COLOR", "MIXED"])
@pytest.mark.parametrize("codec", ["auto", "png", "jpeg"])
def test_S10_an_image_that_shows_colours_and_has_no_palette_is_grey_and_that_is_said(presentation, codec):
    ds = grey([0, 64, 199, 255], PixelPresentation=presentation, WindowCenter="128", WindowWidth="256")
    assert shown(ds) == [0, 64, 199, 255]
    assert shown(ds, invert=True) == [255, 191, 56, 0]
    assert picture(ds, codec=codec).applied is Applied.PALETTE_MISSING
    assert picture(grey([0, 64], PixelPresentation="MONOCHROME"), codec=codec).applied is Applied.NOTHING


@pytest.mark.parametrize(
    "attributes", [{"PhotometricInterpretation": "PALETTE COLOR"}, palette(0, [1], [2], [3]) | {"RedPaletteColorLookupTableData": None}]
)
def test_S10_palette_colour_without_a_palette_is_the_images_fault(attributes):
    with pytest.raises(Undecodable):
        shown(grey([0, 1], **attributes))


def test_S10_grey_images_keep_their_levels():
    assert shown(grey([0, 64, 255], ICCProfile=ADOBE_RGB)) == [0, 64, 255]


@pytest.mark.parametrize("profile", [b"no profile", bytes(200), ADOBE_RGB[:300], bytes(imagecodecs.cms_profile("gray"))])
def test_S10_a_profile_that_cannot_be_used_leaves_the_colours_and_that_is_said(profile):
    made = picture(colour(ADOBE_PIXELS, ICCProfile=profile))
    assert shown(colour(ADOBE_PIXELS, ICCProfile=profile)) == ADOBE_PIXELS[0]
    assert not made.applied & Applied.COLOUR_MANAGED
    assert bool(made.applied & Applied.PROFILE_NOT_USED) is (profile[36:40] == b"acsp")


def jpeg(profile: bytes | None) -> Dataset:
    return compressed(colour(PATCHES, "YBR_FULL", **({"ICCProfile": profile} if profile else {})), YBR_JPEG, JPEGBaseline8Bit)


@pytest.mark.parametrize(
    ("profile", "view", "fidelity", "applied"),
    [
        (None, {}, Fidelity.STORED, Applied.NOTHING),
        (SRGB, {}, Fidelity.STORED, Applied.COLOUR_MANAGED),  # sRGB is what a browser takes the bytes for
        (ADOBE_RGB, {}, Fidelity.LOSSLESS, Applied.COLOUR_MANAGED),
        (ADOBE_RGB, {"icc": False}, Fidelity.STORED, Applied.PROFILE_NOT_USED),
    ],
)
def test_S10_stored_jpeg_goes_out_untouched_only_where_its_colours_are_srgb(profile, view, fidelity, applied):
    made = picture(jpeg(profile), codec="auto", **view)
    assert (made.fidelity, made.applied) == (fidelity, applied)
    if made.fidelity is Fidelity.LOSSLESS:
        decoded = np.asarray(Image.open(io.BytesIO(made.data))).astype(int)
        assert np.abs(decoded - np.array(shown(jpeg(None)))).max() > 10
