"""Search keys as values: parsing and checking of QIDO-RS parameters (PS3.18 8.3.4), matching kinds of PS3.4 C.2.2.2.

A Query says what is asked; archive.services.search answers it. Nothing here knows a table.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from archive.core.dataset import MAX_IDENTIFIER, kept_apart
from archive.core.patient_identity import fold_name
from archive.core.uids import is_valid_uid
from governance.core.faults import Malformed

Level = Literal["study", "series", "instance"]
Entity = Literal["patient", "study", "series", "instance"]
LEVELS: dict[Level, tuple[Entity, ...]] = {
    "study": ("patient", "study"),
    "series": ("patient", "study", "series"),
    "instance": ("patient", "study", "series", "instance"),
}

# What can be matched, and whose attribute it is. Each is also returned.
ATTRIBUTES: dict[str, Entity] = {
    "PatientName": "patient",
    "PatientID": "patient",
    "IssuerOfPatientID": "patient",
    "PatientBirthDate": "patient",
    "PatientSex": "patient",
    "StudyInstanceUID": "study",
    "StudyDate": "study",
    "StudyTime": "study",
    "AccessionNumber": "study",
    "ModalitiesInStudy": "study",
    "ReferringPhysicianName": "study",
    "StudyID": "study",
    "StudyDescription": "study",
    "SeriesInstanceUID": "series",
    "Modality": "series",
    "SeriesNumber": "series",
    "SeriesDescription": "series",
    "BodyPartExamined": "series",
    "SeriesDate": "series",
    "SeriesTime": "series",
    "SOPInstanceUID": "instance",
    "SOPClassUID": "instance",
    "InstanceNumber": "instance",
    "Rows": "instance",
    "Columns": "instance",
    "NumberOfFrames": "instance",
}
MAX_RESULTS = 5000  # a page; more can be asked for with offset
MAX_VALUE_LENGTH = 4096
MAX_WILDCARDS = 8  # each may cost a search of the whole value
IDENTIFIERS = frozenset({"PatientID", "IssuerOfPatientID"})  # kept in the index so that two that differ still do
WILDCARD_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})

NOT_SUPPORTED = {
    "fuzzymatching": "The fuzzymatching parameter is not supported. Only literal matching has been performed.",
    "emptyvaluematching": "The emptyvaluematching parameter is not supported. Empty Value Matching has not been performed.",
    "multiplevaluematching": "The multiplevaluematching parameter is not supported. Multiple Value Matching has not been performed.",
}
MORE_RESULTS = "The number of results exceeded the maximum supported by the server. Additional results can be requested."


@dataclass(frozen=True, slots=True)
class Single:
    """Single Value Matching (PS3.4 C.2.2.2.1)."""

    keyword: str
    value: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """List of UID Matching (C.2.2.2.2); for Modalities in Study, any of several."""

    keyword: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Wild Card Matching (C.2.2.2.4): * any characters, ? one."""

    keyword: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Between:
    """Range Matching of dates and times (C.2.2.2.5): both ends included; "" leaves an end open."""

    keyword: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Whole:
    """Single Value Matching of a whole number (IS, US)."""

    keyword: str
    value: int


Match = Single | AnyOf | Wildcard | Between | Whole


@dataclass(frozen=True, slots=True)
class Query:
    """What a search asks. include: keywords beyond the required ones, or None for all. warnings: text for Warning 299."""

    level: Level
    matches: tuple[Match, ...] = ()
    include: frozenset[str] | None = frozenset()
    limit: int = MAX_RESULTS
    offset: int = 0
    is_limit_ours: bool = True  # nobody asked for fewer: a longer result is said to be cut
    warnings: tuple[str, ...] = ()

    def digest(self) -> str:
        """Return a hash that names this query in the audit log without its values."""
        return hashlib.sha256(repr((self.level, self.matches, self.limit, self.offset)).encode()).hexdigest()


def parse_query(level: Level, parameters: Iterable[tuple[str, str]]) -> Query:
    """Parse the decoded query parameters of a search, in order.

    An attribute that exists but can't be matched at this level is ignored with a warning, as PS3.4 C.2.2.1.3 lets optional keys;
    what is neither an attribute nor a parameter, and a value that its VR can't have, is refused.
    Raises: Malformed.
    """
    matches: dict[str, Match | None] = {}
    include: set[str] = set()
    is_everything = False
    limit, offset, is_limit_ours = MAX_RESULTS, 0, True
    warnings: list[str] = []
    for name, value in parameters:
        if len(value) > MAX_VALUE_LENGTH or "\x00" in value:
            raise Malformed("a query value is too long or holds a NUL")
        if name == "includefield":
            fields = [field for field in value.split(",") if field]
            is_everything = is_everything or "all" in fields
            include.update(keyword_of(field) for field in fields if field != "all" and "." not in field)
        elif name in {"limit", "offset"}:
            count = _unsigned(name, value)
            if name == "offset":
                offset = count
            else:
                limit, is_limit_ours = min(count, MAX_RESULTS), count > MAX_RESULTS
        elif name in NOT_SUPPORTED:
            if _truth(name, value):
                warnings.append(NOT_SUPPORTED[name])
        elif name not in {"accept", "charset"}:
            keyword = keyword_of(name)
            if keyword in matches:
                raise Malformed(f"{keyword} is given twice")
            is_supported = ATTRIBUTES.get(keyword) in LEVELS[level]
            matches[keyword] = match_of(keyword, value) if is_supported else None
            if not is_supported:
                warnings.append(f"Matching on {keyword} is not supported at this level. It has been ignored.")
    return Query(
        level=level,
        matches=tuple(match for match in matches.values() if match is not None),
        include=None if is_everything else frozenset(include),
        limit=limit,
        offset=offset,
        is_limit_ours=is_limit_ours,
        warnings=tuple(warnings),
    )


