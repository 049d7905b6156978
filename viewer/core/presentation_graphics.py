"""Graphic annotations of a presentation state: layers, shapes and texts (PS3.3 C.10.5, C.10.7).

Coordinates are (x, y) = (column, row). PIXEL: in pixels of the image from the outer corner of its first pixel, which is 0, 0.
DISPLAY: fractions of the displayed area, 0, 0 its top left and 1, 1 its bottom right. MATRIX: as PIXEL, of a slide's whole matrix.
"""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from archive.core.dataset import text
from archive.core.description.values import floats, items, whole_numbers, word
from viewer.core.icc import lab_to_srgb
from viewer.core.references import Reference, read_references

Point = tuple[float, float]
Colour = tuple[int, int, int]

MAX_OBJECTS = 5000  # shapes and texts of one state
MAX_POINTS = 100_000
MAX_TEXT = 1024
_UNITS = ("PIXEL", "DISPLAY", "MATRIX")
# Graphic Type -> how many points it takes: exactly, or at least where is_open.
_POINTS = {"POINT": (1, False), "POLYLINE": (2, True), "INTERPOLATED": (2, True), "CIRCLE": (2, False), "ELLIPSE": (4, False)}
_STYLES = ("LineStyleSequence", "FillStyleSequence", "TextStyleSequence")


@dataclass(frozen=True, slots=True)
class GraphicLayer:
    """A layer. order: the higher lies above. colour: sRGB, as the state recommends, or None."""

    name: str
    order: int
    description: str = ""
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape: POINT, POLYLINE or INTERPOLATED of its points; CIRCLE (centre, a point on it); ELLIPSE (ends of the major, then
    minor axis)."""

    kind: str
    units: str
    points: tuple[Point, ...]
    is_filled: bool = False


@dataclass(frozen=True, slots=True)
class TextLabel:
    """A text in a box (top left, bottom right) or at an anchor point, or both."""

    text: str
    box: tuple[Point, Point] | None = None
    box_units: str = "PIXEL"
    justification: str = "LEFT"
    anchor: Point | None = None
    anchor_units: str = "PIXEL"
    is_anchor_visible: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is drawn on a layer over some images. references: () is all that the state refers to."""

    layer: str
    references: tuple[Reference, ...]
    shapes: tuple[Shape, ...]
    labels: tuple[TextLabel, ...]


def read_layers(ds: Dataset) -> tuple[GraphicLayer, ...]:
    """Return the layers of a state, the lowest first."""
    layers = [_layer(item) for item in items(ds, "GraphicLayerSequence")[:MAX_OBJECTS]]
    return tuple(sorted(layers, key=lambda layer: layer.order))


def _layer(item: Dataset) -> GraphicLayer:
    order = whole_numbers(item, "GraphicLayerOrder")[:1]
    lab = whole_numbers(item, "GraphicLayerRecommendedDisplayCIELabValue")
    grey = whole_numbers(item, "GraphicLayerRecommendedDisplayGrayscaleValue")[:1]
    colour: Colour | None = None
    if len(lab) == 3:  # scaled as C.10.7.1.1 says
        colour = lab_to_srgb((lab[0] * 100 / 65_535, lab[1] * 255 / 65_535 - 128, lab[2] * 255 / 65_535 - 128))
    elif grey:
        level = min(max(round(grey[0] * 255 / 65_535), 0), 255)
        colour = (level, level, level)
    return GraphicLayer(text(item, "GraphicLayer", 64), order[0] if order else 0, text(item, "GraphicLayerDescription", 256), colour)


def read_annotations(ds: Dataset) -> tuple[tuple[Annotation, ...], list[str]]:
    """Return the graphics of a state, and what of them is not drawn, in words."""
    reader = _Reader()
    return tuple(reader.annotation(item) for item in items(ds, "GraphicAnnotationSequence")), reader.notes()


class _Reader:
    """Reads annotations and counts what is left out."""

    def __init__(self) -> None:
        self._objects = self._points = 0
        self._left_out: dict[str, int] = {}
        self._has_styles = False

    def annotation(self, item: Dataset) -> Annotation:
        shapes = [shape for each in items(item, "GraphicObjectSequence") if (shape := self._shape(each)) is not None]
        labels = [label for each in items(item, "TextObjectSequence") if (label := self._label(each)) is not None]
        for compound in items(item, "CompoundGraphicSequence"):
            self._leave_out(f"compound graphic ({word(compound, 'CompoundGraphicType').lower() or 'of no type'})")
        return Annotation(text(item, "GraphicLayer", 64), read_references(item), tuple(shapes), tuple(labels))

    def notes(self) -> list[str]:
        notes = [f"not drawn: {count} × {what}" for what, count in self._left_out.items()]
        return [*notes, *(["line, fill and text styles are drawn plainly"] if self._has_styles else [])]

    def _leave_out(self, what: str) -> None:
        self._left_out[what] = self._left_out.get(what, 0) + 1

    def _is_room(self, points: int) -> bool:
        self._objects, self._points = self._objects + 1, self._points + points
        return self._objects <= MAX_OBJECTS and self._points <= MAX_POINTS

    def _shape(self, item: Dataset) -> Shape | None:
        kind, units, numbers = word(item, "GraphicType"), word(item, "GraphicAnnotationUnits"), floats(item, "GraphicData")
        self._has_styles |= any(items(item, keyword) for keyword in _STYLES)
        needed, is_open = _POINTS.get(kind, (0, False))
        if not needed:
            self._leave_out(f"graphic of type {kind[:16] or 'unknown'}")
            return None
        count = len(numbers) // 2
        if units not in _UNITS or len(numbers) % 2 or count < needed or (count > needed and not is_open):
            self._leave_out(f"damaged {kind.lower()}")
            return None
        if not self._is_room(count):
            self._leave_out("graphic beyond what is drawn of one state")
            return None
        return Shape(kind, units, tuple(zip(numbers[::2], numbers[1::2], strict=True)), word(item, "GraphicFilled") == "Y")

    def _label(self, item: Dataset) -> TextLabel | None:
        words = text(item, "UnformattedTextValue", MAX_TEXT)
        self._has_styles |= any(items(item, keyword) for keyword in _STYLES)
        corners = [_point(item, f"BoundingBox{side}HandCorner") for side in ("TopLeft", "BottomRight")]
        anchor = _point(item, "AnchorPoint")
        box = (corners[0], corners[1]) if corners[0] is not None and corners[1] is not None else None
        box_units, anchor_units = word(item, "BoundingBoxAnnotationUnits"), word(item, "AnchorPointAnnotationUnits")
        has_box, has_anchor = box is not None and box_units in _UNITS, anchor is not None and anchor_units in _UNITS
        if not words or not (has_box or has_anchor) or not self._is_room(0):
            self._leave_out("text without words or place" if self._objects <= MAX_OBJECTS else "text beyond what is drawn of one state")
            return None
        return TextLabel(
            text=words,
            box=box if has_box else None,
            box_units=box_units if has_box else "PIXEL",
            justification=word(item, "BoundingBoxTextHorizontalJustification") or "LEFT",
            anchor=anchor if has_anchor else None,
            anchor_units=anchor_units if has_anchor else "PIXEL",
            is_anchor_visible=word(item, "AnchorPointVisibility") == "Y",
        )


def _point(item: Dataset, keyword: str) -> Point | None:
    numbers = floats(item, keyword)
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
