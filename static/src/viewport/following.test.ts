import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ToWorker } from "../net/worker_messages";
import type { SharedStackView } from "../state/shared_state";
import { type Line, session, type Tried } from "./test_line";

const TARGET = { series_instance_uid: "2.25.2" };
/** The two frames of the document that tests open: the second instance comes first. */
const FIRST = { instanceDigest: "bb".repeat(16), frameNumber: 1, index: 0 };
const SECOND = { instanceDigest: "aa".repeat(16), frameNumber: 1, index: 1 };
const VIEW: SharedStackView = {
  kind: "stack",
  index: 0,
  instance: FIRST.instanceDigest,
  frame: 1,
  window: [40, 400],
  invert: false,
  orientation: [1, 0, 0, 1],
  zoom: 1,
  center: [256, 256],
  cine: null,
};
const OTHER: SharedStackView = { ...VIEW, index: 1, instance: SECOND.instanceDigest };
const MISSING: SharedStackView = { ...VIEW, instance: "ee".repeat(16) };

const viewsOf = (line: Line) =>
  line.sent.flatMap((message: ToWorker) => (message.kind === "view" ? [[message.index, message.view.codec, message.view.window]] : []));
const subscriptionsOf = (line: Line) => line.sent.filter((message) => message.kind === "subscribe").length;

let tried: Tried;
beforeEach(() => {
  vi.useFakeTimers();
  tried = session([300, 200]);
});
afterEach(() => vi.useRealTimers());

function opened(): Tried {
  const { line, stack } = tried;
  stack.show(TARGET);
  line.opened();
  line.picture("first", { ...FIRST, sequence: line.lastView.sequence });
  line.sent.length = 0;
  tried.moves.length = 0;
  return tried;
}

describe("what is followed before the series is open", () => {
  it("is asked for at once, in its window, instead of the middle; and only once", () => {
    const { line, stack, drawn, moves } = tried;
    stack.show(TARGET, 2, { view: VIEW, isMoving: false });
    expect(viewsOf(line)).toEqual([[0, "auto", [40, 400]]]);
    line.opened();
    expect(viewsOf(line).length).toBe(1);
    line.picture("followed", { ...FIRST, sequence: line.lastView.sequence });
    expect(drawn.filter((one) => one !== null)).toEqual(["VB-1/0"]);
    expect([moves, stack.isFollowing]).toEqual([[], true]);
  });

  it("test_S01_is_never_another_frame_where_the_index_was_wrong", () => {
    const { line, stack, drawn } = tried;
    stack.show(TARGET, 2, { view: { ...VIEW, index: 1 }, isMoving: false });
    const early = line.lastView.sequence;
    line.opened();
    expect(viewsOf(line)).toEqual([
      [1, "auto", [40, 400]],
      [0, "auto", [40, 400]],
    ]);
    line.picture("of the index", { ...SECOND, sequence: early });
    line.picture("of the frame", { ...FIRST, sequence: line.lastView.sequence });
    expect(drawn.filter((one) => one !== null)).toEqual(["VB-1/0"]);
    expect(line.closed).toEqual(["of the index"]);
  });

  it("is the newest of what came meanwhile", () => {
    const { line, stack, drawn } = tried;
    stack.show(TARGET, 2);
    stack.follow(VIEW, true);
    stack.follow(OTHER, true);
    line.opened();
    line.picture("followed", { ...SECOND, sequence: line.lastView.sequence });
    expect(drawn.filter((one) => one !== null)).toEqual(["VB-1/1"]);
  });
});

