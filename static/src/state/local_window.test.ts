import { describe, expect, it } from "vitest";
import golden from "../../../tests/golden/local_windows.json";
import { levelTable, paint, type Recipe, valuesOf } from "./local_window";
import { Sha256 } from "./sha256";
import type { Window } from "./windows";

interface Vector {
  readonly recipe: Recipe;
  readonly window: Window | null;
  readonly invert: boolean;
  readonly digest: string;
}

const VECTORS = golden as unknown as readonly Vector[];
const CT: Recipe = {
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

describe("levels made here", () => {
  it("are the server's, for each value that can be stored", () => {
    for (const { recipe, window, invert, digest } of VECTORS) {
      expect([window, invert, new Sha256().add(levelTable(recipe, window, invert)).end()]).toEqual([window, invert, digest]);
    }
    expect(VECTORS.length).toBeGreaterThan(80);
  });

  it("are those of PS3.3 C.11.2.1.2, padding black also when inverted", () => {
    const table = levelTable(CT, [40, 400], false);
    expect([table[0], table[1064], table[4095]]).toEqual([0, 128, 255]); // 40 HU: ((40 - 39.5) / 399 + 0.5) * 255 = 127.8
    const inverted = levelTable({ ...CT, padding: [0, 9] }, [40, 400], true);
    expect([inverted[9], inverted[10], inverted[4095]]).toEqual([0, 255, 0]);
  });

  it("of the image's own window are made by that window's function", () => {
    const full: Recipe = { ...CT, voi_function: "LINEAR_EXACT", window_function: "LINEAR" };
    expect(levelTable(full, null, false)).toEqual(levelTable(CT, [40, 400], false));
    expect(levelTable(full, [40, 400], false)).not.toEqual(levelTable(CT, [40, 400], false));
  });

  it("are painted opaque and grey", () => {
    const pixels = paint(Uint16Array.from([2, 0]), Uint8Array.from([7, 8, 255]));
    expect([...pixels]).toEqual([255, 255, 255, 255, 7, 7, 7, 255]);
  });

  it("read their samples from behind the recipe", () => {
    const text = new TextEncoder().encode(JSON.stringify(CT).padEnd(204));
    const payload = new Uint8Array(4 + text.length + 4);
    new DataView(payload.buffer).setUint32(0, text.length, true);
    payload.set(text, 4);
    payload.set([1, 2, 255, 15], 4 + text.length);
    const { recipe, samples } = valuesOf(payload);
    expect([recipe, [...samples]]).toEqual([CT, [513, 4095]]);
  });
});
