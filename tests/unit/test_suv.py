"""SUV: worked by hand, or said why not (rule S07; QIBA's vendor-neutral pseudo-code, PS3.3 C.8.9)."""

from dataclasses import replace

import pytest

from tests.small_objects import dcmread
from viewer.core.moments import moment_of
from viewer.core.pet import Pet, earliest_acquisition, read_pet
from viewer.core.suv import (
    BSA,
    BW,
    LBM_JAMES,
    LBM_JANMA,
    lean_mass_james_kg,
    lean_mass_janmahasatian_kg,
    mean_activity_s,
    scan_start,
    surface_du_bois_m2,
    suv_of,
)

NOON = moment_of("20240102", "120000") or 0.0
ELEVEN = NOON - 3600
# 70 kg, 1.75 m; 370 MBq of a nuclide of one hour, injected an hour before the scan: 185 MBq left.
WHOLE = Pet(
    units="BQML", corrected=frozenset({"ATTN", "DECY"}), decay_correction="START", series_at=NOON, acquired_at=NOON, injected_at=ELEVEN,
    half_life_s=3600.0, dose_bq=370e6, weight_kg=70.0, height_m=1.75, sex="M",
)  # fmt: skip
FILES = ("pt-acrin-flt-breast.dcm", "pt-ge-jpeg-lossless-signed.dcm", "pt-philips-implicit.dcm")


@pytest.fixture(scope="module")
def given(shared_data):
    """The three given PET objects, read anew for each test by a function, so that one may edit them."""
    return lambda name: dcmread(shared_data / "radiology" / name)


def pet_of(ds) -> Pet:
    pet = read_pet(ds)
    assert pet is not None
    return pet


def factors(pet, **more):
    return {scale.kind: scale.factor for scale in suv_of(pet, **more).scales}


def reasons(pet, **more):
    return {scale.kind: scale.reason for scale in suv_of(pet, **more).scales}


# --- the given objects ---


def test_S07_suv_of_the_acrin_object(given):
    """Stored 154 in row 84, column 84; Rescale Slope 9.12329: 1,404.98666 Bq/ml.

    Scan start 15:23:16.921 (Series Time, equal to Acquisition Time), injection 14:17:00: 3,976.921 s.
    Dose 178,340,011.59668 Bq · 2^(-3,976.921 / 6,586.2) = 178,340,011.59668 · 0.658006… = 117,348,880.789 Bq.
    SUVbw = 1,404.98666 · 69,734.4 g / 117,348,880.789 = 0.834911258…
    """
    ds = given("pt-acrin-flt-breast.dcm")
    assert int(ds.pixel_array[84, 84]) == 154
    pet = pet_of(ds)
    factor = factors(pet)[BW]
    assert factor is not None
    assert 154 * 9.12329 * factor == pytest.approx(0.834911258499477, rel=1e-9)
    no_height = "Patient's Size is not stated"
    assert reasons(pet) == {BW: "", LBM_JAMES: no_height, LBM_JANMA: no_height, BSA: no_height}
    assert suv_of(pet).basis == (
        "dose decayed over 66.3 min",
        "scan start: Series Date and Time",
        "injection: Radiopharmaceutical Start Time, of the day of the scan",
    )


def test_S07_suv_of_the_ge_object(given):
    """Stored 1,829 in row 64, column 64; Rescale Slope 0.234542: 428.977318 Bq/ml.

    11:00:36 - 09:32:00 = 5,316 s; 474,592,928 Bq · 2^(-5,316 / 6,588) = 271,277,412.166 Bq.
    SUVbw = 428.977318 · 90,000 / 271,277,412.166 = 0.142319105…
    Du Bois: 0.007184 · 90^0.425 · 170.00000476837^0.725 = 2.013700449 m²; SUVbsa = 428.977318 · 20,137.00449 cm² / 271,277,412.166
    = 0.031843116… Patient's Sex is O: no lean body mass.
    """
    ds = given("pt-ge-jpeg-lossless-signed.dcm")
    assert int(ds.pixel_array[64, 64]) == 1829
    pet = pet_of(ds)
    found = factors(pet)
    assert found[BW] is not None
    assert found[BSA] is not None
    assert 1829 * 0.234542 * found[BW] == pytest.approx(0.142319105419456, rel=1e-12)
    assert 1829 * 0.234542 * found[BSA] == pytest.approx(0.0318431162833859, rel=1e-12)
    no_sex = "Patient's Sex is neither M nor F, which lean body mass depends on"
    assert reasons(pet) == {BW: "", LBM_JAMES: no_sex, LBM_JANMA: no_sex, BSA: ""}


