import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OpenedDocument } from "../net/documents";
import { keyOf } from "../net/prefetch_store";
import type { ToWorker } from "../net/worker_messages";
import { openedOf } from "../state/test_documents";
import { REST_MS } from "./picture_wishes";
import { session, type Tried } from "./test_line";

const FRAMES = 30;
const SLOW = { roundTripMs: 100, bytesPerMs: 1250 };

/** A stack of one instance with many frames, so that every index has its own frame number. */
function longStack(change: Partial<OpenedDocument> = {}): Partial<OpenedDocument> {
  const [frame] = openedOf().frames;
  if (!frame) throw new Error("no frame");
  const frames = Array.from({ length: FRAMES }, (_, index) => ({ ...frame, instance: 0, frame_number: index + 1 }));
  return { frames, ...change };
}

function opened(change: Partial<OpenedDocument> = {}): Tried {
  const tried = session();
  tried.stack.show({ series_instance_uid: "2.25.2" });
  tried.line.opened(longStack(change));
  return tried;
}

const of = <Kind extends ToWorker["kind"]>({ line }: Tried, kind: Kind) =>
  line.sent.filter((one): one is Extract<ToWorker, { kind: Kind }> => one.kind === kind);

/** The picture that was asked for last comes. */
function come(tried: Tried, change: object = {}): void {
  const { sequence, index, view } = tried.line.lastView;
  const fidelity = view.codec === "jpeg" ? "lossy" : "lossless";
  const quality = view.codec === "jpeg" ? view.quality : 0;
  tried.line.picture("came", {
    instanceDigest: "aa".repeat(16),
    frameNumber: index + 1,
    index,
    sequence,
    fidelity,
    quality,
    payloadBytes: 100_000,
    ...change,
  });
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("fetching ahead", () => {
  it("begins when the whole picture is here, and goes where the wheel went", () => {
    const tried = opened();
    expect(of(tried, "prefetch")).toEqual([]);
    come(tried);
    expect(of(tried, "prefetch").at(-1)?.indices.slice(0, 4)).toEqual([16, 14, 17, 18]);
    tried.stack.act({ kind: "scroll", by: -1 });
    expect(of(tried, "prefetch").at(-1)?.indices.slice(0, 4)).toEqual([13, 15, 12, 11]);
  });

  it("asks at once for the whole of an image that is at hand, and not again at rest", () => {
    const tried = opened();
    come(tried);
    const ahead = of(tried, "prefetch").at(-1);
    if (!ahead) throw new Error("nothing is fetched ahead");
    tried.line.say({ kind: "prefetched", viewport: 1, key: keyOf(ahead.view), index: 16 });
    tried.stack.act({ kind: "scroll", by: 1 });
    expect(tried.line.lastView).toMatchObject({ index: 16, isPassing: true, view: ahead.view });
    const asked = of(tried, "view").length;
    vi.advanceTimersByTime(1000);
    expect(of(tried, "view").length).toBe(asked);
    tried.stack.act({ kind: "scroll", by: 1 }); // not at hand
    expect(tried.line.lastView).toMatchObject({ index: 17, view: { codec: "jpeg" } });
  });

  it("test_S01_nothing_at_hand_is_of_another_window_or_socket", () => {
    const atHand = () => {
      const tried = opened();
      come(tried);
      const key = keyOf(of(tried, "prefetch").at(-1)?.view ?? tried.line.lastView.view);
      for (const index of [14, 16]) tried.line.say({ kind: "prefetched", viewport: 1, key, index });
      return tried;
    };
    const windowed = atHand();
    windowed.stack.act({ kind: "window", window: [-600, 1500] });
    for (const by of [1, -2]) {
      windowed.stack.act({ kind: "scroll", by });
      expect(windowed.line.lastView.view).toMatchObject({ codec: "jpeg", window: [-600, 1500] });
    }
    const reconnected = atHand();
    reconnected.line.say({ kind: "connection", state: "lost" });
    reconnected.line.open();
    reconnected.line.opened(longStack());
    reconnected.stack.act({ kind: "scroll", by: 1 });
    expect(reconnected.line.lastView).toMatchObject({ index: 16, view: { codec: "jpeg" } });
  });

  it("stops on slow lines, for windows that are dragged, for loops and for large images", () => {
    const count = (change: Partial<OpenedDocument>, before: (tried: Tried) => void) => {
      const tried = session();
      tried.stack.show({ series_instance_uid: "2.25.2" });
      before(tried);
      tried.line.opened(longStack(change));
      come(tried);
      return of(tried, "prefetch").length;
    };
    expect(count({}, () => undefined)).toBe(1);
    expect(count({}, ({ line }) => line.say({ kind: "line", line: SLOW }))).toBe(1);
    expect(count({}, ({ line }) => line.say({ kind: "line", line: { roundTripMs: 100, bytesPerMs: 300 } }))).toBe(0);
    expect(count({ columns: 2048, rows: 2048 }, () => undefined)).toBe(0);
    const dragged = opened();
    dragged.stack.act({ kind: "window", window: [40, 80] });
    vi.advanceTimersByTime(REST_MS);
    come(dragged);
    expect(of(dragged, "prefetch")).toEqual([]);
  });
});

describe("quality and size while it moves, and at rest", () => {
  it("test_S05_gets_smaller_where_the_line_cannot_carry_it_and_better_where_it_can", () => {
    const tried = opened();
    come(tried);
    tried.line.say({ kind: "line", line: SLOW });
    const drag = (width: number, bytes: number) => {
      tried.stack.act({ kind: "window", window: [40, width] });
      const { view } = tried.line.lastView;
      const columns = view.size?.[0] ?? 512;
      come(tried, { width: columns, height: columns, payloadBytes: bytes, reduced: columns < 512 });
      return [view.quality, view.size];
    };
    expect(drag(100, 200_000)).toEqual([60, null]);
    expect(drag(101, 60_000)).toEqual([30, [256, 256]]);
    tried.line.say({ kind: "line", line: { roundTripMs: 1, bytesPerMs: 50_000 } });
    expect(drag(102, 40_000)).toEqual([30, [256, 256]]);
    expect(drag(103, 40_000)).toEqual([80, null]);
    vi.advanceTimersByTime(REST_MS);
    expect(tried.line.lastView).toMatchObject({ isPassing: false, view: { codec: "auto", size: null } });
  });

  it("test_S05_shows_a_good_still_before_what_takes_long_and_always_the_whole_after", () => {
    const tried = opened({ columns: 2048, rows: 2048 });
    tried.line.say({ kind: "line", line: SLOW });
    come(tried, { sourceColumns: 2048, sourceRows: 2048, width: 2048, height: 2048, payloadBytes: 900_000 });
    tried.stack.act({ kind: "window", window: [40, 100] });
    expect(tried.line.lastView).toMatchObject({ isPassing: true, view: { codec: "jpeg", quality: 30, size: [717, 717] } });
    vi.advanceTimersByTime(REST_MS);
    expect(tried.line.lastView).toMatchObject({ isPassing: false, view: { codec: "jpeg", quality: 85, size: null } });
    vi.advanceTimersByTime(399);
    expect(tried.line.lastView.view.codec).toBe("jpeg");
    vi.advanceTimersByTime(1);
    expect(tried.line.lastView).toMatchObject({ isPassing: false, view: { codec: "auto" } });
    const asked = of(tried, "view").length;
    vi.advanceTimersByTime(5000);
    expect(of(tried, "view").length).toBe(asked);
  });

  it("asks again when the server was too busy", () => {
    const tried = opened();
    const { sequence } = tried.line.lastView;
    tried.line.say({ kind: "fault", viewport: 1, fault: { status: 503, sentence: "Busy", about: 17, sequence } });
    vi.advanceTimersByTime(500);
    expect(tried.line.lastView).toMatchObject({ sequence: sequence + 1, view: { codec: "auto" } });
  });

  it("leads where a hand is", () => {
    const tried = opened();
    tried.stack.act({ kind: "scroll", by: 1 }); // linked to another pane, perhaps
    expect(of(tried, "lead")).toEqual([]);
    for (let press = 0; press < 2; press++) tried.stack.lead();
    expect(of(tried, "lead")).toEqual([{ kind: "lead", viewport: 1 }]);
  });
});
