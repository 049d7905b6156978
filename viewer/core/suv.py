"""Standardised uptake values of PET: factors from rescaled values, or the reason why there are none (rule S07).

After QIBA's vendor-neutral pseudo-code for SUV (2018) and PS3.3 C.8.9: an SUV is activity concentration over injected dose, the dose
decayed to the moment that the pixels are corrected to, times what stands for the body: its weight, lean mass or surface.
"""

import math
from dataclasses import dataclass

from viewer.core.moments import DAY_S, Moment
from viewer.core.pet import PET_IMAGE, Pet

MOST_HALF_LIVES = 10  # between injection and scan; more leaves a thousandth of the dose, so that the times are wrong
DAY_UNKNOWN_HALF_LIFE_S = 6 * 3600  # a nuclide that lives longer may be scanned days later: a start without a date says nothing
SMALLEST_DOSE_BQ = 1e5  # a tenth of a MBq: less was written in MBq
TALLEST_M, HEAVIEST_KG = 2.8, 700.0
ROUNDING_S = 1.0  # one time with fractions of a second, another without
CLOCK_TOLERANCE_S = 60.0  # two ways to the same moment that differ by more contradict each other


@dataclass(frozen=True, slots=True)
class SuvKind:
    """One kind of SUV: its name, its unit in words and in UCUM (PS3.16 CID 85), and what it divides by."""

    name: str
    unit: str
    code: str
    body: str


BW = SuvKind("SUVbw", "g/ml", "{SUVbw}g/ml", "body weight")
LBM_JAMES = SuvKind("SUVlbm (James 128)", "g/ml", "{SUVlbm(James128)}g/ml", "lean body mass, James 128")
LBM_JANMA = SuvKind("SUVlbm (Janmahasatian)", "g/ml", "{SUVlbm(Janma)}g/ml", "lean body mass, Janmahasatian")
BSA = SuvKind("SUVbsa", "cm²/ml", "{SUVbsa}cm2/ml", "body surface area, Du Bois")
LBM = SuvKind("SUVlbm", "g/ml", "{SUVlbm}g/ml", "lean body mass, formula not stated")
IBW = SuvKind("SUVibw", "g/ml", "{SUVibw}g/ml", "ideal body weight")
COMPUTED = (BW, LBM_JAMES, LBM_JANMA, BSA)
STORED_TYPES = {"BW": BW, "LBM": LBM, "LBMJAMES128": LBM_JAMES, "LBMJANMA": LBM_JANMA, "BSA": BSA, "IBW": IBW}  # SUV Type (0054,1006)


@dataclass(frozen=True, slots=True)
class SuvScale:
    """How rescaled values become one kind of SUV: times factor. factor None: they can't, and reason says why."""

    kind: SuvKind
    factor: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SuvReading:
    """The scales of an image, and in words what they rest on."""

    scales: tuple[SuvScale, ...]
    basis: tuple[str, ...] = ()


class CannotBe(Exception):
    """An SUV that can't be computed; its text says why."""


def suv_of(pet: Pet, *, earliest: Moment | None = None) -> SuvReading:
    """Return the SUV scales of a PET image. earliest: when the first image of its series was acquired, where that is known."""
    if pet.units in ("GML", "CM2ML"):
        return _as_stored(pet)
    basis: list[str] = []
    try:
        rate = _rate(pet, earliest, basis)
    except CannotBe as why:
        return SuvReading(tuple(SuvScale(kind, None, str(why)) for kind in COMPUTED))
    return SuvReading(tuple(_scale(pet, kind, rate) for kind in COMPUTED), tuple(basis))


# --- the body ---


def lean_mass_james_kg(weight_kg: float, height_m: float, sex: str) -> float:
    """James (1976), with 128 for men; height in cm."""
    ratio = weight_kg / (height_m * 100)
    return 1.10 * weight_kg - 128 * ratio**2 if sex == "M" else 1.07 * weight_kg - 148 * ratio**2


def lean_mass_janmahasatian_kg(weight_kg: float, height_m: float, sex: str) -> float:
    """Janmahasatian (2005), by the body mass index in kg/m²."""
    index = weight_kg / height_m**2
    return 9270 * weight_kg / (6680 + 216 * index if sex == "M" else 8780 + 244 * index)


def surface_du_bois_m2(weight_kg: float, height_m: float) -> float:
    """Du Bois (1916); height in cm."""
    return float(0.007184 * weight_kg**0.425 * (height_m * 100) ** 0.725)


