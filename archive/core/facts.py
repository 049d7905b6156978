"""The facts of an image that lists, stacks and clocks need, as plain JSON keyed by DICOM keyword.

Everything about pixels themselves is read by archive.core.description from the header instead.
"""

import base64
from itertools import islice
from typing import Any, Literal, TypeAlias

import numpy as np
from pydicom.datadict import dictionary_VM, dictionary_VR, keyword_for_tag
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from archive.core.chain_facts import chain_facts
from archive.core.dataset import BAD_VALUE, integer, items, raw_value, text
from archive.core.readers.elements import Encoding, sequence_items, walk
from archive.core.readers.source import BytesSource

JSON: TypeAlias = str | int | float | bool | list["JSON"] | dict[str, "JSON"] | None

_IMAGE = """
    ImageType ImageOrientationPatient ImagePositionPatient PatientOrientation FrameOfReferenceUID SliceThickness SpacingBetweenSlices
    SliceLocation PixelSpacing ImagerPixelSpacing NominalScannedPixelSpacing EstimatedRadiographicMagnificationFactor
    PixelSpacingCalibrationType PixelSpacingCalibrationDescription PixelAspectRatio Laterality ImageLaterality ViewPosition
    PatientPosition AcquisitionNumber AcquisitionDate AcquisitionTime AcquisitionDateTime ContentDate ContentTime
    EchoTime EchoNumbers DiffusionBValue TemporalPositionIdentifier TriggerTime GantryDetectorTilt PhotometricInterpretation
    SamplesPerPixel BitsAllocated BitsStored HighBit PixelRepresentation WindowCenter WindowWidth WindowCenterWidthExplanation
    VOILUTFunction RescaleSlope RescaleIntercept RescaleType LossyImageCompression LossyImageCompressionRatio
    LossyImageCompressionMethod FrameTime FrameTimeVector FrameIncrementPointer CineRate RecommendedDisplayFrameRate StartTrim StopTrim
    PreferredPlaybackSequencing RWaveTimeVector StageName StageNumber ViewName NumberOfFrames HeartRate PresentationIntentType
    BurnedInAnnotation Manufacturer ManufacturerModelName InstitutionName KVP StationName ProtocolName SeriesDescription
    TotalPixelMatrixColumns TotalPixelMatrixRows DimensionOrganizationType ImagedVolumeWidth ImagedVolumeHeight
    TotalPixelMatrixFocalPlanes NumberOfOpticalPaths ContainerIdentifier SpecimenLabelInImage ConcatenationFrameOffsetNumber
    DocumentTitle MIMETypeOfEncapsulatedDocument
"""
_REGION = """
    RegionSpatialFormat RegionDataType RegionFlags RegionLocationMinX0 RegionLocationMinY0 RegionLocationMaxX1 RegionLocationMaxY1
    ReferencePixelX0 ReferencePixelY0 ReferencePixelPhysicalValueX ReferencePixelPhysicalValueY PhysicalUnitsXDirection
    PhysicalUnitsYDirection PhysicalDeltaX PhysicalDeltaY
"""
_PER_FRAME = """
    ImagePositionPatient ImageOrientationPatient PixelSpacing WindowCenter WindowWidth VOILUTFunction RescaleSlope RescaleIntercept
    DimensionIndexValues StackID InStackPositionNumber TemporalPositionIndex EffectiveEchoTime DiffusionBValue
"""
KEYWORDS, REGION_KEYWORDS = tuple(_IMAGE.split()), tuple(_REGION.split())
PER_FRAME_KEYWORDS = frozenset(_PER_FRAME.split())
# Functional group macro -> the keywords taken from it (PS3.3 C.7.6.16.2, C.8); Lists of them may hold one item or none.
GROUPS: dict[str, tuple[str, ...]] = {
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction"),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept", "RescaleType"),
    "FrameContentSequence": ("DimensionIndexValues", "StackID", "InStackPositionNumber", "TemporalPositionIndex"),
    "MREchoSequence": ("EffectiveEchoTime",),
    "MRDiffusionSequence": ("DiffusionBValue",),
    "FrameAnatomySequence": ("FrameLaterality",),
}
_NUMERIC = frozenset({"DS", "FD", "FL", "IS", "US", "SS", "UL", "SL", "UV", "SV"})
_WHOLE = frozenset({"IS", "US", "SS", "UL", "SL", "UV", "SV"})
_PLANE_POSITION_SLIDE, _COLUMN_POSITION, _ROW_POSITION = 0x0048021A, 0x0048021E, 0x0048021F
_MOSAIC_CREATOR, _MOSAIC_GROUP, _MOSAIC_COUNT = "SIEMENS MR HEADER", 0x0019, 0x0A  # NumberOfImagesInMosaic (0019,xx0A)
_MAX_POINTERS = 8  # two of all attributes are time: of three, one is not
_SLIDE_CLASS = "1.2.840.10008.5.1.4.1.1.77.1.6"  # VL Whole Slide Microscopy Image Storage
_SHAPES = {
    word: (dictionary_VR(word), dictionary_VM(word) == "1") for words in (KEYWORDS, REGION_KEYWORDS, *GROUPS.values()) for word in words
}


