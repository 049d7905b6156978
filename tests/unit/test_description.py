"""Descriptions read from headers: what is stated, what is repaired, and what is refused."""

import io
import threading
import warnings
from typing import Any

import numpy as np
import pytest
from pydicom import examples
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from archive.core.dataset import quiet
from archive.core.description import Rescale, VoiWindow, describe_dataset, describe_image
from archive.core.facts import image_facts
from governance.core.faults import Malformed

XA, ENHANCED_XA = "1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.1.1"


def pixels(**attributes):
    ds = Dataset()
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = 2, 3, 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    for keyword, value in attributes.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def described(**attributes):
    return describe_dataset(pixels(**attributes), ExplicitVRLittleEndian)


def item(**attributes):
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("is_part10", [True, False])
def test_a_header_with_and_without_its_prefix(syntax, is_part10):
    ds = pixels(PixelRepresentation=1, PixelPaddingValue=-2000)
    ds.WindowCenter, ds.WindowWidth, ds.RescaleSlope, ds.RescaleIntercept = "40", "400", "1.5", "-1024"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    options = {"implicit_vr": syntax == ImplicitVRLittleEndian, "little_endian": syntax != ExplicitVRBigEndian}
    if is_part10:
        ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
        dcmwrite(buffer, ds, enforce_file_format=True)
    else:
        delattr(ds, "file_meta")
        dcmwrite(buffer, ds, **options)
    description = describe_image(buffer.getvalue(), syntax)
    assert (description.rows, description.columns, description.bits_stored, description.is_signed) == (2, 3, 12, True)
    assert description.windows_of(0) == (VoiWindow(40, 400),)
    assert description.rescale(0) == Rescale(1.5, -1024)
    assert description.dtype.str == np.dtype(np.int16).str
    assert description.padding == (-2000, -2000)


@pytest.mark.parametrize("keyword", ["Rows", "Columns", "BitsAllocated"])
def test_what_nothing_can_be_shown_without(keyword):
    with pytest.raises(Malformed):
        described(**{keyword: None})


def test_noise_is_malformed():
    for header in (b"", b"\0" * 100, bytes(range(256)) * 4, b"DICM" * 50):
        with pytest.raises(Malformed):
            describe_image(header, ExplicitVRLittleEndian)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, (12, 11)),
        ({"HighBit": 15}, (12, 15)),
        ({"HighBit": 4}, (12, 11)),
        ({"HighBit": 20}, (12, 11)),
        ({"BitsStored": 0}, (16, 15)),
        ({"BitsStored": 99}, (16, 15)),
        ({"BitsStored": None, "HighBit": None}, (16, 15)),
    ],
)
def test_bits_that_contradict_each_other_are_repaired(attributes, expected):
    description = described(**attributes)
    assert (description.bits_stored, description.high_bit) == expected


def test_windows_with_their_names_and_without_impossible_ones():
    description = described(
        WindowCenter=["40", "50", "60"], WindowWidth=["400", "0", "80"], WindowCenterWidthExplanation=["SOFT", "NONE", "BRAIN"]
    )
    assert description.windows_of(0) == (VoiWindow(40, 400, "SOFT"), VoiWindow(60, 80, "BRAIN"))
    assert described(WindowCenter="40").windows_of(0) == ()


def test_a_slope_of_zero_means_none():
    assert described(RescaleSlope="0", RescaleIntercept="5").rescale(0) == Rescale(1, 5)


def test_padding_range_in_the_wrong_vr():
    ds = pixels(PixelRepresentation=1)
    ds.add_new(0x00280120, "US", 63536)
    ds.add_new(0x00280121, "SS", -1000)
    assert describe_dataset(ds, ExplicitVRLittleEndian).padding == (-2000, -1000)


def test_floating_point_pixels_and_their_padding():
    attributes = {"BitsStored": None, "HighBit": None, "PixelRepresentation": None}
    description = described(BitsAllocated=32, FloatPixelPaddingValue=-1.5, **attributes)
    assert (description.pixel_kind, description.dtype, description.padding) == ("float", np.float32, (-1.5, -1.5))
    assert described(BitsAllocated=64, **attributes).dtype == np.float64


def frame(center, width, slope, intercept):
    return item(
        FrameVOILUTSequence=[item(WindowCenter=center, WindowWidth=width, VOILUTFunction="LINEAR_EXACT")],
        PixelValueTransformationSequence=[item(RescaleSlope=slope, RescaleIntercept=intercept)],
    )