def keyword_of(attribute: str) -> str:
    """Return the keyword of an attribute given as keyword or eight hexadecimal digits; of a dotted path, the path in keywords.

    Raises: Malformed when the data dictionary (PS3.6) doesn't know it.
    """
    parts = []
    for part in attribute.split("."):
        keyword = keyword_for_tag(int(part, 16)) if re.fullmatch("[0-9A-Fa-f]{8}", part) else part
        if not keyword or tag_for_keyword(keyword) is None:
            raise Malformed("a query parameter is neither an attribute of DICOM nor known to the service")
        parts.append(keyword)
    return ".".join(parts)


def match_of(keyword: str, value: str) -> Match | None:
    """Return how a value of ATTRIBUTES is to be matched; None for Universal Matching (C.2.2.2.3).

    Raises: Malformed when the attribute's VR can't hold it.
    """
    vr = dictionary_VR(keyword)
    if value == "" or (value == "*" and vr in WILDCARD_VRS):
        return None
    if vr == "UI":
        return AnyOf(keyword, _uids(keyword, value))
    if vr == "DA":
        return _range(keyword, value, check_date)
    if vr == "TM":
        return _range(keyword, value, check_time)
    if vr in {"IS", "US"}:
        if not re.fullmatch(r"[+-]?[0-9]{1,10}", value.strip()):
            raise Malformed(f"{keyword} must be a whole number")
        return Whole(keyword, int(value))
    if keyword == "ModalitiesInStudy" and re.search(r"[,\\]", value) and not re.search(r"[*?]", value):
        return AnyOf(keyword, tuple(one.strip() for one in re.split(r"[,\\]", value) if one.strip()))
    if not re.search(r"[*?]", value):
        return Single(keyword, kept_apart(value.strip(), MAX_IDENTIFIER) if keyword in IDENTIFIERS else value.strip())
    if value.count("*") > MAX_WILDCARDS:
        raise Malformed(f"{keyword} has more than {MAX_WILDCARDS} wildcards")
    return Wildcard(keyword, re.sub(r"\*+", "*", value.strip()))


def name_key(person_name: str) -> str:
    """Return the form in which a person name is compared: folded as the index keeps it, without empty components at the end."""
    groups = [group.rstrip("^ ") for group in fold_name(person_name).split("=")]
    return "=".join(groups).rstrip("=")


def upper_bound(prefix: str) -> str:
    """Return the smallest text after every text that begins with prefix, so that prefix search is a range of an index."""
    for index in range(len(prefix) - 1, -1, -1):
        following = ord(prefix[index]) + 1
        if following == 0xD800:  # surrogates are no characters
            following = 0xE000
        if following <= 0x10FFFF:
            return prefix[:index] + chr(following)
    raise ValueError("no text comes after this prefix")


def check_date(value: str) -> str:
    """Return a DA value if it is a date of the calendar (PS3.5 6.2). Raises: Malformed."""
    try:
        if not re.fullmatch(r"[0-9]{8}", value):
            raise ValueError
        date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError as exc:
        raise Malformed("a date is not YYYYMMDD") from exc
    return value


def check_time(value: str) -> str:
    """Return a TM value if it is a time of the day, to any precision (PS3.5 6.2). Raises: Malformed."""
    found = re.fullmatch(r"([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:\.[0-9]{1,6})?)?)?", value)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59 or int(found[3] or 0) > 60:
        raise Malformed("a time is not HHMMSS.FFFFFF")
    return value


def _range(keyword: str, value: str, checked: Callable[[str], str]) -> Match:
    if "-" not in value:
        return Between(keyword, checked(value), checked(value))
    low, _, high = value.partition("-")
    if not low and not high:
        raise Malformed(f"{keyword} has a range without ends")
    return Between(keyword, checked(low) if low else "", checked(high) if high else "")


def _uids(keyword: str, value: str) -> tuple[str, ...]:
    uids = tuple(uid.strip() for uid in re.split(r"[,\\]", value))
    if not all(is_valid_uid(uid) for uid in uids):
        raise Malformed(f"{keyword} must be UIDs")
    return uids


def _unsigned(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise Malformed(f"{name} must be a whole number from 0")
    return int(value)


def _truth(name: str, value: str) -> bool:
    if value not in {"true", "false"}:
        raise Malformed(f"{name} must be true or false")
    return value == "true"
