"""Lengths and areas on one frame, with what they are worth (rule S06).

Points are (x, y) in pixels of the frame from its top left corner, x to the right: the centre of the first pixel is (0.5, 0.5). On a
slide they are pixels of the level's total matrix.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

from viewer.core.frame_facts import Facts
from viewer.core.mosaic import is_mosaic, tiles_across
from viewer.core.spacing import Kind, mpp_um_of, pixel_aspect_of, spacing_of
from viewer.core.ultrasound_regions import Point, UltrasoundRegion, read_regions, region_at

IN_REGION = "2D ultrasound region"
RESIZED = "the ultrasound region reaches beyond the picture, which was resized"


@dataclass(frozen=True, slots=True)
class Component:
    """A difference along one axis of an ultrasound region, and the values at both ends where the region states its zero."""

    axis: str
    difference: float
    unit: str
    start: float | None
    end: float | None

    def as_json(self) -> dict[str, Any]:
        return {"axis": self.axis, "difference": self.difference, "unit": self.unit, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class Measured:
    """A length or an area; value None: there is none, and label says why. components: of regions that aren't space both ways."""

    value: float | None
    unit: str
    kind: Kind
    label: str
    components: tuple[Component, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "unit": self.unit,
            "kind": self.kind,
            "label": self.label,
            "components": [component.as_json() for component in self.components],
        }


@dataclass(frozen=True, slots=True)
class Ruler:
    """What makes a length of pixels. width, height: of a pixel, in `unit`: mm, µm (slides) or px.

    regions: of an ultrasound image, which has no other scale. tile: (columns, rows) of a mosaic's slices, (0, 0) where unknown.
    """

    kind: Kind
    label: str
    unit: str
    width: float = 1.0
    height: float = 1.0
    regions: tuple[UltrasoundRegion, ...] = ()
    tile: tuple[float, float] | None = None

    def length(self, start: Point, end: Point) -> Measured:
        """Return the distance of two points."""
        across, down = end[0] - start[0], end[1] - start[1]
        if self.kind == "regions":
            region = self._space_of((start, end), "length")
            if isinstance(region, Measured):
                return region
            return Measured(math.hypot(across * (region.delta_x or 0), down * (region.delta_y or 0)), "cm", "regions", IN_REGION)
        if self._leaves_tile((start, end)):
            return Measured(None, "", "none", "across slices of a mosaic: no length")
        return Measured(math.hypot(across * self.width, down * self.height), self.unit, self.kind, self.label)

    def area(self, area_px: float, corners: tuple[Point, Point]) -> Measured:
        """Return an area given in pixels, of a shape whose bounding box has these two opposite corners."""
        if self.kind == "regions":
            region = self._space_of(corners, "area")
            if isinstance(region, Measured):
                return replace(region, components=())
            return Measured(area_px * abs((region.delta_x or 0) * (region.delta_y or 0)), "cm²", "regions", IN_REGION)
        if self._leaves_tile(corners):
            return Measured(None, "", "none", "across slices of a mosaic: no area")
        return Measured(area_px * self.width * self.height, f"{self.unit}²", self.kind, self.label)

    def _leaves_tile(self, ends: tuple[Point, Point]) -> bool:
        """Say whether two points don't surely lie on one slice of a mosaic; its edges are its own."""
        if self.tile is None:
            return False
        for (first, second), side in zip(zip(*ends, strict=True), self.tile, strict=True):
            if not side or max(first, second) > (min(first, second) // side + 1) * side:
                return True
        return False

    def _space_of(self, ends: tuple[Point, Point], what: str) -> UltrasoundRegion | Measured:
        """Return the region that both ends lie in and that is space both ways, else what there is instead."""
        first, second = (region_at(self.regions, end) for end in ends)
        if first is None or second is None:
            return Measured(None, "", "regions", f"outside the ultrasound regions: no {what}")
        if first is not second:
            return Measured(None, "", "regions", f"across ultrasound regions: no {what}")
        if not first.fits:
            return Measured(None, "", "regions", f"{RESIZED}: no {what}")
        if first.is_spatial:
            return first
        return Measured(None, "", "regions", f"ultrasound region with {_axis_words(first)}: no {what}", _components(first, ends))


def ruler_of(facts: Facts, *, modality: str, frame_index: int, rows: int, columns: int, is_slide: bool = False) -> Ruler:
    """Return the ruler of one frame. is_slide: a whole-slide image, which has µm per pixel or none."""
    if is_slide:
        mpp = mpp_um_of(facts)
        if mpp is None:
            return Ruler("none", "no µm per pixel stated: lengths in pixels only", "px")
        return Ruler("calibrated", f"{mpp[0]:.3g} × {mpp[1]:.3g} µm per pixel", "µm", *mpp)
    spacing = spacing_of(facts, modality, frame_index)
    if spacing.kind == "regions":
        return Ruler("regions", spacing.label, "", regions=tuple(read_regions(facts, rows=rows, columns=columns)))
    tile = _tile(facts, frame_index, rows, columns)
    if spacing.row_mm is None or spacing.column_mm is None:
        aspect = pixel_aspect_of(facts, spacing)
        label = spacing.label if aspect == 1 else f"{spacing.label}, of a pixel's width; its height is {aspect:.4g}"
        return Ruler("none", label, "px", 1.0, aspect, tile=tile)
    return Ruler(spacing.kind, spacing.label, "mm", spacing.column_mm, spacing.row_mm, tile=tile)


def _tile(facts: Facts, frame_index: int, rows: int, columns: int) -> tuple[float, float] | None:
    if not is_mosaic(facts, frame_index):
        return None
    across = tiles_across(facts)
    return (columns / across, rows / across) if across else (0.0, 0.0)


def _axis_words(region: UltrasoundRegion) -> str:
    words = {"none": "no units", "s": "time (s)", "cm": "cm", "cm/s": "velocity (cm/s)"}
    return f"{words.get(region.unit_x, region.unit_x)} across and {words.get(region.unit_y, region.unit_y)} down"


def _components(region: UltrasoundRegion, ends: tuple[Point, Point]) -> tuple[Component, ...]:
    """Differences along the axes that have units: of time, of velocity, of depth.

    A reference pixel is counted from the region's corner, and its value holds at its centre (PS3.3 C.8.5.5.1).
    """
    axes = (
        ("x", region.unit_x, region.delta_x, region.x0, region.reference_x, region.value_x),
        ("y", region.unit_y, region.delta_y, region.y0, region.reference_y, region.value_y),
    )
    found = []
    for index, (axis, unit, delta, corner, reference, value) in enumerate(axes):
        if unit == "none" or not delta:
            continue
        start, end = ends[0][index], ends[1][index]
        zero = None if reference is None else corner + reference + 0.5
        values = (None, None) if zero is None else (value + (start - zero) * delta, value + (end - zero) * delta)
        found.append(Component(axis, (end - start) * delta, unit, *values))
    return tuple(found)
