"""Read what is stored: studies, images, frames, whole instances. Unknown and forbidden look the same.

Functions that take an actor ask governance and record the opening; those that take a StoredImage touch no database and may run on any
thread: who holds one was let in.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from archive.core.facts import JSON
from archive.core.frame import FrameTable, align_bits, defragment
from archive.core.readers import transfer_syntaxes
from archive.core.readers.part10 import dataset_offset, relabelled_header
from archive.core.readers.source import Source, inflated_range
from archive.models import Instance, Patient, Series, Study
from archive.services.storage import ObjectStore, object_store
from governance.core.faults import Malformed, NotFound, TooLarge, Unsupported
from governance.core.policy import Action, Subject
from governance.services.access import narrow
from governance.services.audit import study_opened, study_previewed

CHUNK_BYTES = 1 << 20
MAX_HEADER_BYTES = 64_000_000


@dataclass(frozen=True, eq=False, slots=True)
class StoredImage:
    """One stored instance: enough to read its bytes and frames, and the facts of archive.core.facts.

    frame_table is FrameTable.DEFERRED where lists leave it out (study_record); read_frame then refuses.
    rows, columns, number_of_frames are 0 for objects without Pixel Data. Equal when the content is.
    """

    sop_instance_uid: str
    sop_class_uid: str
    series_instance_uid: str
    study_instance_uid: str
    department: str
    transfer_syntax_uid: str
    sha256: str
    size_bytes: int
    frame_table: FrameTable = field(repr=False)
    number_of_frames: int
    rows: int
    columns: int
    facts: dict[str, JSON] = field(repr=False)
    instance_number: int | None = None
    modality: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredImage) and other.sop_instance_uid == self.sop_instance_uid and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """A patient's attributes in DICOM's text forms."""

    patient_id: str
    issuer_of_patient_id: str
    patient_name: str
    patient_birth_date: str
    patient_sex: str
    identity_conflict: bool


@dataclass(frozen=True, slots=True)
class SeriesRecord:
    """A series and its instances by Instance Number."""

    series_instance_uid: str
    modality: str
    series_number: int | None
    series_description: str
    body_part_examined: str
    series_date: str
    series_time: str
    images: tuple[StoredImage, ...]


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """A study with its patient and series by Series Number."""

    study_instance_uid: str
    department: str
    patient: PatientRecord
    study_id: str
    study_date: str
    study_time: str
    accession_number: str
    study_description: str
    referring_physician_name: str
    modalities: tuple[str, ...]
    number_of_series: int
    number_of_instances: int
    size_bytes: int
    series: tuple[SeriesRecord, ...]


def study_record(*, actor: Subject, study_instance_uid: str, is_preview: bool = False) -> StudyRecord:
    """Return a study with everything in it, frame tables left out; records that the actor opened or previewed it. Three queries.

    Raises: NotFound when it is unknown or not for this actor.
    """
    study = (
        Study.objects.filter(narrow(actor, Action.READ, "department", "study_instance_uid"), study_instance_uid=study_instance_uid)
        .select_related("patient")
        .first()
    )
    if study is None:
        raise NotFound("study")
    record_reading = study_previewed if is_preview else study_opened
    record_reading(actor=actor, study_instance_uid=study.study_instance_uid)
    series = list(Series.objects.filter(study=study))
    images: dict[int, list[StoredImage]] = {row.pk: [] for row in series}
    for instance in _in_order(Instance.objects.filter(series__study=study).select_related("series").defer("frame_table")):
        images[instance.series_id].append(_stored_image(instance, study, FrameTable.DEFERRED))
    records = [_series_record(row, images[row.pk]) for row in series]
    return _study_record(study, sorted(records, key=lambda record: (record.series_number is None, record.series_number or 0)))


def images_of_series(*, actor: Subject, series_instance_uid: str) -> list[StoredImage]:
    """Return a series' instances by Instance Number, with frame tables; records the opening of the study.

    Raises: NotFound when the series is unknown or not for this actor.
    """
    series = (
        Series.objects.filter(
            narrow(actor, Action.READ, "study__department", "study__study_instance_uid"), series_instance_uid=series_instance_uid
        )
        .select_related("study")
        .first()
    )
    if series is None:
        raise NotFound("series")
    study_opened(actor=actor, study_instance_uid=series.study.study_instance_uid)
    instances = _in_order(Instance.objects.filter(series=series).select_related("series"))
    return [_stored_image(instance, series.study, FrameTable.unpack(bytes(instance.frame_table))) for instance in instances]


def image(*, actor: Subject, sop_instance_uid: str, is_preview: bool = False) -> StoredImage:
    """Return one instance with its frame table; records the opening of its study, or for a thumbnail that it was previewed.

    Raises: NotFound when it is unknown or not for this actor.
    """
    instance = (
        Instance.objects.filter(
            narrow(actor, Action.READ, "series__study__department", "series__study__study_instance_uid"), sop_instance_uid=sop_instance_uid
        )
        .select_related("series__study")
        .first()
    )
    if instance is None:
        raise NotFound("instance")
    study = instance.series.study
    record_reading = study_previewed if is_preview else study_opened
    record_reading(actor=actor, study_instance_uid=study.study_instance_uid)
    return _stored_image(instance, study, FrameTable.unpack(bytes(instance.frame_table)))


def instances_of_classes(*, actor: Subject, study_instance_uid: str, sop_classes: Collection[str]) -> list[StoredImage]:
    """Return a study's instances of some SOP Classes, with frame tables, by Instance Number; records the opening if there are any.

    sop_classes: UIDs; one that ends with a dot stands for all that begin with it.
    """
    wanted = Q()
    for uid in sop_classes:
        wanted |= Q(sop_class_uid__startswith=uid) if uid.endswith(".") else Q(sop_class_uid=uid)
    narrowed = narrow(actor, Action.READ, "series__study__department", "series__study__study_instance_uid")
    instances = Instance.objects.filter(narrowed, wanted, series__study__study_instance_uid=study_instance_uid)
    found = list(_in_order(instances.select_related("series__study")))
    if found:
        study_opened(actor=actor, study_instance_uid=study_instance_uid)
    return [_stored_image(one, one.series.study, FrameTable.unpack(bytes(one.frame_table))) for one in found]


def read_frame(image: StoredImage, frame_index: int) -> bytes:
    """Return one frame's encoded bytes: one range read, fragments joined.

    Uncompressed frames of 1-bit pixels begin at bit 0 of the first byte, wherever they lie in the file.
    Raises: NotFound for a frame the image doesn't have, Unsupported for a video or an object without pixels, Malformed when the bytes
    are damaged.
    """
    table = image.frame_table
    if table is FrameTable.DEFERRED:
        raise ValueError("this image was listed without its frame table")
    if table.kind == "none":
        raise Unsupported("frames of this object", image.sop_class_uid)
    try:
        offset, length = table.span(frame_index)
    except IndexError as exc:
        raise NotFound("frame") from exc
    store = object_store()
    if table.kind == "encapsulated":
        encoded = store.read(image.sha256, offset, length)
        return defragment(encoded) if table.is_fragmented else encoded
    if table.kind == "deflated":
        source = _StoredSource(store, image)
        covering = inflated_range(source, start=dataset_offset(source), offset=offset, length=length)
        if len(covering) < length:
            raise Malformed("the deflated data set ends before the frame does")
    else:
        covering = store.read(image.sha256, offset, length)
    bit_offset = table.bit_offset(frame_index)
    return align_bits(covering, bit_offset=bit_offset, bits=table.bits_per_frame) if table.bits_per_frame % 8 else covering


def view_frame(image: StoredImage, frame_index: int) -> bytes | memoryview:
    """Return one frame's encoded bytes as read_frame does, mapped instead of copied where it is uncompressed and local."""
    table = image.frame_table
    if table.kind != "native" or table.bits_per_frame % 8 or not 0 <= frame_index < len(table):
        return read_frame(image, frame_index)
    return object_store().view(image.sha256, *table.span(frame_index))


