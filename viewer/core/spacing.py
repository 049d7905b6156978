"""How far a length can be trusted (rule S06): spacing with its provenance, ultrasound regions, micrometres per pixel.

PS3.3 10.7 (Basic Pixel Spacing Calibration), C.8.5.5 (US Region Calibration), C.8.12.4 (whole slide).
"""

from dataclasses import dataclass
from typing import Any, Literal

from viewer.core.frame_facts import Facts, number, numbers, text, value_at
from viewer.core.geometry import plane_of
from viewer.core.ultrasound_regions import read_regions

Kind = Literal["calibrated", "at detector", "estimated", "none", "regions"]

# What lies between focus and detector is magnified: Pixel Spacing there is only a calibration when it says so (PS3.3 10.7.1.3).
PROJECTION = frozenset({"CR", "DX", "MG", "IO", "PX", "RG", "XA", "RF", "DG", "TG", "RTIMAGE", "XRF", "DX/CR"})
IN_PLANE = frozenset({"CT", "MR", "PT", "NM", "ST", "OPT", "OCT", "IVOCT", "BI", "MS", "SM"})
CALIBRATION_WORDS = {"FIDUCIAL": "calibrated by fiducial", "GEOMETRY": "corrected for assumed geometry"}


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distance between the centres of adjacent rows and of adjacent columns in mm, or None; what it is worth, in words."""

    row_mm: float | None
    column_mm: float | None
    kind: Kind
    label: str

    def as_json(self) -> dict[str, Any]:
        return {"row_mm": self.row_mm, "column_mm": self.column_mm, "kind": self.kind, "label": self.label}


NO_SPACING = Spacing(None, None, "none", "no spacing stated: lengths in pixels only")


def spacing_of(facts: Facts, modality: str, frame_index: int = 0) -> Spacing:
    """Return the spacing of one frame and its provenance.

    Ultrasound regions exclude Pixel Spacing; a plane of tissue is calibrated; a projection's spacing is at the detector
    unless it is said to be calibrated, and an estimate where only the magnification factor brings it into the patient.
    """
    if facts.get("SequenceOfUltrasoundRegions"):
        return Spacing(None, None, "regions", "ultrasound regions, each with its own units")
    pixel, imager = _pair(facts, "PixelSpacing", frame_index), _pair(facts, "ImagerPixelSpacing", frame_index)
    if modality in PROJECTION and not _has_plane(facts, frame_index):
        return _spacing_of_projection(facts, pixel, imager)
    if pixel is None:
        nominal = _pair(facts, "NominalScannedPixelSpacing", frame_index)
        return Spacing(*nominal, "at detector", "on the scanned film") if nominal else NO_SPACING
    calibration = text(facts.get("PixelSpacingCalibrationType")).upper()
    if calibration:
        return Spacing(*pixel, "calibrated", _calibration_words(facts, calibration))
    if modality == "CT" and "LOCALIZER" in text(facts.get("ImageType")).upper():
        return Spacing(*pixel, "estimated", "a localizer: its spacing holds at the isocentre only")
    if modality in IN_PLANE or _has_plane(facts, frame_index):
        return Spacing(*pixel, "calibrated", "Pixel Spacing (0028,0030)")
    return Spacing(*pixel, "estimated", "Pixel Spacing (0028,0030) without a stated calibration")


def _spacing_of_projection(facts: Facts, pixel: tuple[float, float] | None, imager: tuple[float, float] | None) -> Spacing:
    calibration = text(facts.get("PixelSpacingCalibrationType")).upper()
    if pixel and calibration:
        return Spacing(*pixel, "calibrated", _calibration_words(facts, calibration))
    if pixel and imager and pixel != imager:
        return Spacing(*pixel, "calibrated", "calibrated, type not stated")
    factor = number(facts.get("EstimatedRadiographicMagnificationFactor"))
    if imager and factor is not None and factor > 0:
        label = f"estimated: Imager Pixel Spacing / magnification {factor:g}"
        return Spacing(imager[0] / factor, imager[1] / factor, "estimated", label)
    if imager:
        return Spacing(*imager, "at detector", "at detector: Imager Pixel Spacing (0018,1164)")
    if pixel:
        return Spacing(*pixel, "at detector", "at detector: Pixel Spacing (0028,0030) without a stated calibration")
    nominal = _pair(facts, "NominalScannedPixelSpacing", 0)
    return Spacing(*nominal, "at detector", "on the scanned film") if nominal else NO_SPACING


def regions_of(facts: Facts, *, rows: int = 0, columns: int = 0) -> list[dict[str, Any]]:
    """Return the ultrasound regions (0018,6011) for a page: corners in pixels, units in words, deltas in those units a pixel.

    spatial: a 2D region in cm both ways, where a length may be measured. reference_x and reference_y: Reference Pixel X0, Y0
    from the region's corner, the zero of time or velocity. rows, columns: of the picture, 0 where unknown.
    """
    return [region.as_json() for region in read_regions(facts, rows=rows, columns=columns)]


def mpp_um_of(facts: Facts) -> tuple[float, float] | None:
    """Return micrometres per pixel (x, y) of a slide level, which may differ; None when nothing states them.

    Pixel Spacing of the Pixel Measures, else Imaged Volume Width and Height (mm) over Total Pixel Matrix; never an assumed lens.
    """
    pixel = _pair(facts, "PixelSpacing", 0)
    if pixel:
        return pixel[1] * 1000, pixel[0] * 1000
    found = [number(facts.get(k)) for k in ("ImagedVolumeWidth", "ImagedVolumeHeight", "TotalPixelMatrixColumns", "TotalPixelMatrixRows")]
    if any(value is None or value <= 0 for value in found):
        return None
    width, height, columns, rows = (value for value in found if value is not None)
    return width * 1000 / columns, height * 1000 / rows


def pixel_aspect_of(facts: Facts, spacing: Spacing) -> float:
    """Return the height of a pixel over its width, from spacing or Pixel Aspect Ratio (0028,0034); 1 when neither is stated."""
    if spacing.row_mm and spacing.column_mm:
        return spacing.row_mm / spacing.column_mm
    ratio = numbers(facts.get("PixelAspectRatio"))
    return ratio[0] / ratio[1] if ratio and len(ratio) == 2 and min(ratio) > 0 else 1.0


def _pair(facts: Facts, keyword: str, frame_index: int) -> tuple[float, float] | None:
    """Return (row, column) spacing in mm when both are positive numbers."""
    found = numbers(value_at(facts, keyword, frame_index))
    return (found[0], found[1]) if found and len(found) == 2 and min(found) > 0 else None


def _has_plane(facts: Facts, frame_index: int) -> bool:
    return plane_of(value_at(facts, "ImageOrientationPatient", frame_index)) is not None and bool(
        value_at(facts, "ImagePositionPatient", frame_index)
    )


def _calibration_words(facts: Facts, calibration: str) -> str:
    words = CALIBRATION_WORDS.get(calibration, f"calibrated: {calibration.lower()}")
    described = text(facts.get("PixelSpacingCalibrationDescription"))
    return f"{words}: {described}" if described else words
