"""Mask subtraction of angiograms (PS3.3 C.7.6.10; PS3.4 N.2.1): which frames, shifted how, and the window of a difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.core.codecs.frames import stored_range
from archive.core.description import ImageDescription, MaskOperation, Rescale
from archive.core.lookup_table import LookupTable
from viewer.core.modality_lut import apply_modality, modality_of

WINDOW_SHARE = 1 / 4  # of the span of the values: what a difference is shown in when nobody says otherwise


@dataclass(frozen=True, slots=True)
class Subtraction:
    """Mean of the contrast frames minus the shifted mean of the mask frames; all indices from 0. shift: (down, right) in pixels."""

    contrast_frames: tuple[int, ...]
    mask_frames: tuple[int, ...]
    shift: tuple[float, float]


def subtraction_of(description: ImageDescription, frame_index: int, asked: bool | None) -> Subtraction | None:
    """Return what is subtracted for a frame, or None: nothing asked, or nothing described for it.

    asked: True and False as said; None follows Recommended Viewing Mode.
    """
    is_wanted = description.is_subtraction_recommended if asked is None else asked
    if not is_wanted or not description.masks or not description.is_monochrome or description.pixel_kind != "integer":
        return None
    for operation in description.masks:
        masks = _mask_frames(operation, frame_index + 1, description.number_of_frames)
        if masks:
            last = min(frame_index + operation.contrast_frames, description.number_of_frames)
            return Subtraction(tuple(range(frame_index, last)), masks, _shift(operation, description, frame_index))
    return None


def _mask_frames(operation: MaskOperation, number: int, number_of_frames: int) -> tuple[int, ...]:
    """Return the mask's frame indices for a frame number; () where the operation does not apply to it (C.7.6.10.1.1)."""
    if operation.ranges and not any(first <= number <= last for first, last in operation.ranges):
        return ()
    if operation.operation == "AVG_SUB":
        if not operation.ranges and number > number_of_frames - operation.contrast_frames + 1:
            return ()
        wanted: Sequence[int] = operation.mask_frames
    elif operation.operation == "TID":
        wanted = (number - operation.tid_offset,)
    else:  # REV_TID: the masks run backwards from the first contrast frame
        first = operation.ranges[0][0]
        wanted = ((first - operation.tid_offset) - (number - first),)
    return tuple(mask - 1 for mask in wanted if 1 <= mask <= number_of_frames)


def _shift(operation: MaskOperation, description: ImageDescription, frame_index: int) -> tuple[float, float]:
    """Return the mask's shift: the frame's own under the operation's Subtraction Item ID, else the operation's."""
    for own in description.pixel_shifts_of(frame_index):
        if own.item_id == operation.item_id:
            return own.shift
    return operation.shift


def modality_mean(frames: Sequence[NDArray[Any]], modality: Rescale | LookupTable) -> NDArray[np.float64]:
    """Return the mean of frames in modality values: subtraction follows the modality LUT (PS3.4 N.2.1)."""
    total = apply_modality(frames[0], modality)
    for frame in frames[1:]:
        total = total + apply_modality(frame, modality)
    return total / len(frames) if len(frames) > 1 else total


def shifted(mask: NDArray[np.float64], shift: tuple[float, float]) -> NDArray[np.float64]:
    """Return a mask moved by (down, right) pixels and fractions of them, bilinearly; the border repeats the nearest pixel.

    The directions of Mask Sub-pixel Shift (C.7.6.10.1.2: down and left are positive) are those of MaskOperation.shift already.
    """
    for axis, distance in enumerate(shift):
        if distance:
            mask = _moved(mask, axis, distance)
    return mask


def _moved(mask: NDArray[np.float64], axis: int, distance: float) -> NDArray[np.float64]:
    last = mask.shape[axis] - 1
    source = np.clip(np.arange(last + 1) - distance, 0, last)
    lower = np.floor(source).astype(np.int64)
    share = (source - lower).reshape((-1, 1) if axis == 0 else (1, -1))
    upper = np.minimum(lower + 1, last)
    near = mask.take(lower, axis) * (1 - share)
    moved: NDArray[np.float64] = near + mask.take(upper, axis) * share
    return moved


def difference_window(description: ImageDescription, frame_index: int) -> tuple[float, float]:
    """Return (center, width) for a difference: around 0, a quarter of the span of the values that the image can hold.

    The same for every frame, so that a run does not flicker. A window that the image states is meant for its own values.
    """
    modality = modality_of(description, frame_index)
    if isinstance(modality, Rescale):
        first, last = stored_range(description)
        span = abs(modality.slope) * (last - first + 1)
    else:
        span = float(modality.entries.max()) - float(modality.entries.min()) + 1
    return 0.0, span * WINDOW_SHARE