def view_frame_at_once(image: StoredImage, frame_index: int) -> memoryview | None:
    """Return a compressed frame's bytes if they lie in one piece in this machine's memory, else None; never waits."""
    table = image.frame_table
    if table.kind != "encapsulated" or table.is_fragmented or not 0 <= frame_index < len(table):
        return None
    return object_store().view_at_once(image.sha256, *table.span(frame_index))


def read_header(image: StoredImage) -> bytes:
    """Return everything before Pixel Data as pydicom reads it (with force); all of it, where there is none.

    The header of a deflated instance comes inflated, behind file meta that says Explicit VR Little Endian.
    Raises: TooLarge above MAX_HEADER_BYTES.
    """
    if _table_of(image).header_length > MAX_HEADER_BYTES:
        raise TooLarge("header", _table_of(image).header_length)
    store = object_store()
    if image.transfer_syntax_uid != transfer_syntaxes.DEFLATED:
        return store.read(image.sha256, 0, _table_of(image).header_length)
    source = _StoredSource(store, image)
    offset = dataset_offset(source)
    dataset = inflated_range(source, start=offset, offset=0, length=_table_of(image).header_length)
    return relabelled_header(store.read(image.sha256, 0, offset)) + dataset


def source_of(image: StoredImage) -> Source:
    """Return the instance's bytes as readers take them, wherever they are stored."""
    return _StoredSource(object_store(), image)


