"""What the display chain needs to know of an image, read once from its header (PS3.3 C.7.6.3, C.7.6.16, C.11)."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag

from archive.core.dataset import BAD_VALUE, quiet
from archive.core.lookup_table import LookupTable, read_table
from governance.core.faults import Malformed

PixelKind = Literal["integer", "float", "double"]

EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_PER_FRAME_GROUPS = 0x52009230
_MACROS = {
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "VOILUTFunction"),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
}
XA_XRF = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.12.1",  # X-Ray Angiographic
        "1.2.840.10008.5.1.4.1.1.12.1.1",  # Enhanced XA
        "1.2.840.10008.5.1.4.1.1.12.2",  # X-Ray Radiofluoroscopic
        "1.2.840.10008.5.1.4.1.1.12.2.1",  # Enhanced XRF
    }
)


@dataclass(frozen=True, slots=True)
class Rescale:
    """Modality value = slope x stored value + intercept (PS3.3 C.11.1.1.2)."""

    slope: float = 1.0
    intercept: float = 0.0

    @property
    def is_identity(self) -> bool:
        return self.slope == 1.0 and self.intercept == 0.0


@dataclass(frozen=True, slots=True)
class VoiWindow:
    """One window in modality units (PS3.3 C.11.2.1.2)."""

    center: float
    width: float
    explanation: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class ImageDescription:
    """The pixel attributes of one instance, and per frame where frames differ.

    bits_stored, high_bit: made consistent with bits_allocated. is_signed: Pixel Representation 1.
    pixel_kind: "integer" (Pixel Data), "float" or "double" (Float and Double Float Pixel Data).
    is_word_swapped: 8-bit samples in big-endian 16-bit words (PS3.5 8.1.2 with VR OW).
    padding: inclusive range of stored values that are no image (PS3.3 C.7.5.1.1.2), or None.
    rescales, windows: one entry for all frames, or one a frame.
    voi_function: "LINEAR", "LINEAR_EXACT", "SIGMOID", or "" when the image does not say.
    lossy_ratio: Lossy Image Compression Ratio, the largest of the steps, or None.
    """

    transfer_syntax_uid: str
    sop_class_uid: str
    modality: str
    rows: int
    columns: int
    samples_per_pixel: int
    number_of_frames: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    planar_configuration: int
    photometric_interpretation: str
    pixel_kind: PixelKind = "integer"
    is_word_swapped: bool = False
    padding: tuple[float, float] | None = None
    rescales: tuple[Rescale, ...] = (Rescale(),)
    windows: tuple[tuple[VoiWindow, ...], ...] = ((),)
    voi_function: str = ""
    modality_lut: LookupTable | None = None
    voi_luts: tuple[LookupTable, ...] = ()
    palette: tuple[LookupTable, LookupTable, LookupTable] | None = None
    pixel_intensity_relationship: str = ""
    presentation_intent_type: str = ""
    is_lossy: bool = False
    lossy_ratio: float | None = None

    @property
    def is_monochrome(self) -> bool:
        return self.photometric_interpretation in ("MONOCHROME1", "MONOCHROME2")

    @property
    def is_big_endian(self) -> bool:
        return self.transfer_syntax_uid == EXPLICIT_BIG_ENDIAN

    @property
    def is_log_or_disp_angiogram(self) -> bool:
        """Say whether display skips the Modality LUT (rule S09; PS3.3 C.8.7.1.1.2)."""
        return self.sop_class_uid in XA_XRF and self.pixel_intensity_relationship in ("LOG", "DISP")

    @property
    def dtype(self) -> np.dtype[Any]:
        """The native dtype of stored values."""
        if self.pixel_kind != "integer":
            return np.dtype(np.float32 if self.pixel_kind == "float" else np.float64)
        return np.dtype(f"{'i' if self.is_signed else 'u'}{max(self.bits_allocated, 8) // 8}")

    def rescale(self, frame_index: int) -> Rescale:
        rescale: Rescale = _of_frame(self.rescales, frame_index)
        return rescale

    def windows_of(self, frame_index: int) -> tuple[VoiWindow, ...]:
        windows: tuple[VoiWindow, ...] = _of_frame(self.windows, frame_index)
        return windows


def _of_frame(values: tuple[Any, ...], frame_index: int) -> Any:
    if len(values) == 1:
        return values[0]
    if frame_index >= len(values):
        raise Malformed("the functional groups describe fewer frames than there are")
    return values[frame_index]


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
    stop = None if per_frame is None else _is_past_shared_groups
    try:
        with quiet():
            ds = read_partial(io.BytesIO(header), stop_when=stop, force=True)
            groups = _groups_of_facts(per_frame) if per_frame is not None else _groups_of_dataset(ds)
            return _describe(ds, str(transfer_syntax_uid), pixel_element, groups)
    except Malformed:
        raise
    except BAD_VALUE as exc:
        raise Malformed("the image header cannot be read") from exc


def describe_dataset(ds: Dataset, transfer_syntax_uid: str, *, pixel_element: bytes = b"") -> ImageDescription:
    """Return the description of an image whose header is already parsed; as describe_image otherwise."""
    return _describe(ds, transfer_syntax_uid, pixel_element, _groups_of_dataset(ds))


def _is_past_shared_groups(tag: BaseTag, vr: str | None, length: int) -> bool:
    return int(tag) >= _PER_FRAME_GROUPS


def _groups_of_dataset(ds: Dataset) -> list[Dataset]:
    return list(ds.get("PerFrameFunctionalGroupsSequence") or [])


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
    rows, columns = _integer(ds, "Rows"), _integer(ds, "Columns")
    bits_allocated = _integer(ds, "BitsAllocated")
    pixel_kind = _pixel_kind(ds, bits_allocated)
    bits_stored, high_bit = _bits(ds, bits_allocated)
    is_signed = _integer(ds, "PixelRepresentation", 0) == 1
    big_endian = transfer_syntax_uid == EXPLICIT_BIG_ENDIAN
    samples = _integer(ds, "SamplesPerPixel", 1)
    shared = _first(ds, "SharedFunctionalGroupsSequence")
    lut = _first(ds, "ModalityLUTSequence")
    ratios = _floats(ds, "LossyImageCompressionRatio")
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
        planar_configuration=_integer(ds, "PlanarConfiguration", 0) if samples > 1 else 0,
        photometric_interpretation=_photometric(ds, samples),
        pixel_kind=pixel_kind,
        is_word_swapped=big_endian and bits_allocated <= 8 and pixel_element[4:6] == b"OW",
        padding=_padding(ds, is_signed, pixel_kind),
        rescales=_rescales(ds, shared, per_frame),
        windows=_windows(ds, shared, per_frame),
        voi_function=_voi_function(ds, shared, per_frame),
        modality_lut=_lut(lut, is_signed, big_endian),
        voi_luts=tuple(
            table for item in ds.get("VOILUTSequence") or [] if (table := _lut(item, is_signed or _has_negative_rescale(ds), big_endian))
        ),
        palette=_palette(ds, is_signed, big_endian),
        pixel_intensity_relationship=_intensity_relationship(ds, shared, per_frame),
        presentation_intent_type=str(ds.get("PresentationIntentType", "") or ""),
        is_lossy=str(ds.get("LossyImageCompression", "") or "") == "01",
        lossy_ratio=max(ratios) if ratios and max(ratios) > 0 else None,
    )


def _integer(ds: Dataset, keyword: str, default: int | None = None) -> int:
    value = ds.get(keyword)
    if value is None or value == "":
        if default is None:
            raise Malformed(f"{keyword} is missing")
        return default
    try:
        return int(value)
    except (TypeError, ValueError) as exc:
        raise Malformed(f"{keyword} is not one whole number") from exc


def _number_of_frames(ds: Dataset) -> int:
    try:
        return max(1, _integer(ds, "NumberOfFrames", 1))
    except Malformed:
        return 1  # how many there are is what the frame table says


def _floats(ds: Dataset | None, keyword: str) -> list[float]:
    """Return the finite numbers of an attribute of any multiplicity."""
    value = ds.get(keyword) if ds is not None else None
    if value is None or value == "":
        return []
    numbers = []
    for item in value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]:
        try:
            numbers.append(float(item))
        except (TypeError, ValueError):
            return []
    return numbers if all(np.isfinite(numbers)) else []


def _first(ds: Dataset | None, keyword: str) -> Dataset | None:
    sequence = ds.get(keyword) if ds is not None else None
    return sequence[0] if sequence else None


def _pixel_kind(ds: Dataset, bits_allocated: int) -> PixelKind:
    # The Floating Point modules carry no Bits Stored (PS3.3 C.7.6.24, C.7.6.25).
    if bits_allocated in (32, 64) and ds.get("BitsStored") is None and ds.get("PixelRepresentation") is None:
        return "float" if bits_allocated == 32 else "double"
    return "integer"


def _bits(ds: Dataset, bits_allocated: int) -> tuple[int, int]:
    """Return Bits Stored and High Bit, corrected where they contradict Bits Allocated."""
    bits_stored = _integer(ds, "BitsStored", bits_allocated)
    if not 1 <= bits_stored <= bits_allocated:
        bits_stored = bits_allocated
    high_bit = _integer(ds, "HighBit", bits_stored - 1)
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
            limits += _floats(ds, keyword)[:1]
        elif isinstance(value, int | bytes):
            # The VR is US or SS, and often the wrong one.
            number = (int.from_bytes(value[:2], "little") if isinstance(value, bytes) else value) & 0xFFFF
            limits.append(number - 0x10000 if is_signed and number >= 0x8000 else number)
    return (min(limits), max(limits)) if limits else None


def _groups(shared: Dataset | None, per_frame: list[Dataset], macro: str, fallback: Dataset | None) -> Iterator[Dataset | None]:
    """Yield the data set that holds a functional group's attributes: one for all frames, or one a frame (PS3.3 C.7.6.16)."""
    if any(macro in item for item in per_frame):
        for item in per_frame:
            yield _first(item, macro)
        return
    yield _first(shared, macro) or fallback


