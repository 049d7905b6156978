"""Moments of DICOM's DA, TM and DT (PS3.5 6.2) as seconds since the beginning of year 1, by the clock on the wall of the place."""

import re
from datetime import date

DAY_S = 86_400.0
Moment = float

_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")  # with dots: before 1993
_TIME = re.compile(r"(\d{2}):?(\d{2})(?::?(\d{2})(\.\d{1,6})?)?")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})")


def seconds_of_day(stated: str) -> float | None:
    """Return a TM's seconds since midnight, or None: at least hours and minutes must be stated."""
    found = _TIME.fullmatch(stated.strip())
    if found is None:
        return None
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return hours * 3600 + minutes * 60 + seconds + float(found[4] or 0)


def moment_of(stated_date: str, stated_time: str) -> Moment | None:
    """Return the moment of a DA and a TM, or None unless both make sense."""
    found, seconds = _DATE.fullmatch(stated_date.strip()), seconds_of_day(stated_time)
    if found is None or seconds is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).toordinal() * DAY_S + seconds
    except ValueError:
        return None


def moment_of_date_time(stated: str, *, zone: str = "") -> Moment | None:
    """Return the moment of a DT, or None unless it is stated to the minute.

    zone: the data set's Timezone Offset From UTC (0008,0201), by which its dates and times count; a DT with an offset of its own is
    brought to it, or taken as it is where the data set states none.
    """
    text = stated.strip()
    own = _OFFSET.fullmatch(text[-5:])
    if own is not None:
        text = text[:-5]
    moment = moment_of(text[:8], text[8:])
    common = _OFFSET.fullmatch(zone.strip())
    if moment is None or own is None or common is None:
        return moment
    return moment + _seconds_east(common) - _seconds_east(own)


def _seconds_east(offset: "re.Match[str]") -> float:
    return (1 if offset[1] == "+" else -1) * (int(offset[2]) * 3600 + int(offset[3]) * 60)
