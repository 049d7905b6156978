"""How far a length can be trusted (rule S06; PS3.3 10.7, C.8.5.5)."""

import pytest

from tests.unit.image_records import AXIAL
from viewer.core.spacing import mpp_um_of, pixel_aspect_of, regions_of, spacing_of

PLANE = {"ImageOrientationPatient": AXIAL, "ImagePositionPatient": [0, 0, 0]}
# A 2D region (cm), and a spectral Doppler region: seconds across, centimetres a second up (Physical Units 4 and 7).
ECHO = {
    "RegionSpatialFormat": 1,
    "RegionLocationMinX0": 100, "RegionLocationMinY0": 40, "RegionLocationMaxX1": 699, "RegionLocationMaxY1": 420,
    "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3, "PhysicalDeltaX": 0.025, "PhysicalDeltaY": 0.025,
}  # fmt: skip
DOPPLER = {
    "RegionSpatialFormat": 3,
    "RegionLocationMinX0": 100, "RegionLocationMinY0": 430, "RegionLocationMaxX1": 699, "RegionLocationMaxY1": 590,
    "PhysicalUnitsXDirection": 4, "PhysicalUnitsYDirection": 7, "PhysicalDeltaX": 0.004, "PhysicalDeltaY": -1.25, "ReferencePixelY0": 80,
}  # fmt: skip


@pytest.mark.parametrize(
    ("modality", "facts", "expected"),
    [
        ("CT", {"PixelSpacing": [0.7, 0.6]}, (0.7, 0.6, "calibrated")),
        ("MR", {**PLANE, "PixelSpacing": [1.0, 1.0]}, (1.0, 1.0, "calibrated")),
        ("OT", {**PLANE, "PixelSpacing": [1.0, 1.0]}, (1.0, 1.0, "calibrated")),
        ("OT", {"PixelSpacing": [1.0, 1.0]}, (1.0, 1.0, "estimated")),
        ("DX", {"ImagerPixelSpacing": [0.15, 0.15]}, (0.15, 0.15, "at detector")),
        ("DX", {"PixelSpacing": [0.15, 0.15]}, (0.15, 0.15, "at detector")),
        ("DX", {"PixelSpacing": [0.15, 0.15], "ImagerPixelSpacing": [0.15, 0.15]}, (0.15, 0.15, "at detector")),
        ("DX", {"PixelSpacing": [0.14, 0.14], "ImagerPixelSpacing": [0.15, 0.15]}, (0.14, 0.14, "calibrated")),
        ("DX", {"PixelSpacing": [0.15, 0.15], "PixelSpacingCalibrationType": "FIDUCIAL"}, (0.15, 0.15, "calibrated")),
        ("MG", {"ImagerPixelSpacing": [0.1, 0.1], "EstimatedRadiographicMagnificationFactor": 1.25}, (0.08, 0.08, "estimated")),
        ("XA", {"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": 0}, (0.2, 0.2, "at detector")),
        ("OT", {"NominalScannedPixelSpacing": [0.1, 0.1]}, (0.1, 0.1, "at detector")),
        ("CR", {}, (None, None, "none")),
        ("CT", {"PixelSpacing": [0, 0]}, (None, None, "none")),
        ("CT", {"PixelSpacing": [0.7]}, (None, None, "none")),
        ("XC", {}, (None, None, "none")),
        ("CT", {**PLANE, "PixelSpacing": [0.6, 0.6], "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, (0.6, 0.6, "estimated")),
        ("SM", {"PixelSpacing": [0.03, 0.03]}, (0.03, 0.03, "calibrated")),
    ],
)
def test_S06_spacing_and_what_it_is_worth(modality, facts, expected):
    spacing = spacing_of(facts, modality)
    assert (spacing.row_mm, spacing.column_mm, spacing.kind) == expected


def test_S06_the_calibration_type_is_shown():
    geometry = {"PixelSpacing": [0.1, 0.1], "PixelSpacingCalibrationType": "GEOMETRY", "PixelSpacingCalibrationDescription": "table height"}
    assert spacing_of(geometry, "MG").label == "corrected for assumed geometry: table height"
    assert spacing_of({"PixelSpacing": [0.1, 0.1], "PixelSpacingCalibrationType": "FIDUCIAL"}, "DX").label == "calibrated by fiducial"


def test_S06_an_estimate_says_how_it_was_made():
    facts = {"ImagerPixelSpacing": [0.1, 0.1], "EstimatedRadiographicMagnificationFactor": 1.25}
    assert spacing_of(facts, "MG").label == "estimated: Imager Pixel Spacing / magnification 1.25"


def test_S06_regions_exclude_pixel_spacing():
    spacing = spacing_of({"PixelSpacing": [0.3, 0.3], "SequenceOfUltrasoundRegions": [ECHO]}, "US")
    assert (spacing.row_mm, spacing.column_mm, spacing.kind) == (None, None, "regions")


def test_S06_regions_keep_their_own_units_and_only_a_2d_region_in_cm_is_spatial():
    echo, doppler = regions_of({"SequenceOfUltrasoundRegions": [ECHO, DOPPLER]})
    assert (echo["unit_x"], echo["unit_y"], echo["delta_x"], echo["spatial"]) == ("cm", "cm", 0.025, True)
    assert (echo["x0"], echo["y0"], echo["x1"], echo["y1"]) == (100, 40, 699, 420)
    assert (doppler["unit_x"], doppler["unit_y"], doppler["delta_y"], doppler["spatial"]) == ("s", "cm/s", -1.25, False)
    assert (doppler["reference_x"], doppler["reference_y"]) == (None, 80.0)


def test_S06_a_region_without_corners_or_deltas_measures_nothing():
    without_corner = {key: value for key, value in ECHO.items() if key != "RegionLocationMaxX1"}
    without_delta = {key: value for key, value in ECHO.items() if key != "PhysicalDeltaX"}
    assert regions_of({"SequenceOfUltrasoundRegions": [without_corner]}) == []
    assert regions_of({"SequenceOfUltrasoundRegions": [without_delta]})[0]["spatial"] is False


def test_S06_a_slide_has_micrometres_only_where_they_are_stated_and_x_and_y_may_differ():
    assert mpp_um_of({"PixelSpacing": [0.0005, 0.00025]}) == (0.25, 0.5)
    volume = {"ImagedVolumeWidth": 15.0, "ImagedVolumeHeight": 20.0, "TotalPixelMatrixColumns": 60000, "TotalPixelMatrixRows": 40000}
    assert mpp_um_of(volume) == (0.25, 0.5)
    assert mpp_um_of({"ObjectiveLensPower": 40, "TotalPixelMatrixColumns": 60000}) is None


def test_pixels_may_be_taller_than_wide():
    tall = {"PixelSpacing": [0.8, 0.4]}
    assert pixel_aspect_of(tall, spacing_of(tall, "CT")) == 2.0
    ratio_only = {"PixelAspectRatio": [4, 3]}
    assert pixel_aspect_of(ratio_only, spacing_of(ratio_only, "US")) == pytest.approx(4 / 3)
    assert pixel_aspect_of({}, spacing_of({}, "US")) == 1.0
