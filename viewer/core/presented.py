"""What a presentation state makes of an image: a description of it for the one display chain (PS3.4 N.2).

What the state has takes the place of what the image has; where the state has nothing, the stage does nothing: the image's own
windows, shutters and unasked overlays are not used. Geometry and graphics are the page's.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Any

from archive.core.codecs.frames import stored_range
from archive.core.description import ImageDescription, OverlayPlane, Rescale, VoiWindow
from archive.core.lookup_table import LookupTable
from viewer.core.presentation_state import MASKED_KINDS, BlendedSet, PresentationState, SoftcopyVoi, voi_number
from viewer.core.voi_choice import range_voi

_NOTHING_OVER: dict[str, Any] = {
    "shutters": (None,),
    "overlays": (),
    "masks": (),
    "pixel_shifts": ((),),
    "is_subtraction_recommended": False,
}
OWN_OVERLAYS_AT = 1 << 40  # data_offset of the state's own overlay planes counts from here, that of the image's from 0


def presented(description: ImageDescription, state: PresentationState, sop_instance_uid: str, frame_index: int) -> ImageDescription | None:
    """Return how a frame (from 0) is described when it is shown by a state; None when the state isn't about it, or isn't applied.

    Frames with the same transforms get the same object, so that tables made of it serve all of them.
    """
    if not state.is_applied or not state.refers_to(sop_instance_uid, frame_index + 1):
        return None
    if state.kind == "colour" and description.means_colours:
        return None  # not for such images (PS3.4 N.2)
    lower = state.set_at("UNDERLYING") if state.kind == "blending" else None
    if lower is not None:
        return presented_set(description, state, lower, sop_instance_uid, frame_index)
    return _presented(description, state, state.voi_number(sop_instance_uid, frame_index + 1))


def presented_set(
    description: ImageDescription, state: PresentationState, blended: BlendedSet, sop_instance_uid: str, frame_index: int
) -> ImageDescription | None:
    """Return how a frame (from 0) of one of a blending state's two sets is described; None of an image that isn't grey (C.11.14).

    The upper set's has the palette. The ICC profile is meant for what both give together.
    """
    if not description.is_monochrome or description.means_colours:
        return None
    number = voi_number(blended.softcopy_voi, sop_instance_uid, frame_index + 1)
    return _presented_set(description, state, blended, number)


@lru_cache(maxsize=512)
def _presented_set(description: ImageDescription, state: PresentationState, blended: BlendedSet, number: int | None) -> ImageDescription:
    voi = blended.softcopy_voi[number] if number is not None else None
    return replace(
        description,
        **_NOTHING_OVER,
        **_grey(description, _of_image(blended.modality, is_signed=description.is_signed), voi),
        presentation_lut=None,
        presentation_lut_shape="IDENTITY",
        pseudo_colour=state.palette if blended.position == "SUPERIMPOSED" else None,
        colour_profile=None,
    )


@lru_cache(maxsize=512)
def _presented(description: ImageDescription, state: PresentationState, voi_number: int | None) -> ImageDescription:
    fields: dict[str, Any] = {
        **_NOTHING_OVER,
        "shutters": (state.shutter,),
        "overlays": _overlays(description, state),
    }
    if state.kind == "colour":
        return replace(description, colour_profile=state.colour_profile or description.colour_profile, **fields)
    if not description.is_monochrome:  # grey transforms are not for it (rule S09)
        return replace(description, **fields)
    voi = state.softcopy_voi[voi_number] if voi_number is not None else None
    modality = _of_image(state.modality, is_signed=description.is_signed)
    is_pseudo_coloured = state.kind == "pseudo-colour" and state.palette is not None
    keeps_colours = description.has_supplemental_palette and not is_pseudo_coloured  # its grey alone is the state's (PS3.4 N.2)
    own_profile = description.colour_profile if keeps_colours else None
    return replace(
        description,
        **(fields | _masks(state, has_window=voi is not None)),
        **_grey(description, modality, voi),
        presentation_lut=state.presentation_lut,
        presentation_lut_shape=_shape(state),
        pseudo_colour=state.palette if is_pseudo_coloured else None,
        colour_profile=state.colour_profile if is_pseudo_coloured else own_profile,
        has_supplemental_palette=keeps_colours,
        palette=description.palette if keeps_colours else None,
    )


def _grey(description: ImageDescription, modality: Rescale | LookupTable, voi: SoftcopyVoi | None) -> dict[str, Any]:
    """Return the modality and VOI fields. An X-ray image's intensity relationship no longer counts: the state says what applies."""
    windows = voi.windows if voi is not None else ()
    tables = voi.tables if voi is not None else ()
    if not windows and not tables:
        windows = _identity(description, modality)
    is_below_zero = isinstance(modality, Rescale) and _ends(description, modality)[0] < 0
    return {
        "modality_lut": modality if isinstance(modality, LookupTable) else None,
        "rescales": (modality if isinstance(modality, Rescale) else Rescale(),),
        "pixel_intensity_relationship": "",
        "windows": (windows,),
        "voi_functions": (voi.function if voi is not None and voi.windows else "",),
        "voi_luts": tuple(_of_image(table, is_signed=is_below_zero) for table in tables),
        "frame_voi_luts": ((),),
    }


def _masks(state: PresentationState, *, has_window: bool) -> dict[str, Any]:
    """Return the subtraction that a state asks for: its VOI is then one of differences (PS3.4 N.2)."""
    if state.kind not in MASKED_KINDS or not state.masks:
        return {}
    return {"masks": state.masks, "is_subtraction_recommended": state.is_subtracted, "are_windows_of_differences": has_window}


def _shape(state: PresentationState) -> str:
    """Return the shape; a table or a palette takes grey as it comes, also of MONOCHROME1."""
    if state.presentation_lut is not None or state.kind == "pseudo-colour":
        return "IDENTITY"
    return state.presentation_lut_shape


def _identity(description: ImageDescription, modality: Rescale | LookupTable) -> tuple[VoiWindow, ...]:
    """Return the window that takes all that the modality stage can give to all the levels; none of floats, which have no such range."""
    if description.pixel_kind != "integer":
        return ()
    voi = range_voi(*_ends(description, modality), is_integer=True)
    return (VoiWindow(voi.center or 0.0, voi.width or 1.0),)


def _ends(description: ImageDescription, modality: Rescale | LookupTable) -> tuple[float, float]:
    if isinstance(modality, LookupTable):
        return 0.0, float((1 << modality.bits) - 1)
    ends = [modality.slope * value + modality.intercept for value in stored_range(description)]
    return min(ends), max(ends)


def _of_image(table: Any, *, is_signed: bool) -> Any:
    """Return a table whose first input is two's complement where its inputs are: a state has no pixels that would say so."""
    if isinstance(table, LookupTable) and is_signed and table.first_mapped >= 0x8000:
        return replace(table, first_mapped=table.first_mapped - 0x10000)
    return table


def _overlays(description: ImageDescription, state: PresentationState) -> tuple[OverlayPlane, ...]:
    """Return the planes that the state shows, and the one that is its shutter; its own take the place of the image's (C.11.7)."""
    shown = {group for group, _ in state.activated}
    if state.shutter is not None and state.shutter.bitmap_group is not None:
        shown.add(state.shutter.bitmap_group)
    own = {plane.group: replace(plane, data_offset=plane.data_offset + OWN_OVERLAYS_AT) for plane in state.overlays}
    planes = {plane.group: plane for plane in description.overlays} | own
    return tuple(plane for group, plane in sorted(planes.items()) if group in shown)