def _grams_or_cm2(pet: Pet, kind: SuvKind) -> float:
    """Return what stands for the body: grams, or cm² of surface. Raises: CannotBe."""
    weight = pet.weight_kg
    if weight is None or not 0 < weight <= HEAVIEST_KG:
        raise CannotBe("Patient's Weight is not stated" if not weight else "Patient's Weight makes no sense in kg")
    if kind is BW:
        return weight * 1000
    height = pet.height_m
    if height is None or not 0 < height <= TALLEST_M:
        raise CannotBe("Patient's Size is not stated" if not height else "Patient's Size makes no sense in metres")
    if kind is BSA:
        return surface_du_bois_m2(weight, height) * 10_000
    if pet.sex not in ("M", "F"):
        raise CannotBe("Patient's Sex is neither M nor F, which lean body mass depends on")
    lean = (lean_mass_james_kg if kind is LBM_JAMES else lean_mass_janmahasatian_kg)(weight, height, pet.sex)
    if lean <= 0:
        raise CannotBe(f"the formula gives no {kind.body} for this weight and height")
    return lean * 1000


# --- the dose ---


def _as_stored(pet: Pet) -> SuvReading:
    """GML and CM2ML are SUVs already, shown as stored; without SUV Type GML is SUVbw (PS3.3 C.8.9.1.1.3)."""
    assumed = BW if pet.units == "GML" else BSA
    kind = STORED_TYPES.get(pet.suv_type or "", assumed if not pet.suv_type else None)
    if kind is None:
        return SuvReading((SuvScale(assumed, None, "SUV Type is unknown: the stored values are shown alone"),))
    stated = "" if pet.suv_type else f", {kind.name} because no SUV Type is stated"
    return SuvReading((SuvScale(kind, 1.0),), (f"as stored (Units {pet.units}){stated}",))


@dataclass(frozen=True, slots=True)
class _Rate:
    """From rescaled values to SUV: per_unit for a body of one gram or cm²; else to_bw for the whole body (Philips)."""

    per_unit: float | None = None
    to_bw: float | None = None


def _scale(pet: Pet, kind: SuvKind, rate: _Rate) -> SuvScale:
    try:
        if rate.to_bw is not None and kind is BW:
            return SuvScale(kind, rate.to_bw)
        body = _grams_or_cm2(pet, kind)
        per_unit = rate.per_unit if rate.per_unit is not None else (rate.to_bw or 0.0) / _grams_or_cm2(pet, BW)
        return SuvScale(kind, body * per_unit)
    except CannotBe as why:
        return SuvScale(kind, None, str(why))


def _rate(pet: Pet, earliest: Moment | None, basis: list[str]) -> _Rate:
    """Return how rescaled values become SUV, and add to basis what that rests on. Raises: CannotBe."""
    _check_corrections(pet)
    if pet.units == "BQML":
        return _Rate(per_unit=1 / _decayed_dose_bq(pet, earliest, basis))
    if pet.units != "CNTS":
        raise CannotBe(f"Units are {pet.units}, not BQML" if pet.units else "Units are not stated")
    if pet.philips_suv is not None:
        basis.append("Philips SUV Scale Factor (7053,1000)")
        return _Rate(to_bw=pet.philips_suv)
    if pet.philips_activity is None:
        raise CannotBe("counts (CNTS) without Philips' scale factors (7053,1000) or (7053,1009)")
    basis.append("Philips Activity Concentration Scale Factor (7053,1009)")
    return _Rate(per_unit=pet.philips_activity / _decayed_dose_bq(pet, earliest, basis))


def _check_corrections(pet: Pet) -> None:
    if pet.sop_class_uid != PET_IMAGE:
        raise CannotBe("this kind of PET object states SUV by Real World Value Mapping alone")
    if not pet.has_slope:
        raise CannotBe("Rescale Slope is not stated")
    if "ATTN" not in pet.corrected:
        raise CannotBe("not corrected for attenuation (Corrected Image without ATTN)")
    if "DECY" not in pet.corrected or pet.decay_correction == "NONE":
        raise CannotBe("not corrected for decay")
    if pet.decay_correction not in ("START", "ADMIN"):
        raise CannotBe("Decay Correction says neither START nor ADMIN")


