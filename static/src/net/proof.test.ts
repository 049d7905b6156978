import { afterEach, describe, expect, it, vi } from "vitest";
import { headerOf } from "../state/test_headers";
import { digestOf, levelsOf, prove } from "./proof";
import { HEADER_BYTES } from "./wire";

/** SHA-256 of the bytes 0..9. */
const TEN = "1f825aa2f0020ef7cf91dfa30da4668d791c5d4824fc8e41354b89ec05795ab3";
const ten = Uint8Array.from({ length: 10 }, (_, place) => place);

function message(payload: Uint8Array): ArrayBuffer {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  bytes.set(payload, HEADER_BYTES);
  return bytes.buffer;
}

afterEach(() => vi.unstubAllGlobals());

describe("the proof of a picture", () => {
  it("is of the payload's very bytes where they are stored ones", async () => {
    const header = headerOf({ digestKind: "payload", digest: TEN });
    expect(await prove(header, message(ten), null)).toBe("matches");
    expect(await prove(header, message(ten.map((byte) => byte ^ 1)), null)).toBe("differs");
  });

  it("needs no secure context", async () => {
    const big = new Uint8Array(600_000).fill(7);
    const platform = await digestOf(big);
    vi.stubGlobal("crypto", {});
    expect(await digestOf(ten)).toBe(TEN);
    expect(await digestOf(big)).toBe(platform);
  });

  it("isn't claimed for what has none, nor where the browser gives no levels back", async () => {
    const bitmap = { width: 512, height: 512 } as ImageBitmap;
    expect(await prove(headerOf({ digestKind: "encoded", digest: "ab".repeat(8) }), message(ten), bitmap)).toBe("none");
    expect(await prove(headerOf(), message(ten), bitmap)).toBe("none");
    expect(await prove(headerOf({ digestKind: "levels", digest: TEN }), message(ten), bitmap)).toBe("unavailable");
  });

  it("fails for a picture of another size than it says", async () => {
    const bitmap = { width: 256, height: 512 } as ImageBitmap;
    expect(await prove(headerOf({ digestKind: "levels", digest: TEN }), message(ten), bitmap)).toBe("differs");
  });

  it("takes one byte a sample, in the order of the wire", () => {
    const pixels = Uint8ClampedArray.from([1, 2, 3, 255, 4, 5, 6, 255]);
    expect([...levelsOf(pixels, false)]).toEqual([1, 4]);
    expect([...levelsOf(pixels, true)]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
