"""Between a frame's pixels and the patient, in millimetres (PS3.3 C.7.6.2.1.1). Points as in viewer.core.ruler."""

from dataclasses import dataclass

from viewer.core.frame_facts import Facts, text
from viewer.core.geometry import Plane, Vector, dot, placement_of_frame
from viewer.core.spacing import spacing_of
from viewer.core.ultrasound_regions import Point


@dataclass(frozen=True, slots=True)
class FramePlane:
    """Where a frame lies: origin is the centre of its first pixel; column_mm from column to column, row_mm from row to row."""

    plane: Plane
    origin: Vector
    column_mm: float
    row_mm: float
    columns: int
    rows: int
    frame_of_reference: str = ""

    def to_patient(self, point: Point) -> Vector:
        """Return the place of a point of the frame (Equation C.7.6.2.1-1)."""
        across, down = (point[0] - 0.5) * self.column_mm, (point[1] - 0.5) * self.row_mm
        (x, y, z), (a, b, c), (d, e, f) = self.origin, self.plane.row, self.plane.column
        return (x + a * across + d * down, y + b * across + e * down, z + c * across + f * down)

    def to_frame(self, place: Vector) -> Point:
        """Return the point of the frame at the foot of the perpendicular from a place."""
        away = minus(place, self.origin)
        row, column = self.plane.row, self.plane.column
        # Direction cosines are decimal text, not quite of length 1 nor quite at right angles: solved, so that there and back agrees.
        rr, rc, cc = dot(row, row), dot(row, column), dot(column, column)
        along_row, along_column = dot(away, row), dot(away, column)
        determinant = rr * cc - rc * rc
        across = (along_row * cc - along_column * rc) / determinant
        down = (along_column * rr - along_row * rc) / determinant
        return (across / self.column_mm + 0.5, down / self.row_mm + 0.5)

    def distance_mm(self, place: Vector) -> float:
        """Return how far a place lies from the plane, towards its normal positive."""
        return dot(minus(place, self.origin), self.plane.normal)

    @property
    def centre(self) -> Vector:
        """The place of the middle of the frame."""
        return self.to_patient((self.columns / 2, self.rows / 2))

    def holds(self, point: Point) -> bool:
        return 0 <= point[0] <= self.columns and 0 <= point[1] <= self.rows


def frame_plane(facts: Facts, *, modality: str, frame_index: int, rows: int, columns: int) -> FramePlane | None:
    """Return where a frame lies; None unless plane, place and a calibrated spacing are known (rule S06)."""
    placement = placement_of_frame(facts, frame_index)
    spacing = spacing_of(facts, modality, frame_index)
    if placement is None or spacing.kind != "calibrated" or not spacing.row_mm or not spacing.column_mm:
        return None
    plane, origin = placement
    return FramePlane(plane, origin, spacing.column_mm, spacing.row_mm, columns, rows, text(facts.get("FrameOfReferenceUID")))


def minus(a: Vector, b: Vector) -> Vector:
    """Return the vector from b to a."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])
