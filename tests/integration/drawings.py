"""Small objects whose pixels say which frame they are, so that a test can hold a header against its own picture."""

import io
from collections.abc import Iterator

import numpy as np
import pydicom
import simplejpeg
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, JPEGBaseline8Bit, VLWholeSlideMicroscopyImageStorage, generate_uid

TILE = 64
ABSENT_TILE = (1, 1)  # column, row of the one tile that the sparse slide lacks


def uid(*words: object) -> UID:
    """Return the same UID for the same words, always."""
    return generate_uid(entropy_srcs=["viewbox stream tests", *map(str, words)])


def value_of(study: str, slice_index: int) -> int:
    """Return the HU that fills a slice: another for every slice of every study."""
    return ord(study) % 8 * 200 + slice_index


def ct(study: str, *, slices: int, size: int = 64, noise: bool = False) -> Iterator[bytes]:
    """Yield a CT series of flat slices as Part 10 bytes. With noise the pictures are large and their HU only near value_of."""
    grain = np.random.default_rng(5)
    for index in range(slices):
        ds = _new(CTImageStorage, "CT", study, uid("series", study), uid("ct", study, index))
        ds.InstanceNumber = index + 1
        ds.FrameOfReferenceUID = uid("frame of reference", study)
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.ImagePositionPatient, ds.ImageOrientationPatient = [-100, -100, index * 2.0], [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing, ds.SliceThickness = [0.5, 0.5], 2.0
        ds.Rows = ds.Columns = size
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated = ds.BitsStored = 16
        ds.HighBit, ds.PixelRepresentation = 15, 1
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, 0, "HU"
        ds.WindowCenter, ds.WindowWidth = 1024, 2048
        values = np.full((size, size), value_of(study, index), np.int16)
        if noise:
            values += grain.integers(-90, 90, values.shape, np.int16)
        ds.PixelData = values.tobytes()
        yield _part10(ds, ExplicitVRLittleEndian)


def tile_colour(column: int, row: int) -> tuple[int, int, int]:
    """Return the colour of a tile of the slide."""
    return 40 + 60 * column, 40 + 60 * row, 128


def stored_tile(column: int, row: int) -> bytes:
    """Return the JPEG that is stored for a tile."""
    levels = np.empty((TILE, TILE, 3), np.uint8)
    levels[:] = tile_colour(column, row)
    data = bytes(simplejpeg.encode_jpeg(levels, 90, "RGB", "420"))
    return data + b"\0" * (len(data) % 2)  # as encapsulation pads it


def rgb_tile(column: int, row: int) -> bytes:
    """Return a JPEG whose components are RGB and which doesn't say so: no Adobe marker, no JFIF, full sampling (rule S10)."""
    levels = np.empty((TILE, TILE, 3), np.uint8)
    levels[:] = tile_colour(column, row)
    data = bytes(simplejpeg.encode_jpeg(levels, 90, "RGB", "444"))
    length = int.from_bytes(data[4:6], "big")  # of JFIF's segment, which follows SOI
    data = data[:2] + data[4 + length :]
    return data + b"\0" * (len(data) % 2)


def sparse_slide(study: str, *, across: int = 3, down: int = 2, rgb: bool = False) -> bytes:
    """Return a one-level TILED_SPARSE slide that lacks ABSENT_TILE, as Part 10 bytes."""
    ds = _new(VLWholeSlideMicroscopyImageStorage, "SM", study, uid("slide series", study), uid("slide", study))
    ds.InstanceNumber = 1
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.FrameOfReferenceUID = uid("slide frame of reference", study)
    ds.ContainerIdentifier = "S-1"
    ds.Rows = ds.Columns = TILE
    ds.TotalPixelMatrixColumns, ds.TotalPixelMatrixRows, ds.TotalPixelMatrixFocalPlanes = across * TILE, down * TILE, 1
    ds.ImagedVolumeWidth, ds.ImagedVolumeHeight, ds.ImagedVolumeDepth = 1.0, 1.0, 0.001
    ds.DimensionOrganizationType = "TILED_SPARSE"
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB" if rgb else "YBR_FULL_422", 0
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation = 7, 0
    ds.LossyImageCompression, ds.LossyImageCompressionRatio, ds.LossyImageCompressionMethod = "01", 10, "ISO_10918_1"
    ds.NumberOfOpticalPaths = 1
    places = [(column, row) for row in range(down) for column in range(across) if (column, row) != ABSENT_TILE]
    ds.NumberOfFrames = len(places)
    shared, measures = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.0005, 0.0005], 0.001
    shared.PixelMeasuresSequence = Sequence([measures])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    ds.PerFrameFunctionalGroupsSequence = Sequence([_place(column, row) for column, row in places])
    ds.PixelData = encapsulate([(rgb_tile if rgb else stored_tile)(column, row) for column, row in places])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return _part10(ds, JPEGBaseline8Bit)


def _place(column: int, row: int) -> Dataset:
    place, frame = Dataset(), Dataset()
    place.ColumnPositionInTotalImagePixelMatrix, place.RowPositionInTotalImagePixelMatrix = column * TILE + 1, row * TILE + 1
    place.XOffsetInSlideCoordinateSystem = place.YOffsetInSlideCoordinateSystem = place.ZOffsetInSlideCoordinateSystem = 0
    frame.PlanePositionSlideSequence = Sequence([place])
    return frame


def _new(sop_class_uid: UID, modality: str, study: str, series_uid: UID, sop_instance_uid: UID) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = sop_class_uid
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = sop_instance_uid
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid("study", study), series_uid
    ds.PatientID, ds.PatientName, ds.PatientBirthDate, ds.PatientSex = f"TEST-{study}", f"Test^Person {study}", "19700101", "O"
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber, ds.StudyID = "20250101", "120000", f"ACC{study}", "1"
    ds.Modality, ds.SeriesNumber = modality, 1
    return ds


def _part10(ds: Dataset, transfer_syntax_uid: UID) -> bytes:
    ds.file_meta.TransferSyntaxUID = transfer_syntax_uid
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()
