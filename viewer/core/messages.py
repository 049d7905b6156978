"""The messages of the stream, as values: parse what a client sends, pack what the server answers (docs/stream.md).

Every message, both ways, is one binary WebSocket message. It begins with 8 bytes: "VB", version, kind, viewport (u16), two
reserved zero bytes; little-endian. Control kinds carry a JSON object after them; pictures and tiles have a header of their
own (viewer.core.picture_header). Parsing is strict: what is not exactly as documented raises Malformed, what is over a
limit TooLarge.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import orjson

from governance.core.faults import Malformed, TooLarge
from viewer.core.shared_messages import (
    Act,
    Join,
    Leave,
    Motion,
    Standing,
    parse_act,
    parse_join,
    parse_leave,
    parse_motion,
    parse_standing,
)
from viewer.core.view import MAX_VOI, ViewState

VERSION = 1
SUBPROTOCOL = "viewbox.1"
PREFIX = struct.Struct("<2sBBHH")
MAGIC = b"VB"

MAX_MESSAGE_BYTES = 256 * 1024
MAX_VIEWPORTS = 64
MAX_QUEUE = 512
MAX_TILES = 512
FIRST_CREDIT = 8
MAX_CREDIT = 64
MAX_SIDE = 16_384  # columns or rows that a view may ask for
UINT8, UINT16, UINT32 = 0xFF, 0xFFFF, 0xFFFF_FFFF


class Kind(IntEnum):
    """The fourth byte of every message."""

    PICTURE = 1
    TILE = 2
    SUBSCRIBE = 16
    VIEW = 17
    QUEUE = 18
    CREDIT = 19
    CANCEL = 20
    UNSUBSCRIBE = 21
    TILES = 22
    SHOWN = 23
    PING = 24
    JOIN = 25
    LEAVE = 26
    ACT = 27
    MOTION = 28
    STANDING = 29
    OPENED = 32
    FAULT = 33
    PONG = 34
    HELLO = 35
    STATUS = 36
    SHARED = 37
    EVENTS = 38
    MOVED = 39
    PEOPLE = 40


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Show a stack or slide in a viewport. epoch grows with every subscription of that viewport."""

    viewport: int
    epoch: int
    target: dict[str, str]


@dataclass(frozen=True, slots=True)
class View:
    """Show one picture of the stack; a newer View of the same viewport replaces one that was not yet begun."""

    viewport: int
    sequence: int
    index: int
    view: ViewState


@dataclass(frozen=True, slots=True)
class Queue:
    """Pictures wanted in this order, none left out; replaces what is left of an earlier queue of the viewport."""

    viewport: int
    sequence: int
    entries: tuple[tuple[int, ViewState], ...]


