import { beforeEach, describe, expect, it } from "vitest";
import { LineQuality } from "../state/line_quality";
import { headerOf } from "../state/test_headers";
import { PrefetchStore } from "./prefetch_store";
import { type AskedView, ViewFlow } from "./view_flow";
import type { WireView } from "./worker_messages";

const QUICK: WireView = { window: null, invert: false, size: null, codec: "jpeg", quality: 60 };
const WHOLE: WireView = { ...QUICK, codec: "auto" };
const PICTURE_BYTES = 50_000;

let line: LineQuality;
let flow: ViewFlow;
let sent: AskedView[];
let sequence: number;
let now: number;

beforeEach(() => {
  line = new LineQuality();
  sent = [];
  flow = new ViewFlow(line, (asked) => sent.push(asked));
  sequence = 0;
  now = 1000;
});

/** 100 ms and 10 Mbit/s, and a viewport whose pictures have 50 kB. */
function slowLine(viewport = 1): void {
  line.noteRoundTrip(100);
  ask(viewport, false, QUICK);
  line.noteArrival({ askedAtMs: 0, arrivedAtMs: 140, bytes: PICTURE_BYTES, serverMs: 0 });
  come(viewport);
  sent.length = 0;
}

function ask(viewport: number, isPassing = true, view = QUICK): number {
  flow.ask({ viewport, sequence: ++sequence, index: 0, view }, isPassing, now);
  return sequence;
}

/** The oldest picture of a viewport that was sent for comes. */
function come(viewport: number, which = sent.find((one) => one.viewport === viewport)?.sequence ?? 0): void {
  flow.arrived(headerOf({ viewport, sequence: which }), PICTURE_BYTES, now);
  flow.sendWaiting(now);
}

describe("views that are held back", () => {
  it("keeps about what the line holds under way, and of what waits the newest", () => {
    slowLine();
    for (let move = 0; move < 60; move++) ask(1);
    expect(sent.map((one) => one.sequence)).toEqual([2, 3, 4]); // 150 kB of 125
    expect(flow.bytesUnderWay).toBe(3 * PICTURE_BYTES);
    now += 140;
    come(1, 2);
    expect(sent.at(-1)?.sequence).toBe(61); // the last move, none of those between
    come(1, 3);
    expect(sent.length).toBe(4);
    expect(flow.isIdle).toBe(false);
  });

  it("never lets what stands still wait, and drops what moved before it", () => {
    slowLine();
    for (let move = 0; move < 5; move++) ask(1);
    const rest = ask(1, false, WHOLE);
    expect(sent.at(-1)?.sequence).toBe(rest);
    for (const one of sent) come(1, one.sequence);
    expect(sent.at(-1)?.sequence).toBe(rest);
    expect(flow.isIdle).toBe(true);
  });

  it("knows from one picture that those before it will not come", () => {
    slowLine();
    for (let move = 0; move < 5; move++) ask(1);
    come(1, 4);
    expect(flow.bytesUnderWay).toBe(PICTURE_BYTES);
    flow.done(1, 6); // a fault
    expect(flow.bytesUnderWay).toBe(0);
  });

  it("gives the viewport that a person works in two turns of three, and the others one", () => {
    slowLine(1);
    flow.leading = 2;
    let oldestOut = 0;
    for (let turn = 0; turn < 33; turn++) {
      for (const viewport of [1, 2, 3]) ask(viewport);
      now += 40;
      const oldest = sent[oldestOut++];
      if (oldest) come(oldest.viewport, oldest.sequence);
    }
    const order = sent.slice(3).map((one) => one.viewport);
    const share = order.filter((viewport) => viewport === 2).length / order.length;
    expect(share).toBeGreaterThan(0.55);
    expect(share).toBeLessThan(0.75);
    expect(new Set(order)).toEqual(new Set([1, 2, 3]));
  });

  it("doesn't wait for ever for a picture that never comes", () => {
    slowLine();
    for (let move = 0; move < 5; move++) ask(1);
    const before = sent.length;
    now += 60_000;
    const late = ask(1);
    expect(sent.length).toBe(before + 1);
    expect(sent.at(-1)?.sequence).toBe(late);
  });

  it("starts anew with another subscription", () => {
    slowLine();
    for (let move = 0; move < 9; move++) ask(1);
    flow.forget(1);
    expect(flow.isIdle).toBe(true);
    ask(1);
    expect(sent.length).toBe(4);
  });
});

