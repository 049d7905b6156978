"""Search of the index at three levels, for QIDO-RS and C-FIND.

Every query is narrowed in SQL to what the actor may read, takes a constant number of statements, and is audited by a hash.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from archive.core.query import AnyOf, Query
from archive.models import Instance, Series, Study
from archive.services.matching import conditions, modalities_of
from governance.core.policy import Action, Resource, Subject
from governance.services import audit
from governance.services.access import narrow, require

Found = dict[str, Any]  # keyword -> value, ready for archive.core.dicom_json

PATIENT_COLUMNS = {
    "PatientName": "patient_name",
    "PatientID": "patient_id",
    "IssuerOfPatientID": "issuer_of_patient_id",
    "PatientBirthDate": "patient_birth_date",
    "PatientSex": "patient_sex",
}
STUDY_COLUMNS = {
    "StudyInstanceUID": "study_instance_uid",
    "StudyDate": "study_date",
    "StudyTime": "study_time",
    "AccessionNumber": "accession_number",
    "ModalitiesInStudy": "modalities",
    "ReferringPhysicianName": "referring_physician_name",
    "StudyID": "study_id",
    "StudyDescription": "study_description",
    "NumberOfStudyRelatedSeries": "number_of_series",
    "NumberOfStudyRelatedInstances": "number_of_instances",
}
SERIES_COLUMNS = {
    "SeriesInstanceUID": "series_instance_uid",
    "Modality": "modality",
    "SeriesNumber": "series_number",
    "SeriesDescription": "series_description",
    "BodyPartExamined": "body_part_examined",
    "SeriesDate": "series_date",
    "SeriesTime": "series_time",
    "NumberOfSeriesRelatedInstances": "number_of_instances",
}
INSTANCE_COLUMNS = {
    "SOPInstanceUID": "sop_instance_uid",
    "SOPClassUID": "sop_class_uid",
    "InstanceNumber": "instance_number",
    "Rows": "rows",
    "Columns": "columns",
    "NumberOfFrames": "number_of_frames",
    "AvailableTransferSyntaxUID": "transfer_syntax_uid",
}
STUDY_PATHS = {**{k: f"patient__{c}" for k, c in PATIENT_COLUMNS.items()}, **STUDY_COLUMNS}
SERIES_PATHS = {**{k: f"study__{p}" for k, p in STUDY_PATHS.items()}, **SERIES_COLUMNS}
INSTANCE_PATHS = {**{k: f"series__{p}" for k, p in SERIES_PATHS.items()}, **INSTANCE_COLUMNS}


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found, in a stable order; is_cut: there is more, after a limit that is the server's own."""

    rows: list[Found]
    is_cut: bool = False


def find_studies(*, actor: Subject, query: Query) -> Results:
    """Return the studies that match, newest first."""
    require(subject=actor, action=Action.READ, resource=Resource())
    studies = Study.objects.filter(narrow(actor, Action.READ, "department", "study_instance_uid"), conditions(query.matches, STUDY_PATHS))
    ordered = studies.order_by("-study_date", "-study_time", "-id")
    return _answer(actor, query, ordered, STUDY_PATHS)


def find_series(*, actor: Subject, query: Query) -> Results:
    """Return the series that match: studies newest first, in each by Series Number."""
    require(subject=actor, action=Action.READ, resource=Resource())
    series = Series.objects.filter(
        narrow(actor, Action.READ, "study__department", "study__study_instance_uid"), conditions(query.matches, SERIES_PATHS)
    )
    ordered = series.order_by(*_newest("study__"), F("series_number").asc(nulls_last=True), "id")
    return _answer(actor, query, ordered, SERIES_PATHS)


def find_instances(*, actor: Subject, query: Query) -> Results:
    """Return the instances that match: by study and series as there, in each by Instance Number.

    Attributes beyond the index that query.include names are returned where the facts of the image hold them.
    """
    require(subject=actor, action=Action.READ, resource=Resource())
    narrowed = narrow(actor, Action.READ, "series__study__department", "series__study__study_instance_uid")
    instances = Instance.objects.filter(narrowed, conditions(query.matches, INSTANCE_PATHS))
    by_series = (F("series__series_number").asc(nulls_last=True), "series_id")
    ordered = instances.order_by(*_newest("series__study__"), *by_series, F("instance_number").asc(nulls_last=True), "id")
    return _answer(actor, query, ordered, INSTANCE_PATHS)


def is_there(*, actor: Subject, study_instance_uid: str, series_instance_uid: str = "") -> bool:
    """Say whether a study (and its series) exists for this actor: what may not be seen does not."""
    if series_instance_uid:
        narrowed = narrow(actor, Action.READ, "study__department", "study__study_instance_uid")
        found = Series.objects.filter(narrowed, series_instance_uid=series_instance_uid, study__study_instance_uid=study_instance_uid)
        return found.exists()
    return Study.objects.filter(
        narrow(actor, Action.READ, "department", "study_instance_uid"), study_instance_uid=study_instance_uid
    ).exists()


def _newest(path: str) -> tuple[str, str, str]:
    return f"-{path}study_date", f"-{path}study_time", f"-{path}id"


def _answer(actor: Subject, query: Query, ordered: QuerySet[Any], paths: dict[str, str]) -> Results:
    """Run a search of at most one row more than its limit, and record that it was made."""
    wants_facts = query.level == "instance" and query.include != frozenset()
    columns = [*paths.values(), *(["facts"] if wants_facts else [])]
    raw = list(ordered.values_list(*columns)[query.offset : query.offset + query.limit + 1]) if query.limit else []
    rows = [_found(values, paths, query, wants_facts) for values in raw[: query.limit]]
    study = next((m.values[0] for m in query.matches if isinstance(m, AnyOf) and m.keyword == "StudyInstanceUID"), "")
    audit.record(actor=actor, action="query", study_instance_uid=study, level=query.level, query_sha256=query.digest(), results=len(rows))
    return Results(rows, is_cut=query.is_limit_ours and len(raw) > query.limit)


def _found(values: tuple[Any, ...], paths: dict[str, str], query: Query, wants_facts: bool) -> Found:
    found: Found = dict(zip(paths, values, strict=False))
    found["ModalitiesInStudy"] = modalities_of(found["ModalitiesInStudy"])
    if found.get("NumberOfFrames") == 0:  # the index keeps 0 for objects without pixels
        for keyword in ("Rows", "Columns", "NumberOfFrames"):
            found.pop(keyword)
    if wants_facts:
        facts = values[-1]
        wanted = facts.keys() if query.include is None else query.include & facts.keys()
        found |= {k: facts[k] for k in wanted if k not in found and _is_plain(k, facts[k])}
    return found


def _is_plain(keyword: str, value: Any) -> bool:
    """Say whether a fact is an attribute of its own: not our packed tables, not items of a sequence."""
    values = value if isinstance(value, list) else [value]
    return keyword not in {"PerFrame", "TilePositions"} and not any(isinstance(one, dict | list) for one in values)
