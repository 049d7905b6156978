"""A whole slide as DICOM: VL Whole Slide Microscopy, TILED_FULL, JPEG baseline, a file a level, with label and overview.

PS3.3 A.32.8 and C.8.12: every level has its own spacing and the same imaged volume.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw, ImageFont
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, VLWholeSlideMicroscopyImageStorage

from demo.identity import ADA, Visit, demo_uid
from demo.part10 import code, items, new_object, part10
from demo.pyramid import Level, build_levels, encode_jpeg
from demo.stains import GLASS
from demo.tissue import draw_tile, lay_out

MPP_UM = 0.25  # micrometres a pixel at level 0
OBJECTIVE_POWER = 40
FULL_SIZE = (20480, 20992)  # rows, columns
JPEG_QUALITY = 80
VISIT = Visit(ADA, "slide", "20250311", "091500", "Colon biopsy, immunohistochemistry", "DEMO-P-1842")
CONTAINER = "DEMO-P-1842-A-1"

Tell = Callable[[float], None]


def _quiet(share: float) -> None:
    """Tell nobody."""


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """Return an sRGB ICC profile; its creation time is fixed so that it is the same at every drawing (ICC.1 7.2.8)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = b"\x07\xe9\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00"
    return bytes(profile)


def _specimen(ds: Dataset) -> None:
    """Write the Specimen module (PS3.3 C.7.6.22)."""
    ds.ContainerIdentifier = CONTAINER
    ds.IssuerOfTheContainerIdentifierSequence = items()
    ds.ContainerTypeCodeSequence = items(code("433466003", "SCT", "Microscope slide"))
    specimen = Dataset()
    specimen.SpecimenIdentifier = "DEMO-P-1842-A"
    specimen.SpecimenUID = demo_uid("specimen", CONTAINER)
    specimen.IssuerOfTheSpecimenIdentifierSequence = items()
    specimen.SpecimenShortDescription = "Colon, biopsy"
    specimen.SpecimenDetailedDescription = "Drawn from one public sample picture; shows no patient's tissue"
    specimen.PrimaryAnatomicStructureSequence = items(code("71854001", "SCT", "Colon"))
    specimen.SpecimenPreparationSequence = items()
    ds.SpecimenDescriptionSequence = items(specimen)


def _optical_path() -> Dataset:
    path = Dataset()
    path.OpticalPathIdentifier = "1"
    path.OpticalPathDescription = "Brightfield"
    path.IlluminationTypeCodeSequence = items(code("111744", "DCM", "Brightfield illumination"))
    path.IlluminationColorCodeSequence = items(code("414298005", "SCT", "Full Spectrum"))
    path.ICCProfile = srgb_profile()
    path.ColorSpace = "SRGB"
    path.ObjectiveLensPower = OBJECTIVE_POWER
    path.ObjectiveLensNumericalAperture = 0.75
    return path


def _image(
    flavour: list[str],
    frames: list[bytes],
    *,
    number: int,
    variant: str,
    pixel_um: float,
    size: tuple[int, int],
    frame_size: tuple[int, int],
    volume_mm: tuple[float, float],
    label_visible: bool = False,
) -> bytes:
    """Return one instance of the slide. size: total pixel matrix (rows, columns); volume_mm: (height, width)."""
    description = "Whole slide, 40x, haematoxylin and DAB"
    ds = new_object(
        VISIT,
        sop_class_uid=VLWholeSlideMicroscopyImageStorage,
        modality="SM",
        series_key="slide",
        series_number=1,
        series_description=description,
        instance_number=number,
        variant=variant,
    )
    ds.ImageType = flavour
    ds.AcquisitionDateTime = VISIT.date + VISIT.time
    ds.FrameOfReferenceUID = demo_uid(variant, VISIT.key, "frame of reference")
    ds.PositionReferenceIndicator = "SLIDE_CORNER"
    ds.DimensionOrganizationType = "TILED_FULL"
    organization = Dataset()
    organization.DimensionOrganizationUID = demo_uid(variant, VISIT.key, "dimensions")
    ds.DimensionOrganizationSequence = items(organization)
    _specimen(ds)
    ds.ImagedVolumeHeight, ds.ImagedVolumeWidth = volume_mm
    ds.ImagedVolumeDepth = 4.0
    ds.TotalPixelMatrixRows, ds.TotalPixelMatrixColumns = size
    origin = Dataset()
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = 18.0, 40.0
    ds.TotalPixelMatrixOriginSequence = items(origin)
    ds.ImageOrientationSlide = [0, -1, 0, -1, 0, 0]
    ds.TotalPixelMatrixFocalPlanes = 1
    ds.VolumetricProperties = "VOLUME"
    ds.FocusMethod = "AUTO"
    ds.ExtendedDepthOfField = "NO"
    ds.SpecimenLabelInImage = "YES" if label_visible else "NO"
    ds.BurnedInAnnotation = "YES" if label_visible else "NO"
    ds.NumberOfOpticalPaths = 1
    ds.OpticalPathSequence = items(_optical_path())
    ds.AcquisitionContextSequence = items()

    measures = Dataset()
    measures.PixelSpacing = [pixel_um / 1000, pixel_um / 1000]
    measures.SliceThickness = 0.004
    frame_type = Dataset()
    frame_type.FrameType = flavour
    shared = Dataset()
    shared.PixelMeasuresSequence = items(measures)
    shared.WholeSlideMicroscopyImageFrameTypeSequence = items(frame_type)
    ds.SharedFunctionalGroupsSequence = items(shared)

    ds.SamplesPerPixel = 3
    ds.PhotometricInterpretation = "YBR_FULL_422"
    ds.PlanarConfiguration = 0
    ds.Rows, ds.Columns = frame_size
    ds.NumberOfFrames = len(frames)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.LossyImageCompression = "01"
    ds.LossyImageCompressionMethod = "ISO_10918_1"
    ds.LossyImageCompressionRatio = round(len(frames) * ds.Rows * ds.Columns * 3 / sum(map(len, frames)), 2)
    ds.PixelData = encapsulate(frames, has_bot=True)
    ds["PixelData"].VR = "OB"
    return part10(ds, transfer_syntax_uid=JPEGBaseline8Bit)


