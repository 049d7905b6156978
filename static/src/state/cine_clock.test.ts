import { describe, expect, it } from "vitest";
import type { CineDocument } from "../net/documents";
import { clockOf, droppedBetween, indexOf, ordinalAt, ordinalOf, rateWords } from "./cine_clock";

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
const shown = (cine: CineDocument, count: number, times: number[], speed = 1) => {
  const clock = clockOf(cine, count);
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
