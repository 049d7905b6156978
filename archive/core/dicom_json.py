"""The DICOM JSON model (PS3.18 Annex F): attributes as tag -> {"vr", "Value"}."""

from collections.abc import Mapping
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword

Element = dict[str, Any]
PERSON_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
WHOLE = frozenset({"SL", "SS", "SV", "UL", "US", "UV"})
DECIMAL = frozenset({"FL", "FD"})


def tag_of(keyword: str) -> str:
    """Return eight upper-case hexadecimal digits, e.g. "0020000D" for StudyInstanceUID (PS3.18 F.2.2)."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return f"{tag:08X}"


def element(keyword: str, value: Any) -> Element:
    """Return one attribute object. value: text, number, or a list of them; empty values give no Value, as F.2.5 wants.

    Decimal and integer strings (DS, IS) become numbers; a person name its component groups; a tag (AT) eight digits.
    """
    vr = dictionary_VR(keyword)
    values = list(value) if isinstance(value, list | tuple) else [value]
    if not any(one is not None and one != "" for one in values):
        return {"vr": vr}
    return {"vr": vr, "Value": [None if one is None or one == "" else _value(vr, one) for one in values]}


def data_set(attributes: Mapping[str, Any]) -> dict[str, Element]:
    """Return a data set in DICOM JSON from keyword -> value, in the order of tags (F.2.2)."""
    found = {tag_of(keyword): element(keyword, value) for keyword, value in attributes.items()}
    return dict(sorted(found.items()))


def person_name(value: str) -> dict[str, str]:
    """Split a PN into its component groups (F.2.6), leaving empty ones out."""
    groups = zip(PERSON_NAME_GROUPS, value.split("="), strict=False)
    return {name: group for name, group in groups if group}


def _value(vr: str, value: Any) -> Any:
    if vr == "PN":
        return person_name(str(value))
    if vr == "IS" or vr in WHOLE:
        return int(value)
    if vr == "DS" or vr in DECIMAL:
        return float(value)
    if vr == "AT":
        tag = tag_for_keyword(str(value))
        return f"{tag:08X}" if tag is not None else str(value)
    return str(value)
