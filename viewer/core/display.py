"""The point transforms of the display chain, composed once and applied per frame (PS3.4 N.2).

stored values -> modality LUT -> VOI LUT -> presentation (MONOCHROME1, inversion) -> levels 0..255; or palette; or colour. For stored
values of up to 16 bits all of it becomes one table. Mask subtraction, shutters and overlays: viewer.core.shown_frame.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from archive.core.codecs import DecodedFrame
from archive.core.codecs.frames import stored_range
from archive.core.colour_profile import ColourProfile
from archive.core.description import ImageDescription, Rescale
from archive.core.kernels import kernel, readonly, uint8, uint16, void, writable
from archive.core.lookup_table import LookupTable
from governance.core.faults import Malformed, Undecodable, Unsupported
from viewer.core.applied import Applied
from viewer.core.colour import rgb_levels
from viewer.core.icc import changes_nothing, is_usable, to_srgb
from viewer.core.linear_levels import Line, draw_line, fit_line
from viewer.core.mask_subtraction import difference_window, subtraction_of
from viewer.core.modality_lut import apply_modality, modality_of
from viewer.core.palette import palette_table
from viewer.core.presentation_lut import apply_presentation_lut, apply_pseudo_colour, voi_fractions
from viewer.core.view import ViewState
from viewer.core.voi_choice import Voi, stored_voi, voi_of
from viewer.core.voi_lut import FUNCTIONS, apply_voi_lut, apply_window, check_window, resolve_function, window_table

TABLE_BITS = 16  # more bits, and floats, go through the formulas pixel by pixel
BACKGROUND = 0  # pixel padding is no image: black, whatever the window or inversion (PS3.3 C.7.5.1.1.2)


class Levels(NamedTuple):
    """What is shown: uint8 (rows, columns) or (rows, columns, 3), and the window that made it (None: there is none)."""

    values: NDArray[np.uint8]
    window_center: float | None
    window_width: float | None
    applied: Applied = Applied.NOTHING


# --- kernels ---


@kernel(
    void(readonly(uint8), readonly(uint8), uint8, uint8, writable(uint8)),
    void(readonly(uint16), readonly(uint8), uint16, uint16, writable(uint8)),
)
def _look_up(stored: Any, table: Any, offset: Any, mask: Any, out: Any) -> None:
    """out = table[(stored + offset) & mask]; mask = len(table) - 1, so that no index leaves the table. Four at a time: a fifth faster."""
    whole = stored.shape[0] & ~3
    for i in range(0, whole, 4):
        first = table[(stored[i] + offset) & mask]
        second = table[(stored[i + 1] + offset) & mask]
        third = table[(stored[i + 2] + offset) & mask]
        fourth = table[(stored[i + 3] + offset) & mask]
        out[i] = first
        out[i + 1] = second
        out[i + 2] = third
        out[i + 3] = fourth
    for i in range(whole, stored.shape[0]):
        out[i] = table[(stored[i] + offset) & mask]


@kernel(
    void(readonly(uint8), readonly(uint8, 2), uint8, uint8, writable(uint8, 2)),
    void(readonly(uint16), readonly(uint8, 2), uint16, uint16, writable(uint8, 2)),
)
def _look_up_colour(stored: Any, table: Any, offset: Any, mask: Any, out: Any) -> None:
    for i in range(stored.shape[0]):
        index = (stored[i] + offset) & mask
        out[i, 0] = table[index, 0]
        out[i, 1] = table[index, 1]
        out[i, 2] = table[index, 2]


# --- the chain ---


def display_levels(decoded: DecodedFrame, description: ImageDescription, frame_index: int, view: ViewState) -> Levels:
    """Return the levels that show a decoded frame in a view. Raises: Malformed, Unsupported (colour models)."""
    if decoded.values.ndim == 3:
        rgb = rgb_levels(decoded.values, decoded.photometric_interpretation, description.bits_stored)
        applied = colour_management(description, view)
        if applied is Applied.COLOUR_MANAGED and description.colour_profile is not None:
            rgb = to_srgb(rgb, description.colour_profile)
        return Levels(255 - rgb if view.invert else rgb, None, None, applied)
    if decoded.photometric_interpretation == "PALETTE COLOR":
        return Levels(_palette_levels(decoded, description, view), None, None, colour_management(description, view))
    check_grey(decoded)
    voi = voi_of(decoded, description, frame_index, view)
    inverted = is_inverted(decoded, description, view)
    modality = modality_of(description, frame_index)
    if description.pseudo_colour is not None:
        values = _pseudo_coloured(decoded, description, modality, voi, view)
        return Levels(values, voi.center, voi.width, colour_management(description, view))
    if description.has_supplemental_palette:
        values = _partly_coloured(decoded, description, level_table(description, modality, voi, inverted), view)
        return Levels(values, voi.center, voi.width, colour_management(description, view))
    if has_table(description):
        values = _apply_window(decoded.values, description, modality, voi, inverted)
    else:
        values = _levels(apply_modality(decoded.values, modality), voi, inverted, description.presentation_lut)
        values = _without_padding(values, decoded.values, description)
    return Levels(values, voi.center, voi.width, Applied.PALETTE_MISSING if description.lacks_palette else Applied.NOTHING)


def difference_levels(
    difference: NDArray[np.float64], decoded: DecodedFrame, description: ImageDescription, frame_index: int, view: ViewState
) -> Levels:
    """Return the levels of a frame minus its mask.

    difference: in modality values. decoded: the contrast frame, whose padding is background.
    The view's window applies, in units of the difference, else that of a presentation state with a mask, else difference_window; an
    image's own window is meant for stored values.
    """
    check_grey(decoded)
    voi = _difference_voi(description, frame_index, view)
    values = _levels(difference, voi, is_inverted(decoded, description, view), description.presentation_lut)
    return Levels(_without_padding(values, decoded.values, description), voi.center, voi.width, Applied.SUBTRACTED)


def _difference_voi(description: ImageDescription, frame_index: int, view: ViewState) -> Voi:
    if description.are_windows_of_differences and view.window is None:
        stated = stored_voi(description, frame_index, view)
        if stated is not None:
            return stated
    center, width = view.window or difference_window(description, frame_index)
    return Voi(center, width, resolve_function(view.voi_function, width, is_integer=False))


def check_grey(decoded: DecodedFrame) -> None:
    """Raise Unsupported where one sample a pixel is no grey."""
    if decoded.photometric_interpretation not in ("MONOCHROME1", "MONOCHROME2"):
        raise Unsupported("photometric interpretation", decoded.photometric_interpretation)


def is_inverted(decoded: DecodedFrame, description: ImageDescription, view: ViewState) -> bool:
    """Say whether low values are bright: by Presentation LUT Shape, else by MONOCHROME1; the view may exchange them."""
    shape = description.presentation_lut_shape
    is_inverse = shape == "INVERSE" if shape else decoded.photometric_interpretation == "MONOCHROME1"
    return is_inverse != view.invert


def colour_management(description: ImageDescription, view: ViewState) -> Applied:
    """Return what becomes of the image's ICC profile in a view (rule S10)."""
    return management_of(description.colour_profile, view)


