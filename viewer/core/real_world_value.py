"""Real World Value Mapping: what stored values mean, in units (PS3.3 C.7.6.16.2.11; rule S07)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from archive.core.dataset import items, number, raw_value, text
from archive.core.description.values import numbers_in

MAX_ENTRIES = 65_536


@dataclass(frozen=True, eq=False, slots=True)
class RealWorldMapping:
    """One item of a Real World Value Mapping Sequence, over stored values from first to last, both included.

    Value = slope · stored + intercept, or the entry of `table` (the first for `first`). unit: the UCUM code; unit_meaning: its words.
    """

    first: float
    last: float
    slope: float = 1.0
    intercept: float = 0.0
    table: NDArray[np.float64] | None = None
    label: str = ""
    explanation: str = ""
    unit: str = ""
    unit_scheme: str = ""
    unit_meaning: str = ""

    def values(self, stored: NDArray[Any]) -> NDArray[np.float64]:
        """Return real world values of stored ones, any shape; NaN outside what is mapped."""
        inside = (stored >= self.first) & (stored <= self.last)
        if self.table is None:
            return np.where(inside, stored.astype(np.float64) * self.slope + self.intercept, np.nan)
        index = np.where(inside, stored, self.first).astype(np.int64) - int(self.first)
        return np.where(inside & (index < len(self.table)), self.table[np.minimum(index, len(self.table) - 1)], np.nan)

    @property
    def words(self) -> tuple[Any, ...]:
        """Everything but the table, for comparing."""
        return (self.first, self.last, self.slope, self.intercept, self.label, self.explanation, self.unit, self.unit_meaning)

    def is_like(self, other: "RealWorldMapping") -> bool:
        """Say whether two map alike."""
        if self.words != other.words or (self.table is None) != (other.table is None):
            return False
        return self.table is None or other.table is None or np.array_equal(self.table, other.table)


def read_mappings(holder: Dataset | None, *, is_signed: bool | None) -> tuple[RealWorldMapping, ...]:
    """Return the mappings of a data set or of a functional group item; damaged ones are left out.

    is_signed: of the stored values, None of floating point ones. The limits' VR is US or SS, and often the wrong one.
    """
    stated = items(holder, "RealWorldValueMappingSequence") if holder is not None else []
    return tuple(mapping for item in stated if (mapping := _mapping(item, is_signed)) is not None)


def _mapping(item: Dataset, is_signed: bool | None) -> RealWorldMapping | None:
    first, last = (_limit(item, f"RealWorldValue{end}ValueMapped", is_signed) for end in ("First", "Last"))
    slope, intercept = number(item, "RealWorldValueSlope"), number(item, "RealWorldValueIntercept")
    table = None
    if slope is None:
        entries = numbers_in(raw_value(item, "RealWorldValueLUTData"))
        if not entries or len(entries) > MAX_ENTRIES or first is None:
            return None
        table = np.array(entries, np.float64)
        last = first + len(entries) - 1 if last is None else last
    if first is None or last is None or first > last:
        return None
    unit = next(iter(items(item, "MeasurementUnitsCodeSequence")), Dataset())
    return RealWorldMapping(
        first=first,
        last=last,
        slope=1.0 if slope is None else slope,
        intercept=intercept or 0.0,
        table=table,
        label=text(item, "LUTLabel", 64),
        explanation=text(item, "LUTExplanation", 256),
        unit=text(unit, "CodeValue", 64),
        unit_scheme=text(unit, "CodingSchemeDesignator", 16),
        unit_meaning=text(unit, "CodeMeaning", 64),
    )


def _limit(item: Dataset, keyword: str, is_signed: bool | None) -> float | None:
    double = number(item, f"DoubleFloat{keyword}")
    if double is not None:
        return double
    value = raw_value(item, keyword)
    if isinstance(value, bytes):
        value = int.from_bytes(value[:2], "little")
    if not isinstance(value, int):
        return number(item, keyword)
    if is_signed is not None and -0x8000 <= value <= 0xFFFF:
        value &= 0xFFFF
        return float(value - 0x10000 if is_signed and value >= 0x8000 else value)
    return float(value)
