"""Lengths and areas with what they are worth (rule S06; PS3.3 10.7, C.8.5.5)."""

import math

import pytest

from tests.unit.image_records import AXIAL, record_of
from viewer.core.ruler import ruler_of
from viewer.core.ultrasound_regions import read_regions, region_at

PLANE = {"ImageOrientationPatient": AXIAL, "ImagePositionPatient": [0, 0, 0]}
SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
# Physical Units: 3 cm, 4 s, 7 cm/s. A 2D region, below it spectral Doppler with its baseline 80 pixels down, below that M-mode.
ECHO = {
    "RegionSpatialFormat": 1, "RegionLocationMinX0": 100, "RegionLocationMinY0": 40, "RegionLocationMaxX1": 699,
    "RegionLocationMaxY1": 420, "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3, "PhysicalDeltaX": 0.025, "PhysicalDeltaY": 0.05,
}  # fmt: skip
DOPPLER = {
    "RegionSpatialFormat": 3, "RegionLocationMinX0": 100, "RegionLocationMinY0": 430, "RegionLocationMaxX1": 699,
    "RegionLocationMaxY1": 590, "PhysicalUnitsXDirection": 4, "PhysicalUnitsYDirection": 7, "PhysicalDeltaX": 0.004,
    "PhysicalDeltaY": -1.25, "ReferencePixelY0": 80,
}  # fmt: skip
M_MODE = {
    "RegionSpatialFormat": 2, "RegionLocationMinX0": 100, "RegionLocationMinY0": 600, "RegionLocationMaxX1": 699,
    "RegionLocationMaxY1": 700, "PhysicalUnitsXDirection": 4, "PhysicalUnitsYDirection": 3, "PhysicalDeltaX": 0.005, "PhysicalDeltaY": 0.1,
}  # fmt: skip


def ruler(facts, modality="CT", rows=512, columns=512, **more):
    return ruler_of(facts, modality=modality, frame_index=0, rows=rows, columns=columns, **more)


def echo(*regions, rows=768, columns=1024):
    return ruler({"SequenceOfUltrasoundRegions": list(regions), "PixelSpacing": [0.3, 0.3]}, "US", rows, columns)


def real(path, modality):
    image = record_of(path)
    is_slide = image.sop_class_uid == SLIDE
    return ruler(image.facts, modality, image.rows, image.columns, is_slide=is_slide)


# --- millimetres ---


@pytest.mark.parametrize(
    ("modality", "facts", "value", "kind", "label"),
    [
        # 30 columns of 0.5 mm and 40 rows of 0.5 mm: 15, 20, 25 mm
        ("CT", {"PixelSpacing": [0.5, 0.5]}, 25.0, "calibrated", "Pixel Spacing (0028,0030)"),
        # 30 columns of 0.4 mm and 40 rows of 0.8 mm: √(12² + 32²); Pixel Spacing states the distance of rows first
        ("MR", {"PixelSpacing": [0.8, 0.4]}, math.sqrt(12**2 + 32**2), "calibrated", "Pixel Spacing (0028,0030)"),
        ("DX", {"ImagerPixelSpacing": [0.2, 0.2]}, 10.0, "at detector", "at detector: Imager Pixel Spacing (0018,1164)"),
        (
            "MG",
            {"ImagerPixelSpacing": [0.1, 0.1], "EstimatedRadiographicMagnificationFactor": 1.25},
            4.0,  # 50 · 0.1 / 1.25
            "estimated",
            "estimated: Imager Pixel Spacing / magnification 1.25",
        ),
        ("DX", {"PixelSpacing": [0.1, 0.1], "PixelSpacingCalibrationType": "FIDUCIAL"}, 5.0, "calibrated", "calibrated by fiducial"),
        (
            "DX",
            {"PixelSpacing": [0.1, 0.1], "PixelSpacingCalibrationType": "GEOMETRY", "PixelSpacingCalibrationDescription": "table height"},
            5.0,
            "calibrated",
            "corrected for assumed geometry: table height",
        ),
    ],
)
def test_S06_a_length_comes_with_what_it_is_worth(modality, facts, value, kind, label):
    length = ruler(facts, modality).length((10, 20), (40, 60))
    assert length.value == pytest.approx(value)
    assert (length.unit, length.kind, length.label) == ("mm", kind, label)