describe("following", () => {
  it("asks for quick pictures of this screen's size while it moves, and the whole truth after", () => {
    const { line, stack } = opened();
    stack.follow(OTHER, true);
    expect(line.lastView).toMatchObject({ index: 1, view: { codec: "jpeg", size: [300, 200], window: [40, 400] } });
    stack.follow(OTHER, true);
    expect(viewsOf(line).length).toBe(1); // the same picture
    stack.follow({ ...OTHER, window: [40, 80] }, true);
    vi.advanceTimersByTime(119);
    expect(viewsOf(line).length).toBe(2);
    vi.advanceTimersByTime(1);
    expect(line.lastView).toMatchObject({ index: 1, view: { codec: "auto", size: null, window: [40, 80] } });
    stack.follow({ ...OTHER, window: [40, 80] }, false);
    vi.advanceTimersByTime(1000);
    expect(viewsOf(line).length).toBe(3);
  });

  it("asks for the whole truth at once where nothing moves", () => {
    const { line, stack } = opened();
    stack.follow(OTHER, false);
    expect(viewsOf(line)).toEqual([[1, "auto", [40, 400]]]);
  });

  it("takes an event in the midst of a movement for one more movement", () => {
    const { line, stack } = opened();
    stack.follow(OTHER, true);
    stack.follow(VIEW, false);
    expect(line.lastView).toMatchObject({ index: 0, view: { codec: "jpeg" } });
    vi.advanceTimersByTime(150);
    expect(line.lastView).toMatchObject({ index: 0, view: { codec: "auto" } });
  });

  it("zooms, pans and turns without asking for anything", () => {
    const { line, stack, drawn } = opened();
    stack.follow({ ...VIEW, window: null }, false);
    const [asked, before] = [viewsOf(line).length, drawn.length];
    stack.follow({ ...VIEW, window: null, zoom: 2, center: [200, 256], orientation: [0, 1, -1, 0] }, true);
    expect([viewsOf(line).length, drawn.length]).toEqual([asked, before + 1]);
    expect(stack.view).toMatchObject({ zoom: 2, orientation: { turns: 1, mirrored: false }, pan: { x: 0, y: 112 } });
  });

  it("says nothing of its own movement, until the person's hand moves", () => {
    const { stack, moves } = opened();
    stack.follow(OTHER, true);
    stack.follow(VIEW, false);
    vi.advanceTimersByTime(500);
    expect([moves, stack.isFollowing]).toEqual([[], true]);
    stack.act({ kind: "scroll", by: 1 });
    expect([moves, stack.isFollowing]).toEqual([["hand"], false]);
    expect(stack.sharedView()).toMatchObject({ index: 1, instance: SECOND.instanceDigest, window: [40, 400] });
  });

  it("goes on after a lost line", () => {
    const { line, stack } = opened();
    stack.follow(OTHER, false);
    line.say({ kind: "connection", state: "lost" });
    stack.follow(VIEW, false);
    line.open();
    line.opened();
    expect(line.lastView).toMatchObject({ index: 0, view: { codec: "auto", window: [40, 400] } });
    expect(tried.moves).toEqual([]);
  });

  it("keeps the same pixel in the middle of a glass of another size", () => {
    const { stack, glass } = opened();
    stack.follow({ ...VIEW, center: [200, 300], zoom: 2 }, false);
    const from = glass.size;
    glass.size = { width: 300, height: 900 };
    stack.resized(from);
    expect(stack.sharedView()).toMatchObject({ center: [200, 300], zoom: 2 });
    glass.size = { width: 0, height: 0 };
    stack.resized({ width: 300, height: 900 });
    glass.size = { width: 256, height: 256 };
    stack.resized({ width: 0, height: 0 });
    expect(stack.sharedView()).toMatchObject({ center: [200, 300], zoom: 2 });
  });
});

describe("a frame that isn't in the series as it is open here", () => {
  it("test_S01_leaves_the_glass_blank_and_says_so", () => {
    const { line, stack, drawn } = opened();
    stack.follow(MISSING, true);
    line.opened(); // as it was looked for, and not found
    stack.follow(OTHER, true);
    const late = line.lastView.sequence;
    stack.follow(MISSING, true);
    expect([stack.onScreen, drawn.at(-1)]).toEqual([null, null]);
    expect(stack.condition).toEqual({ kind: "error", words: "This image isn't in the series as you have it" });
    line.picture("late", { ...SECOND, sequence: late });
    vi.advanceTimersByTime(1000);
    expect([stack.onScreen, line.closed.includes("late")]).toEqual([null, true]);
  });

  it("is looked for once in the series as it is now, and shown where it is there", () => {
    const { line, stack } = opened();
    stack.follow(MISSING, false);
    stack.follow(MISSING, false);
    expect(subscriptionsOf(line)).toBe(1);
    line.opened({
      instances: [
        { sop_instance_uid: "2.25.10", digest: SECOND.instanceDigest },
        { sop_instance_uid: "2.25.12", digest: MISSING.instance },
      ],
    });
    expect(line.lastView).toMatchObject({ index: 0, view: { codec: "auto" } });
    line.picture("found", { ...FIRST, instanceDigest: MISSING.instance, sequence: line.lastView.sequence });
    expect(stack.condition.kind).toBe("ready");
  });

  it("gives way to the person's own hand", () => {
    const { line, stack } = opened();
    stack.follow(MISSING, false);
    stack.act({ kind: "go", index: 1 });
    line.opened(); // as it was looked for
    stack.follow(MISSING, false);
    const asked = viewsOf(line).length;
    stack.act({ kind: "zoom", factor: 2, at: { x: 0, y: 0 } }); // which needs no other picture than there was
    expect(viewsOf(line).slice(asked)).toEqual([[1, "jpeg", null]]);
    line.picture("own", { ...SECOND, sequence: line.lastView.sequence });
    expect(stack.condition.kind).toBe("ready");
  });
});