@dataclass(frozen=True, slots=True)
class Credit:
    """Permission to send so many more pictures or tiles on this socket."""

    viewport: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Drop the viewport's queue and pending view; or, with tiles, just the tiles of those sequences."""

    viewport: int
    tiles: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Forget the viewport and everything waiting for it."""

    viewport: int


class TileRequest(NamedTuple):
    """One tile of a slide. level 0 is full resolution."""

    sequence: int
    level: int
    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tiles wanted, in this order, besides those already waiting."""

    viewport: int
    tiles: tuple[TileRequest, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The client's report of what it drew last in the viewport."""

    viewport: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Ping:
    """A sign of life; t comes back in the pong."""

    viewport: int
    t: float


SharedMessage = Join | Leave | Act | Motion | Standing  # viewer.core.shared_messages
ClientMessage = Subscribe | View | Queue | Credit | Cancel | Unsubscribe | Tiles | Shown | Ping | SharedMessage


def kind_and_viewport(data: bytes) -> tuple[int, int]:
    """Return the kind and the viewport of a message.

    Raises: Malformed when it is shorter than its prefix, or has another magic or version, or reserved bytes that are not 0.
    """
    if len(data) < PREFIX.size:
        raise Malformed("message shorter than its prefix")
    magic, version, kind, viewport, reserved = PREFIX.unpack_from(data)
    if magic != MAGIC or version != VERSION or reserved != 0:
        raise Malformed("not a message of this protocol version")
    return kind, viewport


def parse_client_message(data: bytes) -> ClientMessage:
    """Return what a client sent. Raises: Malformed, TooLarge."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise TooLarge("message", len(data))
    kind, viewport = kind_and_viewport(data)
    parse = _PARSERS.get(kind)
    if parse is None:
        raise Malformed("not a kind that clients send", kind)
    return parse(viewport, _json_object(data))


def pack_control(kind: Kind, viewport: int, document: dict[str, Any]) -> bytes:
    """Return a control message: the 8 bytes and the document as JSON."""
    return PREFIX.pack(MAGIC, VERSION, kind, viewport, 0) + orjson.dumps(document)


def parse_control(data: bytes) -> tuple[Kind, int, dict[str, Any]]:
    """Return kind, viewport and document of a control message. Raises: Malformed."""
    kind, viewport = kind_and_viewport(data)
    try:
        return Kind(kind), viewport, _json_object(data)
    except ValueError as exc:
        raise Malformed("unknown kind", kind) from exc


def _json_object(data: bytes) -> dict[str, Any]:
    body = data[PREFIX.size :]
    if not body:
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise Malformed("body is not JSON") from exc
    if not isinstance(document, dict):
        raise Malformed("body is not a JSON object")
    return document


def _integer(document: dict[str, Any], name: str, maximum: int, minimum: int = 0) -> int:
    value = document.get(name)
    if type(value) is not int or not minimum <= value <= maximum:
        raise Malformed(f"{name} must be a whole number from {minimum} to {maximum}")
    return value


def _list(document: dict[str, Any], name: str, longest: int) -> list[Any]:
    values = document.get(name)
    if not isinstance(values, list):
        raise Malformed(f"{name} must be a list")
    if len(values) > longest:
        raise TooLarge(name, len(values))
    return values


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{name} must be an object")
    return value


def _finite(value: object, name: str) -> float:
    if type(value) not in (int, float) or not -1e15 < value < 1e15:  # type: ignore[operator]
        raise Malformed(f"{name} must be a number")
    return float(value)  # type: ignore[arg-type]


_SWITCHES = ("invert", "overlays", "shutter", "icc")
_CHAIN_FIELDS = frozenset(("subtraction", "voi", "presentation", *_SWITCHES))
_VIEW_FIELDS = _CHAIN_FIELDS | {"window", "voi_function", "size", "codec", "quality"}
_NATIVE = (0, 0)


def parse_view(document: dict[str, Any]) -> ViewState:
    """Return the view state of a `view` object; every field has a default. Raises: Malformed."""
    unknown = document.keys() - _VIEW_FIELDS
    if unknown:
        raise Malformed("unknown field of a view")
    window = document.get("window")
    if window is not None:
        if not isinstance(window, list) or len(window) != 2:
            raise Malformed("window must be [center, width] or null")
        window = (_finite(window[0], "window center"), _finite(window[1], "window width"))
        if window[1] <= 0:
            raise Malformed("window width must be above 0")
    size = document.get("size") or _NATIVE
    if size is not _NATIVE and (
        not isinstance(size, list) or len(size) != 2 or not all(type(side) is int and 0 <= side <= MAX_SIDE for side in size)
    ):
        raise Malformed("size must be [columns, rows] or null")
    fields = _chain_fields(document) if document.keys() & _CHAIN_FIELDS else {}
    codec = document.get("codec", "auto")
    if codec not in ("auto", "jpeg", "png", "stored", "values"):
        raise Malformed("codec must be auto, jpeg, png, stored or values")
    quality = _integer(document, "quality", 100, 1) if "quality" in document else 80
    if "voi_function" in document:
        if document["voi_function"] not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
            raise Malformed("voi_function must be LINEAR, LINEAR_EXACT or SIGMOID")
        fields["voi_function"] = document["voi_function"]
    return ViewState(window=window, max_columns=size[0], max_rows=size[1], codec=codec, quality=quality, **fields)


def _chain_fields(document: dict[str, Any]) -> dict[str, Any]:
    """Return what a view says of the display chain beyond its window."""
    fields: dict[str, Any] = {name: document[name] for name in _SWITCHES if name in document}
    if any(type(value) is not bool for value in fields.values()):
        raise Malformed("invert, overlays, shutter and icc must be true or false")
    if "subtraction" in document:
        if document["subtraction"] is not None and type(document["subtraction"]) is not bool:
            raise Malformed("subtraction must be true, false or null")
        fields["subtraction"] = document["subtraction"]
    if document.get("voi") is not None:
        fields["voi"] = _integer(document, "voi", MAX_VOI)
    if document.get("presentation") is not None:
        if not isinstance(document["presentation"], str):
            raise Malformed("presentation must be a SOP Instance UID or null")
        fields["presentation"] = document["presentation"]
    return fields


def _subscribe(viewport: int, document: dict[str, Any]) -> Subscribe:
    target = _object(document.get("target"), "target")
    series = target.get("series_instance_uid")
    stack = target.get("stack")
    if not isinstance(series, str) or not 0 < len(series) <= 64:
        raise Malformed("target needs a series_instance_uid")
    if stack is not None and (not isinstance(stack, str) or len(stack) > 128):
        raise Malformed("stack must be a string")
    wanted = {"series_instance_uid": series} | ({"stack": stack} if stack is not None else {})
    return Subscribe(viewport, _integer(document, "epoch", UINT32), wanted)


def _view(viewport: int, document: dict[str, Any]) -> View:
    view = parse_view(_object(document.get("view", {}), "view"))
    return View(viewport, _integer(document, "sequence", UINT32), _integer(document, "index", UINT32), view)


def _queue(viewport: int, document: dict[str, Any]) -> Queue:
    sequence = _integer(document, "sequence", UINT32)
    entries = [_object(entry, "queue entry") for entry in _list(document, "views", MAX_QUEUE)]
    if sequence + len(entries) > UINT32:
        raise Malformed("sequence would not fit")
    return Queue(viewport, sequence, tuple(_parsed(entries)))


def _parsed(entries: list[dict[str, Any]]) -> Iterator[tuple[int, ViewState]]:
    """Yield index and view of each entry; a run of equal views, as every loop is, is read once."""
    last: tuple[object, ViewState | None] = (None, None)
    for entry in entries:
        document = entry.get("view", {})
        view = last[1] if document == last[0] and last[1] is not None else parse_view(_object(document, "view"))
        last = (document, view)
        yield _integer(entry, "index", UINT32), view


def _credit(viewport: int, document: dict[str, Any]) -> Credit:
    return Credit(viewport, _integer(document, "pictures", UINT16, 1))


def _cancel(viewport: int, document: dict[str, Any]) -> Cancel:
    if "tiles" not in document:
        return Cancel(viewport, None)
    sequences = _list(document, "tiles", 2 * MAX_TILES)
    return Cancel(viewport, tuple(_integer({"tiles": sequence}, "tiles", UINT32) for sequence in sequences))


def _tiles(viewport: int, document: dict[str, Any]) -> Tiles:
    entries = [_object(entry, "tile") for entry in _list(document, "tiles", MAX_TILES)]
    return Tiles(
        viewport,
        tuple(
            TileRequest(
                _integer(entry, "sequence", UINT32),
                _integer(entry, "level", UINT8),
                _integer(entry, "column", UINT32),
                _integer(entry, "row", UINT32),
            )
            for entry in entries
        ),
    )


_PARSERS: dict[int, Callable[[int, dict[str, Any]], ClientMessage]] = {
    Kind.SUBSCRIBE: _subscribe,
    Kind.VIEW: _view,
    Kind.QUEUE: _queue,
    Kind.CREDIT: _credit,
    Kind.CANCEL: _cancel,
    Kind.UNSUBSCRIBE: lambda viewport, document: Unsubscribe(viewport),
    Kind.TILES: _tiles,
    Kind.SHOWN: lambda viewport, document: Shown(viewport, _integer(document, "sequence", UINT32)),
    Kind.PING: lambda viewport, document: Ping(viewport, _finite(document.get("t", 0), "t")),
    Kind.JOIN: parse_join,
    Kind.LEAVE: parse_leave,
    Kind.ACT: parse_act,
    Kind.MOTION: parse_motion,
    Kind.STANDING: parse_standing,
}
