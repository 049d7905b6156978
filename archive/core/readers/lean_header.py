"""Headers without what nobody needs: vendors put hundreds of megabytes of their own data ahead of ordinary pixels."""

from collections.abc import Callable
from dataclasses import dataclass

from archive.core.readers.elements import Element, Encoding, looks_explicit, walk
from archive.core.readers.part10 import dataset_offset
from archive.core.readers.source import Source
from governance.core.faults import TooLarge

_WINDOW_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class LeanHeader:
    """The bytes of a header, some elements left out. gaps: (where in data something is missing, how much is missing up to there)."""

    data: bytes
    gaps: tuple[tuple[int, int], ...] = ()

    def offset_in_file(self, offset: int) -> int:
        """Return where in the file a byte of data lies."""
        return offset + next((missing for position, missing in reversed(self.gaps) if position <= offset), 0)


class _Window:
    """The first `size` bytes of a source, read in large pieces: a walk looks at twelve bytes at a time."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._offset, self._data = 0, b""
        self.size = min(size, source.size)

    def read_at(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        if not self._offset <= offset <= offset + length <= self._offset + len(self._data):
            if length >= _WINDOW_BYTES:
                return self._source.read_at(offset, length)
            self._offset, self._data = offset, self._source.read_at(offset, min(_WINDOW_BYTES, self.size - offset))
        start = offset - self._offset
        return self._data[start : start + length]


def read_lean_header(source: Source, length: int, *, max_bytes: int, leaves_out: Callable[[Element], bool]) -> LeanHeader:
    """Return the first `length` bytes of a file that is not deflated, without the elements of its data set that leaves_out names.

    Raises: TooLarge when more than max_bytes are left; Malformed when the header is damaged. What is left out is not read, unless it
    is a sequence of undefined length, and that in pieces.
    """
    window = _Window(source, length)
    begin = dataset_offset(window)
    group = int.from_bytes(window.read_at(begin, 2), "little")
    encoding = Encoding(looks_explicit(window, begin), group < 0x0100)
    parts = [(0, begin)]
    for element in walk(window, begin, encoding):
        if leaves_out(element):
            continue
        start, end = parts[-1]
        if element.offset == end:
            parts[-1] = (start, element.end)
        else:
            parts.append((element.offset, element.end))
    if sum(end - start for start, end in parts) > max_bytes:
        raise TooLarge(f"the header of this object has more than {max_bytes // 1_000_000} MB that would have to be read")
    data, gaps = bytearray(), []
    for start, end in parts:
        if start > len(data):
            gaps.append((len(data), start - len(data)))
        data += window.read_at(start, end - start)
    return LeanHeader(bytes(data), tuple(gaps))
