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
        entries = segmented_entries(table) if table.is_segmented else table.entries
        levels = (entries >> (table.bits - 8)).astype(np.uint8)
        index = np.clip(np.arange(first, first + count) - table.first_mapped, 0, len(levels) - 1)
        out[:, component] = levels[index]
    return out


def segmented_entries(table: LookupTable) -> NDArray[np.uint16]:
    """Return the entries that a table's segments describe.

    Of 8-bit entries, opcodes and lengths are bytes too, two in a word, the lower first; there are writers who spend a word on each.
    """
    if table.bits > 8:
        return expand_segments(table.entries, table.count)
    try:
        return expand_segments(table.entries.astype("<u2").view(np.uint8).astype(np.uint16), table.count, unit_bytes=1)
    except Malformed:
        return expand_segments(table.entries, table.count)


def expand_segments(units: NDArray[np.uint16], count: int, *, unit_bytes: int = 2) -> NDArray[np.uint16]:
    """Return the `count` entries that segments describe: discrete, linear and indirect (PS3.3 C.7.9.2).

    units: opcodes, lengths and values, of 2 bytes or of 1; padding may follow the last segment.
    """
    expansion = _Expansion([int(unit) for unit in units], count, unit_bytes)
    expansion.run(0, None, 0)
    if len(expansion.entries) != count:
        raise Malformed("a segmented palette has another number of entries than its descriptor says")
    return np.array(expansion.entries, np.uint16)


class _Expansion:
    """Entries made so far of the segments in `units`."""

    def __init__(self, units: list[int], count: int, unit_bytes: int) -> None:
        self.entries: list[int] = []
        self._units, self._count, self._unit_bytes = units, count, unit_bytes

    def run(self, position: int, segments: int | None, depth: int) -> None:
        """Append entries of the segments from `position` on: all of them, or the given number."""
        while position < len(self._units) and len(self.entries) < self._count and (segments is None or segments > 0):
            try:
                position = self._segment(position, depth)
            except IndexError as exc:
                raise Malformed("a segmented palette is cut short") from exc
            if segments is not None:
                segments -= 1

    def _segment(self, position: int, depth: int) -> int:
        """Append one segment's entries; return where the next begins. IndexError past the end."""
        opcode, length = self._units[position], self._units[position + 1]
        position += 2
        if not length:  # it would make nothing, and segments that point at many such never end
            raise Malformed("a segmented palette has an empty segment")
        if opcode == _DISCRETE:
            values = self._units[position : position + length]
            if len(values) != length:
                raise IndexError
            self.entries.extend(values)
            return position + length
        if opcode == _LINEAR:
            end, start = self._units[position], self.entries[-1]  # a linear segment cannot be the first
            self.entries.extend(round(start + (end - start) * step / length) for step in range(1, length + 1))
            return position + 1
        if opcode == _INDIRECT and depth < _MAX_DEPTH:
            parts = 4 // self._unit_bytes  # a byte offset from the start, least significant part first
            offset = sum(self._units[position + part] << 8 * self._unit_bytes * part for part in range(parts))
            self.run(offset // self._unit_bytes, length, depth + 1)
            return position + parts
        raise Malformed("a segmented palette has an unknown segment")
