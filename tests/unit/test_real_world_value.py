"""Real World Value Mapping: linear and by table, within its limits, by frame (rule S07; PS3.3 C.7.6.16.2.11)."""

import math
from io import BytesIO

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from archive.core.description import describe_image
from archive.core.readers import FileSource, read_object
from tests.small_objects import as_bytes, ct_image
from viewer.core.real_world_value import read_mappings
from viewer.core.value_header import read_value_header


def item(**values: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def unit(code="mm2/s", scheme="UCUM", meaning="square millimetres per second"):
    return Sequence([item(CodeValue=code, CodingSchemeDesignator=scheme, CodeMeaning=meaning)])


def mapping(**values):
    dataset = item(LUTLabel="ADC", LUTExplanation="Apparent Diffusion Coefficient", MeasurementUnitsCodeSequence=unit())
    dataset.add_new("RealWorldValueFirstValueMapped", "US", 0)
    dataset.add_new("RealWorldValueLastValueMapped", "US", 4095)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def read(*items_, is_signed: bool | None = False):
    return read_mappings(item(RealWorldValueMappingSequence=Sequence(items_)), is_signed=is_signed)


def header_of(dataset):
    data = as_bytes(dataset)
    found = read_object(FileSource(BytesIO(data)))
    header = data[: found.frame_table.header_length]
    return read_value_header(header, describe_image(header, str(found.transfer_syntax_uid)))


def test_S07_a_linear_mapping_holds_between_its_limits():
    (found,) = read(mapping(RealWorldValueSlope=0.001, RealWorldValueIntercept=-0.5))
    values = found.values(np.array([0, 1000, 4095, 4096], np.uint16))
    assert values[:3] == pytest.approx([-0.5, 0.5, 3.595])  # 4,095 · 0.001 - 0.5
    assert math.isnan(values[3])
    assert (found.label, found.explanation) == ("ADC", "Apparent Diffusion Coefficient")
    assert (found.unit, found.unit_scheme, found.unit_meaning) == ("mm2/s", "UCUM", "square millimetres per second")


def test_S07_a_table_begins_at_its_first_value():
    table = mapping(RealWorldValueLUTData=[10.5, 20.25, -1.0])
    table.RealWorldValueFirstValueMapped, table.RealWorldValueLastValueMapped = 7, 9
    (found,) = read(table)
    values = found.values(np.array([[6, 7], [8, 9]], np.int16))
    assert math.isnan(values[0, 0])
    assert values.ravel()[1:].tolist() == [10.5, 20.25, -1.0]
    table.RealWorldValueLastValueMapped = 12  # further than the table reaches
    (longer,) = read(table)
    assert np.isnan(longer.values(np.array([10, 12, 13]))).all()


def test_S07_limits_of_signed_values_may_have_the_wrong_vr():
    wrong = mapping(RealWorldValueSlope=1.0, RealWorldValueIntercept=0.0)
    wrong.RealWorldValueFirstValueMapped, wrong.RealWorldValueLastValueMapped = 64512, 3071  # -1024 written as US
    (found,) = read(wrong, is_signed=True)
    assert (found.first, found.last) == (-1024.0, 3071.0)
    other = mapping(RealWorldValueSlope=1.0, RealWorldValueIntercept=0.0)
    other.add_new("RealWorldValueLastValueMapped", "SS", -1)  # 65,535 written as SS
    (unsigned,) = read(other)
    assert unsigned.last == 65535.0


def test_S07_floating_point_values_have_limits_of_their_own():
    floating = mapping(RealWorldValueSlope=2.0, RealWorldValueIntercept=1.0)
    del floating.RealWorldValueFirstValueMapped
    del floating.RealWorldValueLastValueMapped
    floating.DoubleFloatRealWorldValueFirstValueMapped, floating.DoubleFloatRealWorldValueLastValueMapped = -0.25, 0.75
    (found,) = read(floating, is_signed=None)
    values = found.values(np.array([-0.26, -0.25, 0.75, 0.76], np.float32))
    assert np.isnan(values[[0, 3]]).all()
    assert values[1:3].tolist() == [0.5, 2.5]


@pytest.mark.parametrize(
    "broken",
    [
        mapping(),  # neither slope nor table
        mapping(RealWorldValueSlope=1.0, RealWorldValueFirstValueMapped=9, RealWorldValueLastValueMapped=8),
        item(RealWorldValueSlope=1.0, RealWorldValueIntercept=0.0),
    ],
)
def test_S07_a_damaged_mapping_is_none(broken):
    assert read(broken) == ()


def test_S07_a_mapping_of_the_image_of_all_frames_or_of_one():
    first, second = (mapping(RealWorldValueSlope=slope, RealWorldValueIntercept=0.0) for slope in (2.0, 3.0))
    plain = header_of(ct_image(RealWorldValueMappingSequence=Sequence([first, second])))
    assert [one.slope for one in plain.mappings_of(0)] == [2.0, 3.0]
    shared = header_of(ct_image(SharedFunctionalGroupsSequence=Sequence([item(RealWorldValueMappingSequence=Sequence([first]))])))
    assert [one.slope for one in shared.mappings_of(0)] == [2.0]
    own = [item(RealWorldValueMappingSequence=Sequence([one])) for one in (first, second)]
    frames = header_of(ct_image(Rows=2, NumberOfFrames=2, PerFrameFunctionalGroupsSequence=Sequence(own)))
    assert [[one.slope for one in frames.mappings_of(index)] for index in (0, 1)] == [[2.0], [3.0]]


def test_S07_rescale_types_of_frames():
    transforms = [
        item(PixelValueTransformationSequence=Sequence([item(RescaleSlope="1", RescaleIntercept="0", RescaleType=word)]))
        for word in ("HU", "US")
    ]
    frames = header_of(ct_image(Rows=2, NumberOfFrames=2, PerFrameFunctionalGroupsSequence=Sequence(transforms)))
    assert [frames.rescale_type_of(index) for index in (0, 1)] == ["HU", "US"]
    assert header_of(ct_image()).rescale_type_of(0) is None
    assert header_of(ct_image(RescaleSlope="1", RescaleIntercept="-1024")).rescale_type_of(0) == ""
