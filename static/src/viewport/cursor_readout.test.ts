import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ValuesDocument } from "../net/measuring_api";
import type { FrameName } from "../state/measurement";
import { CursorReadout, type Place } from "./cursor_readout";

const FRAME: FrameName = { uid: "2.25.10", digest: "aa".repeat(16), frame: 1 };
const NEXT: FrameName = { uid: "2.25.11", digest: "bb".repeat(16), frame: 1 };
const at = (column: number, on = FRAME): Place => ({ on, column, row: 5 });

function tried() {
  const asked: { place: Place; answer: (value: ValuesDocument) => void; refuse: () => void }[] = [];
  const readout = new CursorReadout(
    (place) => new Promise((answer, refuse) => asked.push({ place, answer, refuse: () => refuse(new Error("404")) })),
    () => undefined,
  );
  const reply = async (index: number, change: Partial<ValuesDocument> = {}) => {
    const { place, answer } = asked[index] as (typeof asked)[number];
    const { on, column, row } = place;
    answer({ sop_instance_uid: on.uid, instance: on.digest, frame: on.frame, column, row, ...change } as ValuesDocument);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { readout, asked, reply };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("values under the cursor", () => {
  it("are asked one at a time, the newest, at most ten times a second", async () => {
    const { readout, asked, reply } = tried();
    readout.want(at(1));
    await vi.advanceTimersByTimeAsync(0);
    for (const column of [2, 3, 4]) readout.want(at(column));
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.length).toBe(1);
    await reply(0);
    expect(readout.shown?.column).toBe(1);
    expect(asked.map((one) => one.place.column)).toEqual([1, 4]);
    await reply(1);
    readout.want(at(5));
    await vi.advanceTimersByTimeAsync(99);
    expect(asked.length).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked.map((one) => one.place.column)).toEqual([1, 4, 5]);
  });

  it("S01: an answer about a picture that is no longer on screen is dropped", async () => {
    const { readout, asked, reply } = tried();
    readout.want(at(1));
    await vi.advanceTimersByTimeAsync(0);
    readout.want(at(1, NEXT));
    await reply(0);
    expect([readout.shown, readout.staleCount]).toEqual([null, 1]);
    await vi.advanceTimersByTimeAsync(150);
    await reply(1);
    expect(readout.shown?.sop_instance_uid).toBe(NEXT.uid);
    expect(asked.length).toBe(2);
  });

  it("S01: what is shown goes with its picture, at once", async () => {
    const { readout, reply } = tried();
    readout.want(at(1));
    await vi.advanceTimersByTimeAsync(0);
    await reply(0);
    expect(readout.shown).not.toBeNull();
    readout.want(at(1, NEXT));
    expect(readout.shown).toBeNull();
  });

  it("S01: an answer that says it is of another frame is dropped", async () => {
    const { readout, reply } = tried();
    readout.want(at(1));
    await vi.advanceTimersByTimeAsync(0);
    await reply(0, { frame: 2 });
    expect(readout.shown).toBeNull();
  });

  it("wait while slices run past under the cursor", async () => {
    const { readout, asked, reply } = tried();
    readout.want(at(1));
    await vi.advanceTimersByTimeAsync(0);
    await reply(0);
    for (let step = 0; step < 20; step++) {
      readout.want(at(1, step % 2 ? FRAME : NEXT));
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(asked.map((one) => one.place.on)).toEqual([FRAME, FRAME]);
  });

  it("end when the cursor leaves", async () => {
    const { readout, asked, reply } = tried();
    readout.want(at(1));
    readout.want(null);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.length).toBe(0);
    readout.want(at(2));
    await vi.advanceTimersByTimeAsync(0);
    readout.want(null);
    await reply(0);
    expect(readout.shown).toBeNull();
  });

  it("S01: what was of the pixel before goes when the next one has no answer", async () => {
    const { readout, asked, reply } = tried();
    readout.want(at(1));
    await vi.advanceTimersByTimeAsync(0);
    await reply(0);
    readout.want(at(2));
    await vi.advanceTimersByTimeAsync(100);
    asked[1]?.refuse();
    await vi.advanceTimersByTimeAsync(0);
    expect(readout.shown).toBeNull();
  });

  it("are not asked for again and again where there are none", async () => {
    const { readout, asked } = tried();
    readout.want(at(1));
    await vi.advanceTimersByTimeAsync(0);
    asked[0]?.refuse();
    await vi.advanceTimersByTimeAsync(0);
    readout.want(at(2));
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.length).toBe(2);
  });
});