def image_facts(dataset: Dataset) -> dict[str, JSON]:
    """Return the facts of one object: only attributes that are present and can be understood.

    Values are str, int, float, or dict; a list wherever the standard allows several values (WindowCenter is a list even when there
    is one). FrameIncrementPointer: the keyword of each attribute it names, or "ggggeeee".
    Enhanced objects: the shared functional groups stand under the same keywords; values that frames carry themselves stand in
    "PerFrame", {keyword: [value or null of each frame]}. Slides have no "PerFrame"; TILED_SPARSE ones have "TilePositions":
    base64 of little-endian int32 [column, row] a frame, 0-based pixels of the total pixel matrix.
    "ObjectiveLensPower" comes from the Optical Path Sequence, ultrasound regions are a list of dicts by keyword, "ImagesInMosaic"
    (how many slices a Siemens mosaic holds) from a private attribute; archive.core.chain_facts adds its own.
    """
    facts: dict[str, JSON] = {}
    for keyword in KEYWORDS:
        value = _value(dataset, keyword)
        if value is not None:
            facts[keyword] = value
    regions = [_values(region, REGION_KEYWORDS) for region in items(dataset, "SequenceOfUltrasoundRegions")]
    if regions:
        facts["SequenceOfUltrasoundRegions"] = list(regions)
    for path in items(dataset, "OpticalPathSequence"):
        power = _value(path, "ObjectiveLensPower")
        if power is not None:
            facts["ObjectiveLensPower"] = power
            break
    if "MOSAIC" in text(dataset, "ImageType").split("\\"):
        count = _images_in_mosaic(dataset)
        if count is not None:
            facts["ImagesInMosaic"] = count
    _add_functional_groups(dataset, facts)
    facts |= {keyword: [*value] if isinstance(value, list) else value for keyword, value in chain_facts(dataset).items()}
    return facts


def _images_in_mosaic(dataset: Dataset) -> int | None:
    try:
        value = dataset.private_block(_MOSAIC_GROUP, _MOSAIC_CREATOR)[_MOSAIC_COUNT].value
    except BAD_VALUE:
        return None
    if isinstance(value, bytes):  # Implicit VR, where a private attribute's VR is known to few: US
        value = int.from_bytes(value[:2], "little")
    return value if isinstance(value, int) and value > 0 else None


def _values(dataset: Dataset, keywords: tuple[str, ...]) -> dict[str, JSON]:
    found = ((keyword, _value(dataset, keyword)) for keyword in keywords)
    return {keyword: value for keyword, value in found if value is not None}


def _value(dataset: Dataset, keyword: str) -> JSON:
    if keyword not in dataset:
        return None
    if keyword == "FrameIncrementPointer":
        return _pointer(dataset)
    vr, is_single = _SHAPES.get(keyword) or (dictionary_VR(keyword), dictionary_VM(keyword) == "1")
    value = raw_value(dataset, keyword)
    if value is None or isinstance(value, Sequence):
        return None
    if vr not in _NUMERIC:
        joined = text(dataset, keyword, 1024)
        return (joined or None) if is_single else ([*joined.split("\\")] if joined else None)
    numbers = _numbers(value, vr in _WHOLE)
    if not numbers:
        return None
    return numbers[0] if is_single else numbers


def _numbers(value: Any, is_whole: bool) -> list[JSON]:
    """Return finite numbers; none at all when one of them can't be understood, so that positions keep their meaning."""
    parts = list(value) if isinstance(value, (MultiValue, list, tuple)) else [value]
    numbers: list[JSON] = []
    for part in parts:
        try:
            found = float(part)
        except (TypeError, ValueError, OverflowError):
            return []
        if not np.isfinite(found):
            return []
        numbers.append(int(found) if is_whole and found == int(found) else found)
    return numbers


