"""Stacks (rule S03): split, sorted along the normal, and everything uneven said."""

from dataclasses import replace

import pytest

from tests.unit.image_records import AXIAL, CORONAL, SAGITTAL, MadeUpImage, record_of, records_of, slice_at
from viewer.core.stack import build_stacks, missing_numbers_note, spacing_notes

TILTED = [1.0, 0.0, 0.0, 0.0, 0.9483237, -0.3173047]


def numbers_of(images, stack):
    return [images[frame.image].instance_number for frame in stack.frames]


def test_S03_slices_are_sorted_along_the_normal_not_by_number():
    images = [slice_at(number, (0, 0, z)) for number, z in [(1, 10.0), (2, 0.0), (3, 15.0), (4, 5.0)]]
    (stack,) = build_stacks(images)
    assert numbers_of(images, stack) == [3, 1, 4, 2]  # from the head down
    assert [frame.position_mm for frame in stack.frames] == [15.0, 10.0, 5.0, 0.0]
    assert (stack.order, stack.notes) == ("space", ())


@pytest.mark.parametrize(
    ("orientation", "axis", "expected"),
    [(AXIAL, 2, [30.0, 20.0, 10.0]), (CORONAL, 1, [10.0, 20.0, 30.0]), (SAGITTAL, 0, [10.0, 20.0, 30.0])],
)
def test_S03_stacks_run_head_to_feet_front_to_back_right_to_left(orientation, axis, expected):
    places = [tuple(value if a == axis else 0.0 for a in range(3)) for value in (20.0, 10.0, 30.0)]
    (stack,) = build_stacks([slice_at(n, place, orientation) for n, place in enumerate(places, 1)])
    assert [frame.position_mm for frame in stack.frames] == expected


def test_S03_position_is_measured_along_the_normal_of_an_oblique_plane():
    # Normal of TILTED is (0, 0.3173, 0.9483): 10 mm of table give 9.483 mm between planes.
    (stack,) = build_stacks([slice_at(1, (0, 0, 0), TILTED), slice_at(2, (0, 0, 10), TILTED)])
    assert [frame.position_mm for frame in stack.frames] == [pytest.approx(9.483237, abs=1e-5), 0.0]


@pytest.mark.parametrize(
    ("difference", "words", "second"),
    [
        ({"EchoTime": 90.0}, ["TE 30 ms", "TE 90 ms"], [4, 3]),
        ({"DiffusionBValue": 1000.0}, ["b 0", "b 1000"], [4, 3]),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, ["original primary axial", "original primary localizer"], [4, 3]),
        ({"ImageOrientationPatient": CORONAL}, ["axial", "coronal"], [3, 4]),
        ({"FrameOfReferenceUID": "1.2.9"}, ["", ""], [4, 3]),
    ],
)
def test_S03_what_differs_is_split_and_named(difference, words, second):
    images = [slice_at(n, (0, n, n), EchoTime=30.0, DiffusionBValue=0.0, FrameOfReferenceUID="1.2.8") for n in (1, 2)]
    images += [replace(image, instance_number=n, facts=image.facts | difference) for n, image in enumerate(images, 3)]
    stacks = build_stacks(images)
    assert [numbers_of(images, stack) for stack in stacks] == [[2, 1], second]
    assert [" ".join(stack.words) for stack in stacks] == words
    assert len({stack.stack_id for stack in stacks}) == 2


def test_S03_another_matrix_is_another_stack():
    images = [slice_at(1, (0, 0, 0)), slice_at(2, (0, 0, 5)), replace(slice_at(3, (0, 0, 10)), rows=256, columns=256)]
    assert [stack.words for stack in build_stacks(images)] == [("512 × 512",), ("256 × 256",)]


