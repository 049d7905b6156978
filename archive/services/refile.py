"""The index's facts about stored instances, worked out again from their bytes: after a release that knows more of them.

Who an instance is - patient, study, series, UIDs - stays as it was filed (rule S12); what intake read of its pixels and frames is
made new. Any number of times, from any place: what is right already is not written.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from archive.core.dataset import BAD_VALUE, quiet
from archive.core.facts import image_facts
from archive.core.readers import FileSource, read_object
from archive.models import Instance
from archive.services.storage import ObjectStore, object_store
from governance.core.faults import Fault
from governance.core.policy import Subject
from governance.services.audit import record

BATCH = 200
FIELDS = ("transfer_syntax_uid", "rows", "columns", "number_of_frames", "frame_table", "facts")


@dataclass(frozen=True, slots=True)
class Refiled:
    """What became of one batch. last: the row after which to go on; unreadable: (SOP Instance UID, why), left as they were."""

    last: int
    seen: int
    changed: int
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def count_instances(*, after: int = 0) -> int:
    """Return how many rows there are behind a row."""
    return Instance.objects.filter(pk__gt=after).count()


def refile(*, actor: Subject, after: int = 0) -> Iterator[Refiled]:
    """Bring the index of every stored instance up to date, a batch at a time; each is one transaction with its audit entry."""
    while rows := list(Instance.objects.filter(pk__gt=after).order_by("pk")[:BATCH]):
        after = rows[-1].pk
        yield _refile(actor, rows, after)


def _refile(actor: Subject, rows: list[Instance], last: int) -> Refiled:
    store, changed, unreadable = object_store(), [], []
    for row in rows:
        try:
            now = _facts_of(store, row)
        except (Fault, *BAD_VALUE, RecursionError) as exc:
            unreadable.append((row.sop_instance_uid, str(exc) if isinstance(exc, Fault) else "it is damaged"))
            continue
        if any(value != _held(row, name) for name, value in now.items()):
            for name, value in now.items():
                setattr(row, name, value)
            changed.append(row)
    if changed:
        with transaction.atomic():
            Instance.objects.bulk_update(changed, FIELDS)
            record(actor=actor, action="instances refiled", changed=len(changed), first_row=rows[0].pk, last_row=last)
    return Refiled(last, len(rows), len(changed), unreadable)


def _held(row: Instance, name: str) -> Any:
    value = getattr(row, name)
    return bytes(value) if name == "frame_table" else value


def _facts_of(store: ObjectStore, row: Instance) -> dict[str, Any]:
    """Return the columns as intake would fill them today, as the database would give them back."""
    with io.BufferedReader(_StoredFile(store, row.sha256), 1 << 16) as file:
        found = read_object(FileSource(file))
        with quiet():
            facts = json.loads(json.dumps(image_facts(found.dataset)))
    values = (found.transfer_syntax_uid, found.rows, found.columns, found.number_of_frames, found.frame_table.pack(), facts)
    return dict(zip(FIELDS, values, strict=True))


class _StoredFile(io.RawIOBase):
    """A stored object as a seekable file, which is what the readers of intake are given."""

    def __init__(self, store: ObjectStore, sha256: str) -> None:
        self._store, self._sha256 = store, sha256
        self._size, self._position = store.size(sha256), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        length = max(0, min(len(buffer), self._size - self._position))
        buffer[:length] = self._store.read(self._sha256, self._position, length)
        self._position += length
        return length
