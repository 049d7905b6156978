"""A study of one image a series, each with another way from stored values to levels; what the 16-bit lane has to get right."""

from pathlib import Path
from typing import Any

import numpy as np

from tests.presentation_objects import lut
from tests.small_objects import as_bytes, ct_image, uid

SIDE = 256
DIGITAL_MAMMOGRAM = "1.2.840.10008.5.1.4.1.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"


def _signed(bits: int) -> dict[str, Any]:
    return {"BitsStored": bits, "HighBit": bits - 1, "PixelRepresentation": 1}


KINDS: dict[str, dict[str, Any]] = {
    "CT of 12 bits with padding": {
        "BitsStored": 12, "HighBit": 11, "RescaleSlope": "1", "RescaleIntercept": "-1024", "PixelPaddingValue": 7,
        "WindowCenter": "40", "WindowWidth": "400",
    },
    "CT, signed": {**_signed(16), "RescaleSlope": "1", "RescaleIntercept": "0", "WindowCenter": "40", "WindowWidth": "400"},
    "MR, 12 bits signed, falling": {
        **_signed(12), "SOPClassUID": MR, "Modality": "MR", "RescaleSlope": "-1.37", "RescaleIntercept": "12.5",
    },
    "Mammogram, MONOCHROME1": {
        "SOPClassUID": DIGITAL_MAMMOGRAM, "Modality": "MG", "PhotometricInterpretation": "MONOCHROME1", "BitsStored": 14, "HighBit": 13,
        "WindowCenter": "8000", "WindowWidth": "9000", "VOILUTFunction": "LINEAR_EXACT",
    },
    "Film, 16 bits": {"Modality": "CR", "PresentationLUTShape": "INVERSE", "WindowCenter": "30000", "WindowWidth": "50000"},
    "Modality LUT": {"BitsStored": 10, "HighBit": 9, "WindowCenter": "5000", "WindowWidth": "9000"},
    "8 bits": {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "WindowCenter": "128", "WindowWidth": "256"},
}  # fmt: skip


def series_of(kind: str) -> str:
    return uid("series", kind)


def write_study(folder: Path) -> None:
    for kind, fields in KINDS.items():
        (folder / f"{uid(kind)}.dcm").write_bytes(as_bytes(_image(kind, fields)))


def _image(kind: str, fields: dict[str, Any]) -> Any:
    bits = fields.get("BitsStored", 16)
    first = -(1 << bits - 1) if fields.get("PixelRepresentation") else 0
    values = np.random.default_rng(bits).integers(first, first + (1 << bits), SIDE * SIDE)
    kept_bytes = fields.get("BitsAllocated", 16) // 8
    pixels = values.astype(f"{'i' if first else 'u'}{kept_bytes}").tobytes()
    made = ct_image(
        ("windowed", kind), study="windowed", series=kind, Rows=SIDE, Columns=SIDE, PixelData=pixels, SeriesDescription=kind,
        StudyDescription="Windows of every kind", StudyDate="20260101", StudyTime="101500", **fields,
    )  # fmt: skip
    if kind == "Modality LUT":
        table = lut(3, [(entry * 1571) & 0x3FFF for entry in range(900)], 16)
        table.ModalityLUTType = "US"
        made.ModalityLUTSequence = [table]
    return made
