"""The time between two studies, in words (rule S04: priors are named with their interval)."""

from datetime import date


def date_of(da: str) -> date | None:
    """Return a DA value as a date, or None when it is empty or no date."""
    try:
        return date(int(da[:4]), int(da[4:6]), int(da[6:8])) if len(da) == 8 and da.isdigit() else None
    except ValueError:
        return None


def interval_words(other: str, reference: str) -> str:
    """Say how long before or after the reference study (DA values) the other one was made: "1 y 2 mo earlier"."""
    there, here = date_of(other), date_of(reference)
    if there is None or here is None:
        return "date unknown"
    if there == here:
        return "same day"
    early, late = min(there, here), max(there, here)
    months = (late.year - early.year) * 12 + late.month - early.month - (late.day < early.day)
    years, rest = divmod(months, 12)
    words = " ".join(f"{count} {unit}" for count, unit in ((years, "y"), (rest, "mo")) if count) or f"{(late - early).days} d"
    return f"{words} {'earlier' if there < here else 'later'}"
