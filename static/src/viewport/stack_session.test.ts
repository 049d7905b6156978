import { describe, expect, it } from "vitest";
import type { OpenedDocument } from "../net/documents";
import type { StackSession } from "./stack_session";
import { session } from "./test_line";

const FIRST = { instanceDigest: "bb".repeat(16), frameNumber: 1, index: 0 };
const SECOND = { instanceDigest: "aa".repeat(16), frameNumber: 1, index: 1 };
const OTHER_STUDY: Partial<OpenedDocument> = {
  study_instance_uid: "2.25.900",
  series_instance_uid: "2.25.901",
  instances: [{ sop_instance_uid: "2.25.902", digest: "cc".repeat(16), instance_number: 1 }],
  frames: [{ instance: 0, frame_number: 1, position_mm: 5, thickness_mm: null, edges: null }],
  patient: { name: "Other, Bea", patient_id: "VB-2", identity_conflict: false },
};

const shownOf = (stack: StackSession) => stack.onScreen && [stack.onScreen.opened.patient.patient_id, stack.onScreen.identified.index];

describe("identity of the picture across change and loss", () => {
  it("test_S01_late_pictures_of_the_study_before_are_never_shown", () => {
    const { line, stack } = session();
    stack.show({ series_instance_uid: "2.25.2" });
    line.opened();
    const before = line.epoch;
    line.picture("first", { ...FIRST, sequence: line.lastView.sequence });
    expect(shownOf(stack)).toEqual(["VB-1", 0]);

    stack.show({ series_instance_uid: "2.25.901" });
    expect(stack.onScreen).toBeNull(); // blank before the next patient's name
    line.picture("late, before opened", { ...SECOND, epoch: before, sequence: 90 });
    expect(stack.onScreen).toBeNull();
    line.opened(OTHER_STUDY);
    line.picture("late, after opened", { ...SECOND, epoch: before, sequence: 91 });
    expect(stack.onScreen).toBeNull();
    line.picture("foreign, in this epoch", { ...SECOND, sequence: 92 });
    expect(stack.onScreen).toBeNull();
    line.picture("own", { instanceDigest: "cc".repeat(16), frameNumber: 1, index: 0, sequence: line.lastView.sequence });
    expect(shownOf(stack)).toEqual(["VB-2", 0]);
    expect(Object.fromEntries(stack.refusals)).toEqual({ "other epoch": 2, "other instance": 1 });
    expect(line.closed).toContain("foreign, in this epoch");
  });

  it("test_S01_reordered_pictures_never_go_back", () => {
    const { line, stack, drawn } = session();
    stack.show({ series_instance_uid: "2.25.2" });
    line.opened();
    const sequence = line.lastView.sequence;
    line.picture("newer", { ...FIRST, sequence: sequence + 5 });
    line.picture("older", { ...SECOND, sequence: sequence + 4 });
    expect(shownOf(stack)).toEqual(["VB-1", 0]);
    expect(drawn.at(-1)).toBe("VB-1/0");
    expect(line.closed).toEqual(["older"]);
  });

  it("test_S01_after_a_reconnection_the_view_stays_and_old_epochs_are_refused", () => {
    const { line, stack } = session();
    stack.show({ series_instance_uid: "2.25.2" });
    line.opened();
    stack.act({ kind: "go", index: 0 });
    stack.act({ kind: "window", window: [-600, 1500] });
    line.picture("before", { ...FIRST, sequence: line.lastView.sequence, windowCenter: -600, windowWidth: 1500 });
    const before = line.epoch;

    line.say({ kind: "connection", state: "lost" });
    expect(stack.condition.kind).toBe("partial");
    expect(shownOf(stack)).toEqual(["VB-1", 0]);
    line.open();
    expect(line.epoch).toBeGreaterThan(before);
    line.opened();
    expect(line.lastView).toMatchObject({ index: 0, view: { window: [-600, 1500], codec: "auto" } });
    line.picture("of the old socket", { ...SECOND, epoch: before, sequence: 99 });
    expect(shownOf(stack)).toEqual(["VB-1", 0]);
    line.picture("after", { ...FIRST, sequence: line.lastView.sequence });
    expect(stack.condition.kind).toBe("ready");
    expect(stack.refusedCount).toBe(1);
  });

  it("asks for the middle of a stack before its tables are here, and once", () => {
    const { line, stack } = session();
    stack.show({ series_instance_uid: "2.25.2" }, 2);
    expect(line.lastView.index).toBe(1);
    const asked = line.sent.length;
    line.opened();
    expect(line.sent.length).toBe(asked);
    line.picture("middle", { ...SECOND, sequence: line.lastView.sequence });
    expect(shownOf(stack)).toEqual(["VB-1", 1]);
  });
});

