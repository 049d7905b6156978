"""Facts: by keyword, plain JSON, shared groups flattened, per-frame values in columns."""

import base64
import json
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.uid import UID

from archive.core.dataset import quiet
from archive.core.facts import GROUPS, KEYWORDS, PER_FRAME_KEYWORDS, REGION_KEYWORDS, image_facts
from archive.core.readers import FileSource, read_object
from tests.small_objects import as_bytes, ct_image


def item(**values: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def test_keywords_are_the_standards():
    words = {*KEYWORDS, *REGION_KEYWORDS, *PER_FRAME_KEYWORDS, *GROUPS, *(word for words in GROUPS.values() for word in words)}
    assert [word for word in words if tag_for_keyword(word) is None] == []


def test_one_value_is_a_list_where_the_standard_allows_several():
    facts = image_facts(
        ct_image(WindowCenter=40, WindowWidth=[400, 80], PixelSpacing=[0.5, 0.7], ImageType=["ORIGINAL", "PRIMARY"], SliceThickness="1.5")
    )
    assert facts["WindowCenter"] == [40.0]
    assert facts["WindowWidth"] == [400.0, 80.0]
    assert facts["PixelSpacing"] == [0.5, 0.7]
    assert facts["ImageType"] == ["ORIGINAL", "PRIMARY"]
    assert facts["SliceThickness"] == 1.5
    assert facts["BitsAllocated"] == 16


def test_absent_empty_and_senseless_values_are_left_out():
    data = as_bytes(ct_image(SliceThickness="", WindowCenter="", PixelSpacing=[0.5, 0.7], RescaleSlope="3")).replace(
        b"0.5\\0.7", b"cat\\0.7"
    )
    dataset = read_object(FileSource(BytesIO(data.replace(b"DS\x02\x003 ", b"DS\x02\x00-x")))).dataset
    with quiet():
        facts = image_facts(dataset)
    assert not {"SliceThickness", "WindowCenter", "PixelSpacing", "RescaleSlope", "ImageType"} & set(facts)
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        (0x00181063, ["FrameTime"]),
        (0x00291010, ["00291010"]),
        ([0x00181065, 0x00181063], ["FrameTimeVector", "FrameTime"]),
        ([0x00181063, 0x00540070], ["FrameTime", "TimeSlotVector"]),
        ([0x00181063, 0x00181063, 0x00291010], ["FrameTime", "00291010"]),
    ],
)
def test_S08_the_frame_increment_pointer_names_all_that_it_points_to(pointer, expected):
    assert image_facts(ct_image(FrameIncrementPointer=pointer))["FrameIncrementPointer"] == expected


def test_S08_a_long_frame_increment_pointer_still_says_that_it_is_not_only_time():
    pointer = [0x00181063] * 1000 + [0x00181065] + [0x00290000 + element for element in range(1000)]
    names: Any = image_facts(ct_image(FrameIncrementPointer=pointer))["FrameIncrementPointer"]
    assert names[:2] == ["FrameTime", "FrameTimeVector"]
    assert 2 < len(names) < 20


@pytest.mark.parametrize(("vr", "value"), [("AT", None), ("LO", "FrameTime")])
def test_S08_a_frame_increment_pointer_that_cannot_be_understood_is_left_out(vr, value):
    dataset = ct_image()
    dataset.add_new("FrameIncrementPointer", vr, value)
    assert "FrameIncrementPointer" not in image_facts(dataset)


def test_ultrasound_regions_keep_their_units():
    region = item(
        RegionLocationMinX0=10, RegionLocationMaxX1=300, PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=4, PhysicalDeltaX=0.05,
        PhysicalDeltaY=0.001, ReferencePixelY0=100,
    )  # fmt: skip
    facts: Any = image_facts(ct_image(SequenceOfUltrasoundRegions=[region]))
    assert facts["SequenceOfUltrasoundRegions"] == [{
        "RegionLocationMinX0": 10, "RegionLocationMaxX1": 300, "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 4,
        "PhysicalDeltaX": 0.05, "PhysicalDeltaY": 0.001, "ReferencePixelY0": 100,
    }]  # fmt: skip


def enhanced(**more: Any) -> Dataset:
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.5], SliceThickness=2)],
        PixelValueTransformationSequence=[item(RescaleSlope=2, RescaleIntercept=-5, RescaleType="HU")],
    )
    frames = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, z])],
            FrameContentSequence=[item(DimensionIndexValues=[1, z + 1], StackID="1")],
        )
        for z in range(3)
    ]
    del frames[1]["PlanePositionSequence"]
    return ct_image(NumberOfFrames=3, SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=frames, **more)


def test_shared_groups_are_flat_and_frames_are_columns():
    facts = image_facts(enhanced())
    assert (facts["PixelSpacing"], facts["SliceThickness"], facts["RescaleSlope"], facts["RescaleType"]) == ([0.5, 0.5], 2.0, 2.0, "HU")
    assert facts["PerFrame"] == {
        "ImagePositionPatient": [[0.0, 0.0, 0.0], None, [0.0, 0.0, 2.0]],
        "DimensionIndexValues": [[1, 1], [1, 2], [1, 3]],
        "StackID": ["1", "1", "1"],
    }


def test_tiles_of_a_sparse_slide_have_their_places_packed():
    frames = [
        item(PlanePositionSlideSequence=[item(ColumnPositionInTotalImagePixelMatrix=column, RowPositionInTotalImagePixelMatrix=row)])
        for column, row in ((1, 1), (257, 1), (1, 513))
    ]
    slide = ct_image(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.77.1.6",
        NumberOfFrames=3,
        PixelData=bytes(96),
        DimensionOrganizationType="TILED_SPARSE",
        PerFrameFunctionalGroupsSequence=frames,
        OpticalPathSequence=[item(ObjectiveLensPower=20)],
    )
    facts: Any = image_facts(slide)
    for syntax in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"):
        for is_undefined in (True, False):
            slide["PerFrameFunctionalGroupsSequence"].is_undefined_length = is_undefined
            for frame in frames:
                frame.is_undefined_length_sequence_item = is_undefined
            slide.file_meta.TransferSyntaxUID = UID(syntax)
            read = read_object(FileSource(BytesIO(as_bytes(slide)))).dataset
            assert image_facts(read)["TilePositions"] == facts["TilePositions"]
    places = np.frombuffer(base64.b64decode(facts["TilePositions"]), "<i4").reshape(-1, 2)
    assert places.tolist() == [[0, 0], [256, 0], [0, 512]]
    assert facts["ObjectiveLensPower"] == 20.0
    assert "PerFrame" not in facts
    slide.DimensionOrganizationType = "TILED_FULL"
    assert "TilePositions" not in image_facts(slide)


@pytest.mark.parametrize(("vr", "value"), [("US", 36), ("UN", b"\x24\x00")])
def test_how_many_slices_a_mosaic_holds(vr, value):
    mosaic = ct_image(ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"])
    block = mosaic.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0A, vr, value)
    assert image_facts(mosaic)["ImagesInMosaic"] == 36
    mosaic.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    assert "ImagesInMosaic" not in image_facts(mosaic)
    assert "ImagesInMosaic" not in image_facts(ct_image(ImageType=["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]))
