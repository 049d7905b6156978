"""The clock of a loop (rule S08; PS3.3 C.7.6.5, C.7.6.6)."""

import pytest

from archive.core.facts import image_facts
from tests.small_objects import ct_image
from viewer.core.cine_clock import Stage, clock_of, pointer_words


def test_S08_the_pointer_names_the_clock():
    clock = clock_of({"FrameIncrementPointer": "FrameTime", "FrameTime": 40.0, "CineRate": 12, "RecommendedDisplayFrameRate": 15}, 60)
    assert clock is not None
    assert clock.as_json() == {
        "times_ms": None,
        "frame_time_ms": 40.0,
        "rate": 25.0,
        "source": "Frame Time (0018,1063)",
        "assumed": False,
        "start": 1,
        "stop": 60,
        "sequencing": "looping",
        "r_waves_ms": None,
        "stage": None,
    }


@pytest.mark.parametrize("pointer", ["FrameTimeVector", "00181065"])
def test_S08_a_vector_gives_each_frame_its_own_time(pointer):
    clock = clock_of({"FrameIncrementPointer": pointer, "FrameTimeVector": [0, 30, 50, 40], "FrameTime": 99.0}, 4)
    assert clock is not None
    assert clock.times_ms == (0.0, 30.0, 80.0, 120.0)
    assert clock.frame_time_ms == 40.0
    assert clock.source == "Frame Time Vector (0018,1065)"


def test_S08_a_vector_starts_at_zero_even_where_its_first_increment_is_not():
    clock = clock_of({"FrameIncrementPointer": "FrameTimeVector", "FrameTimeVector": [33, 33, 33]}, 3)
    assert clock is not None
    assert clock.times_ms == (0.0, 33.0, 66.0)


@pytest.mark.parametrize(
    ("vector", "note"),
    [
        ([0, 30, 30], "Frame Time Vector (0018,1065) has 3 values for 4 frames: not used"),
        ([0, 30, -30, 30], "Frame Time Vector (0018,1065) does not run forward: not used"),
        (None, "Frame Time Vector (0018,1065) is absent: not used"),
    ],
)
def test_S08_a_vector_that_cannot_be_used_is_said_and_the_next_source_taken(vector, note):
    clock = clock_of({"FrameIncrementPointer": "FrameTimeVector", "FrameTimeVector": vector, "CineRate": 20}, 4)
    assert clock is not None
    assert (clock.times_ms, clock.frame_time_ms, clock.source) == (None, 50.0, "Cine Rate (0018,0040)")
    assert clock.notes == (note,)


@pytest.mark.parametrize(
    ("facts", "rate", "source"),
    [
        ({"FrameTime": 50.0, "CineRate": 12}, 20.0, "Frame Time (0018,1063)"),
        ({"CineRate": 12, "RecommendedDisplayFrameRate": 15}, 12.0, "Cine Rate (0018,0040)"),
        ({"RecommendedDisplayFrameRate": 15}, 15.0, "Recommended Display Frame Rate (0008,2144)"),
        ({"FrameTime": 0, "CineRate": 0, "RecommendedDisplayFrameRate": 15}, 15.0, "Recommended Display Frame Rate (0008,2144)"),
        ({"FrameIncrementPointer": "FrameTime", "RecommendedDisplayFrameRate": 15}, 15.0, "Recommended Display Frame Rate (0008,2144)"),
    ],
)
def test_S08_without_a_usable_pointer_the_sources_follow_in_order(facts, rate, source):
    clock = clock_of(facts, 10)
    assert clock is not None
    assert clock.as_json()["rate"] == pytest.approx(rate)
    assert (clock.source, clock.is_assumed) == (source, False)


def test_S08_with_no_rate_thirty_frames_a_second_are_assumed_and_said():
    clock = clock_of({}, 10)
    assert clock is not None
    assert clock.is_assumed
    assert clock.as_json()["rate"] == pytest.approx(30.0)
    assert "assumed" in clock.source


