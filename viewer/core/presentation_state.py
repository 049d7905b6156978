"""Presentation states: how someone wanted images to be shown (PS3.3 A.33; C.11.8, C.10.4, C.10.6), read into values.

What a state asks for and Viewbox doesn't do stands in `notes`, in words: nothing is left out in silence. Graphics:
viewer.core.presentation_graphics. What a state makes of an image: viewer.core.presented.
"""

import io
from dataclasses import dataclass, field, replace

from pydicom.dataset import Dataset
from pydicom.filereader import read_partial

from archive.core.colour_profile import ColourProfile
from archive.core.dataset import quiet, text
from archive.core.description import OverlayPlane, Rescale, Shutter, VoiWindow
from archive.core.description.colour import read_colour_profile, read_palette
from archive.core.description.grey import read_lut, read_presentation_lut_shape, read_rescales, read_voi_functions, read_windows
from archive.core.description.masks import MaskOperation, read_masks
from archive.core.description.overlays import read_overlays
from archive.core.description.shutters import read_shutters
from archive.core.description.values import UNREADABLE, first, floats, items, whole_numbers, word
from archive.core.lookup_table import LookupTable
from governance.core.faults import Malformed
from viewer.core.person_name import name_words
from viewer.core.presentation_graphics import Annotation, GraphicLayer, read_annotations, read_layers
from viewer.core.references import Reference, applies_to, read_references, read_series_references

STORAGE = "1.2.840.10008.5.1.4.1.1.11."
# The last part of the SOP Class UID -> what a person calls the state.
KINDS = {
    "1": "grayscale",
    "2": "colour",
    "3": "pseudo-colour",
    "4": "blending",
    "5": "X-ray grayscale",
    "6": "planar MPR",
    "7": "compositing MPR",
    "8": "advanced blending",
    "9": "volume rendering",
    "10": "segmented volume rendering",
    "11": "multiple volume rendering",
    "12": "variable modality LUT",
}
APPLIED_KINDS = frozenset({"grayscale", "colour", "pseudo-colour", "X-ray grayscale", "blending"})
MASKED_KINDS = frozenset({"grayscale", "X-ray grayscale"})
MAX_STATE_BYTES = 16_000_000
# What may stand in a state that is applied without it.
_LEFT_OUT = {
    "XAXRFFramePixelDataPropertiesSequence": "the state's X-ray edge enhancement and density processing are not applied",
    "EdgeEnhancementSequence": "the state's edge enhancement is not applied",
    "StructuredDisplayTextBoxSequence": "text boxes of a structured display are not drawn",
}
_SIZE_MODES = ("SCALE TO FIT", "TRUE SIZE", "MAGNIFY")


