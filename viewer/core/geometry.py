"""Patient geometry of an image plane: which way its edges point, its normal, its place along the normal.

The patient coordinate system (PS3.3 C.7.6.2.1.1): +x to the patient's left (L), +y to the back (P), +z to the head (H).
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from viewer.core.frame_facts import Facts, numbers, value_at
from viewer.core.mosaic import is_mosaic

Vector = tuple[float, float, float]
POSITIVE, NEGATIVE = "LPH", "RAF"
OPPOSITE = dict(zip(POSITIVE + NEGATIVE, NEGATIVE + POSITIVE, strict=True))
OBLIQUE = math.sin(math.radians(10))  # a second letter from ten degrees off the axis
UNIT_TOLERANCE = 0.01  # of length and of the right angle; Image Orientation is decimal text
PARALLEL = 5e-5  # 1 - cos of about half a degree


@dataclass(frozen=True, slots=True)
class Edges:
    """The letters at the four edges of the image as stored, before any flip or rotation."""

    left: str
    right: str
    top: str
    bottom: str

    def as_json(self) -> dict[str, str]:
        return {"left": self.left, "right": self.right, "top": self.top, "bottom": self.bottom}


@dataclass(frozen=True, slots=True)
class Plane:
    """Unit vectors along a row (towards higher columns) and along a column (towards higher rows)."""

    row: Vector
    column: Vector

    @property
    def normal(self) -> Vector:
        """Return the unit normal, turned towards L, P or H: whichever axis it is nearest to (PS3.3 C.7.6.2.1.1)."""
        (a, b, c), (d, e, f) = self.row, self.column
        cross = (b * f - c * e, c * d - a * f, a * e - b * d)
        length = math.sqrt(dot(cross, cross))
        sign = 1.0 if max(cross, key=abs) > 0 else -1.0
        return (sign * cross[0] / length, sign * cross[1] / length, sign * cross[2] / length)

    @property
    def name(self) -> str:
        """Return sagittal, coronal or axial, whichever is nearest; "oblique" in front from ten degrees off it."""
        normal = self.normal
        nearest = max(range(3), key=lambda axis: abs(normal[axis]))
        plain = ("sagittal", "coronal", "axial")[nearest]
        return plain if abs(normal[nearest]) > math.cos(math.radians(10)) else f"oblique {plain}"

    def is_parallel_to(self, other: "Plane") -> bool:
        """Say whether both axes point the same way within half a degree."""
        return dot(self.row, other.row) > 1 - PARALLEL and dot(self.column, other.column) > 1 - PARALLEL


def dot(a: Vector, b: Vector) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def vector(value: Any) -> Vector | None:
    """Return three finite numbers, or None."""
    found = numbers(value)
    return (found[0], found[1], found[2]) if found and len(found) == 3 else None


def plane_of(image_orientation_patient: Any) -> Plane | None:
    """Return the plane of Image Orientation (Patient), or None unless it is two perpendicular unit vectors."""
    found = numbers(image_orientation_patient)
    return _plane(tuple(found)) if found and len(found) == 6 else None


@lru_cache(maxsize=1024)  # the slices of a stack share one
def _plane(found: tuple[float, ...]) -> Plane | None:
    row, column = (found[0], found[1], found[2]), (found[3], found[4], found[5])
    lengths = math.sqrt(dot(row, row)), math.sqrt(dot(column, column))
    if any(abs(length - 1) > UNIT_TOLERANCE for length in lengths) or abs(dot(row, column)) > UNIT_TOLERANCE:
        return None
    return Plane(row, column)


def letters(direction: Vector) -> str:
    """Name a direction by one or two letters, the nearer axis first; two when it is oblique (PS3.3 C.7.6.1.1.1)."""
    parts = sorted(((abs(value), (POSITIVE if value > 0 else NEGATIVE)[axis]) for axis, value in enumerate(direction)), key=lambda p: -p[0])
    return parts[0][1] + (parts[1][1] if parts[1][0] > OBLIQUE else "")


def opposite(named: str) -> str:
    """Return the letters of the opposite direction."""
    return "".join(OPPOSITE[letter] for letter in named)


@lru_cache(maxsize=1024)
def edges_of_plane(plane: Plane) -> Edges:
    """Letters at the edges of an image in a plane: a row runs towards the right edge, a column towards the bottom."""
    right, bottom = letters(plane.row), letters(plane.column)
    return Edges(left=opposite(right), right=right, top=opposite(bottom), bottom=bottom)


def edges_of_patient_orientation(patient_orientation: Any) -> Edges | None:
    """Letters from Patient Orientation (0020,0020): the directions of row and column; None unless they make sense.

    Only the letters of a biped; a direction that names an axis twice, or both values on one axis, is no orientation.
    """
    if not isinstance(patient_orientation, list | tuple) or len(patient_orientation) != 2:
        return None
    right, bottom = (str(value).strip().upper() for value in patient_orientation)
    for named in (right, bottom):
        if not re.fullmatch("[LPHRAF]{1,3}", named) or len({_axis(letter) for letter in named}) != len(named):
            return None
    if _axis(right[0]) == _axis(bottom[0]):
        return None
    return Edges(left=opposite(right), right=right, top=opposite(bottom), bottom=bottom)


def edges_of_frame(facts: Facts, frame_index: int) -> Edges | None:
    """Letters of one frame, from Image Orientation (Patient), else Patient Orientation, else None: unknown, never a guess."""
    stated = value_at(facts, "ImageOrientationPatient", frame_index)
    if stated:
        plane = plane_of(stated)
        return edges_of_plane(plane) if plane else None
    return edges_of_patient_orientation(value_at(facts, "PatientOrientation", frame_index))


def placement_of_frame(facts: Facts, frame_index: int) -> tuple[Plane, Vector] | None:
    """Return a frame's plane and the centre of its first pixel in the patient, in mm; None unless both are stated and sound.

    A mosaic has none: what it states is the corner of a sheet of slices, no place in the patient.
    With the pixel spacing, Equation C.7.6.2.1-1 of PS3.3 follows: the centre of the pixel in column i and row j (from 0) lies at
    origin + row * column spacing * i + column * row spacing * j.
    """
    if is_mosaic(facts, frame_index):
        return None
    plane = plane_of(value_at(facts, "ImageOrientationPatient", frame_index))
    origin = vector(value_at(facts, "ImagePositionPatient", frame_index))
    return (plane, origin) if plane and origin else None


def _axis(letter: str) -> int:
    return (POSITIVE if letter in POSITIVE else NEGATIVE).index(letter)