def management_of(profile: ColourProfile | None, view: ViewState) -> Applied:
    """Return what becomes of an ICC profile in a view."""
    if profile is None:
        return Applied.NOTHING
    return Applied.COLOUR_MANAGED if view.icc and is_usable(profile) else Applied.PROFILE_NOT_USED


def has_table(description: ImageDescription) -> bool:
    """Say whether all stored values fit into one table."""
    return description.pixel_kind == "integer" and description.bits_stored <= TABLE_BITS and description.bits_allocated <= TABLE_BITS


@lru_cache(maxsize=64)
def level_table(description: ImageDescription, modality: Rescale | LookupTable, voi: Voi, inverted: bool) -> NDArray[np.uint8]:
    """Return uint8[2 ** bits_stored]: the level of every stored value, from the smallest on."""
    first, last = stored_range(description)
    if isinstance(modality, Rescale) and voi.center is not None and voi.width is not None and description.presentation_lut is None:
        check_window(voi.function, voi.width)
        table = np.empty(last - first + 1, np.uint8)
        function = FUNCTIONS[voi.function]
        window_table(table, first, modality.slope, modality.intercept, voi.center, voi.width, function, inverted)
    else:
        table = _levels(apply_modality(np.arange(first, last + 1), modality), voi, inverted, description.presentation_lut)
    padding = padding_of(description)
    if padding is not None:
        table[max(0, int(padding[0]) - first) : max(0, int(padding[1]) - first + 1)] = BACKGROUND
    table.setflags(write=False)
    return table


