"""Values of a pixel and statistics of a region, from stored values at full depth (rule S07)."""

import math
from dataclasses import replace

import numpy as np
import pytest

from archive.core.description import Rescale
from archive.core.lookup_table import LookupTable
from governance.core.faults import NotFound
from tests.unit.pixel_images import image
from viewer.core.pet import Pet
from viewer.core.quantity import quantities_of
from viewer.core.real_world_value import RealWorldMapping
from viewer.core.region_of_interest import ellipse_of, rectangle_of
from viewer.core.sample_values import statistics_in, value_at
from viewer.core.suv import BSA, BW, SuvReading, SuvScale
from viewer.core.value_header import ValueHeader

RESCALED = ValueHeader(rescale_types=("",))


def look(values, header=RESCALED, *, column=0, row=0, suv=None, frame_index=0, **fields):
    decoded, description = image(values, **fields)
    quantities = quantities_of(description, frame_index, header, suv)
    return value_at(decoded, description, quantities, column=column, row=row)


def line(answer, kind="modality", index=0):
    return [each for each in answer["quantities"] if each["kind"] == kind][index]


# --- one pixel ---


def test_S07_a_ct_number_is_the_rescaled_stored_value():
    """1,087 · 1 - 1,024 = 63 HU, whatever window shows it."""
    answer = look([[0, 1], [2, 1087]], column=1, row=1, rescale=(1.0, -1024.0), window=(40.0, 10.0))
    assert (answer["stored"], answer["is_padding"], answer["colour"]) == (1087, False, None)
    assert answer["quantities"] == [
        {"kind": "modality", "name": "CT number", "unit": "HU", "code": "[hnsf'U]", "value": 63.0, "reason": ""}
    ]


def test_S07_values_keep_all_their_bits():
    assert line(look([65_535], rescale=(0.1, 0.0)))["value"] == pytest.approx(6553.5)
    assert look([-32_768], is_signed=True)["stored"] == -32_768
    assert look([4_000_000_000], bits_allocated=32)["stored"] == 4_000_000_000
    assert line(look([0.1234567], pixel_kind="float", bits_allocated=32))["value"] == pytest.approx(0.1234567, abs=1e-8)
    assert look([math.nan], pixel_kind="float", bits_allocated=32)["stored"] is None


@pytest.mark.parametrize(
    ("header", "modality", "unit", "name"),
    [
        (ValueHeader(rescale_types=("",)), "CT", "HU", "CT number"),
        (ValueHeader(rescale_types=("HU",)), "OT", "HU", "CT number"),
        (ValueHeader(rescale_types=("US",)), "CT", "", "rescaled value"),  # US is "unspecified"
        (ValueHeader(rescale_types=("OD",)), "CR", "OD × 1000", "rescaled value"),
        (ValueHeader(rescale_types=("MGML",)), "CT", "mg/ml", "rescaled value"),
        (ValueHeader(rescale_types=("FLUX",)), "MR", "FLUX", "rescaled value"),
        (ValueHeader(rescale_types=("",)), "MR", "", "rescaled value"),
        (ValueHeader(rescale_types=(None,)), "CT", "", "stored value"),
        (ValueHeader(rescale_types=("",), is_localizer=True), "CT", "", "rescaled value"),  # a localizer isn't in HU
        (ValueHeader(rescale_types=("",), pet=Pet(units="BQML")), "PT", "Bq/ml", "activity concentration"),
        (ValueHeader(rescale_types=("",), pet=Pet(units="CNTS")), "PT", "counts", "rescaled value"),
        (ValueHeader(rescale_types=("",), pet=Pet(units="GML")), "PT", "g/ml", "rescaled value"),
    ],
)
def test_S07_units_are_the_images_own(header, modality, unit, name):
    found = line(look([100], header, modality=modality, rescale=(2.0, 0.0)))
    assert (found["value"], found["unit"], found["name"]) == (200.0, unit, name)


def test_S07_each_frame_has_its_own_rescale_and_type():
    decoded, description = image([10])
    description = replace(description, rescales=(Rescale(1.0, 0.0), Rescale(0.5, -3.0)), modality="MR")
    header = ValueHeader(rescale_types=("US", "HU"))
    lines = [line(value_at(decoded, description, quantities_of(description, i, header, None), column=0, row=0)) for i in (0, 1)]
    assert [(each["value"], each["unit"]) for each in lines] == [(10.0, ""), (2.0, "HU")]  # 10 · 0.5 - 3


def test_S07_a_modality_table_gives_its_entries_and_its_type():
    table = LookupTable(first_mapped=10, entries=np.array([100, 200, 400], np.uint16), bits=16, count=3)
    found = line(look([11], ValueHeader(rescale_types=(None,), lut_type="OD"), modality_lut=table))
    assert (found["value"], found["unit"], found["name"]) == (200.0, "OD × 1000", "rescaled value")
    assert line(look([9], modality_lut=table))["value"] == 100.0  # below the table: its first entry


