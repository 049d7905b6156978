"""Small drawings for tests: one object each, in a moment, with exactly known pixels where that is possible.

Each returns a pydicom Dataset whose file_meta is set; demo.part10.part10(ds, transfer_syntax_uid=...) gives the file.
"""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread  # noqa: TID251  (our own drawing read back)
from pydicom.dataset import Dataset
from pydicom.uid import ComputedRadiographyImageStorage, SecondaryCaptureImageStorage, UltrasoundImageStorage

from demo import ct, echo, slide
from demo.identity import BRUNO, Visit
from demo.part10 import new_object, part10

VISIT = Visit(BRUNO, "samples", "20250101", "120000", "Small drawings", "DEMO-T-0001")


def _read_back(data: bytes) -> Dataset:
    return dcmread(io.BytesIO(data))


def _still(sop_class_uid: str, modality: str, key: str) -> Dataset:
    return new_object(
        VISIT,
        sop_class_uid=sop_class_uid,  # type: ignore[arg-type]
        modality=modality,
        series_key=key,
        series_number=1,
        series_description=f"Sample: {key}",
        instance_number=1,
        variant="sample",
    )


def _gray(ds: Dataset, stored: NDArray[np.integer], *, bits_stored: int, photometric: str) -> Dataset:
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = photometric
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated = stored.dtype.itemsize * 8
    ds.BitsStored, ds.HighBit = bits_stored, bits_stored - 1
    ds.PixelRepresentation = int(stored.dtype.kind == "i")
    ds.PixelData = stored.astype(stored.dtype.newbyteorder("<")).tobytes()
    ds["PixelData"].VR = "OB" if ds.BitsAllocated == 8 else "OW"
    return _read_back(part10(ds))


def small_ct(slices: int = 4, size: int = 64, *, spacing_mm: float = 5.0, variant: str = "sample") -> list[Dataset]:
    """Return CT slices through the lesion, foot first; Rescale Intercept -1024, stored unsigned."""
    lowest = 22.0 - spacing_mm * (slices - 1) / 2
    scan = ct.Scan(slices=slices, size=size, spacing_mm=spacing_mm, lowest_mm=lowest)
    return [_read_back(data) for data in ct.draw(scan, variant=variant)]


def gray_ct(
    stored: NDArray[np.integer], *, slope: float = 1.0, intercept: float = 0.0, windows: Sequence[tuple[float, float]] = ()
) -> Dataset:
    """Return a grey 16-bit image with exactly these stored values (rows, columns), int16 or uint16. windows: (center, width)."""
    ds = _still(SecondaryCaptureImageStorage, "OT", "gray")
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = slope, intercept, "US"
    if windows:
        ds.WindowCenter, ds.WindowWidth = [center for center, _ in windows], [width for _, width in windows]
    return _gray(ds, stored, bits_stored=16, photometric="MONOCHROME2")


def monochrome1(rows: int = 96, columns: int = 80) -> Dataset:
    """Return a MONOCHROME1 ramp (CR, 12 bits stored): the stored value is 4095 * column / (columns - 1), so white is at the left."""
    ds = _still(ComputedRadiographyImageStorage, "CR", "monochrome1")
    ds.BodyPartExamined, ds.ViewPosition, ds.ImageLaterality = "CHEST", "PA", "U"
    ds.PatientOrientation = ["L", "F"]
    ds.ImagerPixelSpacing = [0.2, 0.2]
    ds.WindowCenter, ds.WindowWidth = 2048, 4096
    ramp = np.round(np.linspace(0, 4095, columns)).astype(np.uint16)
    return _gray(ds, np.tile(ramp, (rows, 1)), bits_stored=12, photometric="MONOCHROME1")


def palette_image(size: int = 64) -> Dataset:
    """Return an 8-bit PALETTE COLOR image: column c is index c * 4 mod 256, whose colour is (index, 255 - index, index / 2)."""
    ds = _still(UltrasoundImageStorage, "US", "palette")
    index = np.arange(256)
    channels = {"Red": index, "Green": 255 - index, "Blue": index // 2}
    for name, levels in channels.items():
        setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(ds, f"{name}PaletteColorLookupTableData", (levels * 257).astype("<u2").tobytes())
    stored = np.tile((np.arange(size) * 4 % 256).astype(np.uint8), (size, 1))
    return _gray(ds, stored, bits_stored=8, photometric="PALETTE COLOR")


def echo_loop(frames: int = 12, *, rows: int = 150, columns: int = 200, colour: bool = True, variant: str = "sample") -> Dataset:
    """Return a short echo loop (JPEG baseline; YBR_FULL if colour, else YBR_FULL_422), with regions and Frame Time."""
    loop = echo.FOUR_CHAMBERS if colour else echo.SHORT_AXIS
    return _read_back(echo.file_of(loop, frames=frames, layout=echo.Layout(rows, columns), variant=variant))


def small_slide(size: int = 1024, *, tile_size: int = 256, variant: str = "sample") -> list[Dataset]:
    """Return the instances of a small slide: levels from full resolution down, then THUMBNAIL, OVERVIEW and LABEL."""
    return [_read_back(data) for data in slide.draw(rows=size, columns=size, tile_size=tile_size, variant=variant)]
