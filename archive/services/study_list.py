"""The study list of the pages: search box, filters, keyset paging, related studies; narrowed in SQL, a constant number of statements."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from archive.core.query import Query, Single
from archive.models import Instance, Series, Study
from archive.services.matching import modalities_of, modality_condition
from archive.services.search_words import studies_with
from governance.core.policy import Action, Resource, Subject
from governance.services import audit
from governance.services.access import narrow, require

UNDRAWN_MODALITIES = ("SR", "KO", "PR", "SEG", "RTDOSE", "RTSTRUCT", "RTPLAN", "REG", "DOC", "PLAN", "RWV", "ANN", "ECG", "HD", "AU")
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"


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


@dataclass(frozen=True, slots=True)
class ListedSeries:
    """A series as pages name it. number_of_images and newest_at change whenever something is added to it."""

    series_instance_uid: str
    study_instance_uid: str
    modality: str
    series_number: int | None
    description: str
    body_part: str
    number_of_images: int
    newest_at: datetime | None


def list_studies(
    *, actor: Subject, narrowed_by: ListFilter, limit: int, after: tuple[str, str, int] | None = None
) -> tuple[list[ListedStudy], bool]:
    """Return a page of the study list, newest first, and whether there is more.

    after: the place of the last study of the page before (keyset paging: a page costs the same however deep it lies).
    """
    require(subject=actor, action=Action.READ, resource=Resource())
    studies = Study.objects.filter(narrow(actor, Action.READ, "department", "study_instance_uid"), _list_conditions(narrowed_by))
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
    same_patient = Study.objects.filter(narrow(actor, Action.READ, "department", "study_instance_uid"), patient__in=own.values("patient"))
    others = same_patient.exclude(study_instance_uid=study_instance_uid)
    return _listed(others.order_by("-study_date", "-study_time", "-id")[:200])


def listed_study(*, actor: Subject, study_instance_uid: str, has_thumbnail: bool = True) -> ListedStudy | None:
    """Return one study as the list shows it; None when it is not there for this actor. has_thumbnail: look for one, which costs more."""
    require(subject=actor, action=Action.READ, resource=Resource())
    found = Study.objects.filter(narrow(actor, Action.READ, "department", "study_instance_uid"), study_instance_uid=study_instance_uid)
    return next(iter(_listed(found, has_thumbnail=has_thumbnail)), None)


def listed_studies(*, actor: Subject, study_instance_uids: Collection[str]) -> list[ListedStudy]:
    """Return those of these studies that the actor may read, without thumbnails. One query, none for no studies."""
    require(subject=actor, action=Action.READ, resource=Resource())
    wanted = Study.objects.filter(
        narrow(actor, Action.READ, "department", "study_instance_uid"), study_instance_uid__in=study_instance_uids
    )
    return _listed(wanted, has_thumbnail=False)


def listed_series(*, actor: Subject, study_instance_uid: str = "", series_instance_uid: str = "") -> list[ListedSeries]:
    """Return the series of a study, or the one that is named, by Series Number; none when it is not there for this actor."""
    require(subject=actor, action=Action.READ, resource=Resource())
    series = Series.objects.filter(narrow(actor, Action.READ, "study__department", "study__study_instance_uid"))
    wanted = {"study__study_instance_uid": study_instance_uid, "series_instance_uid": series_instance_uid}
    series = series.filter(**{path: uid for path, uid in wanted.items() if uid}).order_by(F("series_number").asc(nulls_last=True), "id")
    newest = Instance.objects.filter(series=OuterRef("pk")).order_by("-pk").values("stored_at")[:1]
    counted = series.annotate(images=Count("instances"), newest=Subquery(newest))
    columns = ("series_instance_uid", "study__study_instance_uid", "modality", "series_number", "series_description", "body_part_examined")
    return [ListedSeries(*row) for row in counted.values_list(*columns, "images", "newest")]


def _list_conditions(wanted: ListFilter) -> Q:
    condition = Q()
    for word in wanted.search.split():
        condition &= studies_with(word)
    if wanted.modality:
        condition &= modality_condition(Single("ModalitiesInStudy", wanted.modality), "modalities")
    if wanted.department:
        condition &= Q(department=wanted.department)
    if wanted.date_from:
        condition &= Q(study_date__gte=wanted.date_from)
    if wanted.date_to:
        condition &= Q(study_date__gt="", study_date__lte=wanted.date_to)
    return condition


def _listed(studies: QuerySet[Study], *, has_thumbnail: bool = True) -> list[ListedStudy]:
    picture = _picture() if has_thumbnail else Value(None, output_field=CharField())
    rows = studies.annotate(picture=picture).values_list(
        "pk", "study_instance_uid", "patient__patient_name", "patient__patient_id", "patient__issuer_of_patient_id",
        "patient__patient_birth_date", "patient__patient_sex", "patient__identity_conflict", "study_date", "study_time",
        "accession_number", "study_description", "modalities", "department", "number_of_series", "number_of_instances", "picture",
    )  # fmt: skip
    found: list[tuple[Any, ...]] = list(rows)
    return [replace(ListedStudy(*row), modalities=modalities_of(row[12])) for row in found]


def _picture() -> Coalesce:
    """Return whose thumbnail stands for a study: the middle of its first series of pictures, found by an index; else any picture.

    A slide's label and overview never do: they may show a name (rule S15).
    """
    number = F("series_number").asc(nulls_last=True)
    first = Series.objects.filter(study=OuterRef(OuterRef("pk"))).exclude(modality__in=(*UNDRAWN_MODALITIES, "SM")).order_by(number, "id")
    in_first = Instance.objects.filter(series_id=Subquery(first.values("pk")[:1]), rows__gt=0, number_of_frames__gt=0)
    half = Subquery(first.values("number_of_instances")[:1]) / 2
    middle = in_first.filter(instance_number__gte=half).order_by("instance_number")
    pictures = Instance.objects.filter(series__study=OuterRef("pk"), rows__gt=0, number_of_frames__gt=0)
    pictures = pictures.exclude(series__modality__in=UNDRAWN_MODALITIES)
    pictures = pictures.filter(~Q(sop_class_uid=WHOLE_SLIDE) | ~Q(facts__ImageType__2__in=["LABEL", "OVERVIEW"]))
    by_series = F("series__series_number").asc(nulls_last=True)
    smallest = pictures.order_by(by_series, "series_id", "number_of_frames", "instance_number", "id")
    return Coalesce(*(Subquery(one.values("sop_instance_uid")[:1]) for one in (middle, in_first.order_by("instance_number"), smallest)))
