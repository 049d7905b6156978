import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Sha256 } from "../state/sha256";
import { openedOf } from "../state/test_documents";
import { headerOf } from "../state/test_headers";
import { ValueStore } from "./value_store";
import { HEADER_BYTES, type PictureHeader } from "./wire";
import type { WireView } from "./worker_messages";

const QUICK: WireView = { window: [40, 400], invert: false, size: [2, 1], codec: "jpeg", quality: 60 };
const RECIPE = {
  first: 0,
  count: 4096,
  sample_bytes: 2,
  modality: { slope: 1, intercept: -1024 },
  voi_function: "",
  window: [40, 400],
  window_function: "LINEAR",
  is_inverse: false,
  padding: null,
};

let shown: PictureHeader[];
let store: ValueStore;
const asked = (sequence: number, window: readonly [number, number], index = 3) => ({
  viewport: 1,
  sequence,
  index,
  view: { ...QUICK, window },
});

function message(): { bytes: ArrayBuffer; digest: string } {
  const text = new TextEncoder().encode(JSON.stringify(RECIPE).padEnd(204));
  const payload = new Uint8Array(4 + text.length + 4);
  new DataView(payload.buffer).setUint32(0, text.length, true);
  payload.set(text, 4);
  payload.set([0, 4, 255, 15], 4 + text.length);
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  bytes.set(payload, HEADER_BYTES);
  return { bytes: bytes.buffer, digest: new Sha256().add(payload).end() };
}

/** The values of the drag that has begun arrive. */
async function arrive(sequence: number, change: Partial<PictureHeader> = {}): Promise<void> {
  const { bytes, digest } = message();
  const facts = { viewport: 1, sequence, index: 3, width: 2, height: 1, codec: "values", digestKind: "payload", digest } as const;
  await store.keep(headerOf({ ...facts, ...change }), bytes);
}

async function painted(): Promise<void> {
  await vi.waitFor(() => expect(shown.length).toBeGreaterThan(0));
}

beforeEach(() => {
  vi.stubGlobal("ImageData", class {});
  vi.stubGlobal("createImageBitmap", async () => ({ close: () => undefined }));
  shown = [];
  store = new ValueStore((header) => shown.push(header));
  store.opened(1, openedOf({ values: true, columns: 512, rows: 512 }));
});
afterEach(() => vi.unstubAllGlobals());

describe("values of a picture whose window moves", () => {
  it("are worth asking for at the second view of a drag, not for a preset, a scroll or what can't be had", () => {
    expect(store.worth(asked(1, [40, 400]), false)).toBe(0);
    expect(store.worth(asked(2, [50, 400]), true)).toBe(0);
    expect(store.worth(asked(3, [50, 400], 4), true)).toBe(0);
    expect(store.worth(asked(4, [60, 400], 4), true)).toBe(512 * 512 * 2);
    store.want(asked(4, [60, 400], 4));
    expect(store.worth(asked(5, [70, 400], 4), true)).toBe(0); // they are coming
    store.opened(2, openedOf({ values: false }));
    expect(store.worth({ ...asked(1, [40, 400]), viewport: 2 }, true)).toBe(0);
    expect(store.worth({ ...asked(2, [41, 400]), viewport: 2 }, true)).toBe(0);
  });

  it("test_S01_make_pictures_whose_header_is_their_own_with_the_window_that_was_painted", async () => {
    const wish = store.want(asked(1, [50, 400]));
    expect(wish.view).toMatchObject({ codec: "values", window: null, size: null });
    expect(store.paint(asked(2, [50, 400]))).toBe(false);
    await arrive(wish.sequence, { instanceDigest: "cd".repeat(16) });
    expect(store.paint(asked(3, [60.1, 300]))).toBe(true);
    await painted();
    const own = { sequence: 3, index: 3, instanceDigest: "cd".repeat(16), fidelity: "lossless", viewHash: "" };
    expect(shown).toMatchObject([{ ...own, windowCenter: Math.fround(60.1), windowWidth: 300 }]);
    expect(store.paint(asked(4, [60, 300], 5))).toBe(false);
    expect(store.paint({ ...asked(5, [60, 300]), view: { ...QUICK, overlays: false } })).toBe(false);
  });

  it("paint the newest of what is asked for meanwhile", async () => {
    await arrive(store.want(asked(1, [50, 400])).sequence);
    for (let sequence = 10; sequence < 20; sequence++) store.paint(asked(sequence, [sequence, 400]));
    await vi.waitFor(() => expect(shown.map((header) => header.sequence)).toEqual([10, 19]));
  });

  it("test_S05_are_of_no_use_when_they_differ_from_their_proof", async () => {
    await arrive(store.want(asked(1, [50, 400])).sequence, { digest: "00".repeat(32) });
    expect(store.paint(asked(2, [50, 400]))).toBe(false);
    expect(store.isComing).toBe(false);
  });

  it("are forgotten with the viewport's series, also those under way", async () => {
    const wish = store.want(asked(1, [50, 400]));
    store.forget(1);
    await arrive(wish.sequence);
    expect(store.paint(asked(2, [50, 400]))).toBe(false);
  });

  it("aren't asked for again once the server has refused them", () => {
    const wish = store.want(asked(1, [50, 400]));
    expect(store.failed(1, 7)).toBe(false);
    expect(store.failed(1, wish.sequence)).toBe(true);
    store.worth(asked(2, [51, 400]), true);
    expect(store.worth(asked(3, [52, 400]), true)).toBe(0);
  });
});
