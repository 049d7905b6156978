"""Matching in SQL: the kinds of PS3.4 C.2.2.2 as conditions on columns, served by an index where one can."""

import re
from collections.abc import Iterable

from django.db import connection
from django.db.models import Q

from archive.core.query import AnyOf, Between, Match, Single, Wildcard, name_key, upper_bound


def conditions(matches: Iterable[Match], paths: dict[str, str]) -> Q:
    """Return the condition that every match holds. paths: keyword -> ORM path of its column."""
    everything = Q()
    for match in matches:
        everything &= _condition(match, paths[match.keyword])
    return everything


def _condition(match: Match, path: str) -> Q:
    """Return the SQL condition of one match on one column."""
    if match.keyword == "ModalitiesInStudy":
        return modality_condition(match, path)
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
    """Person names match without regard to case or empty last components: the whole value, or one of its component groups.

    A key in Latin letters is looked for at the front only, by the index; the other groups are ideographic and phonetic (PS3.5 6.2.1).
    """
    key = name_key(match.pattern if isinstance(match, Wildcard) else str(getattr(match, "value", "")))
    literal = re.split("[*?]", key)[0]
    front = prefix_condition(path, literal) if literal else Q()
    start = "^" if key.isascii() else "(^|=)"
    if not key.isascii():
        front |= Q(**{f"{path}__contains": "=" + literal})
    if re.fullmatch(r"[^*?=]+\*", key) and key.isascii():
        return front
    return front & Q(**{f"{path}__regex": f"{start}{_regex(key, '.' if '=' in key else '[^=]')}\\^*($|=)"})


def modality_condition(match: Match, path: str) -> Q:
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


def modalities_of(stored: str) -> tuple[str, ...]:
    """Split the index's "\\\\CT\\\\SR\\\\" into its modalities."""
    return tuple(one for one in stored.split("\\") if one)
