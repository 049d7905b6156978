"""File arrivals as rows: patients, studies, series, instances, conflicts. Runs inside the caller's transaction.

Instances are never joined to a patient, study or series that they contradict (rule S12); such an arrival is a conflict, kept and listed.
"""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import connection
from django.db.models import F, Model, QuerySet

from archive.core.dataset import Identity
from archive.core.patient_identity import agree, demographics_of
from archive.models import Conflict, Instance, Series, Study
from archive.services.arrivals import Arrival
from archive.services.patients import PatientIndex, demographics_of_row
from archive.services.search_words import index_new_studies
from governance.core.faults import Denied, Duplicate, Mismatch
from governance.core.policy import Action, Resource, Subject, decide

_CHUNK = 500
M = TypeVar("M", bound=Model)


@dataclass(slots=True)
class _Known:
    """The rows that this request's UIDs name, as stored or as about to be."""

    studies: dict[str, Study]
    series: dict[str, Series]
    contents: dict[str, str]  # SOP Instance UID -> SHA-256
    patients: PatientIndex
    new_studies: list[Study] = field(default_factory=list)
    new_series: list[Series] = field(default_factory=list)
    accepted: list[tuple[Arrival, Identity, Series]] = field(default_factory=list)


def file_arrivals(actor: Subject, arrivals: list[Arrival]) -> None:
    """Give each arrival its status and write the rows of those that are stored or in conflict.

    The bytes are in the store already. Raises IntegrityError when another request wrote the same UIDs meanwhile: start again then.
    """
    pairs = [(arrival, arrival.identity) for arrival in arrivals if arrival.identity is not None]
    if not pairs:
        return
    known = _look_up([identity for _, identity in pairs], pairs)
    for arrival, identity in pairs:
        _settle(actor, known, arrival, identity)
    _write(actor, known)
    _list_conflicts(arrival for arrival, _ in pairs if arrival.status == "conflict")


def _look_up(identities: list[Identity], pairs: list[tuple[Arrival, Identity]]) -> _Known:
    keys = {(identity.patient_id, arrival.issuer) for arrival, identity in pairs if identity.patient_id}
    _lock_names(f"{patient_id}\0{issuer}" for patient_id, issuer in keys)
    studies = _by_uid(
        Study.objects.select_for_update(of=("self",)).select_related("patient").order_by("pk"), "study_instance_uid", identities
    )
    return _Known(
        studies={study.study_instance_uid: study for study in studies},
        series={
            series.series_instance_uid: series
            for series in _by_uid(Series.objects.select_related("study"), "series_instance_uid", identities)
        },
        contents={
            instance.sop_instance_uid: instance.sha256
            for instance in _by_uid(Instance.objects.only("sop_instance_uid", "sha256"), "sop_instance_uid", identities)
        },
        patients=PatientIndex.of({patient_id for patient_id, _ in keys}),
    )


