/**
 * Whether a picture is what its header says: its digest, worked out again in this browser (docs/stream.md section 5, rule S05).
 *
 * Of lossless pictures the levels count, as the browser has decoded them; of stored bytes and of values the payload.
 */
import { Sha256 } from "../state/sha256";
import { type PictureHeader, payloadOf } from "./wire";

/** none: there is nothing that could be checked, or it passed by in a loop; unavailable: this browser can't check it. */
export type Proof = "matches" | "differs" | "unavailable" | "none";

type Bytes = Uint8Array<ArrayBuffer>;

const PIECE_BYTES = 1 << 18;
/** Colour type of a PNG's header (ISO 15948), and what it is for RGB. */
const COLOUR_TYPE_AT = 25;
const RGB = 2;
const TRIED = 16;

/** Compare a picture with its digest. bitmap: of the whole payload. */
export async function prove(header: PictureHeader, message: ArrayBuffer, bitmap: ImageBitmap | null): Promise<Proof> {
  if (header.digestKind === "payload") return verdict(header, payloadOf(message));
  if (header.digestKind !== "levels" || bitmap === null) return "none";
  if (bitmap.width !== header.width || bitmap.height !== header.height) return "differs";
  const pixels = pixelsOf(bitmap);
  return pixels ? verdict(header, levelsOf(pixels, payloadOf(message)[COLOUR_TYPE_AT] === RGB)) : "unavailable";
}

/** SHA-256 as hexadecimal digits: the browser's own where it is offered, else ours, with pauses for other messages. */
export async function digestOf(bytes: Bytes): Promise<string> {
  if (globalThis.crypto?.subtle) return hexadecimal(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  const hash = new Sha256();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    hash.add(bytes.subarray(at, at + PIECE_BYTES));
    await new Promise((resume) => setTimeout(resume));
  }
  return hash.end();
}

/** One byte a sample, row by row: the red of a grey picture, or red, green and blue. pixels: RGBA. */
export function levelsOf(pixels: Uint8ClampedArray, isColour: boolean): Bytes {
  const count = pixels.length / 4;
  const levels = new Uint8Array(isColour ? count * 3 : count);
  if (!isColour) {
    for (let pixel = 0; pixel < count; pixel++) levels[pixel] = pixels[pixel * 4] ?? 0;
    return levels;
  }
  for (let pixel = 0, to = 0; pixel < count; pixel++, to += 3) {
    levels[to] = pixels[pixel * 4] ?? 0;
    levels[to + 1] = pixels[pixel * 4 + 1] ?? 0;
    levels[to + 2] = pixels[pixel * 4 + 2] ?? 0;
  }
  return levels;
}

async function verdict(header: PictureHeader, bytes: Bytes): Promise<Proof> {
  return (await digestOf(bytes)) === header.digest ? "matches" : "differs";
}

/** Levels of a bitmap as they are; null where the browser doesn't give back what was drawn. */
function pixelsOf(bitmap: ImageBitmap): Uint8ClampedArray | null {
  const context = contextOf(bitmap.width, bitmap.height);
  if (!context || !isFaithful()) return null;
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height, { colorSpace: "srgb" }).data;
}

let faithful: boolean | null = null;

/** Some browsers change a little of what a page reads from a canvas, so that it can't know them again by that. */
function isFaithful(): boolean {
  if (faithful !== null) return faithful;
  const context = contextOf(TRIED, TRIED);
  const tried = new ImageData(TRIED, TRIED);
  for (let pixel = 0; pixel < TRIED * TRIED; pixel++) tried.data.set([pixel, 255 - pixel, pixel ^ 0x55, 255], pixel * 4);
  context?.putImageData(tried, 0, 0);
  const read = context?.getImageData(0, 0, TRIED, TRIED).data;
  faithful = read?.every((sample, place) => sample === tried.data[place]) ?? false;
  return faithful;
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D | null {
  const options = { colorSpace: "srgb", willReadFrequently: true } as const;
  return globalThis.OffscreenCanvas ? new OffscreenCanvas(width, height).getContext("2d", options) : null;
}

function hexadecimal(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