def _pointer(dataset: Dataset) -> list[JSON] | None:
    """Return all that the frames follow, each once (PS3.3 C.7.6.6.1.2: "tag or tags"); more than any sense has is left off."""
    value = raw_value(dataset, "FrameIncrementPointer")
    parts: Any = value if isinstance(value, (MultiValue, list)) else [value]
    try:
        tags = dict.fromkeys(int(part) for part in parts)
    except (TypeError, ValueError):
        return None
    return [keyword_for_tag(tag) or f"{tag:08x}" for tag in islice(tags, _MAX_POINTERS)] or None


def _add_functional_groups(dataset: Dataset, facts: dict[str, JSON]) -> None:
    """Flatten the shared groups into facts and collect what differs by frame (PS3.3 C.7.6.16)."""
    shared = items(dataset, "SharedFunctionalGroupsSequence")
    if shared:
        for keyword, value in _group_values(shared[0]).items():
            facts[keyword] = value
        _add_shared_image_type(shared[0], facts)
    if text(dataset, "SOPClassUID") == _SLIDE_CLASS:
        if text(dataset, "DimensionOrganizationType") != "TILED_FULL" and "PerFrameFunctionalGroupsSequence" in dataset:
            facts["TilePositions"] = _tile_positions(dataset)
        return
    per_frame = items(dataset, "PerFrameFunctionalGroupsSequence")
    columns: dict[str, list[JSON]] = {}
    for index, frame in enumerate(per_frame):
        for keyword, value in _group_values(frame).items():
            if keyword in PER_FRAME_KEYWORDS:
                columns.setdefault(keyword, [None] * len(per_frame))[index] = value
    if columns:
        facts["PerFrame"] = dict(columns)


def _group_values(group: Dataset) -> dict[str, JSON]:
    values: dict[str, JSON] = {}
    for sequence_keyword, keywords in GROUPS.items():
        if sequence_keyword in group:
            for item in items(group, sequence_keyword)[:1]:
                values |= _values(item, keywords)
    return values


def _add_shared_image_type(group: Dataset, facts: dict[str, JSON]) -> None:
    for element in group:
        if element.VR == "SQ" and "FrameType" in (element.value[0] if element.value else ()):
            facts.setdefault("ImageType", _value(element.value[0], "FrameType"))


def _tile_positions(dataset: Dataset) -> str:
    """Return the tiles' places packed; a frame that doesn't say its own gets (-1, -1) (PS3.3 C.8.12.14.1).

    A slide may have a hundred thousand frames: their groups are walked, not made into Datasets.
    """
    raw: Any = dataset.get_item("PerFrameFunctionalGroupsSequence")
    if not isinstance(raw, RawDataElement) or raw.value is None:
        return _packed([_tile_position(_plane_position(frame)) for frame in items(dataset, "PerFrameFunctionalGroupsSequence")])
    frames = sequence_items(raw.value, Encoding(not raw.is_implicit_VR, raw.is_little_endian))
    return _packed([_walked_position(frame, encoding) for frame, encoding in frames])


def _packed(positions: list[tuple[int, int]]) -> str:
    return base64.b64encode(np.array(positions, "<i4").tobytes()).decode("ascii")


def _plane_position(frame: Dataset) -> Dataset:
    return next(iter(items(frame, "PlanePositionSlideSequence")), Dataset())


def _tile_position(position: Dataset) -> tuple[int, int]:
    column, row = (integer(position, f"{axis}PositionInTotalImagePixelMatrix") for axis in ("Column", "Row"))
    return (column - 1, row - 1) if column is not None and row is not None else (-1, -1)


def _walked_position(frame: bytes, encoding: Encoding) -> tuple[int, int]:
    """Return (column, row), 0-based, from the bytes of one frame's functional groups."""
    for element in walk(BytesSource(frame), 0, encoding):
        if element.tag != _PLANE_POSITION_SLIDE:
            continue
        for item, inner in sequence_items(frame[element.value_offset : element.end], encoding):
            order: Literal["little", "big"] = "little" if inner.is_little_endian else "big"
            found = {
                part.tag: int.from_bytes(item[part.value_offset : part.end], order, signed=True)
                for part in walk(BytesSource(item), 0, inner)
                if part.tag in (_COLUMN_POSITION, _ROW_POSITION)
            }
            if len(found) == 2:
                return found[_COLUMN_POSITION] - 1, found[_ROW_POSITION] - 1
    return -1, -1
