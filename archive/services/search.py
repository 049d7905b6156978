"""Search of the index at three levels, for QIDO-RS (and C-FIND) and for the study list.

Every query is narrowed in SQL to what the actor may read, takes a constant number of statements, and is audited by a hash.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from archive.core.query import AnyOf, Between, Match, Query, Single, Wildcard, fold_name, upper_bound
from archive.models import Instance, Series, Study
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

UNDRAWN_MODALITIES = ("SR", "KO", "PR", "SEG", "RTDOSE", "RTSTRUCT", "RTPLAN", "REG", "DOC", "PLAN", "RWV", "ANN", "ECG", "HD", "AU")
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found, in a stable order; is_cut: there is more, after a limit that is the server's own."""

    rows: list[Found]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What the study list is narrowed by; "" does not narrow. Dates are YYYYMMDD, both included."""

    search: str = ""
    modality: str = ""
    department: str = ""
    date_from: str = ""
    date_to: str = ""


@dataclass(frozen=True, slots=True)
class ListedStudy:
    """One row of the study list. thumbnail_uid: SOP Instance UID of a picture that stands for the study, or None."""

    key: int = field(repr=False)
    study_instance_uid: str
    patient_name: str
    patient_id: str
    issuer: str
    birth_date: str
    sex: str
    identity_conflict: bool
    study_date: str
    study_time: str
    accession_number: str
    description: str
    modalities: tuple[str, ...]
    department: str
    number_of_series: int
    number_of_instances: int
    thumbnail_uid: str | None

    @property
    def place(self) -> tuple[str, str, int]:
        """Where the study stands in the list: after it, a next page goes on."""
        return (self.study_date, self.study_time, self.key)


def find_studies(*, actor: Subject, query: Query) -> Results:
    """Return the studies that match, newest first."""
    require(subject=actor, action=Action.READ, resource=Resource())
    studies = Study.objects.filter(narrow(actor, Action.READ, "department"), _conditions(query.matches, STUDY_PATHS))
    ordered = studies.order_by("-study_date", "-study_time", "-id")
    return _answer(actor, query, ordered, STUDY_PATHS)


def find_series(*, actor: Subject, query: Query) -> Results:
    """Return the series that match: studies newest first, in each by Series Number."""
    require(subject=actor, action=Action.READ, resource=Resource())
    series = Series.objects.filter(narrow(actor, Action.READ, "study__department"), _conditions(query.matches, SERIES_PATHS))
    ordered = series.order_by(*_newest("study__"), F("series_number").asc(nulls_last=True), "id")
    return _answer(actor, query, ordered, SERIES_PATHS)


def find_instances(*, actor: Subject, query: Query) -> Results:
    """Return the instances that match: by study and series as there, in each by Instance Number.

    Attributes beyond the index that query.include names are returned where the facts of the image hold them.
    """
    require(subject=actor, action=Action.READ, resource=Resource())
    narrowed = narrow(actor, Action.READ, "series__study__department")
    instances = Instance.objects.filter(narrowed, _conditions(query.matches, INSTANCE_PATHS))
    by_series = (F("series__series_number").asc(nulls_last=True), "series_id")
    ordered = instances.order_by(*_newest("series__study__"), *by_series, F("instance_number").asc(nulls_last=True), "id")
    return _answer(actor, query, ordered, INSTANCE_PATHS)


def is_there(*, actor: Subject, study_instance_uid: str, series_instance_uid: str = "") -> bool:
    """Say whether a study (and its series) exists for this actor: what may not be seen does not."""
    if series_instance_uid:
        narrowed = narrow(actor, Action.READ, "study__department")
        found = Series.objects.filter(narrowed, series_instance_uid=series_instance_uid, study__study_instance_uid=study_instance_uid)
        return found.exists()
    return Study.objects.filter(narrow(actor, Action.READ, "department"), study_instance_uid=study_instance_uid).exists()


def list_studies(
    *, actor: Subject, narrowed_by: ListFilter, limit: int, after: tuple[str, str, int] | None = None
) -> tuple[list[ListedStudy], bool]:
    """Return a page of the study list, newest first, and whether there is more.

    after: the place of the last study of the page before (keyset paging: a page costs the same however deep it lies).
    """
    require(subject=actor, action=Action.READ, resource=Resource())
    studies = Study.objects.filter(narrow(actor, Action.READ, "department"), _list_conditions(narrowed_by))
    if after is not None:
        date, time, key = after
        same_day = Q(study_date=date) & (Q(study_time__lt=time) | Q(study_time=time, id__lt=key))
        studies = studies.filter(Q(study_date__lte=date), Q(study_date__lt=date) | same_day)
    found = _listed(studies.order_by("-study_date", "-study_time", "-id")[: limit + 1])
    if narrowed_by != ListFilter():
        digest = Query(level="study", matches=(Single("list", repr(narrowed_by)),)).digest()
        audit.record(actor=actor, action="query", level="list", query_sha256=digest, results=min(len(found), limit))
    return found[:limit], len(found) > limit


def related_studies(*, actor: Subject, study_instance_uid: str) -> list[ListedStudy]:
    """Return the other studies of exactly the same patient that the actor may read, newest first (rule S12: never by name alone)."""
    require(subject=actor, action=Action.READ, resource=Resource())
    own = Study.objects.filter(study_instance_uid=study_instance_uid)
    same_patient = Study.objects.filter(narrow(actor, Action.READ, "department"), patient__in=own.values("patient"))
    others = same_patient.exclude(study_instance_uid=study_instance_uid)
    return _listed(others.order_by("-study_date", "-study_time", "-id")[:200])


def listed_study(*, actor: Subject, study_instance_uid: str) -> ListedStudy | None:
    """Return one study as the list shows it; None when it is not there for this actor."""
    require(subject=actor, action=Action.READ, resource=Resource())
    found = Study.objects.filter(narrow(actor, Action.READ, "department"), study_instance_uid=study_instance_uid)
    return next(iter(_listed(found)), None)


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
    found["ModalitiesInStudy"] = _modalities(found["ModalitiesInStudy"])
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


def _modalities(stored: str) -> tuple[str, ...]:
    return tuple(one for one in stored.split("\\") if one)


# --- matching ---


def _conditions(matches: Iterable[Match], paths: dict[str, str]) -> Q:
    everything = Q()
    for match in matches:
        everything &= _condition(match, paths[match.keyword])
    return everything


def _condition(match: Match, path: str) -> Q:
    """Return the SQL condition of one match on one column."""
    if match.keyword == "ModalitiesInStudy":
        return _modality_condition(match, path)
    if match.keyword == "PatientName":
        return _name_condition(match, f"{path}_folded")
    if isinstance(match, AnyOf):
        return Q(**{f"{path}__in": match.values}) if len(match.values) > 1 else Q(**{path: match.values[0]})
    if isinstance(match, Between):
        return _range_condition(match, path)
    if isinstance(match, Wildcard):
        return _wildcard_condition(match.pattern, path)
    if isinstance(match, Single) and match.keyword.endswith("Name"):
        return Q(**{f"{path}__iexact": match.value})
    return Q(**{path: match.value})


def _range_condition(match: Between, path: str) -> Q:
    """Both ends included, to their own precision: TM 10 as upper end takes 10:59:59 in. An empty value is in no range."""
    condition = Q(**{f"{path}__gt": ""})
    if match.low:
        condition &= Q(**{f"{path}__gte": match.low})
    if match.high:
        condition &= Q(**{f"{path}__lt": upper_bound(match.high)})
    return condition


def _wildcard_condition(pattern: str, path: str) -> Q:
    """A pattern whose only wildcard is a last * is a range of the index; others are compared one by one, with case."""
    if re.fullmatch(r"[^*?]+\*", pattern):
        return prefix_condition(path, pattern[:-1])
    return Q(**{f"{path}__regex": f"^{_regex(pattern, '.')}$"})


def _name_condition(match: Match, path: str) -> Q:
    """Person names match without regard to case, the whole value or one of its component groups (alphabetic, ideographic, phonetic)."""
    if isinstance(match, Wildcard):
        folded = fold_name(match.pattern)
        if re.fullmatch(r"[^*?=]+\*", folded):
            return prefix_condition(path, folded[:-1]) | Q(**{f"{path}__contains": "=" + folded[:-1]})
        whole = _regex(folded, ".")
        group = _regex(folded, "[^=]")
        return Q(**{f"{path}__regex": f"^{whole}$|(^|=){group}($|=)"})
    assert isinstance(match, Single)
    folded = fold_name(match.value)
    one = Q(**{path: folded})
    if "=" not in folded:
        one |= prefix_condition(path, folded + "=") | Q(**{f"{path}__endswith": "=" + folded}) | Q(**{f"{path}__contains": f"={folded}="})
    return one


def _modality_condition(match: Match, path: str) -> Q:
    """Modalities in Study are kept as "\\CT\\SR\\"; one of them must match."""
    if isinstance(match, Wildcard):
        inside = _regex(match.pattern, r"[^\\]")
        return Q(**{f"{path}__regex": rf"\\{inside}\\"})
    values = match.values if isinstance(match, AnyOf) else (match.value,) if isinstance(match, Single) else ()
    anything = Q(pk__in=[])
    for value in values:
        anything |= Q(**{f"{path}__contains": f"\\{value}\\"})
    return anything


def _regex(pattern: str, any_character: str) -> str:
    """Return a DICOM pattern as a regular expression of SQLite and PostgreSQL alike."""
    return "".join(f"{any_character}*" if c == "*" else any_character if c == "?" else re.escape(c) for c in pattern)


def prefix_condition(path: str, prefix: str) -> Q:
    """Return "begins with" so that an index serves it: a range on SQLite, LIKE with its pattern index on PostgreSQL."""
    if connection.vendor == "postgresql":
        return Q(**{f"{path}__startswith": prefix})
    return Q(**{f"{path}__gte": prefix, f"{path}__lt": upper_bound(prefix)})


# --- the study list ---


def _list_conditions(wanted: ListFilter) -> Q:
    condition = Q()
    for word in wanted.search.split():
        condition &= _word_condition(word)
    if wanted.modality:
        condition &= _modality_condition(Single("ModalitiesInStudy", wanted.modality), "modalities")
    if wanted.department:
        condition &= Q(department=wanted.department)
    if wanted.date_from:
        condition &= Q(study_date__gte=wanted.date_from)
    if wanted.date_to:
        condition &= Q(study_date__gt="", study_date__lte=wanted.date_to)
    return condition


def _word_condition(word: str) -> Q:
    """One word of the search box: begins a word of the patient's name, the ID, the accession number, or a word of the description."""
    folded = word.casefold()
    name = prefix_condition("patient__patient_name_folded", folded)
    for before in ("^", " ", "=", "-"):
        name |= Q(patient__patient_name_folded__contains=before + folded)
    identifiers = Q()
    for spelt in {word, word.upper()}:
        identifiers |= prefix_condition("patient__patient_id", spelt) | prefix_condition("accession_number", spelt)
    description = Q(study_description__istartswith=word)
    for before in (" ", "-", "/", "^", "_"):
        description |= Q(study_description__icontains=before + word)
    return name | identifiers | description