@pytest.mark.parametrize("pointer", ["SliceVector", "00540010", "PageNumberVector", ["FrameTime", "SliceVector"]])
def test_S08_a_pointer_to_something_that_is_not_time_makes_no_cine(pointer):
    assert clock_of({"FrameIncrementPointer": pointer, "FrameTime": 40.0, "CineRate": 25}, 10) is None
    assert pointer_words({"FrameIncrementPointer": pointer}) in {"SliceVector", "00540010", "PageNumberVector"}


@pytest.mark.parametrize("first", [0x00181063, 0x00181065])
def test_S08_an_object_whose_pointer_goes_on_to_something_that_is_not_time_makes_no_cine(first):
    stored = ct_image(FrameIncrementPointer=[first, 0x00540070], FrameTime=40, FrameTimeVector=[0, 30, 50, 40], CineRate=25)
    facts = image_facts(stored)
    assert clock_of(facts, 4) is None
    assert pointer_words(facts) == "TimeSlotVector"
    stored.FrameIncrementPointer = first
    assert clock_of(image_facts(stored), 4) is not None


def test_S08_of_both_kinds_of_time_the_one_of_each_frame_counts():
    stored = ct_image(FrameIncrementPointer=[0x00181063, 0x00181065], FrameTime=40, FrameTimeVector=[0, 30, 50, 40])
    clock = clock_of(image_facts(stored), 4)
    assert clock is not None
    assert (clock.times_ms, clock.source) == ((0.0, 30.0, 80.0, 120.0), "Frame Time Vector (0018,1065)")


def test_S08_a_single_frame_is_no_loop():
    assert clock_of({"FrameTime": 40.0}, 1) is None


def test_S08_trims_and_sequencing_apply():
    clock = clock_of({"FrameTime": 40.0, "StartTrim": 5, "StopTrim": 20, "PreferredPlaybackSequencing": 1}, 30)
    assert clock is not None
    assert (clock.start, clock.stop, clock.sequencing) == (5, 20, "sweeping")


@pytest.mark.parametrize("trims", [{"StartTrim": 0, "StopTrim": 20}, {"StartTrim": 5, "StopTrim": 31}, {"StartTrim": 9, "StopTrim": 3}])
def test_S08_trims_outside_the_frames_are_said_and_not_used(trims):
    clock = clock_of({"FrameTime": 40.0, **trims}, 30)
    assert clock is not None
    assert (clock.start, clock.stop) == (1, 30)
    assert clock.notes == (f"Start and Stop Trim {trims['StartTrim']}–{trims['StopTrim']} lie outside the 30 frames: not used",)


def test_S08_heart_beats_and_the_stage_of_a_stress_test_are_passed_on():
    dataset = ct_image(NumberOfFrames=40, FrameTime="40")
    dataset.RWaveTimeVector = [96.0, 929.333]
    dataset.StageName, dataset.StageNumber, dataset.ViewName = "PEAK", 3, "Apical 4 chamber"
    clock = clock_of(image_facts(dataset), 40)
    assert clock is not None
    assert clock.r_waves_ms == pytest.approx((96.0, 929.333))
    assert clock.stage == Stage("PEAK", 3, "Apical 4 chamber")
    assert clock.as_json()["stage"] == {"name": "PEAK", "number": 3, "view": "Apical 4 chamber"}


@pytest.mark.parametrize("waves", [[900.0, 100.0], [100.0, 100.0], [-5.0, 800.0], ["x", 2]])
def test_S08_beats_that_do_not_run_forward_are_said_and_not_used(waves):
    clock = clock_of({"FrameTime": 40.0, "RWaveTimeVector": waves}, 30)
    assert clock is not None
    assert clock.r_waves_ms is None
    assert clock.notes == ("R Wave Time Vector (0018,6060) does not run forward: not used",)


@pytest.mark.parametrize(("facts", "stage"), [({"StageNumber": 2}, Stage("", 2, "")), ({"StageName": "REST"}, Stage("REST", None, ""))])
def test_S08_a_stage_may_have_a_number_or_a_name_alone(facts, stage):
    clock = clock_of({"FrameTime": 40.0, **facts}, 30)
    assert clock is not None
    assert clock.stage == stage