def test_S06_without_spacing_a_length_is_in_pixels():
    length = ruler({}, "XC").length((10, 20), (40, 60))
    assert (length.value, length.unit, length.kind) == (50.0, "px", "none")
    tall = ruler({"PixelAspectRatio": [2, 1]}, "XC").length((0, 0), (60, 40))  # 60 across, 40 · 2 down
    assert (tall.value, tall.unit) == (100.0, "px")
    assert tall.label == "no spacing stated: lengths in pixels only, of a pixel's width; its height is 2"


def test_S06_an_area_has_the_same_provenance():
    area = ruler({"PixelSpacing": [0.8, 0.5]}).area(100.0, ((0, 0), (10, 10)))
    assert (area.value, area.unit, area.kind) == (pytest.approx(40.0), "mm²", "calibrated")
    assert ruler({}, "XC").area(100.0, ((0, 0), (10, 10))).unit == "px²"


def test_S06_a_slide_measures_in_micrometres_and_x_and_y_may_differ():
    slide = ruler({"PixelSpacing": [0.0005, 0.00025]}, "SM", is_slide=True)
    length = slide.length((0, 0), (1200, 800))  # 300 µm across, 400 µm down
    assert (length.value, length.unit, length.kind) == (pytest.approx(500.0), "µm", "calibrated")
    assert length.label == "0.25 × 0.5 µm per pixel"
    bare = ruler({"ObjectiveLensPower": 40}, "SM", is_slide=True).length((0, 0), (3, 4))
    assert (bare.value, bare.unit, bare.label) == (5.0, "px", "no µm per pixel stated: lengths in pixels only")


# --- ultrasound ---


def test_S06_ultrasound_measures_in_the_centimetres_of_its_region_never_by_pixel_spacing():
    length = echo(ECHO).length((200, 100), (320, 180))  # 120 · 0.025 = 3 cm across, 80 · 0.05 = 4 cm down
    assert (length.value, length.unit, length.kind, length.components) == (pytest.approx(5.0), "cm", "regions", ())
    area = echo(ECHO).area(1000.0, ((200, 100), (320, 180)))
    assert (area.value, area.unit) == (pytest.approx(1.25), "cm²")  # 1,000 · 0.025 · 0.05


@pytest.mark.parametrize(
    ("start", "end", "label"),
    [
        ((200, 100), (200, 500), "across ultrasound regions: no length"),
        ((200, 100), (50, 100), "outside the ultrasound regions: no length"),
        ((10, 10), (20, 20), "outside the ultrasound regions: no length"),
        ((200, 100), (200, 425), "outside the ultrasound regions: no length"),  # the gap between the two
    ],
)
def test_S06_no_length_across_regions_or_outside_one(start, end, label):
    for a, b in ((start, end), (end, start)):
        length = echo(ECHO, DOPPLER).length(a, b)
        assert (length.value, length.unit, length.kind, length.label, length.components) == (None, "", "regions", label, ())


def test_S06_the_edges_of_a_region_belong_to_it():
    assert echo(ECHO).length((100, 40), (700, 421)).value is not None  # its last pixels are 699 and 420
    assert echo(ECHO).length((99.9, 40), (700, 421)).value is None


