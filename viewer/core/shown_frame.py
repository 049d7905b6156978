"""One frame as it is shown: the whole chain of PS3.4 N.2 over what the archive holds of an image.

mask subtraction -> point transforms (viewer.core.display) -> shutter -> overlays. Each is a pass of its own, made only where the
image has it, so that a plain frame costs what it did without them.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from archive.core.codecs import DecodedFrame
from archive.core.colour_profile import ColourProfile
from archive.core.description import ImageDescription, OverlayPlane, Shutter
from viewer.core import overlay, shutter
from viewer.core.applied import Applied
from viewer.core.blending import blend
from viewer.core.display import Levels, difference_levels, display_levels, management_of
from viewer.core.icc import to_srgb
from viewer.core.mask_subtraction import Subtraction, subtraction_of
from viewer.core.modality_lut import apply_modality, modality_of
from viewer.core.view import ViewState

NO_SHUTTERS = (None,)


class Upper(NamedTuple):
    """What a blending state lays over a frame: uint8 (rows, columns, 3), where there is any of it, how opaque, and for which colours."""

    colours: NDArray[np.uint8]
    is_covered: NDArray[np.bool_]
    opacity: float
    profile: ColourProfile | None


class FrameSource(Protocol):
    """What the chain asks of a stored image. Frame indices count from 0."""

    @property
    def description(self) -> ImageDescription: ...

    def decoded(self, frame_index: int) -> DecodedFrame:
        """Return one frame's stored values."""
        ...

    def unmasked(self, frame_index: int) -> NDArray[Any]:
        """Return one frame's samples, unsigned, with all the bits that are allocated."""
        ...

    def mean(self, frame_indices: tuple[int, ...]) -> NDArray[np.float64]:
        """Return the mean of frames in modality values (viewer.core.mask_subtraction.modality_mean)."""
        ...

    def mask(self, subtraction: Subtraction) -> NDArray[np.float64]:
        """Return the shifted mean of the mask frames; many frames will ask for it. Read-only."""
        ...

    def header_bytes(self, offset: int, length: int) -> bytes:
        """Return bytes of the header that overlay planes point at."""
        ...

    def upper(self, frame_index: int) -> Upper | None:
        """Return what a blending state lays over a frame; None without such a state."""
        ...


class ShownFrame(NamedTuple):
    """A frame's levels before overlays, where those go (None: nowhere), what it was decoded to, and what was done to it."""

    levels: NDArray[np.uint8]
    graphics: NDArray[np.bool_] | None
    window_center: float | None
    window_width: float | None
    applied: Applied
    decoded: DecodedFrame

    def at_size(self, levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the frame's levels, perhaps reduced meanwhile, with the overlays drawn over them at that size."""
        if self.graphics is None:
            return levels
        return overlay.burnt_in(levels, overlay.reduced(self.graphics, *levels.shape[:2]))


def show_frame(source: FrameSource, frame_index: int, view: ViewState) -> ShownFrame:
    """Return a frame in a view. Raises: Malformed, Unsupported, TooLarge from decoding and the chain."""
    description = source.description
    decoded = source.decoded(frame_index)
    subtraction = subtraction_of(description, frame_index, view.subtraction) if description.masks else None
    if subtraction is None:
        shown = display_levels(decoded, description, frame_index, view)
    else:
        shown = _subtracted(source, decoded, subtraction, frame_index, view)
    upper = source.upper(frame_index)
    if upper is not None:
        shown = _blended(shown, upper, view)
    if not description.overlays and description.shutters == NO_SHUTTERS:
        return ShownFrame(shown.values, None, shown.window_center, shown.window_width, shown.applied, decoded)
    return _covered(source, shown, decoded, frame_index, view)


def _covered(source: FrameSource, shown: Levels, decoded: DecodedFrame, frame_index: int, view: ViewState) -> ShownFrame:
    """Put shutter and overlays over the levels of a frame."""
    levels, applied = shown.values, shown.applied
    stated = source.description.shutter_of(frame_index) if view.shutter else None
    if stated is not None:
        hidden = _hidden(source, stated, frame_index, levels.shape)
        if hidden is not None:
            levels, applied = shutter.shuttered(levels, hidden, stated), applied | Applied.SHUTTER
    graphics = _graphics(source, frame_index, levels.shape) if view.overlays else None
    if graphics is not None:
        applied |= Applied.OVERLAYS
    return ShownFrame(levels, graphics, shown.window_center, shown.window_width, applied, decoded)


def _blended(shown: Levels, upper: Upper, view: ViewState) -> Levels:
    """The profile is for what both sets give together (PS3.3 A.33.4.1)."""
    values = blend(shown.values, upper.colours, upper.is_covered, upper.opacity)
    managed = management_of(upper.profile, view)
    if managed is Applied.COLOUR_MANAGED and upper.profile is not None:
        values = to_srgb(values, upper.profile)
    return shown._replace(values=values, applied=shown.applied | managed)


def _subtracted(source: FrameSource, decoded: DecodedFrame, subtraction: Subtraction, frame_index: int, view: ViewState) -> Levels:
    description = source.description
    if subtraction.contrast_frames == (frame_index,):
        contrast = apply_modality(decoded.values, modality_of(description, frame_index))
    else:
        contrast = source.mean(subtraction.contrast_frames)
    return difference_levels(contrast - source.mask(subtraction), decoded, description, frame_index, view)


def _hidden(source: FrameSource, stated: Shutter, frame_index: int, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    rows, columns = shape[:2]
    bitmap = None
    for plane in source.description.overlays:
        own = plane.frame_of(frame_index)
        if plane.group == stated.bitmap_group and own is not None:
            bitmap = overlay.placed_at(_bits(source, plane, own, frame_index), plane.row, plane.column, rows, columns)
    return shutter.hidden_by(stated, rows, columns, pixel_aspect=source.description.pixel_aspect, bitmap=bitmap)


def _graphics(source: FrameSource, frame_index: int, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Return where the frame's overlay planes draw; a plane that serves as a shutter is no graphics (C.7.6.15)."""
    stated = source.description.shutter_of(frame_index)
    planes = []
    for plane in source.description.overlays:
        own = plane.frame_of(frame_index)
        if own is not None and not (stated is not None and plane.group == stated.bitmap_group):
            planes.append((plane, _bits(source, plane, own, frame_index)))
    return overlay.graphics_of(planes, *shape[:2])


def _bits(source: FrameSource, plane: OverlayPlane, own_frame: int, frame_index: int) -> NDArray[np.bool_]:
    if plane.bit_position is not None:
        return overlay.embedded(source.unmasked(frame_index), plane)
    if plane.is_word_swapped:
        whole = np.frombuffer(source.header_bytes(plane.data_offset, plane.data_length & ~1), np.uint16).byteswap().tobytes()
        start, length, first_bit = overlay.packed_span(plane, own_frame)
        return overlay.unpacked(whole[start : start + length], plane, first_bit)
    start, length, first_bit = overlay.packed_span(plane, own_frame)
    return overlay.unpacked(source.header_bytes(plane.data_offset + start, length), plane, first_bit)
