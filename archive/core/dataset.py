"""Read values of a data set that may be wrong: text in Unicode, numbers or nothing. And the identity of an instance.

Attribute values from outside may have the wrong VR, multiplicity or character set. These accessors return what can be understood
and nothing otherwise; they never raise for a bad value.
"""

import hashlib
import logging
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydicom import config
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import PersonName

from archive.core.frame import FrameTable
from archive.core.uids import SeriesInstanceUid, SopClassUid, SopInstanceUid, StudyInstanceUid, TransferSyntaxUid

config.settings.reading_validation_mode = config.IGNORE  # values are checked here; pydicom would only warn
logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # its warnings quote values, which may name a patient

# What parsers raise for damaged values.
BAD_VALUE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    EOFError,
    struct.error,
    BytesLengthException,
)


MAX_IDENTIFIER, MAX_NAME = 64, 330  # characters of the index's columns


class _Silence:
    """The process's warning filters, set aside while anyone needs silence.

    They belong to the process, not to a thread: two `catch_warnings` that overlap on two threads would leave them changed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._filters = warnings.catch_warnings()

    def enter(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._filters.__exit__(None, None, None)


_silence = _Silence()


@contextmanager
def quiet() -> Iterator[None]:
    """Silence pydicom's warnings about bad values: they may quote patient data. Any number of threads at once."""
    _silence.enter()
    try:
        yield
    finally:
        _silence.leave()


def raw_value(dataset: Dataset, keyword: str) -> Any:
    """Return an element's decoded value, or None when it is absent, empty or cannot be decoded."""
    try:
        if keyword not in dataset:
            return None
        value = dataset[keyword].value
    except BAD_VALUE:
        return None
    return None if value is None or value == "" else value


def _clean(text: str) -> str:
    """Return text that every database and JSON can hold: no NUL, no half of a surrogate pair."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\0", "").strip()


def text(dataset: Dataset, keyword: str, limit: int | None = None) -> str:
    """Return an element's text in Unicode by Specific Character Set (PS3.3 C.12.1.1.2), several values joined by "\\"."""
    value = raw_value(dataset, keyword)
    if value is None or isinstance(value, (Sequence, bytes)):
        return ""
    try:
        parts = [str(part) for part in value] if isinstance(value, (MultiValue, list)) else [str(value)]
    except BAD_VALUE:
        return ""
    return _clean("\\".join(_clean(part) for part in parts))[:limit]


def kept_apart(value: str, limit: int) -> str:
    """Return a text that people are told apart by, within a column's limit: two that differ still do (rule S12).

    One that is too long keeps its beginning and ends in "…" and 24 hexadecimal digits of its SHA-256, so that nobody takes it for
    the whole.
    """
    if len(value) <= limit:
        return value
    mark = "…" + hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return value[: limit - len(mark)] + mark


def person_name(dataset: Dataset, keyword: str) -> str:
    """Return a person name with its ^ and = in Unicode; trailing empty components and groups are dropped (PS3.5 6.2.1.1)."""
    value = raw_value(dataset, keyword)
    if isinstance(value, MultiValue):
        value = next((part for part in value if part), None)
    if value is None or isinstance(value, (Sequence, bytes)):
        return ""
    try:
        name = str(value.decode() if isinstance(value, PersonName) else value)
    except BAD_VALUE:
        return ""
    return kept_apart("=".join(_clean(group).rstrip("^ ") for group in _clean(name).split("=")).rstrip("="), MAX_NAME)


def integer(dataset: Dataset, keyword: str) -> int | None:
    """Return a whole number, or None when there is no single one."""
    value = number(dataset, keyword)
    return int(value) if value is not None and value == int(value) else None


def number(dataset: Dataset, keyword: str) -> float | None:
    """Return a finite number, or None when there is no single one."""
    value = raw_value(dataset, keyword)
    if isinstance(value, (MultiValue, list)):
        value = value[0] if len(value) == 1 else None
    if value is None or isinstance(value, Sequence):
        return None
    try:
        result = float(value)
    except BAD_VALUE:
        return None
    return result if abs(result) < 1e300 else None


def items(dataset: Dataset, keyword: str) -> list[Dataset]:
    """Return the items of a sequence; none when it is absent or damaged."""
    value = raw_value(dataset, keyword)
    return list(value) if isinstance(value, Sequence) else []


def _digits(value: str, length: int) -> str:
    return "".join(character for character in value if character.isdigit())[:length]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who and what an instance is, as plain Unicode text in DICOM's own forms; "" for what it doesn't say."""

    sop_instance_uid: SopInstanceUid
    sop_class_uid: SopClassUid
    series_instance_uid: SeriesInstanceUid
    study_instance_uid: StudyInstanceUid
    patient_id: str
    issuer_of_patient_id: str
    patient_name: str
    patient_birth_date: str
    patient_sex: str
    study_id: str
    study_date: str
    study_time: str
    accession_number: str
    study_description: str
    referring_physician_name: str
    modality: str
    series_number: int | None
    series_description: str
    body_part_examined: str
    series_date: str
    series_time: str
    instance_number: int | None


def _small(value: int | None) -> int | None:
    """Return an IS value when it fits its own limits (PS3.5 6.2), else None."""
    return value if value is not None and -(2**31) <= value < 2**31 else None


def identity_of(dataset: Dataset) -> Identity:
    """Return the identity attributes of the Patient, Study, Series and SOP Common modules."""
    return Identity(
        sop_instance_uid=SopInstanceUid(text(dataset, "SOPInstanceUID")),
        sop_class_uid=SopClassUid(text(dataset, "SOPClassUID")),
        series_instance_uid=SeriesInstanceUid(text(dataset, "SeriesInstanceUID")),
        study_instance_uid=StudyInstanceUid(text(dataset, "StudyInstanceUID")),
        patient_id=kept_apart(text(dataset, "PatientID"), MAX_IDENTIFIER),
        issuer_of_patient_id=kept_apart(text(dataset, "IssuerOfPatientID"), MAX_IDENTIFIER),
        patient_name=person_name(dataset, "PatientName"),
        patient_birth_date=_digits(text(dataset, "PatientBirthDate"), 8),
        patient_sex=text(dataset, "PatientSex", 16).upper(),
        study_id=text(dataset, "StudyID", 16),
        study_date=_digits(text(dataset, "StudyDate"), 8),
        study_time=text(dataset, "StudyTime", 16).replace(":", ""),
        accession_number=text(dataset, "AccessionNumber", 64),
        study_description=text(dataset, "StudyDescription", 256),
        referring_physician_name=person_name(dataset, "ReferringPhysicianName"),
        modality=text(dataset, "Modality", 16).upper(),
        series_number=_small(integer(dataset, "SeriesNumber")),
        series_description=text(dataset, "SeriesDescription", 256),
        body_part_examined=text(dataset, "BodyPartExamined", 64),
        series_date=_digits(text(dataset, "SeriesDate"), 8),
        series_time=text(dataset, "SeriesTime", 16).replace(":", ""),
        instance_number=_small(integer(dataset, "InstanceNumber")),
    )


@dataclass(frozen=True, slots=True)
class DicomObject:
    """One instance as a reader understood it; its bytes stay where they are.

    dataset: everything before Pixel Data, values over 64 KB left out (sequences excepted).
    """

    dataset: Dataset
    identity: Identity
    transfer_syntax_uid: TransferSyntaxUid
    frame_table: FrameTable
    rows: int
    columns: int
    number_of_frames: int
