"""Readers: what each accepts, and the one function that reads a file of unknown kind.

The only place that opens DICOM files for the archive (STYLE.md section 9 bans pydicom.dcmread).
"""

from collections.abc import Callable
from dataclasses import dataclass

from archive.core.dataset import DicomObject
from archive.core.readers.foreign import refusal_for
from archive.core.readers.part10 import has_prefix, may_be_bare, read_instance
from archive.core.readers.source import FileSource, Source
from governance.core.faults import Malformed, Unsupported

__all__ = ["READERS", "FileSource", "Reader", "Source", "read_object"]

_HEAD_LENGTH = 132


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader: what it accepts in words, how it knows its files, and how it reads them."""

    name: str
    accepts: str
    claims: Callable[[bytes], bool]
    read: Callable[[Source], DicomObject]


READERS: tuple[Reader, ...] = (
    Reader("part10", "DICOM files (PS3.10) in any stored transfer syntax", has_prefix, read_instance),
    Reader("bare", "DICOM data sets without preamble, with or without file meta", may_be_bare, read_instance),
)


def read_object(source: Source, name: str = "") -> DicomObject:
    """Read a file of unknown kind.

    name: the file's name as the sender knows it; only its ending is looked at, to say what a foreign file is.
    Raises: Malformed, Mismatch, Unsupported or TooLarge, each with a sentence for the person who sent the file.
    """
    if source.size == 0:
        raise Malformed("The file is empty.")
    head = source.read_at(0, _HEAD_LENGTH)
    for reader in READERS:
        if reader.claims(head):
            if reader.name == "part10":
                return reader.read(source)
            return _read_bare(reader, source, head, name)
    raise Unsupported(refusal_for(head, name) or "This is not a DICOM file.")


def _read_bare(reader: Reader, source: Source, head: bytes, name: str) -> DicomObject:
    """Read what may be a bare data set; when it then isn't one, say what it is instead."""
    foreign = refusal_for(head, name)
    if foreign:
        raise Unsupported(foreign)
    try:
        return reader.read(source)
    except Malformed as exc:
        raise Malformed(f"The file has no DICOM prefix, and read as a bare data set: {exc}") from exc