def test_S06_pixels_of_another_size_are_another_stack():
    sizes = [[0.5, 0.5], [0.50001, 0.5], [0.9, 0.9], [0.5, 0.9]]
    images = [slice_at(n, (0, 0, -n), PixelSpacing=size) for n, size in enumerate(sizes, 1)]
    stacks = build_stacks(images)
    assert [numbers_of(images, stack) for stack in stacks] == [[1, 2], [3], [4]]
    assert [stack.words for stack in stacks] == [("pixels 0.5 × 0.5 mm",), ("pixels 0.9 × 0.9 mm",), ("pixels 0.5 × 0.9 mm",)]
    per_frame = [[0.5, 0.5], [0.9, 0.9]]
    volume = replace(
        slice_at(1, (0, 0, 0)), number_of_frames=2, facts=slice_at(1, (0, 0, 0)).facts | {"PerFrame": {"PixelSpacing": per_frame}}
    )
    assert [[frame.frame_index for frame in stack.frames] for stack in build_stacks([volume])] == [[0], [1]]
    magnified = [slice_at(n, (0, 0, n), ImagerPixelSpacing=[0.2, 0.2], EstimatedRadiographicMagnificationFactor=n) for n in (1, 2)]
    assert len(build_stacks(magnified)) == 2


def test_S03_half_a_degree_is_one_orientation_and_a_degree_is_two():
    def turned(number, degrees_cos, degrees_sin):
        return slice_at(number, (0, 0, number), [degrees_cos, degrees_sin, 0, -degrees_sin, degrees_cos, 0])

    near = [turned(1, 1.0, 0.0), turned(2, 0.99999, 0.00447)]  # a quarter of a degree
    far = [turned(1, 1.0, 0.0), turned(2, 0.99985, 0.01745)]  # one degree
    assert (len(build_stacks(near)), len(build_stacks(far))) == (1, 2)


def test_S03_a_rotating_series_stays_together_by_number_and_says_so():
    turns = [(1.0, 0.0), (0.866, 0.5), (0.5, 0.866), (0.0, 1.0)]
    images = [slice_at(n, (0, 0, 0), [c, s, 0, 0, 0, -1]) for n, (c, s) in enumerate(turns, 1)]
    (stack,) = build_stacks(images)
    assert numbers_of(images, stack) == [1, 2, 3, 4]
    assert stack.notes == ("each image has its own orientation: sorted by Instance Number",)


def test_S03_without_geometry_instance_number_sorts_and_it_is_said():
    images = [MadeUpImage(sop_instance_uid=f"1.{n}", instance_number=n) for n in (10, 9, 2)]
    (stack,) = build_stacks(images)
    assert numbers_of(images, stack) == [2, 9, 10]
    assert (stack.order, stack.notes) == ("number", ("sorted by Instance Number: no geometry",))
    assert stack.frames[0].position_mm is None


def test_S03_images_without_position_are_never_mixed_into_a_sorted_stack():
    lost = replace(slice_at(3, (0, 0, 0)), facts={**slice_at(3, (0, 0, 0)).facts, "ImagePositionPatient": None})
    images = [slice_at(1, (0, 0, 0)), slice_at(2, (0, 0, 5)), lost]
    assert [numbers_of(images, stack) for stack in build_stacks(images)] == [[2, 1], [3]]


def test_S03_doubled_positions_stay_in_view_and_are_said():
    images = [slice_at(n, (0, 0, z)) for n, z in enumerate([0.0, 5.0, 5.0, 10.0, 15.0, 15.0], 1)]
    (stack,) = build_stacks(images)
    assert len(stack.frames) == 6
    assert stack.notes == ("2 positions doubled",)


def test_S03_passes_over_the_same_positions_are_split_by_what_tells_them_apart():
    images = [
        slice_at(n, (0, 0, z), TemporalPositionIdentifier=t) for n, (t, z) in enumerate([(t, z) for t in (1, 2, 3) for z in (0.0, 5.0)], 1)
    ]
    stacks = build_stacks(images)
    assert [numbers_of(images, stack) for stack in stacks] == [[2, 1], [4, 3], [6, 5]]
    assert [stack.words for stack in stacks] == [
        ("Temporal Position Identifier 1",),
        ("Temporal Position Identifier 2",),
        ("Temporal Position Identifier 3",),
    ]


