"""What is known of an image's pixels (PS3.3 C.7.6.3, C.7.6.16, C.11)."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from archive.core.colour_profile import ColourProfile
from archive.core.description.masks import MaskOperation, PixelShift
from archive.core.description.overlays import OverlayPlane
from archive.core.description.shutters import Shutter
from archive.core.lookup_table import LookupTable
from governance.core.faults import Malformed

PixelKind = Literal["integer", "float", "double"]

EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2"
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
    rescales, windows, voi_functions, frame_voi_luts, shutters, pixel_shifts: one entry for all frames, or one a frame.
    voi_functions: "LINEAR", "LINEAR_EXACT", "SIGMOID", or "" when the image does not say.
    voi_luts: of the image; frame_voi_luts: of frames that carry their own.
    presentation_lut_shape: "IDENTITY", "INVERSE", or "". presentation_lut, pseudo_colour: of a presentation state, after the VOI stage.
    has_supplemental_palette: grey values below the palette's first are grey.
    lacks_palette: Pixel Presentation says that some grey values are colours (PS3.3 C.8.16.2.1.1.1), and there is no palette.
    is_subtraction_recommended: Recommended Viewing Mode is SUB. colour_profile: ICC, of the image or of its optical path.
    pixel_aspect: height of a pixel over its width.
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
    voi_functions: tuple[str, ...] = ("",)
    modality_lut: LookupTable | None = None
    voi_luts: tuple[LookupTable, ...] = ()
    frame_voi_luts: tuple[tuple[LookupTable, ...], ...] = ((),)
    presentation_lut_shape: str = ""
    presentation_lut: LookupTable | None = None
    pseudo_colour: tuple[LookupTable, LookupTable, LookupTable] | None = None
    palette: tuple[LookupTable, LookupTable, LookupTable] | None = None
    has_supplemental_palette: bool = False
    lacks_palette: bool = False
    colour_profile: ColourProfile | None = None
    overlays: tuple[OverlayPlane, ...] = ()
    shutters: tuple[Shutter | None, ...] = (None,)
    masks: tuple[MaskOperation, ...] = ()
    pixel_shifts: tuple[tuple[PixelShift, ...], ...] = ((),)
    is_subtraction_recommended: bool = False
    are_windows_of_differences: bool = False
    pixel_aspect: float = 1.0
    pixel_intensity_relationship: str = ""
    presentation_intent_type: str = ""
    is_lossy: bool = False
    lossy_ratio: float | None = None

    @property
    def is_monochrome(self) -> bool:
        return self.photometric_interpretation in ("MONOCHROME1", "MONOCHROME2")

    @property
    def means_colours(self) -> bool:
        """Say whether some grey values stand for colours, be their palette here or not."""
        return self.has_supplemental_palette or self.lacks_palette

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

    def voi_function_of(self, frame_index: int) -> str:
        function: str = _of_frame(self.voi_functions, frame_index)
        return function

    def voi_luts_of(self, frame_index: int) -> tuple[LookupTable, ...]:
        tables: tuple[LookupTable, ...] = _of_frame(self.frame_voi_luts, frame_index)
        return tables or self.voi_luts

    def shutter_of(self, frame_index: int) -> Shutter | None:
        shutter: Shutter | None = _of_frame(self.shutters, frame_index)
        return shutter

    def pixel_shifts_of(self, frame_index: int) -> tuple[PixelShift, ...]:
        shifts: tuple[PixelShift, ...] = _of_frame(self.pixel_shifts, frame_index)
        return shifts


def _of_frame(values: tuple[Any, ...], frame_index: int) -> Any:
    if len(values) == 1:
        return values[0]
    if frame_index >= len(values):
        raise Malformed("the functional groups describe fewer frames than there are")
    return values[frame_index]
