"""References to images as presentation states and key object notes make them (PS3.3 C.11.11, 10.3, C.17.2.1)."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from archive.core.dataset import text
from archive.core.description.values import items, whole_numbers

MAX_REFERENCES = 10_000


@dataclass(frozen=True, slots=True)
class Reference:
    """One image. frames: their numbers, from 1; () is all of them. series_instance_uid: "" where the reference does not say."""

    sop_instance_uid: str
    frames: tuple[int, ...] = ()
    series_instance_uid: str = ""

    def includes(self, sop_instance_uid: str, frame_number: int) -> bool:
        return self.sop_instance_uid == sop_instance_uid and (not self.frames or frame_number in self.frames)

    def as_json(self) -> dict[str, object]:
        return {"sop_instance_uid": self.sop_instance_uid, "frames": list(self.frames) or None}


def applies_to(references: Iterable[Reference], sop_instance_uid: str, frame_number: int) -> bool:
    """Say whether what carries these references is meant for a frame: it is for all where there are none."""
    listed = tuple(references)
    return not listed or any(reference.includes(sop_instance_uid, frame_number) for reference in listed)


def read_references(ds: Dataset, keyword: str = "ReferencedImageSequence", series_instance_uid: str = "") -> tuple[Reference, ...]:
    """Return the images that a sequence of references names; those without a UID are left out."""
    found = []
    for item in items(ds, keyword)[:MAX_REFERENCES]:
        uid = text(item, "ReferencedSOPInstanceUID")
        if uid:
            frames = tuple(number for number in whole_numbers(item, "ReferencedFrameNumber") if number > 0)
            found.append(Reference(uid, frames, series_instance_uid))
    return tuple(found)


def read_series_references(ds: Dataset, keyword: str = "ReferencedImageSequence") -> tuple[Reference, ...]:
    """Return the images that the Referenced Series Sequence of a data set names."""
    series = items(ds, "ReferencedSeriesSequence")
    return tuple(one for item in series for one in read_references(item, keyword, text(item, "SeriesInstanceUID")))[:MAX_REFERENCES]