@dataclass(frozen=True, slots=True)
class SoftcopyVoi:
    """One item of the Softcopy VOI LUT Sequence (C.11.8). references: () is all the images that the state refers to."""

    references: tuple[Reference, ...] = ()
    windows: tuple[VoiWindow, ...] = ()
    function: str = ""
    tables: tuple[LookupTable, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class DisplayedArea:
    """What part of the image is shown, and how large (C.10.4).

    top_left, bottom_right: (column, row) of pixels, from 1, both included; they may lie outside the image.
    mode: "SCALE TO FIT", "TRUE SIZE" or "MAGNIFY". magnification: display pixels an image pixel, of MAGNIFY.
    spacing_mm: (row, column). aspect: a pixel's height over its width, or None where spacing says it.
    """

    top_left: tuple[int, int]
    bottom_right: tuple[int, int]
    mode: str = "SCALE TO FIT"
    magnification: float | None = None
    spacing_mm: tuple[float, float] | None = None
    aspect: float | None = None
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class BlendedSet:
    """One of the sets of a blending state (C.11.14). position: "UNDERLYING" or "SUPERIMPOSED". modality: as of PresentationState."""

    position: str
    references: tuple[Reference, ...]
    study_instance_uid: str = ""
    modality: Rescale | LookupTable = field(default=Rescale(), compare=False)
    softcopy_voi: tuple[SoftcopyVoi, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class PresentationState:
    """One state. created: YYYYMMDDHHMMSS as far as stated.

    modality: identity where the state has none, whatever the image says (PS3.4 N.2.1.1). presentation_lut_shape: "" with a table.
    overlays: the state's own planes; their data_offset counts in the state's file. activated: overlay group -> graphic layer, of the
    state's own planes and of the image's. rotation: degrees clockwise, before is_flipped (left to right; C.10.6).
    references: of a blending state, those of what lies below. opacity: of what lies over it, 0..1.
    masks, is_subtracted: what is subtracted from frames, and that it is until a view says otherwise.
    is_damaged: a table cannot be read, so that what would be shown isn't what was meant.
    """

    sop_instance_uid: str
    sop_class_uid: str
    series_instance_uid: str
    study_instance_uid: str
    kind: str
    label: str
    description: str
    creator: str
    created: str
    references: tuple[Reference, ...]
    modality: Rescale | LookupTable = Rescale()  # noqa: RUF009 - frozen
    softcopy_voi: tuple[SoftcopyVoi, ...] = ()
    presentation_lut_shape: str = ""
    presentation_lut: LookupTable | None = None
    palette: tuple[LookupTable, LookupTable, LookupTable] | None = None
    colour_profile: ColourProfile | None = None
    shutter: Shutter | None = None
    overlays: tuple[OverlayPlane, ...] = ()
    activated: tuple[tuple[int, str], ...] = ()
    rotation: int = 0
    is_flipped: bool = False
    areas: tuple[DisplayedArea, ...] = ()
    layers: tuple[GraphicLayer, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    blended: tuple[BlendedSet, ...] = ()
    opacity: float | None = None
    masks: tuple[MaskOperation, ...] = ()
    is_subtracted: bool = False
    notes: tuple[str, ...] = ()
    is_damaged: bool = False

    @property
    def is_applied(self) -> bool:
        """Say whether Viewbox shows images by it."""
        return self.kind in APPLIED_KINDS and not self.is_damaged and not (self.kind == "blending" and self.why_not_blended)

    def set_at(self, position: str) -> BlendedSet | None:
        """Return the set that lies "UNDERLYING" or "SUPERIMPOSED"; None unless there is exactly one."""
        found = [each for each in self.blended if each.position == position]
        return found[0] if len(found) == 1 else None

    @property
    def why_not_blended(self) -> str:
        """Say what keeps a blending state from being applied; "" nothing."""
        lower, upper = self.set_at("UNDERLYING"), self.set_at("SUPERIMPOSED")
        if lower is None or upper is None or len(self.blended) != 2:
            return "it doesn't name one set of images under another"
        if any(each.study_instance_uid not in ("", self.study_instance_uid) for each in self.blended):
            return "its images are of another study"
        if self.palette is None:
            return "it has no palette that can be read"
        return "" if self.opacity is not None and 0 <= self.opacity <= 1 else "it doesn't say how opaque the upper set is"

    def refers_to(self, sop_instance_uid: str, frame_number: int) -> bool:
        """Say whether the state is about a frame, from 1; one that refers to nothing is about nothing."""
        return any(reference.includes(sop_instance_uid, frame_number) for reference in self.references)

    def voi_number(self, sop_instance_uid: str, frame_number: int) -> int | None:
        """Return which item of softcopy_voi a frame is shown with, from 0; None: identity (C.11.8)."""
        return voi_number(self.softcopy_voi, sop_instance_uid, frame_number)


def voi_number(softcopy_voi: tuple[SoftcopyVoi, ...], sop_instance_uid: str, frame_number: int) -> int | None:
    """Return which item a frame (from 1) is shown with, from 0; None: identity."""
    return next((i for i, voi in enumerate(softcopy_voi) if applies_to(voi.references, sop_instance_uid, frame_number)), None)


@dataclass(frozen=True, slots=True)
class _NoPixels:
    """The pixel layout of an object without pixels: no bit of it can hold an overlay."""

    is_big_endian: bool
    bits_allocated: int = 0
    bits_stored: int = 0
    high_bit: int = -1


def is_presentation_state(sop_class_uid: str) -> bool:
    return sop_class_uid.startswith(STORAGE)


def kind_of(sop_class_uid: str) -> str:
    """Return what a person calls a SOP Class of presentation states."""
    return KINDS.get(sop_class_uid.removeprefix(STORAGE), "presentation state of an unknown kind")


def read_presentation_state(data: bytes) -> PresentationState:
    """Return the state that a file holds. Raises: Malformed when it cannot be read, or is none."""
    try:
        with quiet():
            ds = read_partial(io.BytesIO(data), force=True)
            return _read(ds, data)
    except Malformed:
        raise
    except UNREADABLE as exc:
        raise Malformed("the presentation state cannot be read") from exc


def _read(ds: Dataset, data: bytes) -> PresentationState:
    sop_class_uid = text(ds, "SOPClassUID")
    if not is_presentation_state(sop_class_uid):
        raise Malformed("the object is no presentation state")
    big_endian = ds.original_encoding[1] is False
    annotations, graphic_notes = read_annotations(ds)
    blended = tuple(
        BlendedSet(word(item, "BlendingPosition"), read_series_references(item), text(item, "StudyInstanceUID"))
        for item in items(ds, "BlendingSequence")
    )
    shown = [each for each in blended if each.position != "SUPERIMPOSED"] or blended
    state = PresentationState(
        sop_instance_uid=text(ds, "SOPInstanceUID"),
        sop_class_uid=sop_class_uid,
        series_instance_uid=text(ds, "SeriesInstanceUID"),
        study_instance_uid=text(ds, "StudyInstanceUID"),
        kind=kind_of(sop_class_uid),
        label=text(ds, "ContentLabel", 64),
        description=text(ds, "ContentDescription", 256),
        creator=name_words(text(ds, "ContentCreatorName", 256)),
        created=text(ds, "PresentationCreationDate", 8) + text(ds, "PresentationCreationTime", 6),
        references=read_series_references(ds) + tuple(reference for each in shown for reference in each.references),
        presentation_lut_shape=read_presentation_lut_shape(ds),
        colour_profile=read_colour_profile(ds, None),
        shutter=read_shutters(ds, None, [])[0],
        overlays=read_overlays(data, like=_NoPixels(big_endian)),
        activated=tuple(_activated(ds)),
        rotation=_rotation(ds),
        is_flipped=word(ds, "ImageHorizontalFlip") == "Y",
        areas=tuple(area for item in items(ds, "DisplayedAreaSelectionSequence") if (area := _area(item)) is not None),
        layers=read_layers(ds),
        annotations=annotations,
        blended=blended,
        masks=read_masks(ds),
        is_subtracted=word(ds, "RecommendedViewingMode") != "NAT",
        opacity=next(iter(floats(ds, "RelativeOpacity")), None),
    )
    state = _with_tables(state, ds, big_endian)
    return replace(state, notes=(*_notes(ds, state), *graphic_notes))


def _with_tables(state: PresentationState, ds: Dataset, big_endian: bool) -> PresentationState:
    """Return the state with its grey transforms and palette; a damaged one makes the whole state damaged."""
    try:
        presentation_lut = read_lut(first(ds, "PresentationLUTSequence"), is_signed=False, big_endian=big_endian)
        return replace(
            state,
            modality=_modality(ds, big_endian),
            softcopy_voi=_all_softcopy_voi(ds, big_endian),
            presentation_lut=presentation_lut,
            presentation_lut_shape="" if presentation_lut else state.presentation_lut_shape,
            palette=read_palette(ds, is_signed=False, big_endian=big_endian) if state.kind in ("pseudo-colour", "blending") else None,
            blended=tuple(
                replace(each, modality=_modality(item, big_endian), softcopy_voi=_all_softcopy_voi(item, big_endian))
                for each, item in zip(state.blended, items(ds, "BlendingSequence"), strict=True)
            ),
        )
    except Malformed:
        return replace(state, is_damaged=True)


def _modality(ds: Dataset, big_endian: bool) -> Rescale | LookupTable:
    table = read_lut(first(ds, "ModalityLUTSequence"), is_signed=_is_signed(first(ds, "ModalityLUTSequence")), big_endian=big_endian)
    return table or read_rescales(ds, None, [])[0]


def _all_softcopy_voi(ds: Dataset, big_endian: bool) -> tuple[SoftcopyVoi, ...]:
    return tuple(_softcopy_voi(item, big_endian) for item in items(ds, "SoftcopyVOILUTSequence"))


def _softcopy_voi(item: Dataset, big_endian: bool) -> SoftcopyVoi:
    found = (read_lut(table, is_signed=_is_signed(table), big_endian=big_endian) for table in items(item, "VOILUTSequence"))
    return SoftcopyVoi(
        references=read_references(item),
        windows=read_windows(item, None, [])[0],
        function=read_voi_functions(item, None, [])[0],
        tables=tuple(table for table in found if table is not None),
    )


def _is_signed(item: Dataset | None) -> bool:
    """Say whether a table's first input is two's complement: its VR says so (US or SS), for there are no pixels that would."""
    element = item.get("LUTDescriptor") if item is not None else None
    return element is not None and item is not None and item["LUTDescriptor"].VR == "SS"


def _activated(ds: Dataset) -> list[tuple[int, str]]:
    """Return the overlay groups that the state shows, with their layers (C.11.7)."""
    found = []
    for group in range(0x6000, 0x6020, 2):
        element = ds.get((group, 0x1001))
        if element is not None and str(element.value or "").strip():
            found.append((group, str(element.value).strip()))
    return found


def _rotation(ds: Dataset) -> int:
    stated = whole_numbers(ds, "ImageRotation")[:1]
    return stated[0] % 360 if stated and stated[0] % 90 == 0 else 0


def _area(item: Dataset) -> DisplayedArea | None:
    corners = [whole_numbers(item, f"DisplayedArea{side}HandCorner") for side in ("TopLeft", "BottomRight")]
    if any(len(corner) != 2 for corner in corners):
        return None
    mode = word(item, "PresentationSizeMode")
    magnification = floats(item, "PresentationPixelMagnificationRatio")[:1]
    spacing, aspect = floats(item, "PresentationPixelSpacing"), floats(item, "PresentationPixelAspectRatio")
    return DisplayedArea(
        top_left=(corners[0][0], corners[0][1]),
        bottom_right=(corners[1][0], corners[1][1]),
        mode=mode if mode in _SIZE_MODES else "SCALE TO FIT",
        magnification=magnification[0] if magnification and magnification[0] > 0 else None,
        spacing_mm=(spacing[0], spacing[1]) if len(spacing) == 2 and min(spacing) > 0 else None,
        aspect=aspect[0] / aspect[1] if len(aspect) == 2 and min(aspect) > 0 else None,
        references=read_references(item),
    )


def _notes(ds: Dataset, state: PresentationState) -> list[str]:
    """Say what of a state is not done."""
    notes = [sentence for keyword, sentence in _LEFT_OUT.items() if items(ds, keyword)]
    if state.is_damaged:
        notes.insert(0, "a lookup table of the state is damaged: it is not applied")
    if state.kind == "blending" and state.why_not_blended:
        notes.insert(0, f"the state blends two sets of images and is not applied: {state.why_not_blended}")
    elif state.kind not in APPLIED_KINDS:
        notes.insert(0, f"Viewbox doesn't apply states of this kind yet: {state.kind}")
    if items(ds, "MaskSubtractionSequence") and (state.kind not in MASKED_KINDS or not state.masks):
        notes.append("the state's mask subtraction is not applied")
    if state.kind == "pseudo-colour" and state.palette is None and not state.is_damaged:
        notes.append("the state has no palette that can be read: the image stays grey")
    rotation = whole_numbers(ds, "ImageRotation")[:1]
    if rotation and rotation[0] % 90:
        notes.append(f"a rotation by {rotation[0]} degrees is not applied")
    own = {plane.group for plane in state.overlays}
    undrawn = [element.tag.group for element in ds if 0x6000 <= element.tag.group <= 0x601E and element.tag.element == 0x3000]
    if set(undrawn) - own:
        notes.append("an overlay of the state is damaged and not drawn")
    if any(0x5000 <= element.tag.group <= 0x501E for element in ds):
        notes.append("curves of the state are not drawn")
    return notes
