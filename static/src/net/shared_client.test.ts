import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hashOf, type SharedEvent, type SharedStackView, type SharedState } from "../state/shared_state";
import { SharedClient, type SharedListener } from "./shared_client";
import { type ChannelListener, StreamClient, type WorkerPort } from "./stream_client";
import type { FaultDocument, FromWorker, MovedDocument, ToWorker } from "./worker_messages";

const KEY = "k".repeat(22);
const HEAD = { actor: "anna", at: 1_795_507_346_222 };
const PANE = { study: "1.2", series: "1.2.3", stack: null, view: null };
const VIEW: SharedStackView = {
  kind: "stack",
  index: 4,
  instance: "ab".repeat(16),
  frame: 1,
  window: null,
  invert: false,
  orientation: [1, 0, 0, 1],
  zoom: 1,
  center: [256, 256],
  cine: null,
};
const STATE: SharedState = { number: 7, presenter: "anna", ended: false, study: "1.2", patient: "00", active: 0, panes: [PANE] };

const look = (number: number, index = 4): SharedEvent => ({ ...HEAD, number, kind: "look", pane: 0, active: 0, view: { ...VIEW, index } });
const hang = (number: number): SharedEvent => ({ ...HEAD, number, kind: "hang", study: "1.9", patient: "99", active: 0, panes: [PANE] });
const handOver = (number: number, presenter: string): SharedEvent => ({ ...HEAD, number, kind: "hand_over", presenter });
const seen = (change: Partial<MovedDocument> = {}): MovedDocument => ({ pane: 0, number: 5, active: 0, by: "anna", view: VIEW, ...change });

/** The worker's end of the line. */
class Line implements WorkerPort {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null = null;
  readonly sent: ToWorker[] = [];
  postMessage(message: ToWorker): void {
    this.sent.push(message);
  }
  say(message: FromWorker): void {
    this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }
  of<Kind extends ToWorker["kind"]>(kind: Kind): Extract<ToWorker, { kind: Kind }>[] {
    return this.sent.filter((message): message is Extract<ToWorker, { kind: Kind }> => message.kind === kind);
  }
  shared(state: SharedState, you = "ben", change: { key?: string; requests?: number[] } = {}): void {
    const people = { people: [], presenter_absent_ms: null };
    const document = { key: KEY, number: state.number, state, hash: hashOf(state), you, opened_by: "anna", server_time: 0, ...people };
    this.say({ kind: "shared", shared: { ...document, ...change } });
  }
  events(events: readonly SharedEvent[], hash: string): void {
    this.say({ kind: "events", events: { events, hash } });
  }
  fault(fault: Partial<FaultDocument>): void {
    this.say({ kind: "fault", viewport: 0, fault: { status: 404, sentence: "Not found", ...fault } });
  }
}

let line: Line;
let stream: StreamClient;
let heard: unknown[][];
let client: SharedClient;

const listener: SharedListener = {
  stateChanged: (before, after, event) => heard.push(["state", before?.number ?? null, after.number, event?.kind ?? null]),
  moved: (moved) => heard.push(["moved", moved.view?.kind === "stack" ? moved.view.index : null]),
  peopleChanged: (people) => heard.push(["people", people.length]),
  connectionChanged: (connection) => heard.push(["connection", connection]),
  refused: (fault) => heard.push(["refused", fault.about, fault.status]),
};
const of = (kind: string) => heard.filter(([what]) => what === kind);

beforeEach(() => {
  line = new Line();
  heard = [];
  stream = new StreamClient(line, "ws://x/ws/stream", async () => true);
  line.say({ kind: "connection", state: "open" });
  client = new SharedClient(stream, listener);
  client.join(KEY);
});

afterEach(() => vi.useRealTimers());

describe("joining", () => {
  it("asks with the key alone, and takes the snapshot", () => {
    expect(line.of("join").map((sent) => sent.wish)).toEqual([{ key: KEY }]);
    expect([client.state, client.isCurrent]).toEqual([null, false]);
    line.shared(STATE);
    expect(of("state")).toEqual([["state", null, 7, null]]);
    expect([client.hash, client.you, client.openedBy]).toEqual([hashOf(STATE), "ben", "anna"]);
    expect([client.isCurrent, client.isPresenter]).toEqual([true, false]);
  });

  it("takes nothing of another view", () => {
    line.shared(STATE, "ben", { key: "other".padEnd(22, "x") });
    expect(client.state).toBeNull();
  });

  it("forgets what it may no longer take part in", () => {
    line.shared(STATE);
    line.fault({ about: 25, status: 404 });
    expect(of("refused")).toEqual([["refused", 25, 404]]);
    expect([client.key, client.state, client.hash]).toEqual([null, null, ""]);
    line.events([look(8)], "x");
    line.say({ kind: "connection", state: "open" });
    expect([of("state").length, line.of("join").length]).toEqual([1, 1]);
  });

  it("asks again after a while where the server was busy", () => {
    vi.useFakeTimers();
    line.fault({ about: 25, status: 503 });
    expect([of("refused"), line.of("join").length]).toEqual([[], 1]);
    vi.advanceTimersByTime(1000);
    expect(line.of("join").length).toBe(2);
  });

  it("leaves the faults of a shared view to it: no viewport loses its picture", () => {
    const faults: FaultDocument[] = [];
    const nothing = () => undefined;
    const viewport: ChannelListener = {
      whenOpened: nothing,
      picture: nothing,
      broken: nothing,
      whenConnection: nothing,
      whenFault: (fault) => faults.push(fault),
    };
    stream.open(viewport);
    line.fault({ about: 25 });
    line.fault({ about: 27, sequence: 1 });
    expect(faults).toEqual([]);
    line.fault({ about: 17 });
    expect(faults.length).toBe(1);
  });
});

