"""Quantities: what the stored values of a frame mean, each with its unit, or the reason why it can't be had (rule S07)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from archive.core.description import ImageDescription
from viewer.core.modality_lut import apply_modality
from viewer.core.suv import SuvReading
from viewer.core.value_header import ValueHeader

Kind = Literal["modality", "real world", "suv", "colour"]
Transform = Callable[[NDArray[Any]], NDArray[np.float64]]

NO_PALETTE = "some values are colours, and the palette that says which is missing"

# Rescale Type and Modality LUT Type (PS3.3 C.11.1.1.2) -> unit in words
RESCALE_UNITS = {
    "HU": "HU", "OD": "OD × 1000", "US": "", "MGML": "mg/ml", "PCT": "%", "Z_EFF": "effective Z", "ED": "10²³ electrons/ml",
    "EDW": "electron density of water × 1000", "HU_MOD": "modified HU",
}  # fmt: skip
# Units (0054,1001), PS3.3 C.8.9.1.1.3
PET_UNITS = {
    "CNTS": "counts", "NONE": "", "CM2": "cm²", "CM2ML": "cm²/ml", "PCNT": "%", "CPS": "counts/s", "BQML": "Bq/ml", "MGMINML": "mg/min/ml",
    "UMOLMINML": "µmol/min/ml", "MLMING": "ml/min/g", "MLG": "ml/g", "1CM": "1/cm", "UMOLML": "µmol/ml", "PROPCNTS": "prop. to counts",
    "PROPCPS": "prop. to counts/s", "MLMINML": "ml/min/ml", "MLML": "ml/ml", "GML": "g/ml", "STDDEV": "standard deviations",
}  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class Quantity:
    """One meaning of a frame's stored values.

    unit: in words; code: in UCUM, "" where the image gives none. transform: stored values of any shape to values, NaN where there are
    none; None: it can't be had, and reason says why.
    """

    kind: Kind
    name: str
    unit: str
    code: str
    transform: Transform | None
    reason: str = ""

    def head(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name, "unit": self.unit, "code": self.code}


def quantities_of(description: ImageDescription, frame_index: int, header: ValueHeader, suv: SuvReading | None) -> list[Quantity]:
    """Return the quantities of a grey frame: its modality value, real world values, and SUV where it is a PET.

    Colour has none; of palette colour the stored values are indices, which mean something by a real world mapping only.
    """
    if description.samples_per_pixel != 1:
        return []
    found = [] if description.photometric_interpretation == "PALETTE COLOR" else [modality_value(description, frame_index, header)]
    for mapping in header.mappings_of(frame_index):
        name = mapping.explanation or mapping.label or mapping.unit_meaning or "real world value"
        is_ucum = mapping.unit_scheme.upper() == "UCUM"
        unit = "" if is_ucum and mapping.unit == "1" else mapping.unit if is_ucum else mapping.unit_meaning
        found.append(Quantity("real world", name, unit, mapping.unit if is_ucum else "", mapping.values))
    for scale in suv.scales if suv else ():
        transform = None if scale.factor is None else partial(_scaled, description, frame_index, scale.factor)
        found.append(Quantity("suv", scale.kind.name, scale.kind.unit, scale.kind.code, transform, scale.reason))
    return found


def modality_value(description: ImageDescription, frame_index: int, header: ValueHeader) -> Quantity:
    """Return the modality value: through the Modality LUT or rescale of the frame.

    Also of XA and XRF whose relationship is LOG or DISP: only their display skips it (PS3.3 C.8.7.1.1.2).
    """
    stated = header.lut_type if description.modality_lut else header.rescale_type_of(frame_index)
    unit = _unit(description, header, stated)
    names = {"HU": "CT number", "Bq/ml": "activity concentration"}
    name = names.get(unit, "stored value" if stated is None else "rescaled value")
    code = "[hnsf'U]" if unit == "HU" else unit if unit == "Bq/ml" else ""
    if description.lacks_palette:  # what is coloured isn't on the grey scale, and nothing says where that begins
        return Quantity("modality", name, unit, code, None, NO_PALETTE)
    return Quantity("modality", name, unit, code, _modality(description, frame_index))


def _unit(description: ImageDescription, header: ValueHeader, stated: str | None) -> str:
    if header.pet is not None:
        return PET_UNITS.get(header.pet.units, header.pet.units)
    if stated is None:
        return ""
    if not stated and description.modality == "CT" and not header.is_localizer:
        return "HU"  # a CT names its Rescale Type only when it isn't HU (PS3.3 C.8.2.1)
    return RESCALE_UNITS.get(stated, stated)


def _modality(description: ImageDescription, frame_index: int) -> Transform:
    transform = description.modality_lut or description.rescale(frame_index)
    if not (description.has_supplemental_palette and description.palette):
        return partial(apply_modality, modality=transform)
    coloured_from = description.palette[0].first_mapped  # what is coloured isn't on the grey scale (PS3.3 C.8.16.2.1.1.1)
    return lambda stored: np.where(stored < coloured_from, apply_modality(stored, transform), np.nan)


def _scaled(description: ImageDescription, frame_index: int, factor: float, stored: NDArray[Any]) -> NDArray[np.float64]:
    return apply_modality(stored, description.modality_lut or description.rescale(frame_index)) * factor