describe("conditions in words", () => {
  it("test_S01_nothing_stands_for_a_picture_that_could_not_be_shown", () => {
    const { line, stack } = session();
    stack.show({ series_instance_uid: "2.25.2" });
    line.opened();
    line.picture("shown", { ...FIRST, sequence: line.lastView.sequence });
    stack.act({ kind: "go", index: 1 });
    line.say({ kind: "fault", viewport: 1, fault: { status: 415, sentence: "Can't be shown", sequence: line.lastView.sequence } });
    expect(stack.onScreen).toBeNull();
    expect(stack.condition).toEqual({ kind: "error", words: "Can't be shown" });
  });

  it("ignores faults of what was shown before", () => {
    const { line, stack } = session();
    stack.show({ series_instance_uid: "2.25.2" });
    const before = line.epoch;
    stack.show({ series_instance_uid: "2.25.2" });
    line.say({ kind: "fault", viewport: 1, fault: { status: 404, sentence: "Not found", about: 16, epoch: before } });
    expect(stack.condition.kind).toBe("loading");
    line.say({ kind: "fault", viewport: 1, fault: { status: 404, sentence: "Not found", about: 16, epoch: line.epoch } });
    expect(stack.condition.kind).toBe("forbidden");
  });

  it("leaves nothing of a patient on the screen of someone who signed out", () => {
    const { line, stack, drawn } = session();
    stack.show({ series_instance_uid: "2.25.2" });
    line.opened();
    line.picture("shown", { ...FIRST, sequence: line.lastView.sequence });
    line.say({ kind: "connection", state: "refused" });
    expect(stack.condition.kind).toBe("forbidden");
    expect(drawn.at(-1)).toBeNull();
  });
});

describe("preview and rest", () => {
  it("test_S05_moves_with_previews_and_rests_lossless", async () => {
    const { line, stack } = session();
    stack.show({ series_instance_uid: "2.25.2" });
    line.opened();
    stack.act({ kind: "window", window: [40, 80] });
    expect(line.lastView.view).toMatchObject({ codec: "jpeg", quality: 60, window: [40, 80] });
    await expect.poll(() => line.lastView.view.codec).toBe("auto");
    expect(line.lastView.view).toMatchObject({ size: null, window: [40, 80] });
  });
});

describe("a picture that differs from its proof", () => {
  const opened = () => {
    const tried = session();
    tried.stack.show({ series_instance_uid: "2.25.2" });
    tried.line.opened();
    return tried;
  };

  it("test_S05_is_asked_for_once_more_and_then_said_so", () => {
    const { line, stack } = opened();
    const first = line.lastView.sequence;
    line.differs(first);
    expect(stack.condition.kind).toBe("loading");
    expect(line.lastView.sequence).toBe(first + 1);
    line.differs(first + 1);
    expect(stack.onScreen).toBeNull();
    expect(stack.condition).toMatchObject({ kind: "error", words: "This picture does not match its proof" });
  });

  it("is forgotten once a good one comes, and when it is of what was shown before", () => {
    const { line, stack } = opened();
    line.differs(line.lastView.sequence);
    line.picture("good", { ...FIRST, sequence: line.lastView.sequence }, "matches");
    expect(stack.onScreen?.proof).toBe("matches");
    line.differs(line.lastView.sequence - 1);
    stack.act({ kind: "invert" });
    line.differs(line.lastView.sequence);
    expect(stack.condition.kind).toBe("ready");
  });
});