def _lock_names(names: Iterable[str]) -> None:
    """Let one request at a time decide about a patient; SQLite writes one at a time anyway."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for key in sorted({zlib.crc32(name.encode()) for name in names}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x5B0, key - 2**31])


def _by_uid(rows: "QuerySet[M]", column: str, identities: list[Identity]) -> list[M]:
    uids = sorted({str(getattr(identity, column)) for identity in identities})
    found: list[M] = []
    for start in range(0, len(uids), _CHUNK):
        found.extend(rows.filter(**{f"{column}__in": uids[start : start + _CHUNK]}))
    return found


def _settle(actor: Subject, known: _Known, arrival: Arrival, identity: Identity) -> None:
    """Decide what becomes of one arrival, in the order of what could hurt: identity first."""
    content = known.contents.get(identity.sop_instance_uid)
    if content is not None:
        if content == arrival.sha256:
            arrival.settle("already there")
        else:
            arrival.settle("conflict", Duplicate("Other content is stored under this SOP Instance UID."))
        return
    study = known.studies.get(identity.study_instance_uid)
    if study is not None and not decide(actor, Action.STORE, Resource(study.department)).allowed:
        arrival.refuse(Denied("You may not store in the department that this study belongs to."), keep=False)
        return
    if study is not None and not _is_patient_of(study, arrival, identity):
        arrival.settle("conflict", Mismatch("Its study is stored under another patient."))
        return
    series = known.series.get(identity.series_instance_uid)
    if series is not None and series.study.study_instance_uid != identity.study_instance_uid:
        arrival.settle("conflict", Mismatch("Its series is stored under another study."))
        return
    if study is None:
        study = _new_study(known, arrival, identity)
    if series is None:
        series = _new_series(known, study, identity)
    known.contents[identity.sop_instance_uid] = arrival.sha256
    known.accepted.append((arrival, identity, series))
    arrival.settle("stored")


def _is_patient_of(study: Study, arrival: Arrival, identity: Identity) -> bool:
    """Say whether an arrival names the patient of its study.

    Within one study an object that leaves out the issuer still means the same Patient ID (derived objects often do).
    """
    patient = study.patient
    if patient.patient_id != identity.patient_id:
        return False
    issuers = {patient.issuer_of_patient_id, arrival.issuer} - {""}
    return len(issuers) <= 1 and agree(demographics_of_row(patient), demographics_of(identity))


def _new_study(known: _Known, arrival: Arrival, identity: Identity) -> Study:
    study = Study(
        study_instance_uid=identity.study_instance_uid,
        patient=known.patients.patient_for(identity, arrival.issuer),
        department=arrival.department,
        study_id=identity.study_id,
        study_date=identity.study_date,
        study_time=identity.study_time,
        accession_number=identity.accession_number,
        study_description=identity.study_description,
        referring_physician_name=identity.referring_physician_name,
    )
    known.studies[identity.study_instance_uid] = study
    known.new_studies.append(study)
    return study


def _new_series(known: _Known, study: Study, identity: Identity) -> Series:
    series = Series(
        series_instance_uid=identity.series_instance_uid,
        study=study,
        modality=identity.modality,
        series_number=identity.series_number,
        series_description=identity.series_description,
        body_part_examined=identity.body_part_examined,
        series_date=identity.series_date,
        series_time=identity.series_time,
    )
    known.series[identity.series_instance_uid] = series
    known.new_series.append(series)
    return series


def _write(actor: Subject, known: _Known) -> None:
    """Insert what is new and bring the counts of studies and series up to date."""
    Study.objects.bulk_create(known.new_studies, batch_size=_CHUNK)
    index_new_studies(known.new_studies)
    Series.objects.bulk_create(known.new_series, batch_size=_CHUNK)
    Instance.objects.bulk_create((_instance(actor, *accepted) for accepted in known.accepted), batch_size=200)
    new_series = _counted(known.new_series, lambda series: series.study)
    for series, count in _counted(known.accepted, lambda accepted: accepted[2]).items():
        Series.objects.filter(pk=series.pk).update(number_of_instances=F("number_of_instances") + count)
    sizes: dict[Study, int] = {}
    modalities: dict[Study, set[str]] = {}
    for arrival, identity, series in known.accepted:
        sizes[series.study] = sizes.get(series.study, 0) + arrival.size_bytes
        modalities.setdefault(series.study, set()).add(identity.modality)
    for study, count in _counted(known.accepted, lambda accepted: accepted[2].study).items():
        Study.objects.filter(pk=study.pk).update(
            number_of_series=F("number_of_series") + new_series.get(study, 0),
            number_of_instances=F("number_of_instances") + count,
            size_bytes=F("size_bytes") + sizes[study],
            modalities=_joined(study.modalities, modalities[study]),
        )


T = TypeVar("T")
K = TypeVar("K")


def _counted(values: Iterable[T], key: Callable[[T], K]) -> dict[K, int]:
    counts: dict[K, int] = {}
    for value in values:
        counts[key(value)] = counts.get(key(value), 0) + 1
    return counts


def _joined(stored: str, added: set[str]) -> str:
    """Return modalities as Study.modalities keeps them: sorted between backslashes, within the column."""
    words = sorted({word for word in (*stored.split("\\"), *added) if word})
    joined = "\\" + "\\".join(words) + "\\" if words else ""
    return joined if len(joined) <= 128 else joined[:128].rpartition("\\")[0] + "\\"


def _instance(actor: Subject, arrival: Arrival, identity: Identity, series: Series) -> Instance:
    return Instance(
        sop_instance_uid=identity.sop_instance_uid,
        series=series,
        sop_class_uid=identity.sop_class_uid,
        transfer_syntax_uid=arrival.transfer_syntax_uid,
        instance_number=identity.instance_number,
        rows=arrival.rows,
        columns=arrival.columns,
        number_of_frames=arrival.number_of_frames,
        sha256=arrival.sha256,
        size_bytes=arrival.size_bytes,
        frame_table=arrival.frame_table,
        facts=arrival.facts,
        stored_by=actor.username[:150],
    )


def _list_conflicts(arrivals: Iterable[Arrival]) -> None:
    """List conflicts, each content once: sent again, it is the same conflict."""
    rows = [
        Conflict(
            sop_instance_uid=arrival.identity.sop_instance_uid,
            study_instance_uid=arrival.identity.study_instance_uid,
            sha256=arrival.sha256,
            size_bytes=arrival.size_bytes,
            reason=arrival.reason[:256],
            source=arrival.source,
            department=arrival.department,
        )
        for arrival in arrivals
        if arrival.identity is not None
    ]
    Conflict.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_CHUNK)
