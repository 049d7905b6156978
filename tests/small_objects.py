"""Small DICOM objects for tests of intake: each says only what its test is about."""

import hashlib
from io import BytesIO
from typing import Any

from pydicom import dcmread  # noqa: TID251  (tests look at files with another reader than the archive's)
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, JPEGBaseline8Bit

__all__ = ["as_bytes", "ct_image", "dcmread", "encapsulated_image", "uid"]


def uid(*words: object) -> str:
    """Return a UID that is always the same for the same words (2.25, PS3.5 B.2)."""
    digest = hashlib.sha256(repr(words).encode()).digest()[:16]
    return f"2.25.{int.from_bytes(digest, 'big')}"


def ct_image(
    name: object = "one", *, study: object = "study", series: object = None, transfer_syntax: str = ExplicitVRLittleEndian, **more: Any
) -> Dataset:
    """Return a 4x4 CT image; more: attributes by keyword, None removes one."""
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = uid("instance", name)
    dataset.StudyInstanceUID = uid("study", study)
    dataset.SeriesInstanceUID = uid("series", series if series is not None else study)
    dataset.PatientID, dataset.PatientName = "P-1", "Synthetic^Sam"
    dataset.PatientBirthDate, dataset.PatientSex = "19700101", "M"
    dataset.Modality, dataset.InstanceNumber = "CT", 1
    dataset.Rows = dataset.Columns = 4
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    dataset.add_new("PixelData", "OW", bytes(range(32)))
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    dataset.file_meta.MediaStorageSOPClassUID = UID(more.get("SOPClassUID") or CTImageStorage)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    for keyword, value in more.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    return dataset


def encapsulated_image(fragments: list[list[bytes]], *, has_bot: bool, transfer_syntax: str = JPEGBaseline8Bit, **more: Any) -> Dataset:
    """Return an image whose frames are these lists of fragments, with or without a Basic Offset Table."""
    dataset = ct_image(transfer_syntax=transfer_syntax, BitsAllocated=8, BitsStored=8, HighBit=7, NumberOfFrames=len(fragments), **more)
    starts, body, position = [], b"", 0
    for frame in fragments:
        starts.append(position)
        for fragment in frame:
            item = b"\xfe\xff\x00\xe0" + len(fragment).to_bytes(4, "little") + fragment
            body += item
            position += len(item)
    table = b"".join(start.to_bytes(4, "little") for start in starts) if has_bot else b""
    dataset.PixelData = b"\xfe\xff\x00\xe0" + len(table).to_bytes(4, "little") + table + body
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def as_bytes(dataset: Dataset) -> bytes:
    """Return the data set as a Part 10 file."""
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