def test_S07_angiograms_that_display_without_their_table_still_have_its_value():
    """LOG: display skips the rescale (S09), the value doesn't: 100 · 2 + 5."""
    found = line(
        look([100], rescale=(2.0, 5.0), sop_class_uid="1.2.840.10008.5.1.4.1.1.12.1", pixel_intensity_relationship="LOG", modality="XA")
    )
    assert found["value"] == 205.0


def test_S07_real_world_values_have_their_own_units():
    flow = RealWorldMapping(
        0, 4095, slope=0.5, intercept=-10.0, label="RCBF", explanation="Cerebral Blood Flow", unit="ml/100ml/s", unit_scheme="UCUM"
    )
    plain = RealWorldMapping(0, 100, label="index", unit="1", unit_scheme="UCUM", unit_meaning="no units")
    private = RealWorldMapping(0, 4095, label="T2", unit="X1", unit_scheme="99ABC", unit_meaning="milliseconds")
    answer = look([1000], ValueHeader(mappings=((flow, plain, private),)), modality="MR")
    assert line(answer, "real world") == {
        "kind": "real world", "name": "Cerebral Blood Flow", "unit": "ml/100ml/s", "code": "ml/100ml/s", "value": 490.0, "reason": "",
    }  # fmt: skip
    assert line(answer, "real world", 1) == {
        "kind": "real world", "name": "index", "unit": "", "code": "1", "value": None, "reason": "outside the values that are mapped",
    }  # fmt: skip
    assert (line(answer, "real world", 2)["unit"], line(answer, "real world", 2)["code"]) == ("milliseconds", "")


def test_S07_suv_is_of_the_rescaled_value_and_says_why_it_is_missing():
    suv = SuvReading((SuvScale(BW, 0.0005), SuvScale(BSA, None, "Patient's Size is not stated")))
    answer = look([1000], ValueHeader(rescale_types=("",), pet=Pet(units="BQML")), rescale=(9.0, 0.0), modality="PT", suv=suv)
    assert line(answer)["value"] == 9000.0
    assert line(answer, "suv") == {
        "kind": "suv", "name": "SUVbw", "unit": "g/ml", "code": "{SUVbw}g/ml", "value": 4.5, "reason": "",
    }  # fmt: skip
    assert line(answer, "suv", 1) == {
        "kind": "suv", "name": "SUVbsa", "unit": "cm²/ml", "code": "{SUVbsa}cm2/ml", "value": None,
        "reason": "Patient's Size is not stated",
    }  # fmt: skip


def test_S07_padding_has_no_value():
    answer = look([-2000], is_signed=True, padding=(-2000.0, -2000.0), rescale=(1.0, -1024.0))
    assert (answer["stored"], answer["is_padding"]) == (-2000, True)
    assert (line(answer)["value"], line(answer)["reason"]) == (None, "pixel padding: no value")


def test_S07_colour_is_its_samples():
    rgb = look([[[255, 0, 10], [1, 2, 3]]], column=1, bits_allocated=8, photometric_interpretation="RGB")
    assert (rgb["stored"], rgb["colour"], rgb["quantities"]) == ([1, 2, 3], [1, 2, 3], [])
    # Y 76, Cb 84, Cr 255: red (PS3.3 C.7.6.3.1.2: 76 + 1.402 · 127 = 254; 76 + 0.344 · 44 - 0.714 · 127 = 0; 76 - 1.772 · 44 = -2)
    ybr = look([[[76, 84, 255]]], bits_allocated=8, photometric_interpretation="YBR_FULL")
    assert (ybr["stored"], ybr["colour"], ybr["photometric"]) == ([76, 84, 255], [254, 0, 0], "YBR_FULL")
    deep = look([[[4095, 16, 0]]], bits_stored=12, photometric_interpretation="RGB")
    assert (deep["stored"], deep["colour"]) == ([4095, 16, 0], [255, 1, 0])


def palette(first=0):
    return tuple(LookupTable(first, np.array(entries, np.uint16), 16, 3) for entries in ([0xFF00, 0, 0], [0, 0xFF00, 0], [0, 0, 0xFF00]))


def test_S07_palette_colour_is_its_index_and_colour():
    answer = look([2], bits_allocated=8, photometric_interpretation="PALETTE COLOR", palette=palette())
    assert (answer["stored"], answer["colour"], answer["quantities"]) == (2, [0, 0, 255], [])


def test_S07_without_the_palette_nothing_says_which_values_are_on_the_grey_scale():
    answer = look([1064], bits_stored=12, lacks_palette=True, rescale=(1.0, -1024.0))
    assert (answer["stored"], line(answer)["value"], answer["colour"]) == (1064, None, None)
    assert line(answer)["reason"] == "some values are colours, and the palette that says which is missing"
    found = inside([[1, 2], [3, 4]], rectangle_of([(0, 0), (2, 2)]), bits_stored=12, lacks_palette=True)
    assert (found["statistics"][0]["mean"], found["statistics"][0]["reason"]) == (None, line(answer)["reason"])


