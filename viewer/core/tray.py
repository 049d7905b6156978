"""What a series offers to look at: stacks, clips, single images, a slide, and objects that can't be drawn yet, by name.

A clip or picture of ultrasound, angiography, endoscopy or photography is its own item; slices go together as stacks (rule S03).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from pydicom.uid import UID

from viewer.core.cine_clock import CineClock, clock_of, pointer_words
from viewer.core.frame_facts import ImageRecord, text
from viewer.core.stack import Stack, StackFrame, build_stacks, missing_numbers_note

Kind = Literal["stack", "clip", "image", "slide", "object"]

# Modalities whose pictures are looked at one by one; each multi-frame image of them is a run of its own.
ONE_BY_ONE = frozenset({
    "US", "IVUS", "XA", "RF", "ES", "EC", "XC", "GM", "OP", "DG", "TG", "CR", "DX", "MG", "IO", "PX", "RG", "IVOCT", "OPV", "AR", "KER",
    "LEN", "SRF", "BMD", "RTIMAGE", "SM", "SMR", "CFM", "GMV", "ECG", "HD",
})  # fmt: skip
WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
VIDEO_SYNTAXES = tuple(f"1.2.840.10008.1.2.4.10{digit}" for digit in "012345678")

STORAGE = "1.2.840.10008.5.1.4.1.1."
# SOP Class (a prefix ends with a dot) -> what a person calls it, and what Viewbox can't do with it yet.
OBJECTS: dict[str, tuple[str, str]] = {
    STORAGE + "9.1.1": ("12-lead ECG", "Viewbox can't draw ECGs yet"),
    STORAGE + "9.1.2": ("ECG", "Viewbox can't draw ECGs yet"),
    STORAGE + "9.1.3": ("Ambulatory ECG", "Viewbox can't draw ECGs yet"),
    STORAGE + "9.1.4": ("32-bit ECG", "Viewbox can't draw ECGs yet"),
    STORAGE + "9.2.1": ("Hemodynamic waveform", "Viewbox can't draw waveforms yet"),
    STORAGE + "9.3.1": ("Electrophysiology waveform", "Viewbox can't draw waveforms yet"),
    STORAGE + "9.": ("Waveform", "Viewbox can't draw waveforms yet"),
    STORAGE + "104.1": ("PDF document", "Viewbox can't show PDF documents yet"),
    STORAGE + "104.2": ("CDA document", "Viewbox can't show CDA documents yet"),
    STORAGE + "104.3": ("3D model (STL)", "Viewbox can't show 3D models yet"),
    STORAGE + "104.4": ("3D model (OBJ)", "Viewbox can't show 3D models yet"),
    STORAGE + "104.5": ("3D material (MTL)", "Viewbox can't show 3D models yet"),
    STORAGE + "104.": ("Document", "Viewbox can't show this document yet"),
    STORAGE + "88.59": ("Key object selection", "a selection holds no picture: its key images are marked in the tray"),
    STORAGE + "88.67": ("Radiation dose report", "Viewbox can't show structured reports yet"),
    STORAGE + "88.": ("Structured report", "Viewbox can't show structured reports yet"),
    STORAGE + "11.": ("Presentation state", "a presentation state holds no picture: it says how others are shown"),
    STORAGE + "66.4": ("Segmentation", "Viewbox can't draw segmentations yet"),
    STORAGE + "66.7": ("Label map segmentation", "Viewbox can't draw segmentations yet"),
    STORAGE + "66.5": ("Surface segmentation", "Viewbox can't draw segmentations yet"),
    STORAGE + "66.6": ("Tractography", "Viewbox can't draw tractography yet"),
    STORAGE + "66.1": ("Spatial registration", "a registration holds no picture"),
    STORAGE + "66.2": ("Spatial fiducials", "Viewbox can't draw fiducials yet"),
    STORAGE + "66.3": ("Deformable registration", "a registration holds no picture"),
    STORAGE + "66": ("Raw data", "raw data holds no picture"),
    STORAGE + "67": ("Real world value mapping", "a value mapping holds no picture"),
    STORAGE + "30": ("Parametric map", "Viewbox can't draw parametric maps yet"),
    STORAGE + "91.1": ("Microscopy annotations", "Viewbox can't draw bulk annotations yet"),
    STORAGE + "4.2": ("MR spectroscopy", "Viewbox can't draw spectra yet"),
    STORAGE + "481.2": ("RT dose", "Viewbox can't draw dose yet"),
    STORAGE + "481.3": ("RT structure set", "Viewbox can't draw structure sets yet"),
    STORAGE + "481.5": ("RT plan", "Viewbox can't show radiotherapy plans yet"),
    STORAGE + "481.8": ("RT ion plan", "Viewbox can't show radiotherapy plans yet"),
}


@dataclass(frozen=True, slots=True)
class ObjectWords:
    """An object that can't be drawn: what it is and why there is no picture."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrayItem:
    """One thing to open. images: indexes into the series' images; frames in the order they are shown (not for slides, objects).

    stack_id names the item within its series: a stack's own id, "slide", or the SOP Instance UID of a clip, image or object.
    """

    kind: Kind
    stack_id: str
    images: tuple[int, ...]
    frames: tuple[StackFrame, ...] = ()
    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cine: CineClock | None = None
    object: ObjectWords | None = None