def test_S03_trigger_times_that_differ_by_slice_still_give_phases():
    # Phase by phase within a slice, and the heart beat a little faster at the second slice.
    times = [(0.0, [0, 40, 80]), (8.0, [0, 38, 77])]
    images, number = [], 0
    for z, triggers in times:
        for trigger in triggers:
            number += 1
            images.append(slice_at(number, (0, 0, z), TriggerTime=float(trigger)))
    stacks = build_stacks(images)
    assert [numbers_of(images, stack) for stack in stacks] == [[4, 1], [5, 2], [6, 3]]
    assert stacks[0].notes == ("3 passes over the same positions, told apart by Trigger Time",)
    assert stacks[1].words == ("pass 2 of 3",)


def test_S03_an_attribute_that_changes_with_every_slice_splits_nothing():
    images = [slice_at(n, (0, 0, 5.0 * n), AcquisitionNumber=n, ContentTime=f"1000{n:02}") for n in range(1, 6)]
    assert len(build_stacks(images)) == 1


def test_S03_one_position_over_time_is_one_stack_in_the_order_of_time():
    images = [slice_at(n, (0, 0, 0), TriggerTime=float(t)) for n, t in [(1, 80), (2, 0), (3, 40)]]
    (stack,) = build_stacks(images)
    assert numbers_of(images, stack) == [2, 3, 1]
    assert (stack.order, stack.notes) == ("time", ("3 images at one position, in order of Trigger Time",))


@pytest.mark.parametrize(
    ("positions", "notes"),
    [
        ([0, 5, 10, 15], []),
        ([0.0, 4.99, 10.01, 15.0], []),  # rounding of decimal strings
        ([0, 5, 10, 20, 25], ["gap of 10.0 mm after image 3: 1 slice of 5.0 mm missing"]),
        ([0, 5, 10, 25, 30], ["gap of 15.0 mm after image 3: 2 slices of 5.0 mm missing"]),
        ([0, 2, 4, 11.5, 19], ["uneven spacing 2.0–7.5 mm"]),
        ([0, 5, 10, 17], ["uneven spacing 5.0–7.0 mm"]),
        ([0, 5], []),
        ([], []),
        ([0, 0, 5, 10, 20], ["gap of 10.0 mm after image 4: 1 slice of 5.0 mm missing"]),  # a doubled position is not spacing
    ],
)
def test_S03_gaps_and_uneven_spacing_are_said(positions, notes):
    assert spacing_notes(positions) == notes


@pytest.mark.parametrize(
    ("numbers", "note"),
    [
        ([1, 2, 3, 4], ""),
        ([1, 2, 4, 5, 7], "Instance Numbers missing from the series: 3, 6"),
        ([10, 20, 30, 40], ""),  # a stride, no loss
        ([5, 6, 7], ""),
        ([*range(1, 11), *range(20, 31)], "Instance Numbers missing from the series: 11, 12, 13, 14, 15, 16, 17, 18 …"),
    ],
)
def test_S03_missing_instance_numbers_are_named(numbers, note):
    assert missing_numbers_note([MadeUpImage(instance_number=n) for n in numbers]) == note


def test_S03_frames_of_an_enhanced_image_are_sorted_by_their_own_positions():
    facts = {
        "ImageOrientationPatient": AXIAL,
        "PerFrame": {"ImagePositionPatient": [[0, 0, 10], [0, 0, 0], [0, 0, 5]], "StackID": ["1", "1", "1"]},
    }
    (stack,) = build_stacks([MadeUpImage(number_of_frames=3, facts=facts)])
    assert [(frame.frame_index, frame.position_mm) for frame in stack.frames] == [(0, 10.0), (2, 5.0), (1, 0.0)]


def test_a_stack_keeps_its_id_when_images_are_added():
    images = [slice_at(n, (0, 0, 5.0 * n), EchoTime=te) for n, te in [(1, 30.0), (2, 30.0), (3, 90.0)]]
    before = {stack.words: stack.stack_id for stack in build_stacks(images)}
    after = {stack.words: stack.stack_id for stack in build_stacks([*images, slice_at(4, (0, 0, 20), EchoTime=90.0)])}
    assert before == after


# --- real series ---