@pytest.mark.parametrize(
    ("sex", "james", "janmahasatian"),
    [
        # James: 1.10 · 90 - 128 · (90 / 170.00000476837)² = 63.12457 kg for a man, 1.07 · 90 - 148 · (…)² = 54.81903 kg for a woman.
        # Janmahasatian: index 31.14187 kg/m²: 9,270 · 90 / (6,680 + 216 · 31.14187) = 62.23034 kg; / (8,780 + 244 · …) = 50.93837 kg.
        ("M", 0.0998203584369103, 0.0984062964505603),
        ("F", 0.0866866200361250, 0.0805500384320478),
    ],
)
def test_S07_lean_body_mass_of_the_ge_object_were_its_sex_known(given, sex, james, janmahasatian):
    ds = given("pt-ge-jpeg-lossless-signed.dcm")
    ds.PatientSex = sex
    found = factors(pet_of(ds))
    assert 428.977318 * (found[LBM_JAMES] or 0) == pytest.approx(james, rel=1e-12)
    assert 428.977318 * (found[LBM_JANMA] or 0) == pytest.approx(janmahasatian, rel=1e-12)


def test_S07_the_philips_object_states_neither_series_nor_acquisition_time(given):
    reading = suv_of(pet_of(given("pt-philips-implicit.dcm")))
    assert {scale.reason for scale in reading.scales} == {"neither Series nor Acquisition Date and Time are stated"}
    assert all(scale.factor is None for scale in reading.scales)


def test_S07_the_philips_object_with_its_times_and_body_put_back(given):
    """Radiopharmaceutical Start DateTime 11:39:14 (not the Start Time 11:39:00 beside it), scan 12:39:14: 3,600 s.

    153,900,000 · 2^(-3,600 / 6,586.199707) = 105,365,004.546 Bq; 80,000 g / that = 7.592654…e-4.
    """
    ds = given("pt-philips-implicit.dcm")
    ds.SeriesDate = ds.AcquisitionDate = "20160527"
    ds.SeriesTime = ds.AcquisitionTime = "123914"
    ds.PatientWeight = "80"
    assert factors(pet_of(ds))[BW] == pytest.approx(80_000 / 105_365_004.54621617, rel=1e-12)
    assert "injection: Radiopharmaceutical Start DateTime" in suv_of(pet_of(ds)).basis


@pytest.mark.parametrize("name", FILES[:2])
def test_S07_a_scan_after_midnight_has_the_same_suv(given, name):
    """The given objects moved on the clock, so that injection is before midnight and the scan after: the time between stays."""
    ds = given(name)
    there = factors(pet_of(ds))[BW]
    drug = ds.RadiopharmaceuticalInformationSequence[0]
    # 14:17:00 → 23:17:00 and 15:23:16.921 → 00:23:16.921; 09:32:00 → 22:32:00 and 11:00:36 → 00:00:36
    drug.RadiopharmaceuticalStartTime, scan = ("231700", "002316.921") if name == FILES[0] else ("223200.00", "000036.00")
    ds.SeriesTime = ds.AcquisitionTime = scan
    moved = pet_of(ds)
    assert factors(moved)[BW] == pytest.approx(there, rel=1e-12)
    assert "injection: Radiopharmaceutical Start Time, of the day before the scan" in suv_of(moved).basis


def test_S07_frame_reference_time_leads_back_to_the_scans_start(given):
    """ACRIN's frame of 300 s states 149,605.34445734 ms: when its activity equals its mean. GE's Decay Factor 1.01268 is that of 240 s."""
    assert mean_activity_s(300, 6586.2) == pytest.approx(149.60534445734, abs=1e-9)
    assert 2 ** (mean_activity_s(240, 6588) / 6588) == pytest.approx(1.01268, abs=5e-6)
    ds = given("pt-acrin-flt-breast.dcm")
    expected = factors(pet_of(ds))[BW]
    ds.SeriesDate, ds.SeriesTime = "19600615", "090000"  # a series made the day after
    later = pet_of(ds)
    assert factors(later)[BW] == pytest.approx(expected, rel=1e-9)
    assert "scan start: Acquisition Date and Time less Frame Reference Time" in suv_of(later).basis


def test_S07_ge_says_itself_when_its_scan_began(given):
    ds = given("pt-ge-jpeg-lossless-signed.dcm")
    expected = factors(pet_of(ds))[BW]
    ds.SeriesTime = "113000.00"  # after the acquisition: made later
    later = pet_of(ds)
    assert factors(later)[BW] == pytest.approx(expected, rel=1e-12)
    assert "scan start: GE scan date and time (0009,100d)" in suv_of(later).basis


# --- the scan's start ---


