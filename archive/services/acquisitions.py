"""When the images of a series were acquired, for sums that need the first of them. Asks nobody: callers have been let to an image of it."""

from django.db.models.fields.json import KT

from archive.models import Instance

MOST_IMAGES = 20_000
KEYWORDS = ("AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime")


def acquisition_facts(*, series_instance_uid: str) -> list[dict[str, str]]:
    """Return Acquisition Date, Time and DateTime of each image of a series, by keyword, those that are stated. One query."""
    rows = Instance.objects.filter(series__series_instance_uid=series_instance_uid)
    found = rows.values_list(*(KT(f"facts__{keyword}") for keyword in KEYWORDS))[:MOST_IMAGES]  # as text: a date is no number
    return [{keyword: value for keyword, value in zip(KEYWORDS, row, strict=True) if isinstance(value, str)} for row in found]