def _rescales(ds: Dataset, shared: Dataset | None, per_frame: list[Dataset]) -> tuple[Rescale, ...]:
    return _collapse(tuple(_rescale(item) for item in _groups(shared, per_frame, "PixelValueTransformationSequence", ds)))


def _rescale(item: Dataset | None) -> Rescale:
    slope, intercept = _floats(item, "RescaleSlope"), _floats(item, "RescaleIntercept")
    # A slope of 0 would make every pixel the same; it is written by devices that mean "none".
    return Rescale((slope[0] if slope else 1.0) or 1.0, intercept[0] if intercept else 0.0)


def _has_negative_rescale(ds: Dataset) -> bool:
    return _rescale(ds).intercept < 0


def _windows(ds: Dataset, shared: Dataset | None, per_frame: list[Dataset]) -> tuple[tuple[VoiWindow, ...], ...]:
    return _collapse(tuple(_windows_in(item) for item in _groups(shared, per_frame, "FrameVOILUTSequence", ds)))


def _windows_in(item: Dataset | None) -> tuple[VoiWindow, ...]:
    centers, widths = _floats(item, "WindowCenter"), _floats(item, "WindowWidth")
    stated = item.get("WindowCenterWidthExplanation") if item is not None else None
    explanations = [stated] if isinstance(stated, str) else list(stated or [])
    windows = []
    for index, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if width > 0:  # a width of 0 is written by devices that have no window
            windows.append(VoiWindow(center, width, str(explanations[index]) if index < len(explanations) else ""))
    return tuple(windows)


