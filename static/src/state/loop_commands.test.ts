import { describe, expect, it } from "vitest";
import type { CineDocument } from "../net/documents";
import type { Playback } from "./cine_clock";
import { type LoopCommand, playbackAfter, speedBeside } from "./loop_commands";

const CINE: CineDocument = {
  times_ms: null,
  frame_time_ms: 40,
  rate: 25,
  source: "Frame Time (0018,1063)",
  assumed: false,
  start: 3,
  stop: 20,
  sequencing: "looping",
};
const OWN: Playback = { first: 2, last: 19, bounce: false, beatMs: null };
const playbackOn = (command: Exclude<LoopCommand, { kind: "speed" }>, index: number, playback = OWN) =>
  playbackAfter(playback, command, index, CINE, 24);

describe("commands of a loop", () => {
  it("test_S08_a_range_begins_and_ends_with_the_frame_that_is_shown", () => {
    expect(playbackOn({ kind: "range", edge: "start" }, 7)).toEqual({ ...OWN, first: 7 });
    expect(playbackOn({ kind: "range", edge: "end" }, 7)).toEqual({ ...OWN, last: 7 });
  });

  it("keeps its ends in order and two frames at least", () => {
    expect(playbackOn({ kind: "range", edge: "start" }, 21)).toEqual({ ...OWN, first: 21, last: 23 });
    expect(playbackOn({ kind: "range", edge: "start" }, 23)).toEqual({ ...OWN, first: 22, last: 23 });
    expect(playbackOn({ kind: "range", edge: "end" }, 1)).toEqual({ ...OWN, first: 0, last: 1 });
    expect(playbackOn({ kind: "range", edge: "end" }, 0)).toEqual({ ...OWN, first: 0, last: 1 });
  });

  it("test_S08_whole_is_what_the_image_itself_asks_for", () => {
    const part: Playback = { first: 5, last: 9, bounce: true, beatMs: null };
    expect(playbackOn({ kind: "range", edge: "whole" }, 7, part)).toEqual({ ...OWN, bounce: true });
  });

  it("bounces and doesn't", () => {
    expect(playbackOn({ kind: "bounce" }, 7)).toEqual({ ...OWN, bounce: true });
    expect(playbackOn({ kind: "bounce" }, 7, { ...OWN, bounce: true })).toEqual(OWN);
  });

  it("goes from speed to speed", () => {
    expect([speedBeside(1, 1), speedBeside(2, 1), speedBeside(1, -1), speedBeside(0.25, -1)]).toEqual([2, 2, 0.5, 0.25]);
    expect([speedBeside(0.7, 1), speedBeside(3, -1)]).toEqual([2, 1]);
  });
});