def _label() -> NDArray[np.uint8]:
    """Draw the paper label: accession number and stain, and that it is a demo; no patient name."""
    picture = Image.new("RGB", (400, 400), (250, 248, 240))
    draw = ImageDraw.Draw(picture)
    for row, (text, size) in enumerate([("DEMO", 64), ("P-1842 A 1", 44), ("IHC  DAB / H", 34), ("not a patient", 30)]):
        draw.text((26, 24 + row * 68), text, fill=(25, 25, 35), font=ImageFont.load_default(size))
    bars = np.random.default_rng(5).integers(2, 7, 60).cumsum()
    for left, right in zip(bars[::2], bars[1::2], strict=True):
        draw.rectangle((26 + int(left), 310, 25 + int(right), 370), fill=(20, 20, 25))
    return np.asarray(picture)


def _overview(thumbnail: NDArray[np.uint8], volume_mm: tuple[float, float]) -> NDArray[np.uint8]:
    """Draw the macro picture of the slide (25 mm high, 50 px a mm) without its label: glass, cover slip, tissue."""
    picture = Image.new("RGB", (1000, 500), (226, 228, 229))
    draw = ImageDraw.Draw(picture)
    height, width = max(20, round(volume_mm[0] * 20)), max(20, round(volume_mm[1] * 20))
    draw.rectangle((60, 20, 940, 480), fill=(238, 238, 240), outline=(205, 208, 210), width=2)
    picture.paste(Image.fromarray(thumbnail).resize((width, height), Image.Resampling.BOX), (500 - width // 2, 250 - height // 2))
    return np.asarray(picture)


def draw_levels(
    *, rows: int = FULL_SIZE[0], columns: int = FULL_SIZE[1], tile_size: int = 512, tell: Tell = _quiet
) -> tuple[list[Level], NDArray[np.uint8]]:
    """Draw the tiles of every level; see build_levels."""
    tissue = lay_out(rows=rows, columns=columns)
    return build_levels(
        lambda top, left: draw_tile(tissue, top=top, left=left, size=tile_size),
        rows=rows,
        columns=columns,
        tile_size=tile_size,
        background=GLASS,
        quality=JPEG_QUALITY,
        tell=tell,
    )


def draw(
    *, rows: int = FULL_SIZE[0], columns: int = FULL_SIZE[1], tile_size: int = 512, variant: str = "", tell: Tell = _quiet
) -> Iterator[bytes]:
    """Yield the slide's instances as Part 10 bytes: the levels from full resolution down, THUMBNAIL, OVERVIEW, LABEL.

    rows and columns: multiples of tile_size; tell is called with the share drawn, 0..1, while level 0 is drawn.
    """
    levels, thumbnail = draw_levels(rows=rows, columns=columns, tile_size=tile_size, tell=tell)
    volume_mm = (rows * MPP_UM / 1000, columns * MPP_UM / 1000)
    make = partial(_image, variant=variant)
    number = 0
    for depth, level in enumerate(levels):
        number += 1
        flavour = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"] if depth == 0 else ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"]
        yield make(
            flavour,
            level.tiles,
            number=number,
            pixel_um=volume_mm[1] * 1000 / level.columns,
            size=(level.rows, level.columns),
            frame_size=(tile_size, tile_size),
            volume_mm=volume_mm,
        )
    extras = [
        ("THUMBNAIL", thumbnail, volume_mm[1] * 1000 / thumbnail.shape[1], volume_mm),
        ("OVERVIEW", _overview(thumbnail, volume_mm), 50.0, (25.0, 50.0)),
        ("LABEL", _label(), 62.5, (25.0, 25.0)),
    ]
    for flavour_word, picture, pixel_um, volume in extras:
        number += 1
        yield make(
            ["DERIVED" if flavour_word == "THUMBNAIL" else "ORIGINAL", "PRIMARY", flavour_word, "RESAMPLED"],
            [encode_jpeg(picture, quality=90)],
            number=number,
            pixel_um=pixel_um,
            size=picture.shape[:2],
            frame_size=picture.shape[:2],
            volume_mm=volume,
            label_visible=flavour_word == "LABEL",
        )
