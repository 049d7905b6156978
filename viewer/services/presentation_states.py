"""Presentation states and key object selections of a study: which there are, what they say, and images shown by them.

What takes an actor asks governance through archive.services.retrieve; what takes a StoredImage reads its file, once, and keeps what it
says by the hash of its bytes.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from archive.services import pixels, retrieve
from archive.services.retrieve import StoredImage
from governance.core.faults import Fault, Malformed, NotFound, TooLarge
from governance.core.policy import Subject
from viewer.core.applied import Applied
from viewer.core.key_objects import MAX_KEY_OBJECT_BYTES, KeyObjects, read_key_objects
from viewer.core.key_objects import SOP_CLASS as KEY_OBJECT_SELECTION
from viewer.core.presentation_state import (
    MAX_STATE_BYTES,
    STORAGE,
    PresentationState,
    is_presentation_state,
    kind_of,
    read_presentation_state,
)
from viewer.core.presented import presented
from viewer.core.view import ViewState
from viewer.services.blended_frames import BlendedFrames, Frame, upper_frames
from viewer.services.frame_source import PresentedFrames, StoredFrames

MAX_OBJECTS = 200  # of each sort that one study's pages list; there are studies with a state for each image
OBJECTS_KEPT = 512

T = TypeVar("T")


class _Kept(Generic[T]):
    """What objects say, by the hash of their bytes: of those asked for last."""

    def __init__(self, read: Callable[[bytes], T], max_bytes: int) -> None:
        self._read = read
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._found: OrderedDict[str, T] = OrderedDict()

    def of(self, stored: StoredImage) -> T:
        """Raises: Malformed; TooLarge."""
        with self._lock:
            known = self._found.get(stored.sha256)
            if known is not None:
                self._found.move_to_end(stored.sha256)
                return known
        if stored.frame_table.header_length > self._max_bytes:
            raise TooLarge("the object", stored.frame_table.header_length)
        read = self._read(retrieve.read_header(stored))
        with self._lock:
            self._found[stored.sha256] = read
            while len(self._found) > OBJECTS_KEPT:
                self._found.popitem(last=False)
        return read


_states = _Kept(read_presentation_state, MAX_STATE_BYTES)
_selections = _Kept(read_key_objects, MAX_KEY_OBJECT_BYTES)


@dataclass(frozen=True, slots=True)
class StateInUse:
    """A presentation state that views may name, and the frames that it lays over others; those of a blending state alone has any."""

    stored: StoredImage
    upper: tuple[Frame, ...] = ()


def state_of(stored: StoredImage) -> PresentationState:
    """Return what a stored presentation state says. Raises: Malformed; TooLarge."""
    return _states.of(stored)


def states_of_study(*, actor: Subject, study_instance_uid: str) -> dict[str, StateInUse]:
    """Return the presentation states of a study by SOP Instance UID, MAX_OBJECTS at most; none where the actor may not see it."""
    stored = retrieve.instances_of_classes(actor=actor, study_instance_uid=study_instance_uid, sop_classes=(STORAGE,))
    return {one.sop_instance_uid: StateInUse(one, _upper(actor, one)) for one in stored[:MAX_OBJECTS]}


def _upper(actor: Subject, stored: StoredImage) -> tuple[Frame, ...]:
    """Return what a state lays over the images that it is about, as far as it is there and this actor may see it."""
    if kind_of(stored.sop_class_uid) != "blending" or not (states := _readable(_states, [stored])):
        return ()
    (state,) = states
    blended = state.set_at("SUPERIMPOSED")
    images: list[StoredImage] = []
    for series in sorted({one.series_instance_uid for one in blended.references}) if blended and state.is_applied else ():
        try:
            images += retrieve.images_of_series(actor=actor, series_instance_uid=series)
        except NotFound:
            continue
    return upper_frames(state, [one for one in images if one.study_instance_uid == stored.study_instance_uid])


def read_study(
    *, actor: Subject, study_instance_uid: str, images: Sequence[StoredImage]
) -> tuple[list[PresentationState], list[KeyObjects]]:
    """Return the states and key object selections of a study that can be read, by Instance Number.

    images: what is known of the study's instances; where none of them is of such a class, nothing is asked.
    """
    if not any(is_presentation_state(one.sop_class_uid) or one.sop_class_uid == KEY_OBJECT_SELECTION for one in images):
        return [], []
    classes = (STORAGE, KEY_OBJECT_SELECTION)
    stored = retrieve.instances_of_classes(actor=actor, study_instance_uid=study_instance_uid, sop_classes=classes)
    states = [one for one in stored if is_presentation_state(one.sop_class_uid)]
    selections = [one for one in stored if one.sop_class_uid == KEY_OBJECT_SELECTION]
    return _readable(_states, states[:MAX_OBJECTS]), _readable(_selections, selections[:MAX_OBJECTS])


def _readable(kept: _Kept[T], stored: Sequence[StoredImage]) -> list[T]:
    """Return what can be read; the tray still lists the rest, as objects."""
    found = []
    for one in stored:
        try:
            found.append(kept.of(one))
        except Fault:
            continue
    return found


def frames_of(image: StoredImage, frame_index: int, view: ViewState, state: StateInUse | None) -> StoredFrames:
    """Return a frame's source for the display chain: by the state that the view names, where that is about this frame.

    state: the object that view.presentation names. Raises: NotFound when it isn't that one; Malformed when it can't be applied.
    """
    frames = StoredFrames(image)
    if view.presentation is None:
        return frames
    if state is None or state.stored.sop_instance_uid != view.presentation:
        raise NotFound("presentation state")
    read = state_of(state.stored)
    if not read.is_applied:
        raise Malformed(read.notes[0] if read.notes else "the presentation state is not applied")
    description = presented(pixels.description_of(image), read, image.sop_instance_uid, frame_index)
    if description is None:
        return frames
    if read.kind == "blending":
        return BlendedFrames(image, description, state.stored, read, state.upper)
    return PresentedFrames(image, description, state.stored)


def presented_flag(frames: StoredFrames) -> Applied:
    """Return the flag of a picture's header that says a state is applied."""
    return Applied.PRESENTED if isinstance(frames, PresentedFrames) else Applied.NOTHING
