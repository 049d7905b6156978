"""Display shutters of a header (PS3.3 C.7.6.11, C.7.6.15, C.7.6.16.2.16)."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from archive.core.description.values import collapse, floats, groups, whole_numbers, words

_EDGES = ("ShutterLeftVerticalEdge", "ShutterRightVerticalEdge", "ShutterUpperHorizontalEdge", "ShutterLowerHorizontalEdge")
MAX_VERTICES = 4096


@dataclass(frozen=True, slots=True)
class Shutter:
    """What of an image is neutralised. Rows and columns count from 1, the upper left pixel, and may be fractions.

    edges: (left, right, upper, lower) of the rectangle. circle: (row, column, radius in columns). vertices: (row, column) of a
    polygon. bitmap_group: of the overlay whose 1-bits are neutralised. Only what all shapes leave open is seen.
    presentation_value: what is drawn instead, 0 black to 65,535 white. colour: the same as CIELab (0..65,535 each), for colour.
    """

    edges: tuple[float, float, float, float] | None = None
    circle: tuple[float, float, float] | None = None
    vertices: tuple[tuple[float, float], ...] | None = None
    bitmap_group: int | None = None
    presentation_value: int = 0
    colour: tuple[int, int, int] | None = None


def read_shutters(ds: Dataset, shared: Dataset | None, per_frame: list[Dataset]) -> tuple[Shutter | None, ...]:
    """Return one shutter for all frames, or one a frame; None: there is none."""
    return collapse(tuple(_shutter(item) for item in groups(shared, per_frame, "FrameDisplayShutterSequence", ds)))


def _shutter(item: Dataset | None) -> Shutter | None:
    """Return the shapes that are complete; a damaged one hides nothing."""
    shapes = words(item, "ShutterShape")
    edges = [number for keyword in _EDGES for number in floats(item, keyword)[:1]] if "RECTANGULAR" in shapes else []
    circle = [*floats(item, "CenterOfCircularShutter")[:2], *floats(item, "RadiusOfCircularShutter")[:1]] if "CIRCULAR" in shapes else []
    vertices = floats(item, "VerticesOfThePolygonalShutter") if "POLYGONAL" in shapes else []
    bitmap = whole_numbers(item, "ShutterOverlayGroup")[:1] if "BITMAP" in shapes else []
    value = whole_numbers(item, "ShutterPresentationValue")[:1]
    colour = whole_numbers(item, "ShutterPresentationColorCIELabValue")
    shutter = Shutter(
        edges=(edges[0], edges[1], edges[2], edges[3]) if len(edges) == 4 else None,
        circle=(circle[0], circle[1], circle[2]) if len(circle) == 3 else None,
        vertices=tuple(zip(vertices[::2], vertices[1::2], strict=True)) if _is_polygon(vertices) else None,
        bitmap_group=bitmap[0] if bitmap else None,
        presentation_value=min(max(value[0], 0), 65_535) if value else 0,
        colour=(colour[0], colour[1], colour[2]) if len(colour) == 3 else None,
    )
    has_shape = any(shape is not None for shape in (shutter.edges, shutter.circle, shutter.vertices, shutter.bitmap_group))
    return shutter if has_shape else None


def _is_polygon(vertices: list[float]) -> bool:
    return len(vertices) >= 6 and len(vertices) % 2 == 0 and len(vertices) <= 2 * MAX_VERTICES
