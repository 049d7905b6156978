"""A study whose series cross each other in one patient's space, as files for `import_folder`: where they meet is known and drawn in."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from tests.small_objects import as_bytes, ct_image, uid

DESCRIPTION = "Crossing planes"
AXIAL_Z = range(20, -21, -2)  # of the 21 slices, in the order in which they are stacked
THICK_Z = range(20, -21, -5)
SAGITTAL_X = (10, 5, 0, -5, -10)
BAND_Z = 1  # the sagittal images are bright from -1 to 1 mm: rows 40 and 41 of 80
TOP_MM, BACK_MM = 40.0, 50.0  # a sagittal image reaches from z = 40 down to -40, and from y = -50 to 50: pixels of 0.5 by 1 mm
AXIAL_ROWS, AXIAL_COLUMNS = 60, 100  # pixels of 1 mm: y from -30 to 30, x from -50 to 50


def write(folder: Path) -> None:
    """Write every file of the study into a folder."""
    folder.mkdir(exist_ok=True)
    for number, image in enumerate(images()):
        (folder / f"{number}.dcm").write_bytes(as_bytes(image))


def images() -> list[Dataset]:
    flat = np.full((AXIAL_ROWS, AXIAL_COLUMNS), 100, np.uint16)
    found = [_axial("Axial 2 mm", 1, n, z, flat) for n, z in enumerate(AXIAL_Z, 1)]
    found += [_axial("Axial 5 mm", 3, n, z, flat) for n, z in enumerate(THICK_Z, 1)]
    return found + [_sagittal(n, x) for n, x in enumerate(SAGITTAL_X, 1)]


def _axial(series: str, series_number: int, number: int, z: float, pixels: NDArray[np.uint16]) -> Dataset:
    place = [0.5 - AXIAL_COLUMNS / 2, 0.5 - AXIAL_ROWS / 2, z]
    return _image(series, series_number, number, pixels, orientation=[1, 0, 0, 0, 1, 0], place=place, spacing=["1", "1"])


def _sagittal(number: int, x: float) -> Dataset:
    pixels = np.full((80, 200), 100, np.uint16)
    pixels[int(TOP_MM - BAND_Z) : int(TOP_MM + BAND_Z)] = 1000
    place = [x, 0.25 - BACK_MM, TOP_MM - 0.5]
    return _image("Sagittal", 2, number, pixels, orientation=[0, 1, 0, 0, 0, -1], place=place, spacing=["1", "0.5"])


def _image(
    series: str,
    series_number: int,
    number: int,
    pixels: NDArray[np.uint16],
    *,
    orientation: list[int],
    place: list[float],
    spacing: list[str],
) -> Dataset:
    return ct_image(
        ("crossing", series, number), study="crossing", series=("crossing", series), Rows=pixels.shape[0], Columns=pixels.shape[1],
        PixelData=pixels.tobytes(), InstanceNumber=number, SeriesNumber=series_number, SeriesDescription=series, PixelSpacing=spacing,
        ImageOrientationPatient=orientation, ImagePositionPatient=place, FrameOfReferenceUID=uid("frame", "crossing"),
        WindowCenter="500", WindowWidth="1000", StudyDescription=DESCRIPTION, StudyDate="20250601", StudyTime="101500",
        PatientID="CR-1", PatientName="Crossing^Cora",
    )  # fmt: skip
