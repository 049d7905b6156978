"""Walk the data elements of a data set by their lengths (PS3.5 section 7), touching values only where asked.

pydicom accepts a file that ends inside a value; an archive must not. So lengths are checked here against the file, and values
become pydicom elements that decode themselves when they are looked at.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

from archive.core.readers.source import BytesSource, Source
from governance.core.faults import Malformed, TooLarge

UNDEFINED_LENGTH = 0xFFFFFFFF
PIXEL_DATA_TAGS = frozenset({0x7FE00010, 0x7FE00009, 0x7FE00008})  # Pixel Data, Double Float, Float
EXTENDED_OFFSET_TABLE, EXTENDED_OFFSET_TABLE_LENGTHS = 0x7FE00001, 0x7FE00002
KEPT_VALUE_BYTES = 65_536  # larger values are left out of the Dataset, sequences, offset tables and ICC profiles excepted
_ICC_PROFILE = 0x00282000
MAX_HEADER_BYTES = 256_000_000
MAX_DEPTH = 64
MAX_ELEMENTS = 5_000_000  # of one file, nested ones included: more would only keep a processor busy
MAX_TOP_LEVEL_ELEMENTS = 200_000

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_VRS = frozenset(vr.encode() for vr in VR if len(vr) == 2)
_LONG_VRS = frozenset(vr.encode() for vr in EXPLICIT_VR_LENGTH_32)
_CUT_SHORT = "The file is cut short in the middle of an element."


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are written: with their VR or without, and in which byte order."""

    is_explicit: bool
    is_little_endian: bool


EXPLICIT_LITTLE = Encoding(True, True)
IMPLICIT_LITTLE = Encoding(False, True)
_HEADERS = {True: struct.Struct("<HH2sH"), False: struct.Struct(">HH2sH")}
_LENGTHS = {True: struct.Struct("<L"), False: struct.Struct(">L")}


@dataclass(frozen=True, slots=True)
class Element:
    """One element: where it begins, where its value begins, and how long that is.

    length: of the value as it lies in the file, delimiters included; UNDEFINED_LENGTH for encapsulated Pixel Data alone.
    vr: "" when the element doesn't say it.
    """

    tag: int
    vr: str
    offset: int
    value_offset: int
    length: int
    is_explicit: bool

    @property
    def end(self) -> int:
        return self.value_offset + self.length


class _Budget:
    """How many more elements of a file may be walked."""

    def __init__(self) -> None:
        self._left = MAX_ELEMENTS

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooLarge("The header has too many elements.")


def element_at(source: Source, offset: int, encoding: Encoding) -> Element:
    """Read one element's tag, VR and length, without its value; an undefined length stays undefined."""
    raw = source.read_at(offset, 12)
    if len(raw) < 8:
        raise Malformed(_CUT_SHORT)
    group, number, vr, short_length = _HEADERS[encoding.is_little_endian].unpack_from(raw)
    tag = group << 16 | number
    unpack_length = _LENGTHS[encoding.is_little_endian].unpack_from
    if encoding.is_explicit and group != 0xFFFE:
        if vr in _LONG_VRS:
            if len(raw) < 12:
                raise Malformed(_CUT_SHORT)
            return Element(tag, vr.decode(), offset, offset + 12, unpack_length(raw, 8)[0], True)
        if vr in _VRS or vr.isalpha():  # an unknown VR of two letters has a short length, as pydicom reads it
            return Element(tag, vr.decode("latin-1"), offset, offset + 8, short_length, True)
    return Element(tag, "", offset, offset + 8, unpack_length(raw, 4)[0], False)


def looks_explicit(source: Source, offset: int) -> bool:
    """Say whether the element at offset carries a VR: two letters of the standard where implicit has its length."""
    return source.read_at(offset + 4, 2) in _VRS


def walk(source: Source, offset: int, encoding: Encoding) -> Iterator[Element]:
    """Yield the elements of a data set from offset to the end; the last is Pixel Data, where there is one.

    Raises Malformed when an element reaches past the end of the file, or what follows is no element; TooLarge past MAX_ELEMENTS.
    """
    budget = _Budget()
    for _ in range(MAX_TOP_LEVEL_ELEMENTS):
        if offset >= source.size:
            return
        if source.size - offset < 8 or source.read_at(offset, 8) == bytes(8):
            if source.read_at(offset, 8).strip(b"\0"):
                raise Malformed(_CUT_SHORT)
            return  # padded with zeros at the end
        element = element_at(source, offset, encoding)
        if element.tag in PIXEL_DATA_TAGS:
            yield element
            return
        if element.tag >> 16 == 0xFFFE:
            raise Malformed("The file is damaged: a delimiter stands where an element should begin.")
        element = _bounded(source, element, encoding, 0, budget)
        yield element
        offset = element.end
    raise TooLarge("The header has too many elements.")