def test_S07_what_a_supplemental_palette_colours_is_not_on_the_grey_scale():
    fields = {"bits_stored": 12, "palette": palette(4000), "has_supplemental_palette": True, "rescale": (1.0, -1024.0)}
    grey, coloured = look([1064], **fields), look([4001], **fields)
    assert (line(grey)["value"], grey["colour"]) == (40.0, None)
    assert (line(coloured)["value"], coloured["colour"]) == (None, [0, 255, 0])


@pytest.mark.parametrize(("column", "row"), [(2, 0), (0, 1), (-1, 0), (0, -1)])
def test_a_pixel_outside_is_not_found(column, row):
    with pytest.raises(NotFound):
        look([[1, 2]], column=column, row=row)


# --- a region ---


def inside(values, shape, header=RESCALED, *, suv=None, **fields):
    decoded, description = image(values, **fields)
    return statistics_in(decoded, description, quantities_of(description, 0, header, suv), shape)


def test_S07_statistics_are_in_modality_units_and_suv():
    """Of a 3 × 3 block: 1…9 · 2 - 4 = -2…14: mean 6, sample standard deviation √(60 · 4 / 8)."""
    values = [[99, 99, 99, 99], [99, 1, 2, 3], [99, 4, 5, 6], [99, 7, 8, 9]]
    suv = SuvReading((SuvScale(BW, 0.5), SuvScale(BSA, None, "why")))
    found = inside(
        values, rectangle_of([(1, 1), (4, 4)]), ValueHeader(rescale_types=("",), pet=Pet(units="BQML")), suv=suv, rescale=(2.0, -4.0)
    )
    activity, bw, bsa = found["statistics"]
    assert (found["pixels"], found["padding"], found["is_within"]) == (9, 0, True)
    assert (activity["unit"], activity["count"], activity["mean"], activity["min"], activity["max"]) == ("Bq/ml", 9, 6.0, -2.0, 14.0)
    assert activity["sd"] == pytest.approx(math.sqrt(30))
    assert (bw["name"], bw["mean"], bw["max"], bw["sd"]) == ("SUVbw", 3.0, 7.0, pytest.approx(math.sqrt(30) / 2))
    assert (bsa["count"], bsa["mean"], bsa["reason"]) == (0, None, "why")


def test_S07_padding_is_left_out_and_said():
    values = [[-2000, 10, 20, 30], [-2000, -2000, 40, 50]]
    found = inside(values, rectangle_of([(0, 0), (4, 2)]), is_signed=True, padding=(-2000.0, -2000.0))
    (grey,) = found["statistics"]
    assert (found["pixels"], found["padding"]) == (8, 3)
    assert (grey["count"], grey["mean"], grey["min"]) == (5, 30.0, 10.0)


def test_S07_a_mapping_counts_what_it_maps():
    half = RealWorldMapping(0, 20, slope=1.0, label="half", unit="s", unit_scheme="UCUM")
    found = inside([[10, 20, 30]], rectangle_of([(0, 0), (3, 1)]), ValueHeader(mappings=((half,),)))
    assert [(each["count"], each["mean"]) for each in found["statistics"]] == [(3, 20.0), (2, 15.0)]


def test_S07_a_shape_partly_beside_the_frame_says_so():
    found = inside([[1, 2], [3, 4]], ellipse_of([(-2, -2), (2, 2)]))
    assert (found["pixels"], found["is_within"], found["statistics"][0]["mean"]) == (3, False, 2.0)  # (1.5, 1.5) lies 2.12 away
    empty = inside([[1, 2], [3, 4]], rectangle_of([(0.6, 0.6), (0.9, 0.9)]))
    assert (empty["pixels"], empty["statistics"][0]["mean"]) == (0, None)


def test_S07_colour_has_a_line_a_channel():
    values = [[[10, 0, 200], [20, 0, 100]]]
    red, green, blue = inside(values, rectangle_of([(0, 0), (2, 1)]), bits_allocated=8, photometric_interpretation="RGB")["statistics"]
    assert [(each["kind"], each["name"], each["mean"]) for each in (red, green, blue)] == [
        ("colour", "red", 15.0), ("colour", "green", 0.0), ("colour", "blue", 150.0),
    ]  # fmt: skip
    ybr = inside([[[76, 84, 255]]], rectangle_of([(0, 0), (1, 1)]), bits_allocated=8, photometric_interpretation="YBR_FULL")
    assert [each["mean"] for each in ybr["statistics"]] == [254.0, 0.0, 0.0]
    deep = inside([[[4095, 16, 0]]], rectangle_of([(0, 0), (1, 1)]), bits_stored=12, photometric_interpretation="RGB")
    assert deep["statistics"][0]["mean"] == 4095.0