describe("the order of events", () => {
  beforeEach(() => line.shared(STATE));

  it("folds them one by one", () => {
    const after: SharedState = { ...STATE, number: 9, presenter: "cleo", panes: [{ ...PANE, view: VIEW }] };
    line.events([look(8), handOver(9, "cleo")], hashOf(after));
    expect(of("state").slice(1)).toEqual([
      ["state", 7, 8, "look"],
      ["state", 8, 9, "hand_over"],
    ]);
    expect([client.state, client.hash, client.mended]).toEqual([after, hashOf(after), 0]);
    expect(line.of("join").length).toBe(1);
  });

  it("ignores what is repeated", () => {
    line.events([handOver(7, "mallory")], hashOf(STATE));
    expect([client.state, client.mended]).toEqual([STATE, 0]);
    const after = { ...STATE, number: 8, presenter: "cleo" };
    line.events([handOver(6, "mallory"), handOver(7, "mallory"), handOver(8, "cleo")], hashOf(after));
    expect([client.state, client.mended]).toEqual([after, 0]);
  });

  it("notices a lost one by its number, and mends it by joining again with what it had", () => {
    line.events([look(9)], "x");
    expect(line.of("join").at(-1)?.wish).toEqual({ key: KEY, number: 7, hash: hashOf(STATE) });
    expect([client.state, client.isCurrent, client.mended]).toEqual([STATE, false, 1]);
    line.events([look(10)], "x"); // of what went before the answer
    expect(client.state).toEqual(STATE);
    const mended = { ...STATE, number: 10, panes: [{ ...PANE, view: VIEW }] };
    line.shared(mended);
    expect([client.state, client.isCurrent]).toEqual([mended, true]);
  });

  it("notices another state than the server's by its hash", () => {
    line.events([look(8)], "0123456789abcdef");
    expect(line.of("join").at(-1)?.wish).toMatchObject({ key: KEY, number: 8 });
    expect(client.mended).toBe(1);
  });

  it("joins again after a lost line, with what it had", () => {
    line.say({ kind: "connection", state: "lost" });
    expect([client.isCurrent, client.state]).toEqual([false, STATE]);
    line.say({ kind: "connection", state: "open" });
    expect(line.of("join").at(-1)?.wish).toEqual({ key: KEY, number: 7, hash: hashOf(STATE) });
    line.events([look(8)], "of the old socket");
    expect(client.state?.number).toBe(7);
    line.shared({ ...STATE, number: 12 });
    expect([client.state?.number, client.isCurrent, client.mended]).toEqual([12, true, 0]);
  });

  it("doesn't join again what has ended", () => {
    line.events([{ ...HEAD, number: 8, kind: "end" }], hashOf({ ...STATE, number: 8, ended: true }));
    expect(of("state").at(-1)).toEqual(["state", 7, 8, "end"]);
    line.say({ kind: "connection", state: "open" });
    expect(line.of("join").length).toBe(1);
  });
});

describe("test_S17_motion_of_another_hang", () => {
  it("is dropped, whichever side of the change it comes from", () => {
    line.shared(STATE);
    line.say({ kind: "moved", moved: seen({ number: 5 }) }); // the snapshot doesn't say its hang; 5 is one it can have
    line.say({ kind: "moved", moved: seen({ number: 4 }) });
    expect(of("moved").length).toBe(1);
    const after: SharedState = { ...STATE, number: 8, study: "1.9", patient: "99" };
    line.say({ kind: "moved", moved: seen({ number: 8 }) }); // of a hang that isn't here yet
    line.events([hang(8)], hashOf(after));
    line.say({ kind: "moved", moved: seen({ number: 5 }) });
    expect(of("moved").length).toBe(1);
    line.say({ kind: "moved", moved: seen({ number: 8, view: { ...VIEW, index: 3 } }) });
    expect(of("moved").at(-1)).toEqual(["moved", 3]);
  });

  it("is dropped from anyone but the presenter, and while a mended state is awaited", () => {
    line.shared(STATE);
    line.say({ kind: "moved", moved: seen({ by: "mallory" }) });
    line.events([look(9)], "x");
    line.say({ kind: "moved", moved: seen() });
    expect(of("moved")).toEqual([]);
  });

  it("isn't sent on: what waits when another case hangs is forgotten", async () => {
    line.shared(STATE, "anna");
    client.motion(0, { view: VIEW });
    client.motion(0, { view: { ...VIEW, index: 5 } }); // waits for its turn
    line.events([hang(8)], hashOf({ ...STATE, number: 8, study: "1.9", patient: "99" }));
    client.motion(0, { pointer: null });
    await expect.poll(() => line.of("motion").length).toBe(2);
    expect(line.of("motion")[1]?.motion).toMatchObject({ pane: 0, number: 8, pointer: null });
    expect(line.of("motion")[1]?.motion.view).toBeUndefined();
  });
});

