"""Files put into the object store without the index: what a test of pixels needs, and no database."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from archive.core.dataset import DicomObject, quiet
from archive.core.facts import image_facts
from archive.core.readers import FileSource, read_object
from archive.services.retrieve import StoredImage
from archive.services.storage import object_store


def stored_file(path: Path) -> StoredImage:
    """Store a copy of a file and return it as intake would have filed it. Raises what the readers raise."""
    with path.open("rb") as file:
        read = read_object(FileSource(file), path.name)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / sha256
        shutil.copyfile(path, copy)
        object_store().put(copy, sha256)
    return stored_image(read, sha256, path.stat().st_size)


def stored_bytes(data: bytes) -> StoredImage:
    """Store a file given as bytes, as stored_file does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instance.dcm"
        path.write_bytes(data)
        return stored_file(path)


def stored_image(read: DicomObject, sha256: str, size_bytes: int) -> StoredImage:
    with quiet():
        facts = image_facts(read.dataset)
    return StoredImage(
        sop_instance_uid=read.identity.sop_instance_uid,
        sop_class_uid=read.identity.sop_class_uid,
        series_instance_uid=read.identity.series_instance_uid,
        study_instance_uid=read.identity.study_instance_uid,
        department="radiology",
        transfer_syntax_uid=read.transfer_syntax_uid,
        sha256=sha256,
        size_bytes=size_bytes,
        frame_table=read.frame_table,
        number_of_frames=read.number_of_frames,
        rows=read.rows,
        columns=read.columns,
        facts=facts,
        modality=read.identity.modality,
    )
