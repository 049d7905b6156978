"""The grey transforms of a header: rescale, windows, lookup tables (PS3.3 C.11.1, C.11.2, C.11.6, C.7.6.16.2)."""

from pydicom.dataset import Dataset

from archive.core.description.image import Rescale, VoiWindow
from archive.core.description.values import collapse, floats, groups, items, word
from archive.core.lookup_table import LookupTable, read_table

_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_VOI, _VALUES = "FrameVOILUTSequence", "PixelValueTransformationSequence"


def read_rescales(ds: Dataset, shared: Dataset | None, per_frame: list[Dataset]) -> tuple[Rescale, ...]:
    """Return one rescale for all frames, or one a frame."""
    return collapse(tuple(_rescale(item) for item in groups(shared, per_frame, _VALUES, ds)))


def _rescale(item: Dataset | None) -> Rescale:
    slope, intercept = floats(item, "RescaleSlope"), floats(item, "RescaleIntercept")
    # A slope of 0 would make every pixel the same; it is written by devices that mean "none".
    return Rescale((slope[0] if slope else 1.0) or 1.0, intercept[0] if intercept else 0.0)


def read_windows(ds: Dataset, shared: Dataset | None, per_frame: list[Dataset]) -> tuple[tuple[VoiWindow, ...], ...]:
    """Return the windows of all frames, or those of each frame."""
    return collapse(tuple(_windows(item) for item in groups(shared, per_frame, _VOI, ds)))


def _windows(item: Dataset | None) -> tuple[VoiWindow, ...]:
    centers, widths = floats(item, "WindowCenter"), floats(item, "WindowWidth")
    stated = item.get("WindowCenterWidthExplanation") if item is not None else None
    explanations = [stated] if isinstance(stated, str) else list(stated or [])
    windows = []
    for index, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if width > 0:  # a width of 0 is written by devices that have no window
            windows.append(VoiWindow(center, width, str(explanations[index]) if index < len(explanations) else ""))
    return tuple(windows)


def read_voi_functions(ds: Dataset, shared: Dataset | None, per_frame: list[Dataset]) -> tuple[str, ...]:
    """Return the VOI LUT Function of all frames, or of each frame; "" where none that is known is stated."""
    stated = (word(item, "VOILUTFunction") for item in groups(shared, per_frame, _VOI, ds))
    return collapse(tuple(function if function in _FUNCTIONS else "" for function in stated))


def read_voi_luts(ds: Dataset, *, is_signed: bool, big_endian: bool) -> tuple[LookupTable, ...]:
    """Return the tables of the image's VOI LUT Sequence that can be used."""
    signed_input = is_signed or _rescale(ds).intercept < 0
    found = (read_lut(item, is_signed=signed_input, big_endian=big_endian) for item in items(ds, "VOILUTSequence"))
    return tuple(table for table in found if table)


def read_frame_voi_luts(
    shared: Dataset | None, per_frame: list[Dataset], *, is_signed: bool, big_endian: bool
) -> tuple[tuple[LookupTable, ...], ...]:
    """Return the tables that functional groups carry (Frame VOI LUT With LUT macro): of all frames, or of each frame."""
    holders = list(groups(shared, per_frame, _VOI, None))
    if not any(item is not None and "VOILUTSequence" in item for item in holders):
        return ((),)
    return tuple(read_voi_luts(item, is_signed=is_signed, big_endian=big_endian) if item is not None else () for item in holders)


def read_lut(item: Dataset | None, *, is_signed: bool, big_endian: bool) -> LookupTable | None:
    """Return the table of an item of a Modality or VOI LUT Sequence. Raises: Malformed."""
    if item is None:
        return None
    return read_table(item, descriptor="LUTDescriptor", data="LUTData", signed_input=is_signed, big_endian=big_endian)


def read_presentation_lut_shape(ds: Dataset) -> str:
    """Return "IDENTITY", "INVERSE", or "" (PS3.3 C.11.6)."""
    shape = word(ds, "PresentationLUTShape")
    return shape if shape in ("IDENTITY", "INVERSE") else ""


def read_intensity_relationship(ds: Dataset, shared: Dataset | None, per_frame: list[Dataset]) -> str:
    """Return Pixel Intensity Relationship, of the first frame where frames say it."""
    for item in groups(shared, per_frame[:1], "FramePixelDataPropertiesSequence", None):
        stated = word(item, "PixelIntensityRelationship")
        if stated:
            return stated
    return word(ds, "PixelIntensityRelationship")