def read_instance(image: StoredImage) -> Iterator[bytes]:
    """Yield the instance's bytes as they came, in pieces of CHUNK_BYTES."""
    store = object_store()
    for offset in range(0, image.size_bytes, CHUNK_BYTES):
        yield store.read(image.sha256, offset, min(CHUNK_BYTES, image.size_bytes - offset))


class _StoredSource:
    """A stored object as a reader's source."""

    def __init__(self, store: ObjectStore, image: StoredImage) -> None:
        self._store = store
        self._sha256 = image.sha256
        self.size = image.size_bytes

    def read_at(self, offset: int, length: int) -> bytes:
        return self._store.read(self._sha256, offset, max(0, min(length, self.size - offset)))


def _table_of(image: StoredImage) -> FrameTable:
    if image.frame_table is FrameTable.DEFERRED:
        raise ValueError("this image was listed without its frame table")
    return image.frame_table


def _in_order(rows: "QuerySet[Instance]") -> "QuerySet[Instance]":
    return rows.order_by("instance_number", "sop_instance_uid")


def _stored_image(instance: Instance, study: Study, frame_table: FrameTable) -> StoredImage:
    return StoredImage(
        sop_instance_uid=instance.sop_instance_uid,
        sop_class_uid=instance.sop_class_uid,
        series_instance_uid=instance.series.series_instance_uid,
        study_instance_uid=study.study_instance_uid,
        department=study.department,
        transfer_syntax_uid=instance.transfer_syntax_uid,
        sha256=instance.sha256,
        size_bytes=instance.size_bytes,
        frame_table=frame_table,
        number_of_frames=instance.number_of_frames,
        rows=instance.rows,
        columns=instance.columns,
        facts=instance.facts,
        instance_number=instance.instance_number,
        modality=instance.series.modality,
    )


def _series_record(series: Series, images: list[StoredImage]) -> SeriesRecord:
    return SeriesRecord(
        series.series_instance_uid,
        series.modality,
        series.series_number,
        series.series_description,
        series.body_part_examined,
        series.series_date,
        series.series_time,
        tuple(images),
    )


def patient_record(patient: Patient) -> PatientRecord:
    return PatientRecord(
        patient.patient_id,
        patient.issuer_of_patient_id,
        patient.patient_name,
        patient.patient_birth_date,
        patient.patient_sex,
        patient.identity_conflict,
    )


def _study_record(study: Study, series: list[SeriesRecord]) -> StudyRecord:
    return StudyRecord(
        study_instance_uid=study.study_instance_uid,
        department=study.department,
        patient=patient_record(study.patient),
        study_id=study.study_id,
        study_date=study.study_date,
        study_time=study.study_time,
        accession_number=study.accession_number,
        study_description=study.study_description,
        referring_physician_name=study.referring_physician_name,
        modalities=tuple(word for word in study.modalities.split("\\") if word),
        number_of_series=study.number_of_series,
        number_of_instances=study.number_of_instances,
        size_bytes=study.size_bytes,
        series=tuple(series),
    )
