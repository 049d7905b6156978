"""Measuring: the values of a pixel, lengths, areas and statistics, from stored pixels at full depth (rules S06, S07).

open_frame asks governance and runs on a database thread; what takes a MeasuredFrame reads and decodes, and belongs on a render thread.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from archive.services import pixels, retrieve
from archive.services.acquisitions import acquisition_facts
from archive.services.retrieve import StoredImage
from governance.core.faults import Malformed, NotFound
from governance.core.policy import Subject
from viewer.core.frame_facts import number
from viewer.core.measurement import Measurement
from viewer.core.moments import Moment
from viewer.core.opened import instance_digest
from viewer.core.patient_position import frame_plane
from viewer.core.pet import earliest_acquisition
from viewer.core.quantity import Quantity, quantities_of
from viewer.core.ruler import Ruler, ruler_of
from viewer.core.sample_values import statistics_in, value_at
from viewer.core.suv import SuvReading, suv_of
from viewer.core.tray import WHOLE_SLIDE
from viewer.core.value_header import ValueHeader, read_value_header

HEADERS_KEPT = 256
EARLIEST_S = 10.0  # how long the first acquisition of a series is remembered: more images may come
SERIES_KEPT = 64


@dataclass(frozen=True, slots=True)
class MeasuredFrame:
    """A frame that its actor was let to. earliest: of a PET, when the first image of its series was acquired."""

    image: StoredImage
    frame_index: int
    earliest: Moment | None = None

    @property
    def is_slide(self) -> bool:
        return self.image.sop_class_uid == WHOLE_SLIDE

    def head(self) -> dict[str, Any]:
        """Say which frame it is (rule S01)."""
        uid = self.image.sop_instance_uid
        return {"sop_instance_uid": uid, "instance": instance_digest(uid), "frame": self.frame_index + 1}


def open_frame(*, actor: Subject, sop_instance_uid: str, frame_number: int) -> MeasuredFrame:
    """Return a frame (from 1) to measure on; the opening of its study is audited.

    Raises: NotFound, also for what this actor may not see.
    """
    image = retrieve.image(actor=actor, sop_instance_uid=sop_instance_uid)
    if not 1 <= frame_number <= image.number_of_frames:
        raise NotFound("frame", frame_number)
    earliest = _earliest.of(image.series_instance_uid) if image.modality == "PT" else None
    return MeasuredFrame(image, frame_number - 1, earliest)


def quantities_on(frame: MeasuredFrame) -> dict[str, Any]:
    """Return what the stored values of a frame mean, without a pixel: each quantity with its unit, or why it can't be had."""
    quantities, basis = _quantities(frame)
    listed = [quantity.head() | {"reason": quantity.reason} for quantity in quantities]
    return {**frame.head(), "quantities": listed, "suv_basis": basis}


def values_at(frame: MeasuredFrame, *, column: int, row: int) -> dict[str, Any]:
    """Return the values of one pixel (from 0), and its place in the patient where that is known.

    Raises: NotFound outside the frame; as decoding does.
    """
    image = frame.image
    if not (0 <= column < image.columns and 0 <= row < image.rows):
        raise NotFound("pixel")
    description = pixels.description_of(image)
    quantities, basis = _quantities(frame)
    decoded = pixels.decoded(image, frame.frame_index)
    values = value_at(decoded, description, quantities, column=column, row=row)
    plane = frame_plane(image.facts, modality=image.modality, frame_index=frame.frame_index, rows=image.rows, columns=image.columns)
    place = None if plane is None else list(plane.to_patient((column + 0.5, row + 0.5)))
    return {**frame.head(), "column": column, "row": row, **values, "suv_basis": basis, "mm": place}


def measure(frame: MeasuredFrame, measurement: Measurement) -> dict[str, Any]:
    """Return a length; or the area of a shape and the statistics inside. On a slide points are of the level's total matrix, and there are
    no statistics.

    Raises: Malformed when an end of a length lies outside the image; as decoding does.
    """
    ruler = _ruler(frame)
    head = {**frame.head(), "shape": measurement.kind}
    if measurement.kind == "length":
        start, end = measurement.points
        columns, rows = _matrix(frame)
        if not all(0 <= x <= columns and 0 <= y <= rows for x, y in (start, end)):
            raise Malformed("an end of the length lies outside the image")
        return {**head, "length": ruler.length(start, end).as_json()}
    shape = measurement.shape
    area = ruler.area(shape.area_px, shape.corners).as_json()
    if frame.is_slide:
        return {**head, "area": area, "statistics": [], "pixels": None, "padding": None, "is_within": None, "suv_basis": []}
    quantities, basis = _quantities(frame)
    decoded = pixels.decoded(frame.image, frame.frame_index)
    found = statistics_in(decoded, pixels.description_of(frame.image), quantities, shape)
    return {**head, "area": area, **found, "suv_basis": basis}


def _quantities(frame: MeasuredFrame) -> tuple[list[Quantity], list[str]]:
    header = _headers.of(frame.image)
    reading = suv_of(header.pet, earliest=frame.earliest) if header.pet is not None else SuvReading(())
    description = pixels.description_of(frame.image)
    return quantities_of(description, frame.frame_index, header, reading), list(reading.basis)


def _ruler(frame: MeasuredFrame) -> Ruler:
    image = frame.image
    return ruler_of(
        image.facts,
        modality=image.modality,
        frame_index=frame.frame_index,
        rows=image.rows,
        columns=image.columns,
        is_slide=frame.is_slide,
    )


def _matrix(frame: MeasuredFrame) -> tuple[float, float]:
    """Return columns and rows within which points lie: of a slide the level's."""
    image = frame.image
    if not frame.is_slide:
        return image.columns, image.rows
    stated = [number(image.facts.get(f"TotalPixelMatrix{side}")) for side in ("Columns", "Rows")]
    return stated[0] or image.columns, stated[1] or image.rows


class _Headers:
    """What headers say of values, read once and kept by the hash of the image's bytes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, ValueHeader] = OrderedDict()

    def of(self, image: StoredImage) -> ValueHeader:
        with self._lock:
            known = self._kept.get(image.sha256)
            if known is not None:
                self._kept.move_to_end(image.sha256)
                return known
        is_slide = image.sop_class_uid == WHOLE_SLIDE
        header = read_value_header(retrieve.read_header(image), pixels.description_of(image), is_slide=is_slide)
        with self._lock:
            self._kept[image.sha256] = header
            while len(self._kept) > HEADERS_KEPT:
                self._kept.popitem(last=False)
        return header


class _Earliest:
    """The first acquisition of series looked at last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Moment | None]] = OrderedDict()

    def of(self, series_instance_uid: str) -> Moment | None:
        now = time.monotonic()
        with self._lock:
            known = self._kept.get(series_instance_uid)
            if known is not None and now - known[0] < EARLIEST_S:
                return known[1]
        moment = earliest_acquisition(acquisition_facts(series_instance_uid=series_instance_uid))
        with self._lock:
            self._kept[series_instance_uid] = (now, moment)
            self._kept.move_to_end(series_instance_uid)
            while len(self._kept) > SERIES_KEPT:
                self._kept.popitem(last=False)
        return moment


_headers = _Headers()
_earliest = _Earliest()