describe("pictures asked for ahead", () => {
  const message = (bytes: number) => new ArrayBuffer(bytes);
  const fetched = (store: PrefetchStore, bytes = 100) => {
    const [next] = store.next(1);
    if (!next) throw new Error("nothing is wanted");
    const kept = store.keep(headerOf({ viewport: next.viewport, index: next.index, sequence: next.sequence }), message(bytes));
    return { next, gone: kept?.gone };
  };

  it("comes in order, once, and is used for exactly its view", () => {
    const store = new PrefetchStore(1000);
    store.want({ viewport: 1, sequence: 10, view: WHOLE, indices: [5, 6, 4] });
    expect([fetched(store), fetched(store)].map(({ next }) => [next.index, next.sequence])).toEqual([
      [5, 10],
      [6, 11],
    ]);
    expect(store.use(1, 5, WHOLE)?.header.sequence).toBe(10);
    expect(store.use(1, 5, { ...WHOLE, window: [40, 400] })).toBeNull();
    expect(store.use(2, 5, WHOLE)).toBeNull();
    store.want({ viewport: 1, sequence: 20, view: WHOLE, indices: [6, 7] });
    expect(store.next(1)[0]?.index).toBe(7); // 6 is here, 4 isn't wanted any more
    store.want({ viewport: 1, sequence: 30, view: WHOLE, indices: [7, 8] });
    expect(store.next(1)[0]?.index).toBe(8); // 7 is coming
    expect(store.next(9)).toEqual([]);
  });

  it("asks for a few at once only where their numbers follow each other", () => {
    const store = new PrefetchStore(1000);
    store.want({ viewport: 1, sequence: 0, view: WHOLE, indices: [0, 1, 2] });
    fetched(store);
    fetched(store);
    store.want({ viewport: 1, sequence: 10, view: WHOLE, indices: [5, 0, 6, 7, 8] }); // 0 is here
    store.want({ viewport: 2, sequence: 12, view: WHOLE, indices: [1] });
    const asked = () => store.next(2).map((one) => [one.viewport, one.index, one.sequence]);
    expect(asked()).toEqual([[1, 5, 10]]);
    expect(asked()).toEqual([
      [1, 6, 12],
      [1, 7, 13],
    ]);
    expect(asked()).toEqual([[1, 8, 14]]);
    expect(asked()).toEqual([[2, 1, 12]]);
  });

  it("keeps a bound of bytes: the longest unused goes first", () => {
    const store = new PrefetchStore(300);
    store.want({ viewport: 1, sequence: 0, view: WHOLE, indices: [0, 1, 2, 3] });
    for (let n = 0; n < 3; n++) expect(fetched(store).gone).toEqual([]);
    store.use(1, 0, WHOLE);
    expect(fetched(store).gone).toEqual([{ viewport: 1, index: 1 }]);
    expect(store.use(1, 1, WHOLE)).toBeNull();
    expect(store.use(1, 0, WHOLE)).not.toBeNull();
    store.want({ viewport: 1, sequence: 9, view: WHOLE, indices: [9] });
    expect(fetched(store, 301).gone).toBeUndefined(); // too large to keep at all
    expect(store.use(1, 9, WHOLE)).toBeNull();
    expect(store.use(1, 0, WHOLE)).not.toBeNull();
  });

  it("test_S01_forgets_what_was_of_another_view_or_another_target", () => {
    const store = new PrefetchStore(1000);
    store.want({ viewport: 1, sequence: 0, view: WHOLE, indices: [0, 1] });
    fetched(store);
    const [late] = store.next(1);
    const lung: WireView = { ...WHOLE, window: [-600, 1500] };
    store.want({ viewport: 1, sequence: 5, view: lung, indices: [0] });
    expect(store.use(1, 0, WHOLE)).toBeNull();
    fetched(store);
    expect(store.use(1, 0, lung)).not.toBeNull();
    store.forget(1);
    expect(store.use(1, 0, lung)).toBeNull();
    expect(store.expects(headerOf({ viewport: 1, sequence: late?.sequence ?? 0 }))).toBe(false);
    expect(store.next(9)).toEqual([]);
  });
});