describe("what the presenter does", () => {
  it("is told at most 60 times a second, the newest of each pane, whole", () => {
    vi.useFakeTimers();
    line.shared({ ...STATE, panes: [PANE, PANE] }, "anna");
    for (let move = 0; move < 200; move++) {
      client.motion(move % 2, { view: { ...VIEW, index: move }, ...(move === 4 ? { pointer: null } : {}) });
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(20);
    const told = line.of("motion").map((sent) => sent.motion);
    for (const pane of [0, 1]) {
      const views = told.flatMap((motion) => (motion.pane === pane && motion.view?.kind === "stack" ? [motion.view.index] : []));
      expect(views.length).toBeGreaterThan(10);
      expect(views.length).toBeLessThanOrEqual(14);
      expect(views.at(-1)).toBe(198 + pane);
    }
    // What was said of the pointer goes out with a later view of the same pane.
    const pointed = told.filter((motion) => motion.pointer === null && motion.view?.kind === "stack" && motion.view.index > 4);
    expect(pointed.map((motion) => motion.pane)).toEqual([0]);
    expect(told.every((motion) => motion.number === 7)).toBe(true);
  });

  it("isn't told by anyone else", () => {
    line.shared(STATE, "ben");
    client.motion(0, { view: VIEW });
    expect(line.of("motion")).toEqual([]);
  });

  it("is done once its event is back, and says why where it isn't", async () => {
    line.shared(STATE, "anna");
    const done = client.act({ kind: "hand_over", presenter: "ben" });
    const refused = client.act({ kind: "end" });
    const [first, second] = line.of("act");
    expect([first?.event, second?.request]).toEqual([{ kind: "hand_over", presenter: "ben" }, (first?.request ?? 0) + 1]);
    line.events([{ ...handOver(8, "ben"), request: first?.request ?? 0 }], hashOf({ ...STATE, number: 8, presenter: "ben" }));
    line.fault({ about: 27, status: 403, sequence: second?.request ?? 0 });
    expect(await done).toBeNull();
    expect(await refused).toMatchObject({ status: 403 });
    expect(of("refused")).toEqual([["refused", 27, 403]]);
  });

  it("is done too where a snapshot says so, and not where it doesn't", async () => {
    line.shared(STATE, "anna");
    const done = client.act({ kind: "hand_over", presenter: "ben" });
    const open = client.act({ kind: "end" });
    line.shared({ ...STATE, number: 80 }, "anna", { requests: [line.of("act")[0]?.request ?? 0] });
    expect(await done).toBeNull();
    expect(await Promise.race([open, Promise.resolve("open")])).toBe("open");
    line.say({ kind: "connection", state: "lost" });
    expect(await open).toMatchObject({ status: 0 });
  });
});

describe("how one keeps up", () => {
  it("is told where it changes, with the number and hash of our own state", () => {
    line.shared(STATE);
    client.standing("loading");
    client.standing("loading");
    client.standing("in step");
    const common = { kind: "standing", number: 7, hash: hashOf(STATE) };
    expect(line.of("standing")).toEqual([
      { ...common, condition: "loading" },
      { ...common, condition: "in step" },
    ]);
  });

  it("is told again soon after an event and not for each, and every two seconds where nothing happens", () => {
    vi.useFakeTimers();
    line.shared(STATE);
    client.standing("in step");
    for (let number = 8; number < 12; number++) {
      line.events([handOver(number, "cleo")], hashOf({ ...STATE, number, presenter: "cleo" }));
    }
    expect(line.of("standing").length).toBe(1);
    vi.advanceTimersByTime(500);
    expect(line.of("standing").map((sent) => sent.number)).toEqual([7, 11]);
    vi.advanceTimersByTime(6000);
    expect(line.of("standing").length).toBe(5);
  });
});

describe("the clock", () => {
  it("is reckoned from the socket's round trips", () => {
    line.say({ kind: "roundTrip", milliseconds: 20, serverTimeMs: 1000, heardAtMs: 400 });
    expect(stream.clock.offsetMs).toBe(610);
  });
});
