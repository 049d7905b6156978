"""Lookup tables as the standard stores them: descriptor and data (PS3.3 C.11.1.1, C.11.2.1.1, C.7.6.3.1.5)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from governance.core.faults import Malformed

MAX_ENTRIES = 65_536


@dataclass(frozen=True, eq=False, slots=True)
class LookupTable:
    """One table.

    first_mapped: the input that the first entry stands for; lower inputs take the first entry, higher than the last the last.
    entries: uint16[n] as stored; when `is_segmented`, still the segments of PS3.3 C.7.9.2.
    bits: bits an entry (8 to 16).
    """

    first_mapped: int
    entries: NDArray[np.uint16]
    bits: int
    count: int
    explanation: str = ""
    is_segmented: bool = False


def words_of(value: object, *, big_endian: bool) -> NDArray[np.uint16]:
    """Return LUT data as 16-bit words, however its VR (US, SS or OW) was read."""
    if isinstance(value, bytes | bytearray):
        if len(value) % 2:
            value = bytes(value) + b"\0"
        return np.frombuffer(value, ">u2" if big_endian else "<u2").astype(np.uint16)
    numbers = value if isinstance(value, list | tuple) or hasattr(value, "__iter__") else [value]
    try:
        return np.array([int(number) & 0xFFFF for number in numbers], dtype=np.uint16)
    except (TypeError, ValueError) as exc:
        raise Malformed("lookup table data are not numbers") from exc


def read_table(
    ds: Dataset, *, descriptor: str, data: str, signed_input: bool, big_endian: bool, is_segmented: bool = False
) -> LookupTable | None:
    """Return the table that two attributes of a data set make, or None when either is absent.

    descriptor, data: DICOM keywords. signed_input: the first mapped value is two's complement.
    Raises: Malformed when they contradict each other.
    """
    if ds.get(descriptor) is None or ds.get(data) is None:
        return None
    head = words_of(ds[descriptor].value, big_endian=big_endian)
    words = words_of(ds[data].value, big_endian=big_endian)
    if len(head) != 3:
        raise Malformed("a lookup table descriptor has three values")
    count = int(head[0]) or MAX_ENTRIES
    first = int(head[1])
    if signed_input and first >= 0x8000:
        first -= 0x10000
    bits = int(head[2])
    if not is_segmented:
        words = _entries(words, count)
        if bits > 8 and len(words) and int(words.max()) < 256:
            bits = 8  # a known habit: 16 bits declared, 8 filled; taken literally the picture would be black
    if not 8 <= bits <= 16:  # also known: bits left 0
        bits = 16 if len(words) and int(words.max()) > 255 else 8
    explanation = str(ds.get("LUTExplanation", "") or "")
    return LookupTable(first, words, bits, count, explanation, is_segmented)


def _entries(words: NDArray[np.uint16], count: int) -> NDArray[np.uint16]:
    """Return exactly `count` entries: one a word, or two 8-bit entries packed a word (PS3.3 C.7.6.3.1.6)."""
    if len(words) >= count:
        return words[:count].copy()
    if len(words) * 2 >= count:
        return words.astype("<u2").view(np.uint8)[:count].astype(np.uint16)
    raise Malformed("a lookup table has fewer entries than its descriptor says")
