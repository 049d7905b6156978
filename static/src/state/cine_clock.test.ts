import { describe, expect, it } from "vitest";
import type { CineDocument } from "../net/documents";
import {
  beatOf,
  beatsOf,
  clockOf,
  droppedBetween,
  indexInStep,
  indexOf,
  ordinalAt,
  ordinalOf,
  ownPlayback,
  type Playback,
  playbackWords,
  rateWords,
  stepWords,
} from "./cine_clock";

const REGULAR: CineDocument = {
  times_ms: null,
  frame_time_ms: 50,
  rate: 20,
  source: "Frame Time (0018,1063)",
  assumed: false,
  start: 1,
  stop: 4,
  sequencing: "looping",
};
const shown = (cine: CineDocument, count: number, times: number[], speed = 1, playback = ownPlayback(cine, count)) => {
  const clock = clockOf(cine, count, playback);
  return times.map((time) => indexOf(clock, ordinalAt({ clock, startedAtMs: 1000, firstOrdinal: 0, speed }, 1000 + time)));
};

describe("cine clock", () => {
  it("test_S08_frame_time_gives_the_frame_due_at_each_moment", () => {
    expect(shown(REGULAR, 4, [0, 49, 50, 99, 100, 199, 200, 250])).toEqual([0, 0, 1, 1, 2, 3, 0, 1]);
  });

  it("test_S08_frame_time_vector_is_followed", () => {
    const cine = { ...REGULAR, times_ms: [0, 10, 110, 130], frame_time_ms: 40, stop: 4 };
    expect(shown(cine, 4, [0, 9, 10, 109, 110, 129, 130, 169, 170])).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 0]);
  });

  it("test_S08_trim_and_sweeping_apply", () => {
    expect(shown({ ...REGULAR, start: 2, stop: 3 }, 4, [0, 50, 100, 150])).toEqual([1, 2, 1, 2]);
    const there_and_back = [0, 1, 2, 3, 4, 5, 6].map((step) => step * 50);
    expect(shown({ ...REGULAR, sequencing: "sweeping" }, 4, there_and_back)).toEqual([0, 1, 2, 3, 2, 1, 0]);
  });

  it("test_S08_after_an_hour_the_clock_has_not_slipped", () => {
    const cine = { ...REGULAR, frame_time_ms: 1000 / 30, rate: 30, stop: 60 };
    const hour = 3_600_000;
    const clock = clockOf(cine, 60);
    const running = { clock, startedAtMs: 0, firstOrdinal: 0, speed: 1 };
    expect(ordinalAt(running, hour + 1)).toBe(108_000);
    expect(indexOf(clock, ordinalAt(running, hour + 40))).toBe(1);
  });

  it("test_S08_late_frames_are_counted", () => {
    expect(droppedBetween(null, 7)).toBe(0);
    expect(droppedBetween(7, 8)).toBe(0);
    expect(droppedBetween(7, 11)).toBe(3);
  });

  it("plays at the chosen speed and goes on from a frame", () => {
    expect(shown(REGULAR, 4, [0, 50, 100, 200], 0.5)).toEqual([0, 0, 1, 2]);
    const clock = clockOf(REGULAR, 4);
    const running = { clock, startedAtMs: 0, firstOrdinal: ordinalOf(clock, 2), speed: 1 };
    expect([0, 50, 100].map((time) => indexOf(clock, ordinalAt(running, time)))).toEqual([2, 3, 0]);
  });

  it("test_S08_says_where_the_rate_comes_from", () => {
    expect(rateWords(REGULAR)).toBe("50 ms from Frame Time (0018,1063)");
    expect(rateWords({ ...REGULAR, assumed: true, rate: 30 })).toBe("30 frames/s assumed");
    expect(rateWords({ ...REGULAR, frame_time_ms: 1000 / 30 })).toBe("33.33 ms from Frame Time (0018,1063)");
  });
});

describe("part of a loop", () => {
  const part: Playback = { first: 1, last: 3, bounce: false, beatMs: null };

  it("test_S08_a_range_plays_its_frames_for_as_long_as_each_lasts", () => {
    expect(shown(REGULAR, 6, [0, 50, 100, 150, 200], 1, part)).toEqual([1, 2, 3, 1, 2]);
    const uneven = { ...REGULAR, times_ms: [0, 10, 110, 130, 200, 210] };
    expect(shown(uneven, 6, [0, 99, 100, 119, 120, 189, 190], 1, part)).toEqual([1, 1, 2, 2, 3, 3, 1]);
  });

  it("test_S08_a_range_goes_there_and_back_without_showing_its_ends_twice", () => {
    const times = [0, 50, 100, 150, 200];
    expect(shown(REGULAR, 6, times, 1, { ...part, bounce: true })).toEqual([1, 2, 3, 2, 1]);
    expect(shown(REGULAR, 6, times, 1, { ...part, first: 3, bounce: true })).toEqual([3, 3, 3, 3, 3]);
  });

  it("says what plays otherwise than the image asks", () => {
    expect(playbackWords(REGULAR, 4, ownPlayback(REGULAR, 4))).toEqual([]);
    expect(playbackWords(REGULAR, 6, part)).toEqual(["frames 2–4"]);
    expect(playbackWords(REGULAR, 4, { ...ownPlayback(REGULAR, 4), bounce: true })).toEqual(["back and forth"]);
    const trimmed = { ...REGULAR, start: 2, stop: 3 };
    expect(playbackWords(trimmed, 4, ownPlayback(trimmed, 4))).toEqual(["frames 2–3"]);
  });
});

