"""Palette colour: stored values to RGB through three tables (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.9.2)."""

import numpy as np
from numpy.typing import NDArray

from archive.core.lookup_table import LookupTable
from governance.core.faults import Malformed

_DISCRETE, _LINEAR, _INDIRECT = 0, 1, 2
_MAX_DEPTH = 1  # an indirect segment may not point at another (C.7.9.2.2.3)


def palette_table(palette: tuple[LookupTable, LookupTable, LookupTable], *, first: int, count: int) -> NDArray[np.uint8]:
    """Return uint8[count, 3]: the RGB levels of the stored values first, first + 1, …

    Values outside a table take its nearer end. Entries of more than 8 bits keep their upper 8: PS3.3 scales 16-bit entries to
    the full range, and both ways of widening (x 256, x 257) give their 8 bits back.
    """
    out = np.empty((count, 3), np.uint8)
    for component, table in enumerate(palette):
        entries = expand_segments(table.entries, table.count) if table.is_segmented else table.entries
        levels = (entries >> (table.bits - 8)).astype(np.uint8)
        index = np.clip(np.arange(first, first + count) - table.first_mapped, 0, len(levels) - 1)
        out[:, component] = levels[index]
    return out


def expand_segments(words: NDArray[np.uint16], count: int) -> NDArray[np.uint16]:
    """Return the `count` entries that segments describe: discrete, linear and indirect (PS3.3 C.7.9.2)."""
    entries: list[int] = []
    _expand([int(word) for word in words], 0, None, entries, count, 0)
    if len(entries) != count:
        raise Malformed("a segmented palette has another number of entries than its descriptor says")
    return np.array(entries, np.uint16)


def _expand(words: list[int], position: int, segments: int | None, entries: list[int], count: int, depth: int) -> None:
    """Append entries of the segments from `position` on: all of them, or the given number."""
    while position < len(words) and (segments is None or segments > 0) and len(entries) <= count:
        try:
            opcode, length = words[position], words[position + 1]
            if not length:  # it would make nothing, and segments that point at many such never end
                raise Malformed("a segmented palette has an empty segment")
            if opcode == _DISCRETE:
                values = words[position + 2 : position + 2 + length]
                if len(values) != length:
                    raise IndexError
                entries.extend(values)
                position += 2 + length
            elif opcode == _LINEAR:
                end = words[position + 2]
                start = entries[-1]  # a linear segment cannot be the first
                entries.extend(round(start + (end - start) * step / length) for step in range(1, length + 1))
                position += 3
            elif opcode == _INDIRECT and depth < _MAX_DEPTH:
                offset = words[position + 2] | words[position + 3] << 16  # bytes from the start, least significant word first
                _expand(words, offset // 2, length, entries, count, depth + 1)
                position += 4
            else:
                raise Malformed("a segmented palette has an unknown segment")
        except IndexError as exc:
            raise Malformed("a segmented palette is cut short") from exc
        if segments is not None:
            segments -= 1
