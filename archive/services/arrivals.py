"""What came in, understood and hashed but not yet filed: an Arrival a file, and the Outcome that its sender gets."""

import hashlib
import logging
import os
import traceback
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from archive.core.dataset import BAD_VALUE, Identity, quiet
from archive.core.facts import JSON, image_facts
from archive.core.readers import FileSource, read_object
from governance.core.faults import Fault, Malformed

Status = Literal["stored", "already there", "conflict", "refused"]

_PIECE = 1 << 20
# One bad file must not cost the others their place; the log says where it failed.
DAMAGED = (*BAD_VALUE, RecursionError)

log = logging.getLogger("viewbox.ingest")


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file to store: at a path, or as bytes.

    source: what the sender calls it, for lists and logs of intake; never used as a path.
    is_spooled: the path lies in a spool room of the caller's, may be taken away, and has the hash in sha256.
    """

    path: Path | None = None
    data: bytes | None = None
    source: str = ""
    is_spooled: bool = False
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. reason is a sentence for its sender; fault gives protocols their code (governance.core.faults)."""

    status: Status
    source: str
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    reason: str = ""
    fault: Fault | None = None


@dataclass(slots=True)
class Arrival:
    """One file on its way: its bytes in the spool, what a reader understood of it, and, once known, its outcome."""

    source: str
    path: Path
    sha256: str
    size_bytes: int
    identity: Identity | None = None
    transfer_syntax_uid: str = ""
    rows: int = 0
    columns: int = 0
    number_of_frames: int = 0
    frame_table: bytes = b""
    facts: dict[str, JSON] = field(default_factory=dict)
    department: str = ""
    issuer: str = ""
    is_kept: bool = True  # False: bytes that nobody may leave here
    status: Status | None = None
    reason: str = ""
    fault: Fault | None = None

    def refuse(self, fault: Fault, *, keep: bool = True) -> None:
        """Say that this file won't be filed, and why; keep its bytes in the quarantine unless its sender may store nothing here."""
        self.status, self.reason, self.fault, self.is_kept = "refused", str(fault), fault, keep

    def settle(self, status: Status, fault: Fault | None = None) -> None:
        self.status, self.reason, self.fault = status, str(fault or ""), fault

    def outcome(self) -> Outcome:
        uids = self.identity
        return Outcome(
            status=self.status or "refused",
            source=self.source,
            sop_class_uid=uids.sop_class_uid if uids else "",
            sop_instance_uid=uids.sop_instance_uid if uids else "",
            study_instance_uid=uids.study_instance_uid if uids else "",
            series_instance_uid=uids.series_instance_uid if uids else "",
            reason=self.reason,
            fault=self.fault,
        )


def receive(room: Path, file: IncomingFile) -> Arrival:
    """Bring a file into the spool room, hash it and read it up to its pixels. Memory stays bounded, whatever its size.

    A file that can't be understood is an Arrival that is refused, with its sentence; a path that can't be read likewise.
    """
    source = file.source[:512]
    try:
        path, sha256, size_bytes = _spool(room, file)
    except OSError as exc:
        arrival = Arrival(source, Path(), "", 0)
        arrival.refuse(Malformed(f"The file could not be read: {os.strerror(exc.errno or 0)}."), keep=False)
        return arrival
    arrival = Arrival(source, path, sha256, size_bytes)
    try:
        _understand(arrival, file.source)
    except Fault as fault:
        arrival.refuse(fault)
    except DAMAGED as exc:
        where = "".join(traceback.format_tb(exc.__traceback__))  # not the message, which may quote a value
        log.error("a reader failed on %s with %s\n%s", sha256, type(exc).__name__, where)
        arrival.identity = None
        arrival.refuse(Malformed("The file is damaged in a way that the reader doesn't know."))
    return arrival


def _spool(room: Path, file: IncomingFile) -> tuple[Path, str, int]:
    if file.is_spooled and file.path is not None and file.sha256:
        return file.path, file.sha256, file.path.stat().st_size
    path = room / uuid.uuid4().hex
    with path.open("xb") as target:
        if file.data is not None:
            target.write(file.data)
            return path, hashlib.sha256(file.data).hexdigest(), len(file.data)
        if file.path is None:
            raise ValueError("an incoming file has a path or data")
        with file.path.open("rb") as origin:
            digest = _copy(origin, target)
        return path, digest, target.tell()


def _copy(origin: BinaryIO, target: BinaryIO) -> str:
    """Copy a file in pieces; return the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    while piece := origin.read(_PIECE):
        digest.update(piece)
        target.write(piece)
    return digest.hexdigest()


def _understand(arrival: Arrival, name: str) -> None:
    with arrival.path.open("rb") as file:
        found = read_object(FileSource(file), name)
    arrival.identity = found.identity
    arrival.transfer_syntax_uid = found.transfer_syntax_uid
    arrival.rows, arrival.columns, arrival.number_of_frames = found.rows, found.columns, found.number_of_frames
    arrival.frame_table = found.frame_table.pack()
    with quiet():
        arrival.facts = image_facts(found.dataset)
