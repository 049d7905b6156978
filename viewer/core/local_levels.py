"""A frame's stored values, with all that a browser needs to make of them the very levels that the chain makes, for any window.

The 16-bit lane (docs/stream.md section 5): for what PS3.4 N.2 does pixel by pixel and one table holds. Whatever else draws into a
picture - overlays, shutter, subtraction, colours, a presentation LUT - is refused: those pictures are made here. So is SIGMOID, whose
exponential need not be the same to the last bit elsewhere.
"""

import struct
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from archive.core.codecs import DecodedFrame
from archive.core.codecs.frames import stored_range
from archive.core.description import ImageDescription, Rescale
from archive.core.lookup_table import LookupTable
from governance.core.faults import TooLarge, Unsupported
from viewer.core.display import TABLE_BITS, check_grey, has_table, is_inverted, padding_of
from viewer.core.frame_facts import Facts, number, text
from viewer.core.mask_subtraction import subtraction_of
from viewer.core.modality_lut import modality_of
from viewer.core.view import ViewState
from viewer.core.voi_choice import Voi

MAX_BYTES = 8_000_000
ALIGNMENT = 8
_LENGTH = struct.Struct("<I")


def offers_values(facts: Facts, *, rows: int, columns: int) -> bool:
    """Say by an image's facts whether its values may be asked for; what only its pixels or its view say is left to the picture."""
    bits, samples = number(facts.get("BitsAllocated")), number(facts.get("SamplesPerPixel"))
    is_grey = text(facts.get("PhotometricInterpretation")).upper() in ("MONOCHROME1", "MONOCHROME2") and samples in (None, 1)
    return is_grey and bits is not None and bits <= TABLE_BITS and rows * columns * (2 if bits > 8 else 1) <= MAX_BYTES


def pack_values(decoded: DecodedFrame, description: ImageDescription, frame_index: int, view: ViewState, voi: Voi) -> bytes:
    """Return the payload: u32 length of a JSON object, that object, then the samples.

    The object is padded with spaces so that the samples begin at a multiple of 8. Samples: one or two bytes each, little-endian, row by
    row, counted from the smallest value that can be stored.
    voi: of the frame in the view (viewer.core.voi_choice.voi_of).
    Raises: Unsupported where the levels depend on more than window and inversion, TooLarge over MAX_BYTES.
    """
    check_grey(decoded)
    if not has_table(description) or decoded.values.ndim != 2:
        raise Unsupported("values", "more than 16 bits, or colour")
    if _is_drawn_upon(description, frame_index, view):
        raise Unsupported("values", "of a picture that is more than its values and a window")
    stated = view.voi_function or description.voi_function_of(frame_index)
    if "SIGMOID" in (stated, voi.function):
        raise Unsupported("values", "SIGMOID")
    samples = samples_of(decoded.values, description)
    if samples.nbytes > MAX_BYTES:
        raise TooLarge("values", samples.nbytes)
    document = orjson.dumps(_recipe(decoded, description, frame_index, view, voi, stated, samples.itemsize))
    document += b" " * (-(len(document) + _LENGTH.size) % ALIGNMENT)
    return b"".join((_LENGTH.pack(len(document)), document, samples.data))


def samples_of(values: NDArray[Any], description: ImageDescription) -> NDArray[Any]:
    """Return each stored value's place among all that can be stored: uint8 up to 8 bits, else uint16; same shape."""
    first, last = stored_range(description)
    unsigned = np.ascontiguousarray(values).view(f"u{values.dtype.itemsize}")
    places = (unsigned - np.asarray(first).astype(unsigned.dtype)) & np.asarray(last - first).astype(unsigned.dtype)
    return np.ascontiguousarray(places, "<u2" if last - first > 255 else "u1")


def _is_drawn_upon(description: ImageDescription, frame_index: int, view: ViewState) -> bool:
    if description.presentation_lut is not None or description.pseudo_colour is not None or description.means_colours:
        return True
    if description.masks and subtraction_of(description, frame_index, view.subtraction) is not None:
        return True
    if view.shutter and description.shutter_of(frame_index) is not None:
        return True
    return view.overlays and any(plane.frame_of(frame_index) is not None for plane in description.overlays)


def _recipe(
    decoded: DecodedFrame, description: ImageDescription, frame_index: int, view: ViewState, voi: Voi, stated: str, sample_bytes: int
) -> dict[str, Any]:
    first, last = stored_range(description)
    padding = padding_of(description)
    return {
        "first": first,
        "count": last - first + 1,
        "sample_bytes": sample_bytes,
        "modality": _modality(modality_of(description, frame_index)),
        "voi_function": stated,
        "window": None if voi.center is None else [voi.center, voi.width],
        "window_function": None if voi.center is None else voi.function,
        "is_inverse": is_inverted(decoded, description, view) != view.invert,
        "padding": None if padding is None else [int(padding[0]), int(padding[1])],
    }


def _modality(modality: Rescale | LookupTable) -> dict[str, Any]:
    if isinstance(modality, Rescale):
        return {"slope": modality.slope, "intercept": modality.intercept}
    return {"first_mapped": modality.first_mapped, "entries": modality.entries.tolist()}