def test_S06_doppler_measures_time_and_velocity_from_its_baseline():
    """From (150, 470.5) to (400, 510.5). The baseline is the middle of pixel 430 + 80: 510.5. Velocity grows upwards, 1.25 cm/s a pixel."""
    length = echo(ECHO, DOPPLER).length((150, 470.5), (400, 510.5))
    assert (length.value, length.label) == (None, "ultrasound region with time (s) across and velocity (cm/s) down: no length")
    time, velocity = length.components
    assert (time.axis, time.unit, time.difference, time.start, time.end) == ("x", "s", pytest.approx(1.0), None, None)
    assert (velocity.axis, velocity.unit, velocity.difference) == ("y", "cm/s", pytest.approx(-50.0))
    assert (velocity.start, velocity.end) == (pytest.approx(50.0), pytest.approx(0.0))
    assert echo(DOPPLER).area(100.0, ((150, 470), (400, 510))).value is None


def test_S06_a_reference_value_shifts_the_zero():
    shifted = DOPPLER | {"ReferencePixelPhysicalValueY": 10.0}
    velocity = echo(shifted).length((150, 470.5), (400, 510.5)).components[1]
    assert (velocity.start, velocity.end) == (pytest.approx(60.0), pytest.approx(10.0))


def test_S06_m_mode_measures_time_and_depth_apart():
    length = echo(M_MODE).length((200, 610), (400, 640))
    assert length.value is None
    assert [(part.difference, part.unit) for part in length.components] == [(pytest.approx(1.0), "s"), (pytest.approx(3.0), "cm")]


def test_S06_where_regions_overlap_the_one_of_high_priority_counts_then_the_smaller():
    whole = ECHO | {"RegionLocationMinX0": 0, "RegionLocationMaxX1": 1000, "PhysicalDeltaX": 1.0}
    unitless = ECHO | {"PhysicalUnitsXDirection": 0, "PhysicalUnitsYDirection": 0, "RegionFlags": 1}
    regions = read_regions({"SequenceOfUltrasoundRegions": [unitless, whole, ECHO]})
    assert region_at(regions, (200, 100)) is regions[2]
    first = read_regions({"SequenceOfUltrasoundRegions": [whole | {"RegionFlags": 1}, ECHO]})
    assert region_at(first, (200, 100)) is first[0]
    assert echo(whole, ECHO).length((50, 100), (200, 100)).label == "across ultrasound regions: no length"


# --- mosaics ---


def test_S06_no_length_across_slices_of_a_mosaic():
    facts = {**PLANE, "PixelSpacing": [3.0, 3.0], "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"], "ImagesInMosaic": 36}
    sheet = ruler(facts, "MR", 384, 384)  # 6 × 6 slices of 64 × 64
    assert sheet.length((0, 0), (64, 64)).value == pytest.approx(3 * 64 * math.sqrt(2))
    assert sheet.length((320, 320), (384, 384)).value == pytest.approx(3 * 64 * math.sqrt(2))
    across = sheet.length((60, 10), (70, 10))
    assert (across.value, across.kind, across.label) == (None, "none", "across slices of a mosaic: no length")
    assert sheet.area(10.0, ((60, 10), (70, 20))).value is None
    uncounted = ruler({**facts, "ImagesInMosaic": None}, "MR", 384, 384)
    assert uncounted.length((0, 0), (1, 1)).value is None


# --- the given files ---


@pytest.mark.parametrize(
    ("path", "start", "end", "value"),
    [
        # 100 pixels across in each; the region's Physical Delta times 100
        ("us-echo-ge-27-frames-jpegxl-recompressed-jpeg.dcm", (400, 300), (500, 300), 2.7239),
        ("us-echo-acuson-65-frames-ybr422-jpeg.dcm", (200, 200), (300, 200), 5.2478133506629575),  # its delta is -0.052…
        ("us-mono-jpeg-lossless-philips.dcm", (400, 300), (500, 300), 2.5476696592378157),
        ("us-ybr-422-uncompressed.dcm", (400, 300), (500, 300), 0.61599999666213994),
        ("us-ybr-full-rle-planar-mindray.dcm", (400, 300), (500, 300), 1.45117004687852),  # MaxY1 is the size, one past the last pixel
        ("us-ybr-full-rle.dcm", (200, 200), (300, 200), 0.9536785180637355),
        ("us-echo-8-frames-jpeg-fragmented-no-bot.dcm", (100, 100), (200, 100), 22.93750081863255),  # a region without units beneath
        ("us-rgb-2-frames-jpeg-lossless-medistim.dcm", (400, 300), (500, 300), 0.2774281461757642),
    ],
)
@pytest.mark.filterwarnings("ignore:Incorrect value for Specific Character Set")
def test_S06_given_ultrasound_measures_by_its_own_region(shared_data, path, start, end, value):
    length = real(shared_data / "cine" / path, "US").length(start, end)
    assert length.value == pytest.approx(value, rel=1e-12)
    assert (length.unit, length.kind) == ("cm", "regions")


