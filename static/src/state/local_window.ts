/**
 * Levels of stored values for any window, made here and equal to the server's to the last bit (docs/stream.md section 5).
 *
 * The same operations on the same doubles in the same order as viewer/core/voi_lut.py (PS3.3 C.11.2.1.2); whatever else may
 * draw into a picture the server refuses to send as values. Pure.
 */
import type { Window } from "./windows";

type Modality =
  | { readonly slope: number; readonly intercept: number }
  | { readonly first_mapped: number; readonly entries: readonly number[] };

/** What comes ahead of the samples. */
export interface Recipe {
  /** The smallest value that can be stored; samples count from it. */
  readonly first: number;
  readonly count: number;
  readonly sample_bytes: 1 | 2;
  readonly modality: Modality;
  /** As stated; "" where it isn't. */
  readonly voi_function: "" | "LINEAR" | "LINEAR_EXACT";
  /** The image's own; null where there is none. */
  readonly window: Window | null;
  /** Of that window alone: a full range has its own. */
  readonly window_function: "LINEAR" | "LINEAR_EXACT" | null;
  readonly is_inverse: boolean;
  /** Stored values that are no image, both included. */
  readonly padding: readonly [number, number] | null;
}

export interface Values {
  readonly recipe: Recipe;
  readonly samples: Uint8Array | Uint16Array;
}

const LENGTH_BYTES = 4;
const BACKGROUND = 0;
const OPAQUE = 0xff000000;

/** Read a payload of values. payload: begins at a multiple of 8 in its buffer. */
export function valuesOf(payload: Uint8Array<ArrayBuffer>): Values {
  const { buffer, byteOffset, byteLength } = payload;
  const begin = LENGTH_BYTES + new DataView(buffer, byteOffset).getUint32(0, true);
  const recipe = JSON.parse(new TextDecoder().decode(payload.subarray(LENGTH_BYTES, begin))) as Recipe;
  const [at, bytes] = [byteOffset + begin, byteLength - begin];
  return { recipe, samples: recipe.sample_bytes === 2 ? new Uint16Array(buffer, at, bytes / 2) : new Uint8Array(buffer, at, bytes) };
}

/** Return the level of each value that can be stored, from the smallest on. chosen: null is the image's own window. */
export function levelTable(recipe: Recipe, chosen: Window | null, isInverted: boolean): Uint8Array {
  const table = new Uint8Array(recipe.count);
  const toModality = modalityOf(recipe.modality);
  const window = chosen ?? recipe.window;
  if (!window) throw new Error("no window");
  const level = voiOf(window, (chosen ? recipe.voi_function : recipe.window_function) ?? "");
  const flip = recipe.is_inverse !== isInverted ? 255 : 0;
  for (let place = 0; place < table.length; place++) table[place] = level(toModality(recipe.first + place)) ^ flip;
  if (recipe.padding) {
    const [low, high] = recipe.padding;
    table.fill(BACKGROUND, Math.max(0, low - recipe.first), Math.max(0, high - recipe.first + 1));
  }
  return table;
}

/** Return RGBA pixels of samples. */
export function paint(samples: Uint8Array | Uint16Array, table: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const colours = new Uint32Array(table.length);
  for (let place = 0; place < table.length; place++) colours[place] = OPAQUE | ((table[place] ?? 0) * 0x010101);
  const pixels = new Uint32Array(samples.length);
  for (let place = 0; place < samples.length; place++) pixels[place] = colours[samples[place] ?? 0] ?? OPAQUE;
  return new Uint8ClampedArray(pixels.buffer);
}

function modalityOf(modality: Modality): (stored: number) => number {
  if ("slope" in modality) {
    const { slope, intercept } = modality;
    return (stored) => slope * stored + intercept;
  }
  const { first_mapped, entries } = modality;
  return (stored) => entries[Math.min(Math.max(stored - first_mapped, 0), entries.length - 1)] ?? 0;
}

/** LINEAR's steps of one belong to whole numbers: below a width of 1 it is undefined, and LINEAR_EXACT takes its place. */
function voiOf([center, width]: Window, stated: Recipe["voi_function"]): (value: number) => number {
  if (stated === "LINEAR_EXACT" || width < 1) return (value) => rounded(((value - center) / width + 0.5) * 255);
  if (width === 1) return (value) => (value > center - 0.5 ? 255 : 0);
  return (value) => rounded(((value - (center - 0.5)) / (width - 1) + 0.5) * 255);
}

function rounded(level: number): number {
  return Math.trunc(Math.min(Math.max(level, 0), 255) + 0.5);
}
