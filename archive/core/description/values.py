"""Values of a header that may be wrong: numbers or nothing; and the functional groups of frames (PS3.3 C.7.6.16)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from archive.core.dataset import BAD_VALUE
from governance.core.faults import Malformed

UNREADABLE = (*BAD_VALUE, OSError)  # pydicom, of a sequence that is cut short


def integer(ds: Dataset, keyword: str, default: int | None = None) -> int:
    """Return one whole number. Raises: Malformed when it is not one, or missing without a default."""
    value = ds.get(keyword)
    if value is None or value == "":
        if default is None:
            raise Malformed(f"{keyword} is missing")
        return default
    try:
        return int(value)
    except (TypeError, ValueError) as exc:
        raise Malformed(f"{keyword} is not one whole number") from exc


def floats(ds: Dataset | None, keyword: str) -> list[float]:
    """Return the finite numbers of an attribute of any multiplicity; none when one of them cannot be understood."""
    return numbers_in(ds.get(keyword) if ds is not None else None)


def numbers_in(value: Any) -> list[float]:
    """Return the finite numbers of a value as floats does."""
    if value is None or value == "" or isinstance(value, bytes):
        return []
    numbers = []
    for item in value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]:
        try:
            numbers.append(float(item))
        except (TypeError, ValueError):
            return []
    return numbers if all(np.isfinite(numbers)) else []


def whole_numbers(ds: Dataset | None, keyword: str) -> list[int]:
    """Return the numbers of an attribute, if all of them are whole."""
    numbers = floats(ds, keyword)
    return [int(number) for number in numbers] if all(number == int(number) for number in numbers) else []


def word(ds: Dataset | None, keyword: str) -> str:
    """Return a code string in capitals, "" when absent."""
    return str((ds.get(keyword) if ds is not None else "") or "").strip().upper()


def words(ds: Dataset | None, keyword: str) -> list[str]:
    """Return the code strings of an attribute in capitals."""
    value = ds.get(keyword) if ds is not None else None
    parts = [value] if isinstance(value, str) else list(value or [])
    return [str(part).strip().upper() for part in parts]


def items(ds: Dataset | None, keyword: str) -> list[Dataset]:
    """Return the items of a sequence; none when it is absent, damaged or no sequence."""
    try:
        value = ds.get(keyword) if ds is not None else None
    except UNREADABLE:
        return []
    return list(value) if isinstance(value, Sequence) else []


def first(ds: Dataset | None, keyword: str) -> Dataset | None:
    """Return the first item of a sequence, or None."""
    return next(iter(items(ds, keyword)), None)


def groups(shared: Dataset | None, per_frame: list[Dataset], macro: str, fallback: Dataset | None) -> Iterator[Dataset | None]:
    """Yield the data set that holds a functional group's attributes: one for all frames, or one a frame."""
    if any(macro in item for item in per_frame):
        for item in per_frame:
            yield first(item, macro) or first(shared, macro)
        return
    yield first(shared, macro) or fallback


def collapse(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return one entry where all frames agree."""
    return values[:1] if all(value == values[0] for value in values) else values
