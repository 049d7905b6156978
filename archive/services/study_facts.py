"""Plain facts about studies by UID, for decisions that are made above: whose department, whose patient, which series.

Nothing here asks who wants to know, and nothing of it is for a screen: names come from study_list, narrowed to who reads them.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from archive.models import Series, Study


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What decides about a study. patient_key: the same for all studies of a patient; it means nothing outside the archive."""

    department: str
    patient_key: int = field(repr=False)


def facts_of_studies(*, study_instance_uids: Collection[str]) -> dict[str, StudyFacts]:
    """Return the facts of those of these studies that are stored. One query."""
    rows = Study.objects.filter(study_instance_uid__in=study_instance_uids).values_list("study_instance_uid", "department", "patient_id")
    return {uid: StudyFacts(department, patient_key) for uid, department, patient_key in rows}


def studies_of_series(*, series_instance_uids: Collection[str]) -> dict[str, str]:
    """Return the Study Instance UID of those of these series that are stored. One query."""
    rows = Series.objects.filter(series_instance_uid__in=series_instance_uids)
    return dict(rows.values_list("series_instance_uid", "study__study_instance_uid"))
