"""Read a description from a header, repairing what real files get wrong (PS3.3 C.7.6.3, C.7.6.16, C.11)."""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag

from archive.core.dataset import quiet
from archive.core.description.colour import read_colour_profile, read_palette, shows_palette
from archive.core.description.grey import (
    read_frame_voi_luts,
    read_intensity_relationship,
    read_lut,
    read_presentation_lut_shape,
    read_rescales,
    read_voi_functions,
    read_voi_luts,
    read_windows,
)
from archive.core.description.image import EXPLICIT_BIG_ENDIAN, ImageDescription, PixelKind
from archive.core.description.masks import read_masks, read_pixel_shifts
from archive.core.description.overlays import read_overlays
from archive.core.description.shutters import read_shutters
from archive.core.description.values import UNREADABLE, first, floats, integer, items, words
from governance.core.faults import Malformed

_PER_FRAME_GROUPS = 0x52009230
_PER_FRAME_TAG, _VOI_LUT_TAG = b"\x00\x52\x30\x92", b"\x28\x00\x10\x30"
_MACROS = {
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "VOILUTFunction"),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
}


def describe_image(
    header: bytes, transfer_syntax_uid: str, *, pixel_element: bytes = b"", per_frame: Mapping[str, Any] | None = None
) -> ImageDescription:
    """Return the description of an image from everything before its pixel data.

    header: the file up to the Pixel Data element, with or without preamble and File Meta Information.
    pixel_element: the first 8 bytes of the pixel element (tag, VR) where known: big-endian 8-bit data need the VR.
    per_frame: what intake collected of the per-frame functional groups (archive.core.facts), {keyword: [value of each frame]};
        None reads them here, which takes a millisecond a frame.
    Raises: Malformed when Image Pixel attributes are missing or contradict each other.
    """
    if per_frame is not None and _have_frames_tables(header):
        per_frame = None  # facts hold no tables
    stop = None if per_frame is None else _is_past_shared_groups
    try:
        with quiet():
            ds = read_partial(io.BytesIO(header), stop_when=stop, force=True)
            groups = _groups_of_facts(per_frame) if per_frame is not None else _groups_of_dataset(ds)
            described = _describe(ds, str(transfer_syntax_uid), pixel_element, groups)
            return replace(described, overlays=read_overlays(header, like=described))
    except Malformed:
        raise
    except UNREADABLE as exc:
        raise Malformed("the image header cannot be read") from exc


def describe_dataset(ds: Dataset, transfer_syntax_uid: str, *, pixel_element: bytes = b"") -> ImageDescription:
    """Return the description of an image whose header is already parsed, without its overlays; as describe_image otherwise."""
    return _describe(ds, transfer_syntax_uid, pixel_element, _groups_of_dataset(ds))


def _have_frames_tables(header: bytes) -> bool:
    """Say whether frames may carry VOI LUTs of their own; a false alarm costs the time of reading them all."""
    start = header.find(_PER_FRAME_TAG)
    return start >= 0 and header.find(_VOI_LUT_TAG, start) >= 0


def _is_past_shared_groups(tag: BaseTag, vr: str | None, length: int) -> bool:
    return int(tag) >= _PER_FRAME_GROUPS


def _groups_of_dataset(ds: Dataset) -> list[Dataset]:
    return items(ds, "PerFrameFunctionalGroupsSequence")


def _groups_of_facts(per_frame: Mapping[str, Any]) -> list[Dataset]:
    """Return functional groups with the macros that matter here, as the data set has them."""
    columns = {macro: {keyword: per_frame[keyword] for keyword in keywords if keyword in per_frame} for macro, keywords in _MACROS.items()}
    count = max((len(values) for macro in columns.values() for values in macro.values()), default=0)
    groups = [Dataset() for _ in range(count)]
    for macro, values in columns.items():
        for index, group in enumerate(groups if values else []):
            item = Dataset()
            for keyword, column in values.items():
                if column[index] is not None:
                    setattr(item, keyword, column[index])
            setattr(group, macro, [item])
    return groups