def test_S07_series_time_counts_unless_it_is_after_the_first_acquisition():
    second_bed = replace(WHOLE, acquired_at=NOON + 300)
    assert scan_start(second_bed, NOON) == (NOON, "Series Date and Time")
    processed = replace(second_bed, series_at=NOON + 200)  # before this bed's acquisition, after the first one's
    assert scan_start(processed, None)[0] == NOON + 200
    assert scan_start(processed, NOON) == (NOON, "earliest Acquisition Date and Time of the images here")
    assert scan_start(replace(WHOLE, series_at=NOON + 0.9), NOON)[1] == "Series Date and Time"  # rounded


def test_S07_the_earliest_acquisition_of_a_series():
    images = [
        {"AcquisitionDate": "20240102", "AcquisitionTime": "120500"},
        {"AcquisitionDateTime": "20240102120000.00"},
        {"AcquisitionTime": "110000"},  # of which day isn't said
        {},
    ]
    assert earliest_acquisition(images) == NOON
    assert earliest_acquisition([]) is None


def test_S07_two_ways_to_the_start_that_disagree_are_said():
    """A frame that begins at noon and counts from 11:00, in a series that says noon."""
    doubtful = replace(WHOLE, frame_reference_s=3600 + mean_activity_s(60, 3600), frame_duration_s=60.0)
    assert "doubtful: Frame Reference Time puts the scan's start -60 min away" in suv_of(doubtful).basis


# --- units and corrections ---


def test_S07_one_half_life_after_the_injection():
    """70,000 g / 185 MBq; James 1.10 · 70 - 128 · 0.4² = 56.52 kg; Du Bois 1.848143018 m²."""
    found = factors(WHOLE)
    assert found[BW] == pytest.approx(70_000 / 185e6)
    assert found[LBM_JAMES] == pytest.approx(56_520 / 185e6)
    assert found[LBM_JANMA] == pytest.approx(55_857.1077225775 / 185e6)
    assert found[BSA] == pytest.approx(18_481.4301812135 / 185e6)


def test_S07_corrected_to_administration_the_dose_is_as_injected():
    """ACRIN's numbers: 1,404.98666 · 69,734.4 / 178,340,011.59668 = 0.549377…"""
    assert factors(replace(WHOLE, decay_correction="ADMIN"))[BW] == pytest.approx(70_000 / 370e6)
    acrin = replace(WHOLE, decay_correction="ADMIN", dose_bq=178340011.59668, weight_kg=69.7344, half_life_s=None, injected_at=None)
    assert 1404.98666 * (factors(acrin)[BW] or 0) == pytest.approx(0.549377006684729, rel=1e-12)


def test_S07_philips_counts_have_a_factor_to_suv_or_to_activity():
    counts = replace(WHOLE, units="CNTS")
    to_suv = replace(counts, philips_suv=0.000551, dose_bq=None)
    assert factors(to_suv)[BW] == 0.000551
    assert factors(to_suv)[LBM_JAMES] == pytest.approx(0.000551 * 56.52 / 70)
    assert suv_of(to_suv).basis == ("Philips SUV Scale Factor (7053,1000)",)
    no_weight = replace(to_suv, weight_kg=None)
    assert factors(no_weight)[BW] == 0.000551
    assert reasons(no_weight)[LBM_JAMES] == "Patient's Weight is not stated"
    to_activity = replace(counts, philips_activity=2.5)
    assert factors(to_activity)[BW] == pytest.approx(2.5 * 70_000 / 185e6)
    assert set(reasons(counts).values()) == {"counts (CNTS) without Philips' scale factors (7053,1000) or (7053,1009)"}


def test_S07_philips_factors_are_read_from_its_private_block_alone(given):
    ds = given("pt-philips-implicit.dcm")
    block = ds.private_block(0x7053, "Philips PET Private Group", create=True)
    block.add_new(0x00, "DS", "0.000551")
    block.add_new(0x09, "DS", "0.0")
    pet = pet_of(ds)
    assert (pet.philips_suv, pet.philips_activity) == (0.000551, None)  # 0 means unknown
    del ds[0x7053, 0x0010]
    stranger = pet_of(ds)
    assert stranger.philips_suv is None


