"""Objects that the golden table of the display chain is made of: Part 10 files in memory, and what is shown of them."""

import io
from typing import Any

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from archive.services.retrieve import StoredImage
from tests.stored_files import stored_bytes
from viewer.core.picture import Picture
from viewer.core.view import ViewState
from viewer.services.rendering import render_frame

CT, XA, ENHANCED_XA = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.1.1"
ENHANCED_MR, SLIDE = "1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.77.1.6"


def item(**attributes: Any) -> Dataset:
    """Return a data set with these attributes, by keyword."""
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def grey(*frames: Any, bits: int = 8, stored: int | None = None, signed: bool = False, **attributes: Any) -> Dataset:
    """Return a MONOCHROME2 image: frames are rows, or rows of rows, of stored values in `bits` allocated bits."""
    dtype = np.dtype(f"<{'i' if signed else 'u'}{bits // 8}")
    arrays = [np.atleast_2d(np.array(frame, dtype)) for frame in frames]
    ds = image(arrays[0].shape[0], arrays[0].shape[1], **attributes)
    ds.BitsAllocated, ds.BitsStored, ds.PixelRepresentation = bits, stored or bits, int(signed)
    ds.HighBit = attributes.get("HighBit", ds.BitsStored - 1)
    if len(frames) > 1:
        ds.NumberOfFrames = len(frames)
    return with_pixels(ds, b"".join(array.tobytes() for array in arrays))


def colour(pixels: Any, photometric: str = "RGB", **attributes: Any) -> Dataset:
    """Return an 8-bit colour image of these (rows, columns, 3) samples, interleaved, or by plane where the attributes say so."""
    array = np.array(pixels, np.uint8)
    ds = image(*array.shape[:2], SamplesPerPixel=3, PhotometricInterpretation=photometric, PlanarConfiguration=0)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return with_pixels(ds, (np.moveaxis(array, -1, 0) if ds.PlanarConfiguration else array).tobytes())


def image(rows: int, columns: int, **attributes: Any) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.Modality, ds.PatientID = CT, "OT", "GOLDEN"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = rows, columns, 1, "MONOCHROME2"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def with_pixels(ds: Dataset, data: bytes) -> Dataset:
    ds.add_new(0x7FE00010, "OW" if ds.BitsAllocated > 8 else "OB", data + b"\0" * (len(data) % 2))
    return ds


def compressed(ds: Dataset, frame: bytes, syntax: str) -> Dataset:
    """Return the image with one encapsulated frame instead of its pixels."""
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    return ds


def stored(ds: Dataset) -> StoredImage:
    """Put an image into the object store as intake would file it."""
    meta = getattr(ds, "file_meta", None) or FileMetaDataset()
    meta.TransferSyntaxUID = meta.get("TransferSyntaxUID", ExplicitVRLittleEndian)
    ds.file_meta = meta
    ds.SOPInstanceUID, ds.SeriesInstanceUID, ds.StudyInstanceUID = generate_uid(), generate_uid(), generate_uid()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    buffer = io.BytesIO()
    is_known = meta.TransferSyntaxUID.is_transfer_syntax  # to pydicom, which has not heard of JPEG XL
    encoding = {} if is_known else {"implicit_vr": False, "little_endian": True, "force_encoding": True}
    dcmwrite(buffer, ds, enforce_file_format=is_known, **encoding)
    return stored_bytes(buffer.getvalue())


def picture(ds: Dataset, frame: int = 1, **view: Any) -> Picture:
    """Return the picture of a frame (from 1), losslessly encoded unless the view says otherwise."""
    return render_frame(image=stored(ds), frame_index=frame - 1, view=ViewState(**({"codec": "png"} | view)))


def shown(ds: Dataset, frame: int = 1, **view: Any) -> Any:
    """Return the levels of a frame, as Pillow decodes them: of an image of one row that row, else rows."""
    levels = np.asarray(Image.open(io.BytesIO(picture(ds, frame, **view).data))).tolist()
    return levels[0] if len(levels) == 1 else levels
