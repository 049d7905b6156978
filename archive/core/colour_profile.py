"""ICC profiles as images carry them: bytes and name, one object for all images with the same (PS3.3 C.11.15; ICC.1 section 7)."""

import hashlib
import threading
import weakref
from dataclasses import dataclass

MAX_PROFILE_BYTES = 16_000_000
_TAG_TABLE, _TAG_BYTES, _MAX_TAGS, _MAX_NAME = 128, 12, 256, 200


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class ColourProfile:
    """One profile. name: its own description, "" when it has none. Equal profiles are the same object."""

    data: bytes
    name: str
    sha256: str


_known: "weakref.WeakValueDictionary[str, ColourProfile]" = weakref.WeakValueDictionary()
_lock = threading.Lock()


def colour_profile(data: bytes) -> ColourProfile | None:
    """Return the profile with these bytes; None when they cannot be one."""
    if not _TAG_TABLE + 4 <= len(data) <= MAX_PROFILE_BYTES or data[36:40] != b"acsp":
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    with _lock:
        known = _known.get(sha256)
        if known is None:
            known = _known[sha256] = ColourProfile(data, profile_name(data), sha256)
        return known


def profile_name(data: bytes) -> str:
    """Return what a profile calls itself: its "desc" tag, as text (v2) or in several languages (v4), the first of them."""
    count = min(int.from_bytes(data[_TAG_TABLE : _TAG_TABLE + 4], "big"), _MAX_TAGS)
    for start in range(_TAG_TABLE + 4, _TAG_TABLE + 4 + count * _TAG_BYTES, _TAG_BYTES):
        if data[start : start + 4] == b"desc":
            offset = int.from_bytes(data[start + 4 : start + 8], "big")
            length = int.from_bytes(data[start + 8 : start + 12], "big")
            return _text(data[offset : offset + min(length, 65_536)])
    return ""


def _text(tag: bytes) -> str:
    if tag[:4] == b"desc":
        length = int.from_bytes(tag[8:12], "big")
        found = tag[12 : 12 + min(length, _MAX_NAME)].decode("latin-1")
    elif tag[:4] == b"mluc":
        length, offset = int.from_bytes(tag[20:24], "big"), int.from_bytes(tag[24:28], "big")
        found = tag[offset : offset + min(length, 2 * _MAX_NAME)].decode("utf-16-be", "replace")
    else:
        found = ""
    return "".join(character for character in found.split("\0")[0] if character.isprintable()).strip()
