"""What a header says of the meaning of stored values, beyond what display needs: units, real world values, dose and decay (rule S07)."""

import io
import struct
from dataclasses import dataclass
from typing import Any

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag

from archive.core.dataset import BAD_VALUE, quiet, text
from archive.core.description import ImageDescription
from archive.core.description.values import collapse, first, floats, word
from archive.core.readers.elements import Element, Encoding, dataset_of, looks_explicit, sequence_items, walk
from archive.core.readers.part10 import dataset_offset
from archive.core.readers.source import BytesSource
from governance.core.faults import Malformed
from viewer.core.pet import Pet, read_pet
from viewer.core.real_world_value import RealWorldMapping, read_mappings

_PER_FRAME_GROUPS, _TRANSFORMATION, _MAPPINGS = 0x52009230, 0x00289145, 0x00409096
_WORTH_LOOKING = ((0x0028, 0x9145), (0x0040, 0x9096))


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
    Raises: Malformed when it can't be read; TooLarge.
    """
    if description.samples_per_pixel != 1:
        return ValueHeader()
    try:
        with quiet():
            ds = read_partial(io.BytesIO(header), stop_when=_is_past_shared_groups, force=True)
            frames = [] if is_slide else _frames(header, is_little_endian=not description.is_big_endian)
            return _read(ds, frames, description)
    except BAD_VALUE as exc:
        raise Malformed("the header can't be read") from exc


def _read(ds: Dataset, frames: list["_Frame"], description: ImageDescription) -> ValueHeader:
    shared = first(ds, "SharedFunctionalGroupsSequence")
    common = _rescale_type(first(shared, "PixelValueTransformationSequence") or ds)
    return ValueHeader(
        rescale_types=collapse(
            tuple(_rescale_type(frame.of(_TRANSFORMATION)) if frame.has(_TRANSFORMATION) else common for frame in frames)
        )
        or (common,),
        lut_type=word(first(ds, "ModalityLUTSequence"), "ModalityLUTType"),
        mappings=_mappings(ds, shared, frames, description.is_signed if description.pixel_kind == "integer" else None),
        is_localizer="LOCALIZER" in text(ds, "ImageType").upper(),
        pet=read_pet(ds),
    )


def _rescale_type(item: Dataset | None) -> str | None:
    return word(item, "RescaleType") if floats(item, "RescaleSlope") else None


def _mappings(
    ds: Dataset, shared: Dataset | None, frames: list["_Frame"], is_signed: bool | None
) -> tuple[tuple[RealWorldMapping, ...], ...]:
    holder = shared if shared is not None and "RealWorldValueMappingSequence" in shared else ds
    common = read_mappings(holder, is_signed=is_signed)
    known: dict[bytes, tuple[RealWorldMapping, ...]] = {}  # frames mostly say the same
    found = []
    for frame in frames:
        if frame.has(_MAPPINGS) and frame.bytes_of(_MAPPINGS) not in known:
            known[frame.bytes_of(_MAPPINGS)] = read_mappings(frame.dataset(_MAPPINGS), is_signed=is_signed)
        found.append(known[frame.bytes_of(_MAPPINGS)] if frame.has(_MAPPINGS) else common)
    return tuple(found) if len(set(map(id, found))) > 1 else (found[0] if found else common,)


# --- the functional groups of frames, without making Datasets of all that they hold ---


@dataclass(frozen=True, slots=True)
class _Frame:
    """One item of the Per-frame Functional Groups Sequence, and the elements in it that matter here."""

    source: BytesSource
    encoding: Encoding
    elements: dict[int, Element]

    def has(self, tag: int) -> bool:
        return tag in self.elements

    def bytes_of(self, tag: int) -> bytes:
        element = self.elements[tag]
        return self.source.read_at(element.offset, element.end - element.offset)

    def dataset(self, tag: int) -> Dataset:
        """Return a Dataset that holds one element."""
        return dataset_of(self.source, [self.elements[tag]], self.encoding)

    def of(self, tag: int) -> Dataset | None:
        """Return the first item of a sequence."""
        return first(self.dataset(tag), keyword_for_tag(tag))


def _frames(header: bytes, *, is_little_endian: bool) -> list[_Frame]:
    """Return the frames' items, none where they hold nothing of value. Raises: Malformed, TooLarge."""
    order = "<HH" if is_little_endian else ">HH"
    start = header.find(struct.pack(order, 0x5200, 0x9230))
    if start < 0 or all(header.find(struct.pack(order, *words), start) < 0 for words in _WORTH_LOOKING):
        return []
    source = BytesSource(header)
    offset = dataset_offset(source)
    encoding = Encoding(looks_explicit(source, offset), is_little_endian)
    groups = next((element for element in walk(source, offset, encoding) if element.tag == _PER_FRAME_GROUPS), None)
    if groups is None:
        return []
    value = header[groups.value_offset : groups.end]
    return [_frame(BytesSource(item), inner) for item, inner in sequence_items(value, encoding)]


def _frame(source: BytesSource, encoding: Encoding) -> _Frame:
    wanted = {element.tag: element for element in walk(source, 0, encoding) if element.tag in (_TRANSFORMATION, _MAPPINGS)}
    return _Frame(source, encoding, wanted)


def _of_frame(values: tuple[Any, ...], frame_index: int) -> Any:
    if len(values) == 1:
        return values[0]
    if frame_index >= len(values):
        raise Malformed("the functional groups describe fewer frames than there are")
    return values[frame_index]


def _is_past_shared_groups(tag: BaseTag, vr: str | None, length: int) -> bool:
    return int(tag) >= _PER_FRAME_GROUPS
