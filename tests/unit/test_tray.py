"""What a series offers: clips of their own, stacks, slides, and named objects that can't be drawn yet."""

from dataclasses import replace

import pytest

from tests.unit.image_records import MadeUpImage, record_of, records_of, slice_at
from viewer.core.tray import WHOLE_SLIDE, items_of_series, object_words

US_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"


def kinds_of(modality, images):
    return [(item.kind, len(item.frames)) for item in items_of_series(modality, images)]


def test_every_clip_and_still_of_ultrasound_is_its_own_item():
    clip = MadeUpImage(sop_class_uid=US_MULTI_FRAME, number_of_frames=60, facts={"FrameTime": 33.3})
    images = [
        replace(clip, sop_instance_uid="1.2", instance_number=2),
        replace(clip, sop_instance_uid="1.1", instance_number=1, number_of_frames=48),
        MadeUpImage(sop_instance_uid="1.3", instance_number=3),
    ]
    items = items_of_series("US", images)
    assert [(item.kind, item.stack_id, len(item.frames)) for item in items] == [
        ("clip", "1.1", 48),
        ("clip", "1.2", 60),
        ("image", "1.3", 1),
    ]
    assert items[0].cine is not None
    assert items[0].cine.source == "Frame Time (0018,1063)"


def test_slices_go_together_and_projections_stand_alone():
    slices = [slice_at(n, (0, 0, 5.0 * n)) for n in (1, 2, 3)]
    assert kinds_of("CT", slices) == [("stack", 3)]
    assert kinds_of("DX", [MadeUpImage(instance_number=n) for n in (1, 2)]) == [("image", 1), ("image", 1)]


def test_S06_what_carries_ultrasound_regions_stands_alone_whatever_its_modality():
    images = [MadeUpImage(f"1.{n}", instance_number=n, facts={"SequenceOfUltrasoundRegions": [{"PhysicalDeltaX": n}]}) for n in (1, 2)]
    assert kinds_of("OT", images) == [("image", 1), ("image", 1)]


def test_S08_a_run_over_something_that_is_not_time_is_a_stack_without_cine_and_says_why():
    (item,) = items_of_series("NM", [MadeUpImage(number_of_frames=13, facts={"FrameIncrementPointer": "SliceVector"})])
    assert (item.kind, item.cine) == ("stack", None)
    assert item.notes == ("frames follow SliceVector, which is not time: no cine",)


def test_S08_a_run_without_any_clock_is_a_clip_only_where_things_move():
    run = [MadeUpImage(number_of_frames=10)]
    assert kinds_of("US", run) == [("clip", 10)]
    (item,) = items_of_series("OT", run)
    assert item.kind == "stack"
    assert item.cine is not None
    assert item.cine.is_assumed


def test_S08_slices_at_one_position_over_time_can_be_played():
    images = [slice_at(n, (0, 0, 0), TriggerTime=40.0 * n, CineRate=25) for n in (1, 2, 3)]
    (item,) = items_of_series("MR", images)
    assert item.cine is not None
    assert (item.cine.source, item.cine.frame_time_ms) == ("Cine Rate (0018,0040)", 40.0)


def test_S03_missing_instance_numbers_are_said_with_the_stack():
    images = [slice_at(n, (0, 0, 5.0 * n)) for n in (1, 2, 3, 5)]
    (item,) = items_of_series("CT", images)
    assert item.notes == ("gap of 10.0 mm after image 1: 1 slice of 5.0 mm missing", "Instance Numbers missing from the series: 4")


def test_a_slide_is_one_item_and_its_label_another_and_its_thumbnail_none():
    def level(number, flavour, frames):
        facts = {"ImageType": ["DERIVED", "PRIMARY", flavour, "NONE"]}
        return MadeUpImage(f"1.{number}", WHOLE_SLIDE, instance_number=number, number_of_frames=frames, facts=facts)

    images = [level(1, "VOLUME", 100), level(2, "VOLUME", 4), level(3, "LABEL", 1), level(4, "OVERVIEW", 1), level(5, "THUMBNAIL", 1)]
    items = items_of_series("SM", images)
    assert [(item.kind, item.images, item.words) for item in items] == [
        ("slide", (0, 1), ()),
        ("image", (2,), ("label",)),
        ("image", (3,), ("overview",)),
    ]