def test_S07_what_is_stored_as_suv_is_shown_as_stored():
    (scale,) = suv_of(replace(WHOLE, units="GML", corrected=frozenset(), dose_bq=None)).scales
    assert (scale.kind, scale.factor) == (BW, 1.0)
    assert suv_of(replace(WHOLE, units="GML")).basis == ("as stored (Units GML), SUVbw because no SUV Type is stated",)
    (lean,) = suv_of(replace(WHOLE, units="GML", suv_type="LBMJANMA")).scales
    assert (lean.kind, lean.factor) == (LBM_JANMA, 1.0)
    assert suv_of(replace(WHOLE, units="GML", suv_type="LBMJANMA")).basis == ("as stored (Units GML)",)
    (surface,) = suv_of(replace(WHOLE, units="CM2ML")).scales
    assert surface.kind is BSA
    (unknown,) = suv_of(replace(WHOLE, units="GML", suv_type="XYZ")).scales
    assert (unknown.factor, unknown.reason) == (None, "SUV Type is unknown: the stored values are shown alone")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"corrected": frozenset({"DECY"})}, "not corrected for attenuation (Corrected Image without ATTN)"),
        ({"corrected": frozenset({"ATTN"})}, "not corrected for decay"),
        ({"decay_correction": "NONE"}, "not corrected for decay"),
        ({"decay_correction": ""}, "Decay Correction says neither START nor ADMIN"),
        ({"units": "PROPCNTS"}, "Units are PROPCNTS, not BQML"),
        ({"units": ""}, "Units are not stated"),
        ({"has_slope": False}, "Rescale Slope is not stated"),
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.130"}, "this kind of PET object states SUV by Real World Value Mapping alone"),
        ({"radiopharmaceuticals": 2}, "more than one radiopharmaceutical"),
        ({"radiopharmaceuticals": 0}, "no radiopharmaceutical is stated"),
        ({"dose_bq": None}, "Radionuclide Total Dose is not stated"),
        ({"dose_bq": 370.0}, "Radionuclide Total Dose makes no sense in Bq"),  # MBq
        ({"half_life_s": None}, "Radionuclide Half Life is not stated"),
        ({"injected_at": None}, "Radiopharmaceutical Start Time is not stated"),
        ({"injected_at": NOON + 60}, "times of injection and scan contradict each other: -1 min apart"),
        ({"injected_at": NOON - 11 * 3600}, "times of injection and scan contradict each other: 660 min apart"),
        ({"injected_at": None, "injected_of_day": 12 * 3600 + 60.0}, "times of injection and scan contradict each other: 1439 min apart"),
        (
            {"injected_at": None, "injected_of_day": 0.0, "half_life_s": 282240.0},
            "Radiopharmaceutical Start Time has no date, and with this half-life the scan may be days later",
        ),
        ({"series_at": None, "acquired_at": None}, "neither Series nor Acquisition Date and Time are stated"),
        ({"acquired_at": None}, "Acquisition Date and Time are not stated"),
        ({"weight_kg": None}, "Patient's Weight is not stated"),
        ({"weight_kg": 0.0}, "Patient's Weight is not stated"),
        ({"weight_kg": 70_000.0}, "Patient's Weight makes no sense in kg"),
    ],
)
def test_S07_why_there_is_no_suv(changes, reason):
    reading = suv_of(replace(WHOLE, **changes))
    assert [scale.factor for scale in reading.scales] == [None] * 4
    assert {scale.reason for scale in reading.scales} == {reason}


@pytest.mark.parametrize(
    ("changes", "without"),
    [
        ({"height_m": None}, {LBM_JAMES, LBM_JANMA, BSA}),
        ({"height_m": 175.0}, {LBM_JAMES, LBM_JANMA, BSA}),  # cm
        ({"sex": "O"}, {LBM_JAMES, LBM_JANMA}),
        ({"weight_kg": 200.0, "height_m": 1.20}, {LBM_JAMES}),  # 1.10 · 200 - 128 · (200 / 120)² = -136 kg
    ],
)
def test_S07_each_kind_says_for_itself_why_it_cannot_be_had(changes, without):
    reading = suv_of(replace(WHOLE, **changes))
    assert {scale.kind for scale in reading.scales if scale.factor is None} == without
    assert all(bool(scale.reason) == (scale.factor is None) for scale in reading.scales)


def test_S07_the_formulas_of_the_body():
    assert lean_mass_james_kg(70, 1.75, "M") == pytest.approx(56.52)  # 77 - 128 · 0.16
    assert lean_mass_james_kg(70, 1.75, "F") == pytest.approx(51.22)  # 74.9 - 148 · 0.16
    assert lean_mass_janmahasatian_kg(70, 1.75, "M") == pytest.approx(55.8571077225775)
    assert lean_mass_janmahasatian_kg(70, 1.75, "F") == pytest.approx(45.1970149253731)
    assert surface_du_bois_m2(70, 1.75) == pytest.approx(1.84814301812135)


def test_S07_no_suv_of_another_modality(given):
    ds = given(FILES[0])
    ds.Modality = "CT"
    assert read_pet(ds) is None