def _listed(studies: QuerySet[Study]) -> list[ListedStudy]:
    pictures = Instance.objects.filter(series__study=OuterRef("pk"), rows__gt=0, number_of_frames__gt=0)
    pictures = pictures.exclude(series__modality__in=UNDRAWN_MODALITIES)
    # A slide's label may show a name (rule S15), so only its levels and thumbnail stand for it.
    pictures = pictures.filter(~Q(sop_class_uid=WHOLE_SLIDE) | ~Q(facts__ImageType__2__in=["LABEL", "OVERVIEW"]))
    by_series = F("series__series_number").asc(nulls_last=True)
    middle = pictures.filter(instance_number__gte=F("series__number_of_instances") / 2).exclude(sop_class_uid=WHOLE_SLIDE)
    rows = studies.annotate(
        picture=Coalesce(
            Subquery(middle.order_by(by_series, "series_id", "instance_number", "id").values("sop_instance_uid")[:1]),
            Subquery(pictures.order_by(by_series, "series_id", "number_of_frames", "instance_number", "id").values("sop_instance_uid")[:1]),
        )
    ).values_list(
        "pk", "study_instance_uid", "patient__patient_name", "patient__patient_id", "patient__issuer_of_patient_id",
        "patient__patient_birth_date", "patient__patient_sex", "patient__identity_conflict", "study_date", "study_time",
        "accession_number", "study_description", "modalities", "department", "number_of_series", "number_of_instances", "picture",
    )  # fmt: skip
    found: list[tuple[Any, ...]] = list(rows)
    return [replace(ListedStudy(*row), modalities=_modalities(row[12])) for row in found]
