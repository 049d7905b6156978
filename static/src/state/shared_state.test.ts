import { describe, expect, it } from "vitest";
import golden from "../../../tests/golden/shared_states.json";
import { BEFORE_THE_FIRST, canonical, fold, hashOf, type SharedEvent, type SharedState } from "./shared_state";

interface Vector {
  readonly name: string;
  readonly events: readonly SharedEvent[];
  readonly state: SharedState;
  readonly canonical: string;
  readonly hash: string;
}

const VECTORS = golden as unknown as readonly Vector[];
const PANE = { study: "1.2.3", series: "1.2.3.4", stack: null, view: null };
const HEAD = { actor: "anna", at: 1_795_507_346_222 };
const OPENED: SharedEvent = {
  ...HEAD,
  number: 1,
  kind: "opened",
  presenter: "anna",
  study: "1.2.3",
  patient: "00",
  active: 0,
  panes: [PANE],
};
const VIEW = { kind: "slide", center: [1.5, -2], span: [100, 50], rotation: 0, flipped: false } as const;

function folded(events: readonly SharedEvent[], from: SharedState = BEFORE_THE_FIRST): SharedState {
  return events.reduce<SharedState>((state, event) => {
    const after = fold(state, event);
    if (typeof after === "string") throw new Error(`event ${event.number}: ${after}`);
    return after;
  }, from);
}

describe("the fold that server and page share", () => {
  it.each(VECTORS)("agrees with the server: $name", (vector) => {
    const state = folded(vector.events);
    expect(state).toEqual(vector.state);
    expect(canonical(state)).toBe(vector.canonical);
    expect(hashOf(state)).toBe(vector.hash);
  });

  it("has vectors of every kind of event", () => {
    const kinds = new Set(VECTORS.flatMap((vector) => vector.events.map((event) => event.kind)));
    expect([...kinds].sort()).toEqual(["end", "hand_over", "hang", "look", "opened", "take_over"]);
  });

  it("tells a repeated event from a lost one, and changes nothing by either", () => {
    const state = folded([OPENED]);
    const look: SharedEvent = { ...HEAD, number: 3, kind: "look", pane: 0, active: 0, view: VIEW };
    expect(fold(state, OPENED)).toBe("repeat");
    expect(fold(state, look)).toBe("gap");
    expect(state).toEqual(folded([OPENED]));
  });

  it("takes nothing after the end, nor a second beginning", () => {
    const ended = folded([OPENED, { ...HEAD, number: 2, kind: "end" }]);
    expect(fold(ended, { ...HEAD, number: 3, kind: "hand_over", presenter: "ben" })).toBe("gap");
    expect(fold(folded([OPENED]), { ...OPENED, number: 2 })).toBe("gap");
  });

  it("lets a look change neither an empty nor a withheld pane", () => {
    const two = folded([{ ...OPENED, panes: [null, { withheld: true }] }]);
    for (const pane of [0, 1, 2]) {
      const after = folded([{ ...HEAD, number: 2, kind: "look", pane, active: 1, view: VIEW }], two);
      expect(after).toEqual({ ...two, number: 2, active: 1 });
    }
  });
});

describe("the canonical text", () => {
  const state: SharedState = { ...BEFORE_THE_FIRST, number: 2, panes: [{ ...PANE, view: VIEW }] };

  it("sorts keys and counts in millionths", () => {
    expect(canonical(state)).toBe(
      '{"active":0,"ended":false,"number":2000000,"panes":[{"series":"1.2.3.4","stack":null,"study":"1.2.3","view":' +
        '{"center":[1500000,-2000000],"flipped":false,"kind":"slide","rotation":0,"span":[100000000,50000000]}}],' +
        '"patient":null,"presenter":"","study":null}',
    );
  });

  it("writes a server time out in full, and no negative zero", () => {
    const at = 1_795_507_346_223; // in millionths beyond 2^53
    const cine = { playing: true, speed: 0.1, at };
    const view = { kind: "stack", index: -0, instance: "", frame: 1, window: null, invert: false, orientation: [1, 0, -0, 1] } as const;
    const text = canonical({ ...state, panes: [{ ...PANE, view: { ...view, zoom: 1.0000004, center: [0.1 + 0.2, 0], cine } }] });
    expect(text).toContain('"cine":{"at":1795507346223000000,"playing":true,"speed":100000}');
    expect(text).toContain('"center":[300000,0]');
    expect(text).toContain('"index":0');
    expect(text).toContain('"orientation":[1000000,0,0,1000000]');
    expect(text).toContain('"zoom":1000000');
  });
});