def items_of_series(modality: str, images: Sequence[ImageRecord]) -> list[TrayItem]:
    """Return what a series gives, pictures first in the order of Instance Number, then what can't be drawn."""
    objects = {index: words for index, image in enumerate(images) if (words := object_words(image)) is not None}
    drawable = [index for index in range(len(images)) if index not in objects]
    slides = [index for index in drawable if is_slide_level(images[index])]
    skipped = {index for index in drawable if slides and _flavour(images[index]) == "THUMBNAIL"}  # the slide itself shows more
    alone = [i for i in drawable if i not in slides and i not in skipped and _stands_alone(modality, images[i])]
    together = [i for i in drawable if i not in slides and i not in skipped and i not in alone]
    items = [TrayItem("slide", "slide", tuple(slides))] if slides else []
    items += [_alone(modality, index, images[index]) for index in sorted(alone, key=lambda i: (_order(images[i]), i))]
    items += _stacked(images, together)
    items += [TrayItem("object", images[i].sop_instance_uid, (i,), object=words) for i, words in objects.items()]
    return items


def object_words(image: ImageRecord) -> ObjectWords | None:
    """Name an object that Viewbox can't draw, with the reason; None for pictures."""
    uid = image.sop_class_uid
    known = _known_object(uid)
    if known is not None:
        return known
    if image.transfer_syntax_uid.startswith(VIDEO_SYNTAXES):
        return ObjectWords("Video", "Viewbox can't play DICOM video yet")
    if image.rows and image.columns and image.number_of_frames:
        return None
    name = UID(uid).name.removesuffix(" Storage")
    return ObjectWords("Private object" if name == uid else name, "the object holds no picture that Viewbox can draw")


@lru_cache(maxsize=256)
def _known_object(uid: str) -> ObjectWords | None:
    known = OBJECTS.get(uid) or next((words for key, words in OBJECTS.items() if key.endswith(".") and uid.startswith(key)), None)
    return ObjectWords(*known) if known else None


def is_slide_level(image: ImageRecord) -> bool:
    """Say whether an image is a level of a slide's pyramid, not its label, overview, thumbnail or map (PS3.3 C.8.12.4.1.1)."""
    return _flavour(image) == "VOLUME"


def _flavour(image: ImageRecord) -> str:
    """Return value 3 of Image Type of a whole-slide image: VOLUME, LABEL, OVERVIEW or THUMBNAIL; "" for other images."""
    kind = image.facts.get("ImageType")
    return text(kind[2]).upper() if image.sop_class_uid == WHOLE_SLIDE and isinstance(kind, list) and len(kind) > 2 else ""


def _stands_alone(modality: str, image: ImageRecord) -> bool:
    if modality in ONE_BY_ONE or image.sop_class_uid == WHOLE_SLIDE or image.facts.get("SequenceOfUltrasoundRegions"):
        return not (image.number_of_frames > 1 and _has_planes(image))
    # A multi-frame image whose frames have no place of their own is a run: cine MR, gated NM, secondary captures.
    return image.number_of_frames > 1 and not _has_planes(image)


def _has_planes(image: ImageRecord) -> bool:
    return bool(image.facts.get("PerFrame", {}).get("ImagePositionPatient"))


def _alone(modality: str, index: int, image: ImageRecord) -> TrayItem:
    """An image of its own. What states a clock, or comes from a moving modality, is a clip; other runs are stacks that may be played."""
    frames = tuple(StackFrame(index, frame_index) for frame_index in range(image.number_of_frames))
    flavour = _flavour(image)
    words = (flavour.lower(),) if flavour else ()
    if image.number_of_frames == 1:
        return TrayItem("image", image.sop_instance_uid, (index,), frames, words)
    cine = clock_of(image.facts, image.number_of_frames)
    if cine is None:
        note = f"frames follow {pointer_words(image.facts)}, which is not time: no cine"
        return TrayItem("stack", image.sop_instance_uid, (index,), frames, words, (note,))
    kind: Kind = "stack" if cine.is_assumed and modality not in ONE_BY_ONE else "clip"
    notes = (*cine.notes, "frames in stored order: no geometry") if kind == "stack" else cine.notes
    return TrayItem(kind, image.sop_instance_uid, (index,), frames, words, notes, cine)


def _stacked(images: Sequence[ImageRecord], chosen: Sequence[int]) -> list[TrayItem]:
    note = missing_numbers_note([images[index] for index in chosen])
    items = []
    for stack in build_stacks(images, chosen):
        used = tuple(dict.fromkeys(frame.image for frame in stack.frames))
        kind: Kind = "stack" if len(stack.frames) > 1 else "image"
        item = TrayItem(kind, stack.stack_id, used, stack.frames, stack.words, stack.notes, _cine_of(images, stack))
        items.append(replace(item, notes=(*item.notes, note)) if note else item)
    return items


def _cine_of(images: Sequence[ImageRecord], stack: Stack) -> CineClock | None:
    """A stack at one position over time plays as a loop, by what its first image says of time."""
    return clock_of(images[stack.frames[0].image].facts, len(stack.frames)) if stack.order == "time" else None


def _order(image: ImageRecord) -> float:
    return image.instance_number if image.instance_number is not None else float("inf")
