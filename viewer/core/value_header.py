"""What a header says of the meaning of stored values, beyond what display needs: units, real world values, dose and decay (rule S07)."""

import io
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag

from archive.core.dataset import BAD_VALUE, items, quiet, text
from archive.core.description import ImageDescription
from archive.core.description.values import collapse, first, floats, groups, word
from governance.core.faults import Malformed
from viewer.core.pet import Pet, read_pet
from viewer.core.real_world_value import RealWorldMapping, read_mappings

_PER_FRAME_GROUPS = 0x52009230


@dataclass(frozen=True, eq=False, slots=True)
class ValueHeader:
    """Of one image; rescale_types and mappings have one entry for all frames, or one a frame.

    rescale_types: Rescale Type, "" where a rescale states none, None where there is no rescale. lut_type: Modality LUT Type.
    """

    rescale_types: tuple[str | None, ...] = (None,)
    lut_type: str = ""
    mappings: tuple[tuple[RealWorldMapping, ...], ...] = ((),)
    is_localizer: bool = False
    pet: Pet | None = None

    def rescale_type_of(self, frame_index: int) -> str | None:
        stated: str | None = _of_frame(self.rescale_types, frame_index)
        return stated

    def mappings_of(self, frame_index: int) -> tuple[RealWorldMapping, ...]:
        found: tuple[RealWorldMapping, ...] = _of_frame(self.mappings, frame_index)
        return found


def read_value_header(header: bytes, description: ImageDescription, *, is_slide: bool = False) -> ValueHeader:
    """Return what a header (everything before the pixels) says of its values.

    Frames of a slide aren't looked at one by one: there may be a hundred thousand, and its tiles share what they mean.
    Raises: Malformed when it can't be read.
    """
    if description.samples_per_pixel != 1:
        return ValueHeader()
    try:
        with quiet():
            ds = read_partial(io.BytesIO(header), stop_when=_is_past_shared_groups if is_slide else None, force=True)
            return _read(ds, description)
    except BAD_VALUE as exc:
        raise Malformed("the header can't be read") from exc


def _read(ds: Dataset, description: ImageDescription) -> ValueHeader:
    shared = first(ds, "SharedFunctionalGroupsSequence")
    per_frame = items(ds, "PerFrameFunctionalGroupsSequence")
    rescales = groups(shared, per_frame, "PixelValueTransformationSequence", ds)
    is_signed = description.is_signed if description.pixel_kind == "integer" else None
    return ValueHeader(
        rescale_types=collapse(tuple(word(item, "RescaleType") if floats(item, "RescaleSlope") else None for item in rescales)),
        lut_type=word(first(ds, "ModalityLUTSequence"), "ModalityLUTType"),
        mappings=_mappings(ds, shared, per_frame, is_signed),
        is_localizer="LOCALIZER" in text(ds, "ImageType").upper(),
        pet=read_pet(ds),
    )


def _mappings(
    ds: Dataset, shared: Dataset | None, per_frame: list[Dataset], is_signed: bool | None
) -> tuple[tuple[RealWorldMapping, ...], ...]:
    keyword = "RealWorldValueMappingSequence"
    common = read_mappings(shared if shared is not None and keyword in shared else ds, is_signed=is_signed)
    if not any(keyword in item for item in per_frame):
        return (common,)
    found = tuple(read_mappings(item, is_signed=is_signed) if keyword in item else common for item in per_frame)
    return found[:1] if all(_are_like(one, found[0]) for one in found) else found


def _are_like(some: tuple[RealWorldMapping, ...], others: tuple[RealWorldMapping, ...]) -> bool:
    return len(some) == len(others) and all(one.is_like(other) for one, other in zip(some, others, strict=True))


def _of_frame(values: tuple[Any, ...], frame_index: int) -> Any:
    if len(values) == 1:
        return values[0]
    if frame_index >= len(values):
        raise Malformed("the functional groups describe fewer frames than there are")
    return values[frame_index]


def _is_past_shared_groups(tag: BaseTag, vr: str | None, length: int) -> bool:
    return int(tag) >= _PER_FRAME_GROUPS