@lru_cache(maxsize=64)
def level_line(description: ImageDescription, modality: Rescale | LookupTable, voi: Voi, inverted: bool) -> Line | None:
    """Return arithmetic that equals level_table for every stored value, None where there is none."""
    if not isinstance(modality, Rescale) or voi.center is None or voi.width is None or voi.function == "SIGMOID":
        return None
    span = voi.width - 1 if voi.function == "LINEAR" else voi.width
    if description.presentation_lut is not None or not span > 0 or not modality.slope:
        return None
    table = level_table(description, modality, voi, inverted)
    start = (voi.center - voi.width / 2 - modality.intercept) / modality.slope
    return fit_line(table, first=stored_range(description)[0], slope=255 * modality.slope / span, start=start, inverted=inverted)


def padding_of(description: ImageDescription) -> tuple[float, float] | None:
    """Return the range of padding; None without, and where it would be every value that can be stored: that hides the image."""
    if description.padding is None or description.pixel_kind != "integer":
        return description.padding
    first, last = stored_range(description)
    return None if description.padding[0] <= first and last <= description.padding[1] else description.padding


def _levels(values: NDArray[np.float64], voi: Voi, inverted: bool, presentation_lut: LookupTable | None = None) -> NDArray[np.uint8]:
    if presentation_lut is not None:
        levels = apply_presentation_lut(voi_fractions(values, voi), presentation_lut)
    elif voi.table is not None:
        levels = apply_voi_lut(values, voi.table)
    else:
        levels = apply_window(values, center=voi.center or 0.0, width=voi.width or 1.0, function=voi.function)
    return 255 - levels if inverted else levels


def _without_padding(levels: NDArray[np.uint8], stored: NDArray[Any], description: ImageDescription) -> NDArray[np.uint8]:
    """Return levels with what is no image, padding and NaN, as background; levels may be changed in place."""
    padding = padding_of(description)
    if stored.dtype.kind == "f":
        levels[np.isnan(stored)] = BACKGROUND
    if padding is not None:
        levels[(stored >= padding[0]) & (stored <= padding[1])] = BACKGROUND
    return levels