def test_S06_a_given_echo_that_was_resized_has_no_centimetres(shared_data):
    """320 × 240 pixels, with a region that reaches to column 595 and row 414: its deltas are those of the picture before."""
    given = shared_data / "cine" / "us-echo-sonosite-30-frames-ybr422-jpeg.dcm"
    length = real(given, "US").length((100, 100), (200, 100))
    assert length.value is None
    assert length.label == "the ultrasound region reaches beyond the picture, which was resized: no length"
    image = record_of(given)
    assert read_regions(image.facts, rows=image.rows, columns=image.columns)[0].as_json()["spatial"] is False


def test_S06_given_waveform_region_measures_time_alone(shared_data):
    """Medistim: below the picture a trace, 0.0056179775 s a pixel across, no units down. And none from picture to trace."""
    given = real(shared_data / "cine" / "us-rgb-2-frames-jpeg-lossless-medistim.dcm", "US")
    length = given.length((200, 700), (300, 700))
    (time,) = length.components
    assert (length.value, time.unit, time.difference) == (None, "s", pytest.approx(0.56179775280898875))
    assert (time.start, time.end) == (
        pytest.approx((200 - (86 + 86 + 0.5)) * 0.0056179775280898875),  # Reference Pixel X0 is 86, from the region's corner at 86
        pytest.approx((300 - (86 + 86 + 0.5)) * 0.0056179775280898875),
    )
    assert given.length((400, 300), (200, 700)).label == "across ultrasound regions: no length"
    assert given.length((10, 10), (20, 20)).label == "outside the ultrasound regions: no length"


def test_S06_given_ultrasound_without_regions_measures_in_pixels_of_its_own_shape(shared_data):
    """Pixel Aspect Ratio 4\\3: a pixel is a third taller than wide. 40 across and 30 down: √(40² + (30 · 4 / 3)²)."""
    length = real(shared_data / "cine" / "us-esophageal-echo-rgb.dcm", "US").length((10, 10), (50, 40))
    assert (length.value, length.unit) == (pytest.approx(math.sqrt(3200)), "px")


@pytest.mark.parametrize(
    ("path", "modality", "value", "unit", "kind", "label"),
    [
        # 100 pixels across; the fiducial's 0.25 mm, not the detector's 0.5 mm or that over 1.5
        ("radiology/mg-pixel-spacing-calibration-test.dcm", "MG", 25.0, "mm", "calibrated", "calibrated by fiducial"),
        (
            "radiology/mg-ge-jpeg-lossless-3062x2394.dcm",
            "MG",
            9.409090909091,
            "mm",
            "estimated",
            "estimated: Imager Pixel Spacing / magnification 1",
        ),
        ("radiology/ct-head-philips-28-slices/ct-head-001.dcm", "CT", 45.1171875, "mm", "calibrated", "Pixel Spacing (0028,0030)"),
    ],
)
def test_S06_given_projections_and_slices(shared_data, path, modality, value, unit, kind, label):
    length = real(shared_data / path, modality).length((50, 50), (150, 50))
    assert length.value == pytest.approx(value)
    assert (length.unit, length.kind) == (unit, kind)
    assert length.label.startswith(label)