def _bounded(source: Source, element: Element, encoding: Encoding, depth: int, budget: _Budget) -> Element:
    """Return the element with its true length, checked against the file."""
    budget.spend()
    if element.length == UNDEFINED_LENGTH:
        end = _end_of_sequence(source, element.value_offset, encoding, depth + 1, budget)
        return Element(element.tag, element.vr, element.offset, element.value_offset, end - element.value_offset, element.is_explicit)
    if element.end > source.size:
        raise Malformed(_CUT_SHORT)
    return element


def _end_of_sequence(source: Source, offset: int, encoding: Encoding, depth: int, budget: _Budget) -> int:
    """Return the offset after the Sequence Delimitation Item of a value of undefined length (PS3.5 7.5)."""
    if depth > MAX_DEPTH:
        raise Malformed("Sequences are nested too deeply.")
    while True:
        budget.spend()
        item = element_at(source, offset, encoding)
        offset = item.value_offset
        if item.tag == _SEQUENCE_END:
            return offset
        if item.tag != _ITEM:
            raise Malformed("The file is damaged: a sequence holds something that isn't an item.")
        offset = _end_of_item(source, offset, encoding, depth, budget) if item.length == UNDEFINED_LENGTH else offset + item.length
        if offset > source.size:
            raise Malformed(_CUT_SHORT)


def _end_of_item(source: Source, offset: int, encoding: Encoding, depth: int, budget: _Budget) -> int:
    inner = Encoding(looks_explicit(source, offset), encoding.is_little_endian)  # UN sequences are implicit inside (PS3.5 6.2.2)
    while True:
        element = element_at(source, offset, inner)
        if element.tag == _ITEM_END:
            return element.value_offset
        offset = _bounded(source, element, inner, depth, budget).end


def sequence_items(value: bytes, encoding: Encoding) -> Iterator[tuple[bytes, Encoding]]:
    """Yield the items of a sequence's value, each with its encoding, to be walked without making Datasets of them.

    Raises Malformed when they are damaged.
    """
    source, offset = BytesSource(value), 0
    while offset < len(value):
        item = element_at(source, offset, encoding)
        if item.tag == _SEQUENCE_END:
            return
        if item.tag != _ITEM:
            raise Malformed("The file is damaged: a sequence holds something that isn't an item.")
        start = item.value_offset
        inner = Encoding(looks_explicit(source, start), encoding.is_little_endian)
        if item.length == UNDEFINED_LENGTH:
            offset = _end_of_item(source, start, encoding, 1, _Budget())
            yield value[start : offset - 8], inner
        else:
            offset = start + item.length
            if offset > len(value):
                raise Malformed(_CUT_SHORT)
            yield value[start:offset], inner


def dataset_of(source: Source, elements: list[Element], encoding: Encoding) -> Dataset:
    """Return a Dataset of these elements, decoded when looked at; values over KEPT_VALUE_BYTES are left out.

    Raises TooLarge when what must be kept is more than MAX_HEADER_BYTES.
    """
    raw: dict[BaseTag, RawDataElement] = {}
    kept = 0
    for element in elements:
        if element.length > KEPT_VALUE_BYTES and not _is_kept_whole(element):
            continue
        kept += element.length
        if kept > MAX_HEADER_BYTES:
            raise TooLarge("The header is larger than 256 MB.")
        tag, value = BaseTag(element.tag), source.read_at(element.value_offset, element.length)
        raw[tag] = RawDataElement(
            tag, element.vr or None, len(value), value, element.value_offset, not element.is_explicit, encoding.is_little_endian
        )
    dataset = Dataset(raw)  # type: ignore[arg-type]  # pydicom takes raw elements, its annotation does not say so
    dataset.set_original_encoding(not encoding.is_explicit, encoding.is_little_endian)
    return dataset


def _is_kept_whole(element: Element) -> bool:
    if element.tag in (EXTENDED_OFFSET_TABLE, EXTENDED_OFFSET_TABLE_LENGTHS, _ICC_PROFILE) or element.vr == "SQ":
        return True
    if element.vr not in ("", "UN") or element.tag >> 16 & 1:
        return False
    try:
        return dictionary_VR(element.tag) == "SQ"
    except KeyError:
        return False