def _collapse(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return one entry where all frames agree."""
    return values[:1] if all(value == values[0] for value in values) else values


def _voi_function(ds: Dataset, shared: Dataset | None, per_frame: list[Dataset]) -> str:
    for item in _groups(shared, per_frame[:1], "FrameVOILUTSequence", ds):
        stated = str((item.get("VOILUTFunction") if item is not None else "") or "").strip().upper()
        if stated in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
            return stated
    return ""


def _intensity_relationship(ds: Dataset, shared: Dataset | None, per_frame: list[Dataset]) -> str:
    for item in _groups(shared, per_frame[:1], "FramePixelDataPropertiesSequence", None):
        if item is not None and item.get("PixelIntensityRelationship"):
            return str(item.PixelIntensityRelationship).strip().upper()
    return str(ds.get("PixelIntensityRelationship", "") or "").strip().upper()


def _lut(item: Dataset | None, signed_input: bool, big_endian: bool) -> LookupTable | None:
    if item is None:
        return None
    return read_table(item, descriptor="LUTDescriptor", data="LUTData", signed_input=signed_input, big_endian=big_endian)


def _palette(ds: Dataset, is_signed: bool, big_endian: bool) -> tuple[LookupTable, LookupTable, LookupTable] | None:
    tables = []
    for colour in ("Red", "Green", "Blue"):
        table = None
        for prefix, is_segmented in (("", False), ("Segmented", True)):
            table = table or read_table(
                ds,
                descriptor=f"{colour}PaletteColorLookupTableDescriptor",
                data=f"{prefix}{colour}PaletteColorLookupTableData",
                signed_input=is_signed,
                big_endian=big_endian,
                is_segmented=is_segmented,
            )
        if table is None:
            return None
        tables.append(table)
    return tables[0], tables[1], tables[2]
