"""What a page asks to be measured: a shape on one frame. Points as in viewer.core.ruler."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from governance.core.faults import Malformed
from viewer.core.region_of_interest import Shape, ellipse_of, rectangle_of
from viewer.core.ultrasound_regions import Point

Kind = Literal["length", "ellipse", "rectangle"]
MOST_POINTS = 4
LARGEST_PX = 1e7  # of a coordinate; no image is larger
_UID = re.compile(r"[0-9.]{1,64}")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement that is asked for: two points of a length; of a rectangle and an ellipse as region_of_interest has them."""

    sop_instance_uid: str
    frame_number: int
    kind: Kind
    points: tuple[Point, ...]

    @property
    def shape(self) -> Shape:
        """The shape of an ellipse or rectangle. Raises: Malformed."""
        return ellipse_of(self.points) if self.kind == "ellipse" else rectangle_of(self.points)


def parse_measurement(body: Mapping[str, Any]) -> Measurement:
    """Read {"sop_instance_uid", "frame", "shape", "points"}. Raises: Malformed."""
    uid, frame_number, kind, points = (body.get(name) for name in ("sop_instance_uid", "frame", "shape", "points"))
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        raise Malformed("sop_instance_uid must be a UID")
    if type(frame_number) is not int or not 1 <= frame_number < 2**31:
        raise Malformed("frame must be a frame number")
    if kind not in ("length", "ellipse", "rectangle"):
        raise Malformed("shape must be length, ellipse or rectangle")
    if not isinstance(points, list) or not 2 <= len(points) <= MOST_POINTS:
        raise Malformed(f"points must be a list of 2 to {MOST_POINTS}")
    measurement = Measurement(uid, frame_number, kind, tuple(_point(point) for point in points))
    if kind != "length":
        _ = measurement.shape
    elif len(points) != 2:
        raise Malformed("a length has two points")
    return measurement


def _point(value: Any) -> Point:
    if not isinstance(value, list) or len(value) != 2:
        raise Malformed("a point is [x, y]")
    if not all(type(number) in (int, float) and math.isfinite(number) and abs(number) <= LARGEST_PX for number in value):
        raise Malformed("a point is two numbers")
    return float(value[0]), float(value[1])
