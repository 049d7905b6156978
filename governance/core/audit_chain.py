"""The audit log as a hash chain: each entry's SHA-256 covers the one before it, so no entry can change or go unseen.

Entry n is hashed over the digest of entry n-1 and its own canonical JSON. The first follows GENESIS. Indices run 1, 2, 3 … without a gap.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

GENESIS = "0" * 64

DetailValue = str | int | float | bool | None | list[str]


@dataclass(frozen=True, slots=True)
class Link:
    """What one entry says. recorded_at: ISO 8601 in UTC with microseconds; detail: canonical JSON or ""."""

    index: int
    recorded_at: str
    actor: str
    action: str
    outcome: str
    study_instance_uid: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A link as it is stored, with the two digests that hold it in the chain (64 hexadecimal digits each)."""

    link: Link
    previous_sha256: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold."""

    index: int
    reason: str


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, no blanks, Unicode as it is, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(previous_sha256: str, link: Link) -> str:
    """Return SHA-256(previous digest as bytes || canonical JSON of the link) in hexadecimal."""
    fields = [link.index, link.recorded_at, link.actor, link.action, link.outcome, link.study_instance_uid, link.detail]
    return hashlib.sha256(bytes.fromhex(previous_sha256) + canonical_json(fields).encode()).hexdigest()


def first_break(entries: Iterable[Sealed], *, last_index: int, last_sha256: str) -> Break | None:
    """Walk the chain in order of index and return the first break, or None when it holds up to its recorded end.

    last_index and last_sha256: what the log's head says was written last.
    """
    expected, previous = 1, GENESIS
    for entry in entries:
        if entry.link.index != expected:
            return Break(min(entry.link.index, expected), "missing" if entry.link.index > expected else "doubled")
        if entry.previous_sha256 != previous:
            return Break(expected, "does not follow the entry before it")
        if digest(previous, entry.link) != entry.sha256:
            return Break(expected, "changed after it was written")
        expected, previous = expected + 1, entry.sha256
    if expected <= last_index:
        return Break(expected, "missing: the log was cut off")
    if (expected - 1, previous) != (last_index, last_sha256):
        return Break(expected - 1, "is not the entry that was written last")
    return None