describe("loops in step", () => {
  const inStep = (cine: CineDocument, count: number, beatMs: number): Playback => ({ ...ownPlayback(cine, count), beatMs });
  const rest = { ...REGULAR, stop: 20 }; // 1000 ms
  const peak = { ...REGULAR, frame_time_ms: 40, stop: 12 }; // 480 ms

  it("test_S08_loops_of_another_length_show_the_same_phase", () => {
    const beatMs = beatOf(beatsOf(rest, 20, ownPlayback(rest, 20)));
    expect(beatMs).toBe(1000);
    const times = [0, 250, 500, 750, 1000];
    expect(shown(rest, 20, times, 1, inStep(rest, 20, beatMs))).toEqual([0, 5, 10, 15, 0]);
    expect(shown(peak, 12, times, 1, inStep(peak, 12, beatMs))).toEqual([0, 3, 6, 9, 0]);
    expect(shown(peak, 12, [0, 500, 1000], 2, inStep(peak, 12, beatMs))).toEqual([0, 0, 0]);
  });

  it("test_S08_the_factor_is_said_and_one_beat_assumed_without_r_waves", () => {
    expect(stepWords(peak, 12, ownPlayback(peak, 12))).toBe("");
    expect(stepWords(peak, 12, inStep(peak, 12, 1000))).toBe("in step 0.48×, one beat assumed");
    expect(stepWords({ ...rest, r_waves_ms: [100, 900] }, 20, inStep(rest, 20, 1000))).toBe("in step 0.80×, 1 beat");
    expect(stepWords({ ...rest, r_waves_ms: [0, 400, 1000] }, 20, inStep(rest, 20, 500))).toBe("in step 0.80–1.20×, 2 beats");
    expect(stepWords({ ...rest, r_waves_ms: [100] }, 20, inStep(rest, 20, 1000))).toBe("in step 1.00×, one beat assumed");
  });

  it("test_S08_r_waves_fall_together_even_where_the_heart_is_uneven", () => {
    const uneven = { ...rest, r_waves_ms: [100, 500, 900] };
    const odd = { ...rest, r_waves_ms: [0, 600, 1000] };
    // Every R wave begins a frame here: at each beat both show the frame of theirs.
    const beats = [0, 500, 1000, 1500];
    expect(shown(uneven, 20, beats, 1, inStep(uneven, 20, 500))).toEqual([2, 10, 2, 10]);
    expect(shown(odd, 20, beats, 1, inStep(odd, 20, 500))).toEqual([0, 12, 0, 12]);
    // Half a beat on, each is in the middle of its own.
    expect(shown(odd, 20, [251, 751], 1, inStep(odd, 20, 500))).toEqual([6, 16]);
  });

  it("test_S08_an_r_wave_within_a_frame_begins_with_that_frame", () => {
    const waved = { ...rest, r_waves_ms: [120, 520] };
    const clock = clockOf(waved, 20, inStep(waved, 20, 400));
    expect([clock.steps[0], clock.steps.at(-1), clock.periodMs]).toEqual([2, 10, 400]);
    expect(clock.starts.slice(0, 3)).toEqual([0, 30, 80]);
  });

  it("beats outside the range that plays don't count", () => {
    const waved = { ...rest, r_waves_ms: [0, 400, 800] };
    expect(beatsOf(waved, 20, { first: 9, last: 19, bounce: false, beatMs: null })).toEqual({ marksMs: [450, 1000], isAssumed: true });
  });

  it("test_S08_stepping_one_finds_the_frame_of_the_same_phase_in_the_other", () => {
    const [one, other] = [clockOf(rest, 20, inStep(rest, 20, 1000)), clockOf(peak, 12, inStep(peak, 12, 1000))];
    expect([0, 5, 10, 19].map((index) => indexInStep(one, index, other))).toEqual([0, 3, 6, 11]);
    expect(indexInStep(other, 6, one)).toBe(10);
  });
});