def _apply_table(values: NDArray[Any], description: ImageDescription, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = np.empty(values.shape, np.uint8)
    stored, offset, mask = _index(values, description)
    _look_up(stored, table, offset, mask, out.reshape(-1))
    return out


def _apply_window(
    values: NDArray[Any], description: ImageDescription, modality: Rescale | LookupTable, voi: Voi, inverted: bool
) -> NDArray[np.uint8]:
    line = level_line(description, modality, voi, inverted)
    if line is None or values.dtype.itemsize != 2:
        return _apply_table(values, description, level_table(description, modality, voi, inverted))
    out = np.empty(values.shape, np.uint8)
    draw_line(values.reshape(-1), line, out.reshape(-1))
    return out


def _apply_colour_table(values: NDArray[Any], description: ImageDescription, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = np.empty((*values.shape, 3), np.uint8)
    stored, offset, mask = _index(values, description)
    _look_up_colour(stored, table, offset, mask, out.reshape(-1, 3))
    return out


def _index(values: NDArray[Any], description: ImageDescription) -> tuple[NDArray[Any], int, int]:
    """Return stored values as a flat unsigned array, and the offset and mask that make table indices of them."""
    first, last = stored_range(description)
    flat = values.reshape(-1)
    return flat.view(f"u{flat.dtype.itemsize}"), -first, last - first


def _palette_levels(decoded: DecodedFrame, description: ImageDescription, view: ViewState) -> NDArray[np.uint8]:
    """Palette colour doesn't pass the VOI stage (rule S09; PS3.4 N.2)."""
    table = colour_table(description, view.icc)
    return _apply_colour_table(decoded.values, description, 255 - table if view.invert else table)


def _partly_coloured(decoded: DecodedFrame, description: ImageDescription, grey: NDArray[np.uint8], view: ViewState) -> NDArray[np.uint8]:
    """Return RGB levels of an image with a supplemental palette: values below its first are grey (PS3.3 C.8.16.2.1.1.1).

    What changes the grey, window and inversion, leaves the colours alone.
    """
    colours = colour_table(description, view.icc)
    if description.palette is None:
        raise Undecodable("a palette image without a palette")
    first_coloured = max(0, description.palette[0].first_mapped - stored_range(description)[0])
    table = np.repeat(grey[:, None], 3, axis=1)
    table[first_coloured:] = colours[first_coloured:]
    return _apply_colour_table(decoded.values, description, table)


@lru_cache(maxsize=16)
def colour_table(description: ImageDescription, is_managed: bool) -> NDArray[np.uint8]:
    """Return uint8[2 ** bits_stored, 3]: the RGB levels of every stored value, from the smallest on; through the ICC profile if managed.

    Raises: Undecodable where there is no palette, or it is damaged.
    """
    if description.palette is None or not has_table(description):
        raise Undecodable("a palette image without a palette")
    first, last = stored_range(description)
    try:
        table = palette_table(description.palette, first=first, count=last - first + 1)
    except Malformed as exc:
        raise Undecodable(*exc.args) from exc
    if is_managed and description.colour_profile is not None:
        table = to_srgb(table[None], description.colour_profile)[0]
    return table


def _all_stored(description: ImageDescription) -> NDArray[np.int64]:
    first, last = stored_range(description)
    return np.arange(first, last + 1)


def _pseudo_coloured(
    decoded: DecodedFrame, description: ImageDescription, modality: Rescale | LookupTable, voi: Voi, view: ViewState
) -> NDArray[np.uint8]:
    """Return RGB levels of a grey image by the palette of a presentation state; padding is background."""
    if description.pseudo_colour is None:
        raise Malformed("a pseudo-colour image without a palette")
    stored = _all_stored(description) if has_table(description) else decoded.values
    colours = apply_pseudo_colour(voi_fractions(apply_modality(stored, modality), voi), description.pseudo_colour)
    if view.icc and description.colour_profile is not None:
        colours = to_srgb(colours.reshape(1, -1, 3), description.colour_profile).reshape(colours.shape)
    colours = _without_padding(255 - colours if view.invert else colours, stored, description)
    return _apply_colour_table(decoded.values, description, colours) if has_table(description) else colours


def shows_stored_levels(description: ImageDescription, frame_index: int, view: ViewState) -> bool:
    """Say whether a frame's stored 8-bit samples are already its levels, so that nothing need be decoded to show it."""
    if view.invert or description.bits_stored != 8 or description.bits_allocated != 8 or description.is_signed:
        return False
    if view.shutter and description.shutter_of(frame_index) is not None:
        return False
    if view.overlays and any(plane.frame_of(frame_index) is not None for plane in description.overlays):
        return False
    if description.samples_per_pixel == 3:
        return description.colour_profile is None or not view.icc or changes_nothing(description.colour_profile)
    is_plain = description.photometric_interpretation == "MONOCHROME2" and not description.means_colours
    if description.presentation_lut is not None or description.pseudo_colour is not None:
        return False
    if not is_plain or description.presentation_lut_shape == "INVERSE" or subtraction_of(description, frame_index, view.subtraction):
        return False
    voi = stored_voi(description, frame_index, view)
    modality = modality_of(description, frame_index)
    return voi is not None and bool(np.array_equal(level_table(description, modality, voi, False), np.arange(256)))