def _decayed_dose_bq(pet: Pet, earliest: Moment | None, basis: list[str]) -> float:
    """Return the dose at the moment that the pixels are corrected to. Raises: CannotBe."""
    if pet.radiopharmaceuticals != 1:
        raise CannotBe("more than one radiopharmaceutical" if pet.radiopharmaceuticals else "no radiopharmaceutical is stated")
    if not pet.dose_bq or pet.dose_bq < SMALLEST_DOSE_BQ:
        raise CannotBe("Radionuclide Total Dose makes no sense in Bq" if pet.dose_bq else "Radionuclide Total Dose is not stated")
    if pet.decay_correction == "ADMIN":
        basis.append("decay corrected to administration (ADMIN): dose as injected")
        return pet.dose_bq
    if not pet.half_life_s or pet.half_life_s < 0:
        raise CannotBe("Radionuclide Half Life is not stated")
    start, source = scan_start(pet, earliest)
    decay_s, injection = _decay_time_s(pet, start)
    if not 0 <= decay_s <= MOST_HALF_LIVES * pet.half_life_s:
        raise CannotBe(f"times of injection and scan contradict each other: {decay_s / 60:.0f} min apart")
    counted = _reference_start(pet)
    if counted is not None and abs(counted - start) > CLOCK_TOLERANCE_S:
        basis.append(f"doubtful: Frame Reference Time puts the scan's start {(counted - start) / 60:+.0f} min away")
    basis += [f"dose decayed over {decay_s / 60:.1f} min", f"scan start: {source}", f"injection: {injection}"]
    return float(pet.dose_bq * 2 ** (-decay_s / pet.half_life_s))


# --- the clock ---


def scan_start(pet: Pet, earliest: Moment | None) -> tuple[Moment, str]:
    """Return the moment that START means, and where it comes from. Raises: CannotBe.

    Series Date and Time unless it is after the acquisition, as in a series made later; then GE's own, then the moment from which Frame
    Reference Time counts, then the earliest acquisition.
    """
    acquired = [moment for moment in (pet.acquired_at, earliest) if moment is not None]
    first = min(acquired, default=None)
    if pet.series_at is not None and first is not None and pet.series_at <= first + ROUNDING_S:
        return pet.series_at, "Series Date and Time"
    if pet.ge_scan_at is not None and (first is None or pet.ge_scan_at <= first + ROUNDING_S):
        return pet.ge_scan_at, "GE scan date and time (0009,100d)"
    counted = _reference_start(pet)
    if counted is not None:
        return counted, "Acquisition Date and Time less Frame Reference Time"
    if first is not None:
        return first, "earliest Acquisition Date and Time of the images here"
    if pet.series_at is not None:
        raise CannotBe("Acquisition Date and Time are not stated")
    raise CannotBe("neither Series nor Acquisition Date and Time are stated")


def mean_activity_s(duration_s: float, half_life_s: float) -> float:
    """Return when within a frame the activity equals its mean over the frame, in seconds from its beginning."""
    rate = math.log(2) / half_life_s
    during = rate * duration_s
    return math.log(during / -math.expm1(-during)) / rate


def _reference_start(pet: Pet) -> Moment | None:
    """Frame Reference Time counts from scan start to the frame's mean activity; acquisition begins with the frame."""
    if pet.acquired_at is None or not pet.half_life_s or not pet.frame_reference_s or not pet.frame_duration_s:
        return None
    if pet.frame_reference_s < 0 or pet.frame_duration_s < 0:
        return None
    start = pet.acquired_at + mean_activity_s(pet.frame_duration_s, pet.half_life_s) - pet.frame_reference_s
    return start if start <= pet.acquired_at + ROUNDING_S else None


def _decay_time_s(pet: Pet, start: Moment) -> tuple[float, str]:
    """Return seconds from injection to scan start, and which attribute says when the injection was. Raises: CannotBe."""
    if pet.injected_at is not None:
        return start - pet.injected_at, "Radiopharmaceutical Start DateTime"
    if pet.injected_of_day is None:
        raise CannotBe("Radiopharmaceutical Start Time is not stated")
    if pet.half_life_s is None or pet.half_life_s >= DAY_UNKNOWN_HALF_LIFE_S:
        raise CannotBe("Radiopharmaceutical Start Time has no date, and with this half-life the scan may be days later")
    since = start % DAY_S - pet.injected_of_day
    if since < 0:
        return since + DAY_S, "Radiopharmaceutical Start Time, of the day before the scan"
    return since, "Radiopharmaceutical Start Time, of the day of the scan"