def test_S03_fmri_with_repeated_positions_becomes_a_stack_a_time_point(shared_data):
    images = records_of(shared_data / "radiology" / "mr-fmri-ge-multi-timepoint")
    stacks = build_stacks(images)
    assert [len(stack.frames) for stack in stacks] == [15, 15, 15, 15]
    assert numbers_of(images, stacks[1]) == list(range(30, 15, -1))  # written feet to head, shown head first
    positions = [frame.position_mm for frame in stacks[0].frames]
    assert (positions[0], positions[-1]) == (52.3125, -17.6875)
    assert stacks[0].notes == ("4 passes over the same positions, told apart by Instance Number",)


def test_S03_4d_ct_becomes_a_stack_a_time_point(shared_data):
    images = records_of(shared_data / "radiology" / "ct-4d-toshiba-76-tiny")
    stacks = build_stacks(images)
    assert [len(stack.frames) for stack in stacks] == [4] * 19
    assert stacks[18].words == ("Acquisition Number 19",)
    assert [frame.position_mm for frame in stacks[0].frames] == [-727.75, -728.25, -728.75, -729.25]
    assert all(stack.notes == () for stack in stacks)


def test_S03_4d_ct_as_one_object_a_volume_becomes_a_stack_a_time_point(shared_data):
    images = records_of(shared_data / "radiology" / "ct-4d-enhanced-toshiba-19-tiny")
    stacks = build_stacks(images)
    assert [{frame.image for frame in stack.frames} for stack in stacks] == [{index} for index in range(19)]
    assert [[frame.frame_index for frame in stack.frames] for stack in stacks] == [[3, 2, 1, 0]] * 19  # written feet to head
    assert [frame.position_mm for frame in stacks[7].frames] == [-727.75, -728.25, -728.75, -729.25]
    assert [stack.words for stack in stacks] == [(f"Acquisition Number {number}",) for number in range(1, 20)]


def test_S03_a_mosaic_says_what_it_is_and_has_no_place(shared_data):
    (stack,) = build_stacks([record_of(shared_data / "radiology" / "mr-siemens-mosaic-epi.dcm")])
    assert [frame.position_mm for frame in stack.frames] == [None]
    assert stack.notes == ("mosaic: 36 slices of 64 × 64 in one picture, their places in the patient unknown",)


def test_S03_mosaics_over_time_stay_in_order_of_time_apart_from_slices():
    mosaic = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
    sheets = [slice_at(n, (0, 0, 14.7), ImageType=mosaic, AcquisitionNumber=a) for n, a in [(1, 3), (2, 1), (3, 2)]]
    images = [*sheets, slice_at(4, (0, 0, 14.7), ImageType=["ORIGINAL", "PRIMARY", "M", "ND"])]
    first, second = build_stacks(images)
    assert (numbers_of(images, first), first.order) == ([2, 3, 1], "time")
    assert first.notes == (
        "3 images at one position, in order of Acquisition Number",
        "mosaic: many slices in one picture, their places in the patient unknown",
    )
    assert (first.words, numbers_of(images, second), second.words, second.notes) == (("mosaic",), [4], (), ())


def test_S03_a_tilted_unevenly_spaced_ct_says_both(shared_data):
    images = records_of(shared_data / "radiology" / "ct-head-ge-gantry-tilt-uneven-9-slices")
    (stack,) = build_stacks(images)
    assert numbers_of(images, stack) == [18, 17, 16, 15, 14, 13, 12, 11, 10]
    assert stack.notes == ("uneven spacing 1.1–7.0 mm", "gantry tilt 18.5°: slices are offset against each other")


def test_S03_an_even_ct_has_nothing_to_say(shared_data):
    (stack,) = build_stacks(records_of(shared_data / "radiology" / "ct-head-philips-28-slices"))
    assert (len(stack.frames), stack.notes, stack.words) == (28, (), ())


def test_S03_enhanced_frames_are_split_by_stack_echo_and_plane(shared_data):
    stacks = build_stacks([record_of(shared_data / "radiology" / "mr-enhanced-stacks-12-frames.dcm")])
    assert [(len(stack.frames), stack.words, stack.notes) for stack in stacks] == [
        (3, ("TE 108 ms", "stack 1", "axial"), ()),
        (6, ("TE 14 ms", "stack 1", "axial"), ("2 positions doubled",)),
        (3, ("TE 14 ms", "stack 2", "coronal"), ()),
    ]
