"""Write the parts of a STOW-RS body into a spool room as they arrive, hashing on the way."""

import hashlib
import uuid
from pathlib import Path
from typing import BinaryIO, Protocol

from archive.core.multipart import MultipartParser, PartBegins, PartData, parse_content_type
from archive.services.ingest import IncomingFile, Outcome
from governance.core.faults import Malformed, TooLarge, Unsupported

MEDIA_TYPE = "application/dicom"
MAX_PARTS = 20_000


class PartSpool(Protocol):
    """Where the bytes of a body go."""

    files: list[IncomingFile]
    refused: list[Outcome]

    def feed(self, data: bytes) -> None: ...

    def close(self) -> None:
        """End the body. Raises Malformed when it isn't complete."""
        ...

    def abandon(self) -> None:
        """Close what is open; the room is deleted by its owner."""
        ...


class _File:
    """A part on its way to the spool."""

    def __init__(self, room: Path, source: str) -> None:
        self._path = room / uuid.uuid4().hex
        self._file: BinaryIO = self._path.open("xb")
        self._digest = hashlib.sha256()
        self._source = source

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)

    def close(self) -> IncomingFile:
        self._file.close()
        return IncomingFile(path=self._path, source=self._source, is_spooled=True, sha256=self._digest.hexdigest())


class SinglePartSpool:
    """A body that is one instance."""

    def __init__(self, room: Path, source: str) -> None:
        self.files: list[IncomingFile] = []
        self.refused: list[Outcome] = []
        self._file = _File(room, source)

    def feed(self, data: bytes) -> None:
        self._file.write(data)

    def close(self) -> None:
        self.files.append(self._file.close())

    def abandon(self) -> None:
        self._file.close()


class MultipartSpool:
    """A multipart/related body: one file a part; parts that say they are something else are refused, the rest goes on."""

    def __init__(self, room: Path, source: str, boundary: str) -> None:
        self.files: list[IncomingFile] = []
        self.refused: list[Outcome] = []
        self._room = room
        self._source = source
        self._parser = MultipartParser(boundary)
        self._file: _File | None = None
        self._count = 0

    def feed(self, data: bytes) -> None:
        for event in self._parser.feed(data):
            if isinstance(event, PartBegins):
                self._begin(event.headers)
            elif isinstance(event, PartData):
                if self._file is not None:
                    self._file.write(event.data)
            elif self._file is not None:
                self.files.append(self._file.close())
                self._file = None

    def _begin(self, headers: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_PARTS:
            raise TooLarge("parts")
        source = f"{self._source}, part {self._count}"
        media_type = parse_content_type(headers.get("content-type", MEDIA_TYPE)).media_type
        encoding = headers.get("content-transfer-encoding", "binary").lower()
        if media_type != MEDIA_TYPE:
            fault = Unsupported("The part is not application/dicom.")
        elif encoding not in ("binary", "8bit", "7bit"):
            fault = Unsupported("The part has a transfer encoding; send it as binary.")
        else:
            self._file = _File(self._room, source)
            return
        self.refused.append(Outcome("refused", source, reason=str(fault), fault=fault))

    def close(self) -> None:
        self._parser.close()
        if not self._count:
            raise Malformed("no parts")

    def abandon(self) -> None:
        if self._file is not None:
            self._file.close()
