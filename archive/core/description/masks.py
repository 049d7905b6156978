"""Mask subtraction as an angiogram describes it (PS3.3 C.7.6.10, C.7.6.16.2.14)."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from archive.core.description.values import collapse, floats, items, whole_numbers, word

OPERATIONS = frozenset({"AVG_SUB", "TID", "REV_TID"})
MAX_FRAMES_AVERAGED = 64  # of a mask or of contrast frames: more would keep a render thread busy
Shift = tuple[float, float]


@dataclass(frozen=True, slots=True)
class MaskOperation:
    """One item of the Mask Subtraction Sequence. Frame numbers count from 1.

    ranges: (first, last) frame pairs, inclusive, in which it applies; () where it can. mask_frames: of AVG_SUB.
    contrast_frames: how many are averaged, from the current one on. shift: of the mask, in pixels, (down, right).
    tid_offset: what is subtracted from the frame's number to find its mask. item_id: Subtraction Item ID, or None.
    """

    operation: str
    ranges: tuple[tuple[int, int], ...] = ()
    mask_frames: tuple[int, ...] = ()
    contrast_frames: int = 1
    shift: Shift = (0.0, 0.0)
    tid_offset: int = 1
    item_id: int | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class PixelShift:
    """The mask's shift for one frame under one Subtraction Item ID (Frame Pixel Shift macro)."""

    item_id: int
    shift: Shift


def read_masks(ds: Dataset) -> tuple[MaskOperation, ...]:
    """Return the operations that can be carried out; NONE and damaged ones are left out."""
    found = (_operation(item) for item in items(ds, "MaskSubtractionSequence"))
    return tuple(operation for operation in found if operation is not None)


def read_pixel_shifts(shared: Dataset | None, per_frame: list[Dataset]) -> tuple[tuple[PixelShift, ...], ...]:
    """Return the shifts of all frames, or of each frame."""
    if shared is None:
        return ((),)
    keyword = "FramePixelShiftSequence"
    holders = per_frame if any(keyword in item for item in per_frame) else [shared]
    return collapse(tuple(_shifts(items(item, keyword) or items(shared, keyword)) for item in holders))


def _shifts(found_items: list[Dataset]) -> tuple[PixelShift, ...]:
    found = ((whole_numbers(item, "SubtractionItemID"), _shift(item)) for item in found_items)
    return tuple(PixelShift(ids[0], shift) for ids, shift in found if ids and shift is not None)


def _operation(item: Dataset) -> MaskOperation | None:
    operation = word(item, "MaskOperation")
    mask_frames = tuple(number for number in whole_numbers(item, "MaskFrameNumbers") if number > 0)
    averaged = max(1, *whole_numbers(item, "ContrastFrameAveraging")[:1], 1)
    ranges = whole_numbers(item, "ApplicableFrameRange")
    if operation not in OPERATIONS or max(len(mask_frames), averaged) > MAX_FRAMES_AVERAGED:
        return None
    if (operation == "AVG_SUB" and not mask_frames) or (operation == "REV_TID" and len(ranges) < 2):
        return None
    ids = whole_numbers(item, "SubtractionItemID")
    return MaskOperation(
        operation=operation,
        ranges=tuple(zip(ranges[::2], ranges[1::2], strict=False)),
        mask_frames=mask_frames,
        contrast_frames=averaged,
        shift=_shift(item) or (0.0, 0.0),
        tid_offset=(whole_numbers(item, "TIDOffset") or [1])[0],
        item_id=ids[0] if ids else None,
        explanation=str(item.get("MaskOperationExplanation") or "").strip(),
    )


def _shift(item: Dataset) -> Shift | None:
    """Return (down, right). C.7.6.10.1.2: a positive row offset shifts towards lower rows, a positive column offset to the left."""
    numbers = floats(item, "MaskSubPixelShift")
    return (numbers[0], -numbers[1]) if len(numbers) == 2 else None
