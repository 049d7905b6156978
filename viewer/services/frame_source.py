"""What the display chain asks of a stored image (viewer.core.shown_frame.FrameSource). No ORM, no access decision: callers have checked."""

import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.codecs import DecodedFrame
from archive.core.description import ImageDescription, Rescale
from archive.core.lookup_table import LookupTable
from archive.services import pixels
from archive.services.retrieve import StoredImage
from viewer.core.mask_subtraction import Subtraction, modality_mean, shifted
from viewer.core.modality_lut import modality_of
from viewer.core.presented import OWN_OVERLAYS_AT
from viewer.core.shown_frame import Upper

Key = tuple[str, tuple[int, ...], tuple[float, float], Rescale | LookupTable]
MASKS_KEPT = 4  # masks of the runs looked at last; 2 MB each at 512x512


class _Masks:
    """Masks made last: one serves all the frames of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, NDArray[np.float64]] = OrderedDict()

    def get(self, key: Key) -> NDArray[np.float64] | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Key, mask: NDArray[np.float64]) -> None:
        mask.setflags(write=False)
        with self._lock:
            self._kept[key] = mask
            while len(self._kept) > MASKS_KEPT:
                self._kept.popitem(last=False)


_masks = _Masks()


class StoredFrames:
    """The frames of one stored image."""

    def __init__(self, image: StoredImage) -> None:
        self._image = image
        self._description: ImageDescription | None = None

    @property
    def description(self) -> ImageDescription:
        if self._description is None:
            self._description = pixels.description_of(self._image)
        return self._description

    def decoded(self, frame_index: int) -> DecodedFrame:
        return pixels.decoded(self._image, frame_index)

    def unmasked(self, frame_index: int) -> NDArray[Any]:
        return pixels.unmasked(self._image, frame_index)

    def mean(self, frame_indices: tuple[int, ...]) -> NDArray[np.float64]:
        modality = modality_of(self.description, frame_indices[0])
        frames = [pixels.decoded(self._image, index).values for index in frame_indices]
        return modality_mean(frames, modality)

    def mask(self, subtraction: Subtraction) -> NDArray[np.float64]:
        modality = modality_of(self.description, subtraction.mask_frames[0])  # a presentation state may have another
        key = (self._image.sha256, subtraction.mask_frames, subtraction.shift, modality)
        known = _masks.get(key)
        if known is None:
            known = shifted(self.mean(subtraction.mask_frames), subtraction.shift)
            _masks.put(key, known)
        return known

    def header_bytes(self, offset: int, length: int) -> bytes:
        return pixels.header_bytes(self._image, offset, length)

    def upper(self, frame_index: int) -> Upper | None:
        return None


class PresentedFrames(StoredFrames):
    """The frames of an image as a presentation state describes them (viewer.core.presented)."""

    def __init__(self, image: StoredImage, description: ImageDescription, state: StoredImage) -> None:
        super().__init__(image)
        self._description = description
        self._state = state

    def header_bytes(self, offset: int, length: int) -> bytes:
        if offset < OWN_OVERLAYS_AT:
            return super().header_bytes(offset, length)
        return pixels.header_bytes(self._state, offset - OWN_OVERLAYS_AT, length)
