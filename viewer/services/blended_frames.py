"""The two sets of images that a blending presentation state lays over each other (PS3.3 C.11.14), read from the archive.

No access decision: both sets are of the study that the state is of, and who holds the images was let in.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from archive.core.description import ImageDescription
from archive.services import pixels
from archive.services.retrieve import StoredImage
from governance.core.faults import Malformed
from viewer.core.blending import are_comparable, coloured, frames_over, modality_values, resampled
from viewer.core.patient_position import FramePlane, frame_plane
from viewer.core.presentation_state import PresentationState
from viewer.core.presented import presented_set
from viewer.core.shown_frame import Upper
from viewer.services.frame_source import PresentedFrames

Frame = tuple[StoredImage, int]  # and the frame in it, from 0


class BlendedFrames(PresentedFrames):
    """The frames of an image of the lower set, and what lies over them."""

    def __init__(
        self, image: StoredImage, description: ImageDescription, stored: StoredImage, state: PresentationState, upper: tuple[Frame, ...]
    ) -> None:
        super().__init__(image, description, stored)
        self._blending, self._upper = state, upper

    def upper(self, frame_index: int) -> Upper | None:
        """Return what lies over a frame; None beyond the ends of the upper set.

        Raises: Malformed where the sets can't be laid over each other: the lower one alone isn't what the state shows. As decoding does.
        """
        lower, planes = plane_of(self._image, frame_index), _planes(self._upper)
        if not planes:
            raise Malformed("the images that the presentation state lays over this one are not all here")
        if lower is None or not any(plane is not None and are_comparable(lower, plane) for plane in planes):
            raise Malformed("the presentation state lays images over this one that aren't parallel, or not in its Frame of Reference")
        shares = frames_over(lower, planes)
        if not shares or self._blending.opacity is None:
            return None
        values = np.zeros((lower.rows, lower.columns))
        for place, share in shares:
            values += share * self._values(place, lower)
        image, index = self._upper[shares[0].place]
        colours = coloured(values, self._described(image, index), index)
        return Upper(colours, ~np.isnan(values), self._blending.opacity, self._blending.colour_profile)

    def _values(self, place: int, lower: FramePlane) -> NDArray[np.float64]:
        image, index = self._upper[place]
        plane = plane_of(image, index)
        if plane is None:  # frames_over takes none such
            raise Malformed("an image that the presentation state lays over this one has no place in the patient")
        return resampled(modality_values(pixels.decoded(image, index), self._described(image, index), index), plane, lower)

    def _described(self, image: StoredImage, index: int) -> ImageDescription:
        blended = self._blending.set_at("SUPERIMPOSED")
        description = pixels.description_of(image)
        shown = blended and presented_set(description, self._blending, blended, image.sop_instance_uid, index)
        if not shown:
            raise Malformed("the presentation state lays images over this one that are not grey")
        return shown


@lru_cache(maxsize=64)
def _planes(upper: tuple[Frame, ...]) -> tuple[FramePlane | None, ...]:
    return tuple(plane_of(image, index) for image, index in upper)


def plane_of(image: StoredImage, frame_index: int) -> FramePlane | None:
    """Return where a frame lies in the patient; None where that isn't known."""
    return frame_plane(image.facts, modality=image.modality, frame_index=frame_index, rows=image.rows, columns=image.columns)


def upper_frames(state: PresentationState, images: list[StoredImage]) -> tuple[Frame, ...]:
    """Return the frames of a study's images that a state lays over others; () unless all of them are here."""
    blended = state.set_at("SUPERIMPOSED")
    if blended is None:
        return ()
    named = {reference.sop_instance_uid: reference for reference in blended.references}
    if not named.keys() <= {image.sop_instance_uid for image in images}:
        return ()
    return tuple(
        (image, index)
        for image in images
        if (reference := named.get(image.sop_instance_uid)) is not None
        for index in range(image.number_of_frames)
        if reference.includes(image.sop_instance_uid, index + 1)
    )