def _describe(ds: Dataset, transfer_syntax_uid: str, pixel_element: bytes, per_frame: list[Dataset]) -> ImageDescription:
    rows, columns = integer(ds, "Rows"), integer(ds, "Columns")
    bits_allocated = integer(ds, "BitsAllocated")
    pixel_kind = _pixel_kind(ds, bits_allocated)
    bits_stored, high_bit = _bits(ds, bits_allocated)
    is_signed = integer(ds, "PixelRepresentation", 0) == 1
    big_endian = transfer_syntax_uid == EXPLICIT_BIG_ENDIAN
    samples = integer(ds, "SamplesPerPixel", 1)
    shared = first(ds, "SharedFunctionalGroupsSequence")
    photometric = _photometric(ds, samples)
    needs_palette = photometric == "PALETTE COLOR" or shows_palette(ds, shared)
    palette = read_palette(ds, is_signed=is_signed, big_endian=big_endian) if needs_palette else None
    means_colours = needs_palette and photometric.startswith("MONOCHROME")
    ratios = floats(ds, "LossyImageCompressionRatio")
    return ImageDescription(
        transfer_syntax_uid=transfer_syntax_uid,
        sop_class_uid=str(ds.get("SOPClassUID", "")),
        modality=str(ds.get("Modality", "")),
        rows=rows,
        columns=columns,
        samples_per_pixel=samples,
        number_of_frames=_number_of_frames(ds),
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        high_bit=high_bit,
        is_signed=is_signed and pixel_kind == "integer",
        planar_configuration=integer(ds, "PlanarConfiguration", 0) if samples > 1 else 0,
        photometric_interpretation=photometric,
        pixel_kind=pixel_kind,
        is_word_swapped=big_endian and bits_allocated <= 8 and pixel_element[4:6] == b"OW",
        padding=_padding(ds, is_signed, pixel_kind),
        rescales=read_rescales(ds, shared, per_frame),
        windows=read_windows(ds, shared, per_frame),
        voi_functions=read_voi_functions(ds, shared, per_frame),
        modality_lut=read_lut(first(ds, "ModalityLUTSequence"), is_signed=is_signed, big_endian=big_endian),
        voi_luts=read_voi_luts(ds, is_signed=is_signed, big_endian=big_endian),
        frame_voi_luts=read_frame_voi_luts(shared, per_frame, is_signed=is_signed, big_endian=big_endian),
        presentation_lut_shape=read_presentation_lut_shape(ds),
        palette=palette,
        has_supplemental_palette=means_colours and palette is not None,
        lacks_palette=means_colours and palette is None,
        colour_profile=read_colour_profile(ds, shared),
        shutters=read_shutters(ds, shared, per_frame),
        masks=read_masks(ds),
        pixel_shifts=read_pixel_shifts(shared, per_frame),
        is_subtraction_recommended="SUB" in words(ds, "RecommendedViewingMode"),
        pixel_aspect=_pixel_aspect(ds, shared),
        pixel_intensity_relationship=read_intensity_relationship(ds, shared, per_frame),
        presentation_intent_type=str(ds.get("PresentationIntentType", "") or ""),
        is_lossy=str(ds.get("LossyImageCompression", "") or "") == "01",
        lossy_ratio=max(ratios) if ratios and max(ratios) > 0 else None,
    )


def _pixel_kind(ds: Dataset, bits_allocated: int) -> PixelKind:
    # The Floating Point modules carry no Bits Stored (PS3.3 C.7.6.24, C.7.6.25).
    if bits_allocated in (32, 64) and ds.get("BitsStored") is None and ds.get("PixelRepresentation") is None:
        return "float" if bits_allocated == 32 else "double"
    return "integer"


def _number_of_frames(ds: Dataset) -> int:
    try:
        return max(1, integer(ds, "NumberOfFrames", 1))
    except Malformed:
        return 1  # how many there are is what the frame table says


def _bits(ds: Dataset, bits_allocated: int) -> tuple[int, int]:
    """Return Bits Stored and High Bit, corrected where they contradict Bits Allocated."""
    bits_stored = integer(ds, "BitsStored", bits_allocated)
    if not 1 <= bits_stored <= bits_allocated:
        bits_stored = bits_allocated
    high_bit = integer(ds, "HighBit", bits_stored - 1)
    return bits_stored, high_bit if bits_stored - 1 <= high_bit < bits_allocated else bits_stored - 1


def _photometric(ds: Dataset, samples: int) -> str:
    stated = str(ds.get("PhotometricInterpretation", "") or "").strip().upper()
    return stated or ("MONOCHROME2" if samples == 1 else "RGB")


def _padding(ds: Dataset, is_signed: bool, pixel_kind: PixelKind) -> tuple[float, float] | None:
    prefix = {"integer": "", "float": "Float", "double": "DoubleFloat"}[pixel_kind]
    if ds.get(f"{prefix}PixelPaddingValue") is None:
        return None
    limits: list[float] = []
    for keyword in (f"{prefix}PixelPaddingValue", f"{prefix}PixelPaddingRangeLimit"):
        value = ds.get(keyword)
        if pixel_kind != "integer":
            limits += floats(ds, keyword)[:1]
        elif isinstance(value, int | bytes):
            # The VR is US or SS, and often the wrong one.
            number = (int.from_bytes(value[:2], "little") if isinstance(value, bytes) else value) & 0xFFFF
            limits.append(number - 0x10000 if is_signed and number >= 0x8000 else number)
    return (min(limits), max(limits)) if limits else None


def _pixel_aspect(ds: Dataset, shared: Dataset | None) -> float:
    """Return a pixel's height over its width, by its spacing, else by Pixel Aspect Ratio."""
    spacings = (floats(holder, "PixelSpacing") for holder in (first(shared, "PixelMeasuresSequence"), ds))
    for sides in (*spacings, floats(ds, "ImagerPixelSpacing"), floats(ds, "PixelAspectRatio")):
        if len(sides) == 2 and min(sides) > 0:
            return sides[0] / sides[1]
    return 1.0
