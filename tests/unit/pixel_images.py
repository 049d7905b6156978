"""Image descriptions and frames that tests of the display chain state in one line."""

from dataclasses import replace
from typing import Any

import numpy as np

from archive.core.codecs import DecodedFrame
from archive.core.description import ImageDescription, Rescale, VoiWindow

GREY_16 = ImageDescription(
    transfer_syntax_uid="1.2.840.10008.1.2.1",
    sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
    modality="CT",
    rows=1,
    columns=1,
    samples_per_pixel=1,
    number_of_frames=1,
    bits_allocated=16,
    bits_stored=16,
    high_bit=15,
    is_signed=False,
    planar_configuration=0,
    photometric_interpretation="MONOCHROME2",
)


def image(values: Any, *, window: tuple[float, float] | None = None, rescale: tuple[float, float] = (1.0, 0.0), **fields: Any):
    """Return (decoded frame, description) of an image with these stored values; one row unless values has two dimensions."""
    is_signed = fields.get("is_signed", False)
    bits_allocated = fields.get("bits_allocated", 16)
    if "voi_function" in fields:
        fields["voi_functions"] = (fields.pop("voi_function"),)
    fields.setdefault("bits_stored", bits_allocated)
    fields.setdefault("high_bit", fields["bits_stored"] - 1)
    kind = {"float": "f4", "double": "f8"}.get(fields.get("pixel_kind", ""), f"{'i' if is_signed else 'u'}{max(bits_allocated // 8, 1)}")
    array = np.array(values, dtype=kind)
    array = array[None] if array.ndim == 1 else array
    description = replace(
        GREY_16,
        rows=array.shape[0],
        columns=array.shape[1],
        samples_per_pixel=array.shape[2] if array.ndim == 3 else 1,
        windows=((VoiWindow(*window),),) if window else ((),),
        rescales=(Rescale(*rescale),),
        **fields,
    )
    return DecodedFrame(array, description.photometric_interpretation, False), description
