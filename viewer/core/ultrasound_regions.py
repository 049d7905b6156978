"""Ultrasound regions: which part of a picture measures what, and in which units (PS3.3 C.8.5.5; rule S06)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from viewer.core.frame_facts import Facts, number

Point = tuple[float, float]

# Physical Units X/Y Direction (0018,6024), (0018,6026)
UNITS = {0: "none", 1: "%", 2: "dB", 3: "cm", 4: "s", 5: "Hz", 6: "dB/s", 7: "cm/s", 8: "cm²", 9: "cm²/s", 10: "cm³", 11: "cm³/s", 12: "°"}
TWO_DIMENSIONAL = 1  # Region Spatial Format (0018,6012): tissue seen in two dimensions
HIGH_PRIORITY = 1  # bit 0 of Region Flags (0018,6016): where regions overlap, the pixels are this one's
OVERHANG_PX = 1  # writers take the last pixel for the size; more than that means that the picture was resized afterwards


@dataclass(frozen=True, slots=True)
class UltrasoundRegion:
    """One item of the Sequence of Ultrasound Regions (0018,6011).

    x0, y0, x1, y1: its first and last pixel, from 0, both included. unit_x, unit_y: words of UNITS. delta_x, delta_y: units a pixel,
    signed (time runs left where delta_x < 0), None where not stated. reference_x, reference_y: the pixel, counted from the region's
    own corner, at which value_x and value_y hold: the zero of time, the baseline of velocity; None where not stated.
    fits: it lies in the picture; one that doesn't was written for another size of it.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    unit_x: str
    unit_y: str
    delta_x: float | None
    delta_y: float | None
    reference_x: float | None = None
    reference_y: float | None = None
    value_x: float = 0.0
    value_y: float = 0.0
    is_2d: bool = False
    is_high_priority: bool = False
    fits: bool = True

    @property
    def is_spatial(self) -> bool:
        """Say whether a length may be measured in it: a 2D region in cm both ways."""
        return self.is_2d and self.unit_x == self.unit_y == "cm" and bool(self.delta_x) and bool(self.delta_y) and self.fits

    @property
    def has_units(self) -> bool:
        return self.unit_x != "none" or self.unit_y != "none"

    def holds(self, point: Point) -> bool:
        """Say whether a point lies in it; its last pixels belong to it to their far edges."""
        return self.x0 <= point[0] <= self.x1 + 1 and self.y0 <= point[1] <= self.y1 + 1

    def as_json(self) -> dict[str, Any]:
        return {
            "x0": self.x0,
            "y0": self.y0,
            "x1": self.x1,
            "y1": self.y1,
            "unit_x": self.unit_x,
            "unit_y": self.unit_y,
            "delta_x": self.delta_x,
            "delta_y": self.delta_y,
            "reference_x": self.reference_x,
            "reference_y": self.reference_y,
            "spatial": self.is_spatial,
        }


def read_regions(facts: Facts, *, rows: int = 0, columns: int = 0) -> list[UltrasoundRegion]:
    """Return an image's regions in their order; those without corners are left out. rows, columns: of the picture, 0 where unknown."""
    stated = facts.get("SequenceOfUltrasoundRegions") or []
    return [region for item in stated if (region := _region(item, rows, columns)) is not None]


def region_at(regions: Sequence[UltrasoundRegion], point: Point) -> UltrasoundRegion | None:
    """Return the region that a point belongs to, or None outside all that have units.

    Where they overlap: the one of high priority (PS3.3 C.8.5.5.1.3), then the smaller.
    """
    found = [region for region in regions if region.has_units and region.holds(point)]
    return max(found, key=lambda region: (region.is_high_priority, -(region.x1 - region.x0) * (region.y1 - region.y0)), default=None)


def _region(item: Facts, rows: int, columns: int) -> UltrasoundRegion | None:
    corners = [number(item.get(f"RegionLocation{name}")) for name in ("MinX0", "MinY0", "MaxX1", "MaxY1")]
    if any(corner is None for corner in corners):
        return None
    x0, y0, x1, y1 = (int(corner) for corner in corners if corner is not None)
    unit_x, unit_y = (UNITS.get(int(number(item.get(f"PhysicalUnits{axis}Direction")) or 0), "none") for axis in "XY")
    return UltrasoundRegion(
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        unit_x=unit_x,
        unit_y=unit_y,
        delta_x=number(item.get("PhysicalDeltaX")),
        delta_y=number(item.get("PhysicalDeltaY")),
        reference_x=number(item.get("ReferencePixelX0")),
        reference_y=number(item.get("ReferencePixelY0")),
        value_x=number(item.get("ReferencePixelPhysicalValueX")) or 0.0,
        value_y=number(item.get("ReferencePixelPhysicalValueY")) or 0.0,
        is_2d=number(item.get("RegionSpatialFormat")) == TWO_DIMENSIONAL,
        is_high_priority=bool(int(number(item.get("RegionFlags")) or 0) & HIGH_PRIORITY),
        fits=not (rows and columns) or (x1 < columns + OVERHANG_PX and y1 < rows + OVERHANG_PX),
    )