def test_enhanced_frames_have_their_own_values():
    description = described(NumberOfFrames=2, PerFrameFunctionalGroupsSequence=[frame("10", "20", "1", "0"), frame("30", "40", "2", "5")])
    assert [description.windows_of(index) for index in (0, 1)] == [(VoiWindow(10, 20),), (VoiWindow(30, 40),)]
    assert [description.rescale(index) for index in (0, 1)] == [Rescale(1, 0), Rescale(2, 5)]
    assert description.voi_function_of(0) == "LINEAR_EXACT"
    with pytest.raises(Malformed):
        description.rescale(2)


def test_frames_from_what_intake_collected_are_the_same():
    ds = pixels(NumberOfFrames=2, PerFrameFunctionalGroupsSequence=[frame("10", "20", "1", "0"), frame("30", "40", "2", "5")])
    buffer = io.BytesIO()
    dcmwrite(buffer, ds, implicit_vr=False, little_endian=True)
    collected: Any = image_facts(ds)["PerFrame"]
    from_facts = describe_image(buffer.getvalue(), ExplicitVRLittleEndian, per_frame=collected)
    from_header = describe_image(buffer.getvalue(), ExplicitVRLittleEndian)
    for description in (from_facts, from_header):
        assert description.windows == ((VoiWindow(10, 20),), (VoiWindow(30, 40),))
        assert description.rescales == (Rescale(1, 0), Rescale(2, 5))
        assert description.voi_function_of(0) == "LINEAR_EXACT"


def test_equal_frames_are_kept_once_and_shared_groups_serve_all():
    same = described(NumberOfFrames=2, PerFrameFunctionalGroupsSequence=[frame("10", "20", "1", "0"), frame("10", "20", "1", "0")])
    shared = described(NumberOfFrames=500, SharedFunctionalGroupsSequence=[frame("10", "20", "3", "4")])
    assert len(same.windows) == len(same.rescales) == 1
    assert shared.rescale(499) == Rescale(3, 4)


def test_lookup_tables_and_their_signed_inputs():
    lut = item(LUTDescriptor=[3, 65534, 16], LUTData=[1, 2, 3], ModalityLUTType="US")
    signed = described(PixelRepresentation=1, ModalityLUTSequence=[lut])
    unsigned = described(ModalityLUTSequence=[lut], VOILUTSequence=[lut])
    assert signed.modality_lut is not None
    assert unsigned.modality_lut is not None
    assert (signed.modality_lut.first_mapped, unsigned.modality_lut.first_mapped) == (-2, 65534)
    assert unsigned.voi_luts[0].entries.tolist() == [1, 2, 3]
    with pytest.raises(Malformed):
        described(ModalityLUTSequence=[item(LUTDescriptor=[300, 0, 16], LUTData=[1, 2, 3])])


def test_S09_intensity_relationship_of_classic_and_enhanced_angiograms():
    classic = described(SOPClassUID=XA, PixelIntensityRelationship="LOG")
    groups = [item(FramePixelDataPropertiesSequence=[item(PixelIntensityRelationship="DISP")])]
    enhanced = described(SOPClassUID=ENHANCED_XA, SharedFunctionalGroupsSequence=groups)
    assert classic.is_log_or_disp_angiogram
    assert enhanced.is_log_or_disp_angiogram
    assert not described(SOPClassUID=XA, PixelIntensityRelationship="LIN").is_log_or_disp_angiogram
    assert not described(PixelIntensityRelationship="LOG").is_log_or_disp_angiogram


def test_S05_stated_loss():
    description = described(LossyImageCompression="01", LossyImageCompressionRatio=["2.5", "10"])
    assert (description.is_lossy, description.lossy_ratio) == (True, 10)
    assert (described().is_lossy, described().lossy_ratio) == (False, None)


def test_pydicoms_palette_example():
    description = describe_dataset(examples.palette_color, ExplicitVRLittleEndian)
    assert description.palette is not None
    assert [len(table.entries) for table in description.palette] == [256, 256, 256]


def test_silence_over_threads_leaves_the_filters_as_they_were():
    before = list(warnings.filters)
    first_is_in, second_is_in, first_is_out = threading.Event(), threading.Event(), threading.Event()

    def first():
        with quiet():
            first_is_in.set()
            assert second_is_in.wait(10)
        first_is_out.set()

    def second():
        assert first_is_in.wait(10)
        with quiet():
            second_is_in.set()
            assert first_is_out.wait(10)
            warnings.warn("still silent", stacklevel=1)

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert list(warnings.filters) == before
