"""Colour photographs of further departments: a drawn mole on skin, and scikit-image's public photograph of a retina."""

from collections.abc import Iterator

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, OphthalmicPhotography8BitImageStorage, VLPhotographicImageStorage

from demo.identity import CLEO, GRETA, Visit
from demo.kernel import smooth_noise
from demo.part10 import code, items, new_object, part10
from demo.pyramid import encode_jpeg

SKIN = Visit(CLEO, "skin", "20250218", "112000", "Skin lesion, left forearm", "DEMO-D-0093", "Sample^Dermatologist^^Dr")
EYE = Visit(GRETA, "eye", "20250127", "154500", "Fundus photographs", "DEMO-O-0311", "Sample^Ophthalmologist^^Dr")


def skin_picture(rows: int = 768, columns: int = 1024) -> NDArray[np.uint8]:
    """Draw a mole with an uneven edge and pigment network on skin with creases, RGB (rows, columns, 3)."""
    y, x = np.mgrid[:rows, :columns] / rows
    fine = smooth_noise((rows, columns), seed=3, wavelength=rows / 110, octaves=3)
    slow = smooth_noise((rows, columns), seed=4, wavelength=rows / 3, octaves=3)
    net = smooth_noise((rows, columns), seed=5, wavelength=rows / 60, octaves=2)
    crease = np.exp(-((smooth_noise((rows, columns), seed=6, wavelength=rows / 45, octaves=2) / 0.10) ** 2))
    light = 1.05 - 0.28 * np.hypot(x - 0.6, y - 0.42) ** 2
    skin = np.array([226, 178, 152]) * (light * (1 + 0.02 * fine + 0.03 * slow - 0.05 * crease))[..., None]
    edge = np.hypot((x - 0.66) / 0.23, (y - 0.5) / 0.19) - 1 + 0.11 * slow + 0.02 * fine
    cover = 1 / (1 + np.exp(edge / 0.045))
    dark = np.clip(0.62 + 0.16 * slow + 0.10 * net, 0.2, 1)
    mole = np.array([92, 56, 40]) * (light * (1.55 - dark))[..., None]
    picture = skin * (1 - 0.93 * cover[..., None]) + mole * 0.93 * cover[..., None]
    ticks = (y > 0.955) & (y < 0.98 - 0.01 * (np.round(x * 50) % 5 != 0)) & (np.abs(x * 50 - np.round(x * 50)) < 0.08)
    picture[ticks] = 35
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def _colour_pixels(ds: Dataset, picture: NDArray[np.uint8], quality: int) -> None:
    """Put a picture into ds as JPEG baseline, YBR_FULL_422 (PS3.5 8.2.1)."""
    encoded = encode_jpeg(picture, quality=quality)
    ds.SamplesPerPixel = 3
    ds.PhotometricInterpretation = "YBR_FULL_422"
    ds.PlanarConfiguration = 0
    ds.Rows, ds.Columns = picture.shape[:2]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.LossyImageCompression = "01"
    ds.LossyImageCompressionMethod = "ISO_10918_1"
    ds.LossyImageCompressionRatio = round(picture.size / len(encoded), 2)
    ds.PixelData = encapsulate([encoded])
    ds["PixelData"].VR = "OB"


def skin_photograph(*, variant: str = "") -> bytes:
    """Return the mole as VL Photographic Image (PS3.3 A.32.4)."""
    ds = new_object(
        SKIN,
        sop_class_uid=VLPhotographicImageStorage,
        modality="XC",
        series_key="photo",
        series_number=1,
        series_description="Left forearm, close",
        instance_number=1,
        variant=variant,
    )
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.PatientOrientation = ["L", "F"]
    ds.AcquisitionContextSequence = items()
    ds.AnatomicRegionSequence = items(code("14975008", "SCT", "Forearm"))
    ds.BodyPartExamined = "FOREARM"
    ds.ImageLaterality = "L"
    ds.BurnedInAnnotation = "NO"
    _colour_pixels(ds, skin_picture(), 90)
    return part10(ds, transfer_syntax_uid=JPEGBaseline8Bit)


def draw_eyes(*, variant: str = "") -> Iterator[bytes]:
    """Yield a right and a left eye (the same public picture, mirrored) as Ophthalmic Photography 8 Bit (PS3.3 A.41)."""
    picture = np.asarray(skimage.data.retina(), dtype=np.uint8)  # type: ignore[no-untyped-call]
    picture = np.asarray(Image.fromarray(picture).resize((1024, 1024), Image.Resampling.LANCZOS))
    for number, side in enumerate(("R", "L"), start=1):
        ds = new_object(
            EYE,
            sop_class_uid=OphthalmicPhotography8BitImageStorage,
            modality="OP",
            series_key="fundus",
            series_number=1,
            series_description="Fundus",
            instance_number=number,
            variant=variant,
        )
        ds.ImageType = ["ORIGINAL", "PRIMARY"]
        ds.PatientOrientation = ["L", "F"]
        ds.ImageLaterality = side
        ds.AcquisitionDateTime = EYE.date + EYE.time
        ds.AcquisitionContextSequence = items()
        ds.AnatomicRegionSequence = items(code("5665001", "SCT", "Retina"))
        ds.BurnedInAnnotation = "NO"
        ds.PresentationLUTShape = "IDENTITY"
        _colour_pixels(ds, picture if side == "R" else picture[:, ::-1], 90)
        yield part10(ds, transfer_syntax_uid=JPEGBaseline8Bit)


def draw_skin(*, variant: str = "") -> Iterator[bytes]:
    """Yield the photograph of skin."""
    yield skin_photograph(variant=variant)
