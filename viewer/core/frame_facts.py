"""Reading the facts of one frame: the per-frame value where there is one, else the image's own."""

import math
from collections.abc import Mapping
from typing import Any, Protocol

Facts = Mapping[str, Any]


class ImageRecord(Protocol):
    """What stacks, trays and opened documents need to know of a stored image; archive's StoredImage is one."""

    @property
    def sop_instance_uid(self) -> str: ...
    @property
    def sop_class_uid(self) -> str: ...
    @property
    def transfer_syntax_uid(self) -> str: ...
    @property
    def instance_number(self) -> int | None: ...
    @property
    def number_of_frames(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def columns(self) -> int: ...
    @property
    def facts(self) -> Facts: ...


def value_at(facts: Facts, keyword: str, frame_index: int) -> Any:
    """Return a keyword's value for one frame (from 0): per-frame functional groups first (PS3.3 C.7.6.16), then the image."""
    per_frame = facts.get("PerFrame", {}).get(keyword)
    if per_frame is not None and frame_index < len(per_frame) and per_frame[frame_index] is not None:
        return per_frame[frame_index]
    return facts.get(keyword)


def number(value: Any) -> float | None:
    """Return a finite float, or None for absent, empty or nonsensical values; of a list the first."""
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def numbers(value: Any) -> list[float] | None:
    """Return a list of finite floats, or None when any of them is not one."""
    if value is None or value == "":
        return None
    values = [number(one) for one in (value if isinstance(value, list | tuple) else [value])]
    return None if not values or any(one is None for one in values) else [one for one in values if one is not None]


def text(value: Any) -> str:
    """Return a value as trimmed text; a list joined as DICOM does; "" when absent."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "\\".join(text(one) for one in value)
    return str(value).strip()
