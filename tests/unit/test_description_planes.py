"""Overlays, shutters, masks and profiles as they are read from headers, whole and damaged."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian

from archive.core.description import MaskOperation, OverlayPlane, PixelShift, Shutter, describe_dataset, describe_image
from governance.core.faults import Malformed
from tests.unit.test_description import item, pixels

ADOBE_RGB = bytes(imagecodecs.cms_profile("adobergb"))


def header_of(ds, *, little_endian=True, implicit_vr=False):
    buffer = io.BytesIO()
    dcmwrite(buffer, ds, implicit_vr=implicit_vr, little_endian=little_endian)
    return buffer.getvalue()


def with_overlay(ds, group=0x6000, data=b"\x21\x84", **values):
    elements = {"rows": (0x10, "US", 4), "columns": (0x11, "US", 4), "kind": (0x40, "CS", "G"), "origin": (0x50, "SS", [2, -3])}
    elements |= {"bits": (0x100, "US", 1), "position": (0x102, "US", 0), "frames": (0x15, "IS", None), "first": (0x51, "US", None)}
    for name, (element, vr, value) in elements.items():
        value = values.get(name, value)
        if value is not None:
            ds.add_new((group, element), vr, value)
    if data is not None:
        ds.add_new((group, 0x3000), "OW", data)
    return ds


def overlays_of(ds, **encoding):
    return describe_image(header_of(ds, **encoding), ExplicitVRLittleEndian).overlays


def test_an_overlay_points_at_its_bits():
    header = header_of(with_overlay(pixels()))
    (plane,) = describe_image(header, ExplicitVRLittleEndian).overlays
    assert (plane.group, plane.rows, plane.columns, plane.row, plane.column) == (0x6000, 4, 4, 1, -4)
    assert (plane.is_region, plane.number_of_frames, plane.bit_position) == (False, 0, None)
    assert header[plane.data_offset : plane.data_offset + plane.data_length] == b"\x21\x84"


@pytest.mark.parametrize(("little_endian", "implicit_vr", "swapped"), [(True, True, False), (True, False, False), (False, False, True)])
def test_overlays_in_every_encoding(little_endian, implicit_vr, swapped):
    syntax = ExplicitVRLittleEndian if little_endian else "1.2.840.10008.1.2.2"
    header = header_of(with_overlay(pixels(), kind="R"), little_endian=little_endian, implicit_vr=implicit_vr)
    (plane,) = describe_image(header, syntax).overlays
    assert (plane.rows, plane.is_region, plane.is_word_swapped) == (4, True, swapped)


def test_overlays_after_groups_of_frames_that_facts_make_needless_to_read():
    ds = pixels(PerFrameFunctionalGroupsSequence=[item(FrameContentSequence=[item(StackID="1")])])
    header = header_of(with_overlay(ds))
    assert len(describe_image(header, ExplicitVRLittleEndian, per_frame={}).overlays) == 1


def test_frames_of_an_overlay():
    (plane,) = overlays_of(with_overlay(pixels(), data=bytes(6), frames="3", first=2))
    assert [plane.frame_of(index) for index in range(5)] == [None, 0, 1, 2, None]
    assert OverlayPlane(0x6000, 1, 1).frame_of(7) == 0


@pytest.mark.parametrize(
    "values",
    [{"rows": 0}, {"rows": None}, {"rows": 5}, {"frames": "2"}, {"data": None}, {"data": None, "bits": 16, "position": 3}, {"data": b""}],
)
def test_overlays_that_cannot_be_drawn_are_left_out(values):
    assert overlays_of(with_overlay(pixels(), **values)) == ()


@pytest.mark.parametrize(("position", "is_overlay"), [(0, False), (11, False), (12, True), (15, True), (16, False)])
def test_bits_of_the_image_are_no_overlay(position, is_overlay):
    found = overlays_of(with_overlay(pixels(), data=None, bits=16, position=position))
    assert [plane.bit_position for plane in found] == ([position] if is_overlay else [])


def test_an_image_without_overlays_whose_bytes_look_like_one():
    assert overlays_of(pixels(ImageComments="\x60\x10\x60\x10")) == ()


def test_masks():
    sequence = [
        item(MaskOperation="AVG_SUB", MaskFrameNumbers=[1, 2], ApplicableFrameRange=[3, 9, 12, 20], ContrastFrameAveraging=2),
        item(MaskOperation="TID", TIDOffset=None, MaskSubPixelShift=[0.5, -1.25], MaskOperationExplanation="late"),
        item(MaskOperation="NONE"),
        item(MaskOperation="AVG_SUB"),
        item(MaskOperation="AVG_SUB", MaskFrameNumbers=list(range(1, 100))),
        item(MaskOperation="REV_TID", TIDOffset=1),
    ]
    description = describe_dataset(pixels(MaskSubtractionSequence=sequence, RecommendedViewingMode="SUB"), ExplicitVRLittleEndian)
    assert description.masks == (
        MaskOperation("AVG_SUB", ranges=((3, 9), (12, 20)), mask_frames=(1, 2), contrast_frames=2),
        MaskOperation("TID", shift=(0.5, 1.25), explanation="late"),
    )
    assert description.is_subtraction_recommended


def test_pixel_shifts_of_frames():
    shifts = [item(FramePixelShiftSequence=[item(SubtractionItemID=1, MaskSubPixelShift=[row, 0.0])]) for row in (1.0, 2.0)]
    ds = pixels(SharedFunctionalGroupsSequence=[item()], PerFrameFunctionalGroupsSequence=shifts)
    description = describe_dataset(ds, ExplicitVRLittleEndian)
    assert [description.pixel_shifts_of(index) for index in (0, 1)] == [(PixelShift(1, (1.0, 0.0)),), (PixelShift(1, (2.0, 0.0)),)]


def test_shutters():
    ds = pixels(ShutterShape=["CIRCULAR", "POLYGONAL", "RECTANGULAR"], CenterOfCircularShutter=[5, 6], RadiusOfCircularShutter=7)
    ds.VerticesOfThePolygonalShutter, ds.ShutterPresentationValue = [1, 2, 3, 4, 5], 70_000 % 65_536
    (shutter,) = describe_dataset(ds, ExplicitVRLittleEndian).shutters
    assert shutter == Shutter(circle=(5, 6, 7), presentation_value=4464)
    assert describe_dataset(pixels(ShutterShape="ELLIPTICAL"), ExplicitVRLittleEndian).shutters == (None,)


def test_profiles_of_images_and_of_optical_paths():
    for ds in (pixels(ICCProfile=ADOBE_RGB), pixels(OpticalPathSequence=[item(), item(ICCProfile=ADOBE_RGB)])):
        profile = describe_dataset(ds, ExplicitVRLittleEndian).colour_profile
        assert profile is not None
        assert profile.name == "Adobe RGB (compatible)"
    assert describe_dataset(pixels(ICCProfile=b"none"), ExplicitVRLittleEndian).colour_profile is None


@pytest.mark.parametrize(
    ("attributes", "aspect"),
    [
        ({}, 1.0),
        ({"PixelAspectRatio": [4, 3]}, 4 / 3),
        ({"PixelSpacing": ["0.5", "0.25"], "PixelAspectRatio": [1, 1]}, 2.0),
        ({"ImagerPixelSpacing": ["0.1", "0.2"]}, 0.5),
        ({"PixelSpacing": ["0", "1"]}, 1.0),
    ],
)
def test_pixel_aspects(attributes, aspect):
    assert describe_dataset(pixels(**attributes), ExplicitVRLittleEndian).pixel_aspect == pytest.approx(aspect)


def test_damaged_headers_are_described_or_refused_never_worse():
    ds = with_overlay(
        pixels(
            ShutterShape=["CIRCULAR", "RECTANGULAR"],
            CenterOfCircularShutter=[5, 6],
            RadiusOfCircularShutter=7,
            MaskSubtractionSequence=[item(MaskOperation="AVG_SUB", MaskFrameNumbers=[1, 2], MaskSubPixelShift=[0.5, 1.0])],
            OpticalPathSequence=[item(ICCProfile=ADOBE_RGB)],
            WindowCenter=["40", "50"],
            WindowWidth=["400", "500"],
        )
    )
    whole = header_of(ds)
    generator = np.random.default_rng(17)
    described = 0
    for _ in range(400):
        damaged = bytearray(whole[: generator.integers(40, len(whole) + 1)])
        for place in generator.integers(0, len(damaged), generator.integers(1, 12)):
            damaged[place] = generator.integers(256)
        try:
            describe_image(bytes(damaged), ExplicitVRLittleEndian)
            described += 1
        except Malformed:
            continue
    assert described > 20


def test_empty_items_are_read():
    ds = pixels(MaskSubtractionSequence=[Dataset()], SharedFunctionalGroupsSequence=[item(FrameDisplayShutterSequence=[Dataset()])])
    description = describe_dataset(ds, ExplicitVRLittleEndian)
    assert (description.masks, description.shutters) == ((), (None,))


@pytest.mark.parametrize("vr", [b"UN", b"OB"])
def test_sequences_that_are_none_are_not_there(vr):
    header = header_of(pixels())
    for group, element in ((0x28, 0x3010), (0x28, 0x6100), (0x48, 0x0105), (0x5200, 0x9229), (0x5200, 0x9230)):
        header += struct.pack("<HH2sHL", group, element, vr, 0, 4) + b"\1\2\3\4"
    description = describe_image(header, ExplicitVRLittleEndian)
    assert (description.masks, description.colour_profile, description.voi_luts) == ((), None, ())
