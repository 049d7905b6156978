"""What a PET image states of dose, decay and body: all that an SUV is made of (PS3.3 C.8.9.1, C.8.9.2, C.8.9.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset

from archive.core.dataset import BAD_VALUE, items, number, text
from viewer.core.frame_facts import Facts
from viewer.core.frame_facts import text as fact_text
from viewer.core.moments import Moment, moment_of, moment_of_date_time, seconds_of_day

PET_IMAGE = "1.2.840.10008.5.1.4.1.1.128"
_GE, _PHILIPS = "GEMS_PETD_01", "Philips PET Private Group"


@dataclass(frozen=True, slots=True)
class Pet:
    """A PET image's facts; None and "" where it doesn't state them in a way that can be understood.

    Moments are by the data set's own clock. injected_of_day: seconds since midnight, of a start that is stated without a date.
    philips_suv, philips_activity: factors of rescaled values to SUVbw (7053,1000) and to Bq/ml (7053,1009). ge_scan_at: (0009,100d).
    """

    sop_class_uid: str = PET_IMAGE
    units: str = ""
    suv_type: str = ""
    corrected: frozenset[str] = frozenset()
    decay_correction: str = ""
    has_slope: bool = True
    series_at: Moment | None = None
    acquired_at: Moment | None = None
    ge_scan_at: Moment | None = None
    frame_reference_s: float | None = None
    frame_duration_s: float | None = None
    radiopharmaceuticals: int = 1
    injected_at: Moment | None = None
    injected_of_day: float | None = None
    half_life_s: float | None = None
    dose_bq: float | None = None
    weight_kg: float | None = None
    height_m: float | None = None
    sex: str = ""
    philips_suv: float | None = None
    philips_activity: float | None = None


def read_pet(ds: Dataset) -> Pet | None:
    """Return the facts of a PET image, None for another modality."""
    if text(ds, "Modality").upper() != "PT":
        return None
    zone = text(ds, "TimezoneOffsetFromUTC")
    drugs = items(ds, "RadiopharmaceuticalInformationSequence")
    drug = drugs[0] if drugs else Dataset()
    reference_ms, duration_ms = number(ds, "FrameReferenceTime"), number(ds, "ActualFrameDuration")
    return Pet(
        sop_class_uid=text(ds, "SOPClassUID"),
        units=text(ds, "Units").upper(),
        suv_type=text(ds, "SUVType").upper(),
        corrected=frozenset(word.strip().upper() for word in text(ds, "CorrectedImage").split("\\")),
        decay_correction=text(ds, "DecayCorrection").upper(),
        has_slope=bool(number(ds, "RescaleSlope")),
        series_at=moment_of(text(ds, "SeriesDate"), text(ds, "SeriesTime")),
        acquired_at=_acquired_at(text(ds, "AcquisitionDate"), text(ds, "AcquisitionTime"), text(ds, "AcquisitionDateTime"), zone),
        ge_scan_at=moment_of_date_time(_private(ds, 0x0009, _GE, 0x0D), zone=zone),
        frame_reference_s=None if reference_ms is None else reference_ms / 1000,
        frame_duration_s=None if duration_ms is None else duration_ms / 1000,
        radiopharmaceuticals=len(drugs),
        injected_at=moment_of_date_time(text(drug, "RadiopharmaceuticalStartDateTime"), zone=zone),
        injected_of_day=seconds_of_day(text(drug, "RadiopharmaceuticalStartTime")),
        half_life_s=number(drug, "RadionuclideHalfLife"),
        dose_bq=number(drug, "RadionuclideTotalDose"),
        weight_kg=number(ds, "PatientWeight"),
        height_m=number(ds, "PatientSize"),
        sex=text(ds, "PatientSex").upper(),
        philips_suv=_positive(_private(ds, 0x7053, _PHILIPS, 0x00)),
        philips_activity=_positive(_private(ds, 0x7053, _PHILIPS, 0x09)),
    )


def earliest_acquisition(images: Iterable[Facts]) -> Moment | None:
    """Return when the first of a series' images was acquired; images: Acquisition Date, Time and DateTime of each, by keyword."""
    words = ("AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime")
    stated = ([fact_text(facts.get(word)) for word in words] for facts in images)
    moments = [_acquired_at(day, time, date_time, "") for day, time, date_time in stated]
    return min((moment for moment in moments if moment is not None), default=None)


def _acquired_at(stated_date: str, stated_time: str, date_time: str, zone: str) -> Moment | None:
    moment = moment_of(stated_date, stated_time)
    return moment if moment is not None else moment_of_date_time(date_time, zone=zone)


def _private(ds: Dataset, group: int, creator: str, element: int) -> str:
    """Return a private attribute as text, "" where its creator isn't there."""
    try:
        value: Any = ds.private_block(group, creator)[element].value
    except BAD_VALUE:
        return ""
    return (value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")).strip("\0 ")


def _positive(stated: str) -> float | None:
    try:
        value = float(stated)
    except ValueError:
        return None
    return value if 0 < value < 1e300 else None
