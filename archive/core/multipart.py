"""Take apart a multipart body as it arrives, without holding it (RFC 2046 5.1, RFC 2387; PS3.18 8.6.1).

Tolerant where real senders differ: boundary and type with and without quotes, blanks in the boundary, lines that end in LF alone,
a preamble, an epilogue, parts without headers. Never guesses: what isn't closed by the last boundary is Malformed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from governance.core.faults import Malformed

MAX_HEADER_BYTES = 16_384
MAX_BOUNDARY_LENGTH = 256  # RFC 2046 says 70; nobody is hurt by more
_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))')


@dataclass(frozen=True, slots=True)
class ContentType:
    """A media type and its parameters; names in lower case, values as sent."""

    media_type: str
    parameters: dict[str, str]


def parse_content_type(header: str) -> ContentType:
    """Return a Content-Type header's parts. Quotes around values may be there or not, also where a value holds a slash."""
    media_type, separator, rest = header.partition(";")
    parameters: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(separator + rest):
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare.strip().strip('"')
        parameters.setdefault(name.lower(), value)
    return ContentType(media_type.strip().lower(), parameters)


@dataclass(frozen=True, slots=True)
class PartBegins:
    """A part begins; its headers by lower-case name."""

    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class PartData:
    """Some of the current part's bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnds:
    """The current part is complete."""


Event = PartBegins | PartData | PartEnds
_State = Literal["preamble", "headers", "body", "epilogue"]


class MultipartParser:
    """An incremental parser: `feed` pieces of any size, take the events, `close` at the end. Holds at most a few kilobytes.

    Raises Malformed for a body that is no multipart body of this boundary.
    """

    def __init__(self, boundary: str) -> None:
        if not 0 < len(boundary) <= MAX_BOUNDARY_LENGTH:
            raise Malformed("the boundary is missing or too long")
        self._dashes = b"--" + boundary.encode("latin-1", "replace")
        self._delimiter = b"\r\n" + self._dashes  # LF alone, once the first boundary line shows it
        self._buffer = bytearray(b"\r\n")  # as if a line had ended: the first boundary may stand at the very beginning
        self._state: _State = "preamble"

    def feed(self, data: bytes) -> Iterator[Event]:
        """Yield what becomes complete with these bytes. Exhaust it before the next call."""
        self._buffer += data
        while True:
            state = self._state
            if state == "preamble":
                done = self._skip_preamble()
                events: Iterator[Event] = iter(())
            elif state == "headers":
                found = self._headers()
                done, events = found is None, iter((found,) if found else ())
            elif state == "body":
                some = self._body()
                done, events = self._state == "body", iter(some)
            else:
                self._buffer.clear()
                return
            yield from events
            if done:
                return

    def close(self) -> None:
        """Check that the last boundary was there."""
        if self._state != "epilogue":
            raise Malformed("the multipart body ends before its last boundary")

    def _skip_preamble(self) -> bool:
        """Look for the first boundary line; True when more bytes are needed."""
        position = self._buffer.find(b"\n" + self._dashes)
        if position < 0:
            if len(self._buffer) > MAX_HEADER_BYTES:
                raise Malformed("the multipart body doesn't begin with its boundary")
            return True
        line_end = self._buffer.find(b"\n", position + 1)
        tail = bytes(self._buffer[position + 1 + len(self._dashes) : line_end if line_end >= 0 else len(self._buffer)])
        if tail.startswith(b"--"):
            raise Malformed("the multipart body has no parts")
        if line_end < 0:
            if len(tail) > MAX_BOUNDARY_LENGTH:
                raise Malformed("the multipart body doesn't begin with its boundary")
            return True
        if tail.strip(b" \t\r"):
            del self._buffer[: position + 1]  # a longer boundary that begins alike
            return False
        if not tail.endswith(b"\r"):
            self._delimiter = b"\n" + self._dashes
        del self._buffer[: line_end + 1]
        self._state = "headers"
        return False

    def _headers(self) -> PartBegins | None:
        """Take the part's header lines up to the empty one; None when more bytes are needed."""
        if self._buffer.startswith((b"\r\n", b"\n")):
            end = skip = 0
        else:
            ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n", b"\n\r\n") if (at := self._buffer.find(mark)) >= 0]
            if not ends:
                if len(self._buffer) > MAX_HEADER_BYTES:
                    raise Malformed("a part's headers are too long")
                return None
            end, skip = min(ends)
        lines = bytes(self._buffer[:end]).decode("latin-1")
        del self._buffer[: end + skip if skip else self._buffer.index(b"\n") + 1]
        self._state = "body"
        # An empty part: its boundary follows the empty line at once. Put back the line end that the search needs.
        self._buffer[:0] = self._delimiter[: -len(self._dashes)]
        self._skip = len(self._delimiter) - len(self._dashes)
        return PartBegins(_header_fields(lines))

    def _body(self) -> list[Event]:
        """Take the part's bytes up to its boundary, or as many as surely belong to it."""
        search_from = 0
        while True:
            position = self._buffer.find(self._delimiter, search_from)
            if position < 0:
                return self._data(len(self._buffer) - len(self._delimiter) + 1)
            after = position + len(self._delimiter)
            line_end = self._buffer.find(b"\n", after)
            tail = bytes(self._buffer[after : line_end if line_end >= 0 else len(self._buffer)])
            if tail.startswith(b"--"):
                return self._end_part(position, len(self._buffer), "epilogue")
            if line_end >= 0 and not tail.strip(b" \t\r"):
                return self._end_part(position, line_end + 1, "headers")
            if line_end < 0 and (not tail.strip(b" \t\r") or tail == b"-") and len(tail) <= MAX_BOUNDARY_LENGTH:
                return self._data(position)  # what follows decides; wait for it
            search_from = position + 1  # data that looks like the boundary's beginning

    def _data(self, length: int) -> list[Event]:
        length = max(0, length)
        start = min(self._skip, length)
        data = bytes(self._buffer[start:length])
        del self._buffer[:length]
        self._skip -= start
        return [PartData(data)] if data else []

    def _end_part(self, data_length: int, consumed: int, state: _State) -> list[Event]:
        events = self._data(data_length)
        del self._buffer[: consumed - data_length]
        self._state = state
        return [*events, PartEnds()]

    _skip: int = 0  # bytes at the start of the buffer that the parser put there itself


def _header_fields(lines: str) -> dict[str, str]:
    unfolded = re.sub(r"\r?\n[ \t]+", " ", lines)
    fields: dict[str, str] = {}
    for line in unfolded.splitlines():
        name, colon, value = line.partition(":")
        if not colon:
            raise Malformed("a part has a header line without a colon")
        fields.setdefault(name.strip().lower(), value.strip())
    return fields
