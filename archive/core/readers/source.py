"""Where a reader's bytes come from: a seekable file, or a deflated data set inflated on the way. Memory stays bounded."""

import zlib
from typing import BinaryIO, Protocol

from governance.core.faults import Malformed, TooLarge

KEPT_INFLATED_BYTES = 64_000_000  # of a deflated data set: its header and, mostly, all of it
MAX_INFLATED_BYTES = 4_000_000_000
_PIECE = 1 << 16


class Source(Protocol):
    """Random access to bytes of known size."""

    @property
    def size(self) -> int: ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to length bytes from offset; fewer only at the end."""
        ...


class BytesSource:
    """Bytes that are there already."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


class FileSource:
    """A seekable file, read through a small window so that headers cost few system calls."""

    def __init__(self, file: BinaryIO, *, window: int = _PIECE) -> None:
        self._file = file
        self._window_length = window
        self._window = b""
        self._window_offset = 0
        self.size = file.seek(0, 2)

    def read_at(self, offset: int, length: int) -> bytes:
        start = offset - self._window_offset
        if start >= 0 and start + length <= len(self._window):
            return self._window[start : start + length]
        self._file.seek(offset)
        if length >= self._window_length:
            return self._file.read(length)
        self._window = self._file.read(self._window_length)
        self._window_offset = offset
        return self._window[:length]


class InflatedSource:
    """The data set of a Deflated Explicit VR Little Endian file (PS3.5 A.5), whose deflated bytes begin at `offset`.

    Keeps the first KEPT_INFLATED_BYTES and only counts the rest: frames are measured here, not read.
    Raises Malformed when the stream is broken or cut short, TooLarge past MAX_INFLATED_BYTES.
    """

    def __init__(self, source: Source, offset: int) -> None:
        kept = bytearray()
        self.size = 0
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            while not inflate.eof:
                piece = inflate.unconsumed_tail
                if not piece:
                    piece = source.read_at(offset, _PIECE)
                    offset += len(piece)
                if not piece:
                    raise Malformed("The deflated data set is cut short.")
                inflated = inflate.decompress(piece, 1 << 20)
                self.size += len(inflated)
                if self.size > MAX_INFLATED_BYTES:
                    raise TooLarge("The data set is larger than 4 GB when inflated.")
                kept += inflated[: max(0, KEPT_INFLATED_BYTES - len(kept))]
        except zlib.error as exc:
            raise Malformed("The deflated data set is damaged.") from exc
        self._kept = bytes(kept)

    def read_at(self, offset: int, length: int) -> bytes:
        if min(offset + length, self.size) > len(self._kept):
            raise TooLarge("The header of the deflated data set is too large.")
        return self._kept[offset : offset + length]


def inflated_range(source: Source, *, start: int, offset: int, length: int) -> bytes:
    """Return bytes offset..offset+length of a data set whose deflated bytes begin at `start`; memory: length plus 1 MB.

    Fewer bytes come back when the stream ends early; the caller knows what it expected.
    """
    wanted = bytearray()
    position = 0
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while not inflate.eof and position < offset + length:
            piece = inflate.unconsumed_tail
            if not piece:
                piece = source.read_at(start, _PIECE)
                start += len(piece)
            if not piece:
                break
            inflated = inflate.decompress(piece, 1 << 20)
            wanted += inflated[max(0, offset - position) : max(0, offset + length - position)]
            position += len(inflated)
    except zlib.error as exc:
        raise Malformed("The deflated data set is damaged.") from exc
    return bytes(wanted)
