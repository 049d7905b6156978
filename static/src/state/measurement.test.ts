import { describe, expect, it } from "vitest";
import type { MeasurementDocument } from "../net/measuring_api";
import {
  answered,
  begun,
  EMPTY_BOARD,
  type FrameName,
  failed,
  measuredOf,
  onFrame,
  removed,
  requestOf,
  reshaped,
  selected,
} from "./measurement";

const FRAME: FrameName = { uid: "2.25.10", digest: "aa".repeat(16), frame: 3 };
const NEXT: FrameName = { ...FRAME, frame: 4 };
const ENDS = [
  { x: 10, y: 20 },
  { x: 13, y: 24 },
] as const;
const ANSWER: MeasurementDocument = {
  sop_instance_uid: FRAME.uid,
  instance: FRAME.digest,
  frame: 3,
  shape: "length",
  length: { value: 5, unit: "mm", kind: "calibrated", label: "Pixel Spacing (0028,0030)", components: [] },
};

function drawn() {
  return reshaped(begun(EMPTY_BOARD, FRAME, "length", ENDS[0]), 1, ENDS);
}

describe("measurements of a pane", () => {
  it("asks about the frame it was drawn on, in its pixels", () => {
    const one = measuredOf(drawn(), 1);
    expect(one && requestOf(one)).toEqual({
      sop_instance_uid: "2.25.10",
      frame: 3,
      shape: "length",
      points: [
        [10, 20],
        [13, 24],
      ],
    });
  });

  it("takes the answer to the shape as it is", () => {
    const board = answered(drawn(), 1, 1, ANSWER);
    expect(measuredOf(board, 1)?.result).toEqual({ kind: "known", answer: ANSWER });
    expect(measuredOf(reshaped(board, 1, ENDS), 1)?.result).toEqual({ kind: "asked" });
  });

  it.each([
    ["former points", 0, {}],
    ["another frame", 1, { frame: 4 }],
    ["another instance", 1, { sop_instance_uid: "2.25.11" }],
    ["another digest", 1, { instance: "bb".repeat(16) }],
    ["another shape", 1, { shape: "ellipse" as const }],
  ])("S01: drops an answer to %s", (_, revision, change) => {
    expect(measuredOf(answered(drawn(), 1, revision, { ...ANSWER, ...change }), 1)?.result).toEqual({ kind: "asked" });
  });

  it("S01: shows a measurement on its own frame alone", () => {
    const board = begun(drawn(), NEXT, "ellipse", ENDS[0]);
    expect(onFrame(board, FRAME).map((one) => one.id)).toEqual([1]);
    expect(onFrame(board, NEXT).map((one) => one.id)).toEqual([2]);
    expect(onFrame(board, { ...FRAME, uid: "2.25.11" })).toEqual([]);
  });

  it("puts the selected one on top, and forgets a removed one", () => {
    const two = begun(drawn(), FRAME, "ellipse", ENDS[0]);
    expect(onFrame(selected(two, 1), FRAME).map((one) => one.id)).toEqual([2, 1]);
    const left = removed(two, 2);
    expect([left.all.length, left.selected]).toEqual([1, null]);
    expect(begun(left, FRAME, "length", ENDS[0]).selected).toBe(3);
  });

  it("says what went wrong, of the shape as it is", () => {
    expect(measuredOf(failed(drawn(), 1, 0, "late"), 1)?.result.kind).toBe("asked");
    expect(measuredOf(failed(drawn(), 1, 1, "busy"), 1)?.result).toEqual({ kind: "failed", words: "busy" });
  });
});