@pytest.mark.parametrize(
    ("sop_class", "name", "reason"),
    [
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "12-lead ECG", "Viewbox can't draw ECGs yet"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "PDF document", "Viewbox can't show PDF documents yet"),
        ("1.2.840.10008.5.1.4.1.1.88.33", "Structured report", "Viewbox can't show structured reports yet"),
        ("1.2.840.10008.5.1.4.1.1.88.59", "Key object selection", "a selection holds no picture: its key images are marked in the tray"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "Presentation state", "a presentation state holds no picture: it says how others are shown"),
        ("1.2.840.10008.5.1.4.1.1.66.4", "Segmentation", "Viewbox can't draw segmentations yet"),
        ("1.2.840.10008.5.1.4.1.1.66", "Raw data", "raw data holds no picture"),
        ("1.2.840.10008.5.1.4.1.1.481.2", "RT dose", "Viewbox can't draw dose yet"),
        ("1.2.840.10008.5.1.4.1.1.79.1", "Macular Grid Thickness and Volume Report", "the object holds no picture that Viewbox can draw"),
        ("1.3.6.1.4.1.9999.1", "Private object", "the object holds no picture that Viewbox can draw"),
    ],
)
def test_what_cannot_be_drawn_has_a_name_and_a_reason(sop_class, name, reason):
    image = MadeUpImage(sop_class_uid=sop_class, rows=0, columns=0, number_of_frames=0)
    (item,) = items_of_series("OT", [image])
    assert item.object is not None
    assert (item.kind, item.object.name, item.object.reason) == ("object", name, reason)


def test_a_segmentation_is_an_object_although_it_has_pixels_and_a_video_too():
    assert object_words(MadeUpImage(sop_class_uid="1.2.840.10008.5.1.4.1.1.66.4", number_of_frames=20)) is not None
    video = object_words(MadeUpImage(transfer_syntax_uid="1.2.840.10008.1.2.4.102", number_of_frames=300))
    assert video is not None
    assert video.name == "Video"
    assert object_words(MadeUpImage(sop_class_uid="1.2.840.10008.5.1.4.1.1.481.1")) is None  # RT Image is a picture


# --- real files ---


@pytest.mark.parametrize(
    ("path", "modality", "kind", "frames", "source"),
    [
        ("cine/us-echo-acuson-65-frames-ybr422-jpeg.dcm", "US", "clip", 65, "Frame Time Vector (0018,1065)"),
        ("cine/us-echo-sonosite-30-frames-ybr422-jpeg.dcm", "US", "clip", 30, "Frame Time (0018,1063)"),
        ("cine/mr-heart-16-frames-mr-class.dcm", "MR", "clip", 16, "Frame Time (0018,1063)"),
        ("radiology/xa-coronary-96-frames-jpeg-baseline.dcm", "XA", "clip", 96, "Frame Time (0018,1063)"),
        ("radiology/nm-cardiac-gated-13-frames.dcm", "NM", "stack", 13, None),
        ("radiology/mr-enhanced-original-before-agfa-25-frames.dcm", "MR", "stack", 25, None),
    ],
)
def test_S08_real_runs(shared_data, path, modality, kind, frames, source):
    (item,) = items_of_series(modality, [record_of(shared_data / path)])
    assert (item.kind, len(item.frames), item.cine.source if item.cine else None) == (kind, frames, source)


def test_S03_slices_without_geometry_stay_in_stored_order_and_it_is_said(shared_data):
    (item,) = items_of_series("MR", [record_of(shared_data / "radiology" / "mr-enhanced-metabolite-maps-256-frames.dcm")])
    assert (item.kind, [frame.frame_index for frame in item.frames]) == ("stack", list(range(256)))
    assert item.notes[-1] == "frames in stored order: no geometry"


def test_a_presentation_state_beside_its_images_is_an_object(shared_data):
    images = records_of(shared_data / "radiology" / "mr-liver-philips-25-slices-with-gsps")
    items = items_of_series("MR", images)
    assert [(item.kind, len(item.images)) for item in items] == [("stack", 25), ("object", 1)]
