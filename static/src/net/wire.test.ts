import { describe, expect, it } from "vitest";
import { FromClient, HEADER_BYTES, packControl, parseControl, parseHeader, parsePrefix, payloadOf } from "./wire";

/** One picture, byte by byte as docs/stream.md lays it out; written by hand, not by our own packer. */
const LITERAL = [
  "5642 01 01 0700 01 3c", // "VB", version 1, picture, viewport 7, jpeg, quality 60
  "05000000 2a000000 77000000 01000000", // epoch 5, sequence 42, index 119, frame 1
  "000102030405060708090a0b0c0d0e0f", // instance digest
  "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", // view-state hash
  "00010000 80000000 00020000 00010000", // 256x128 of 512x256
  "00002042 0000c843", // window 40 / 400
  "01 01 5700 00004041", // lossy, source lossy, ratio 12; inverted, reduced, colour managed, shutter, profile unused
  "c8000000 5e010000", // 200 µs render, 350 µs encode
  "03000000 04000000 02 000000", // tile 3, 4 of level 2
  "04000000", // 4 bytes of payload
  "00".repeat(32),
  "ffd8ffd9",
];

function bytes(parts: string[]): ArrayBuffer {
  const hex = parts.join("").replaceAll(" ", "");
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).buffer;
}

describe("picture header", () => {
  it("test_S01_reads_every_field_of_a_literal_message", () => {
    const message = bytes(LITERAL);
    expect(message.byteLength).toBe(HEADER_BYTES + 4);
    expect(parseHeader(message)).toEqual({
      kind: "picture",
      viewport: 7,
      codec: "jpeg",
      quality: 60,
      epoch: 5,
      sequence: 42,
      index: 119,
      frameNumber: 1,
      instanceDigest: "000102030405060708090a0b0c0d0e0f",
      viewHash: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      width: 256,
      height: 128,
      sourceColumns: 512,
      sourceRows: 256,
      windowCenter: 40,
      windowWidth: 400,
      fidelity: "lossy",
      sourceLossy: true,
      sourceRatio: 12,
      inverted: true,
      reduced: true,
      colourManaged: true,
      overlaysDrawn: false,
      shutterApplied: true,
      subtracted: false,
      profileUnused: true,
      presented: false,
      paletteMissing: false,
      renderMicroseconds: 200,
      encodeMicroseconds: 350,
      tileColumn: 3,
      tileRow: 4,
      level: 2,
      payloadBytes: 4,
      digestKind: "none",
      digest: "",
      levelsDigest: "",
    });
    expect([...payloadOf(message)]).toEqual([0xff, 0xd8, 0xff, 0xd9]);
  });

  it("says null where the window or the ratio is not a number", () => {
    const parts = [...LITERAL];
    parts[5] = "0000c07f 0000c07f";
    parts[6] = "00 00 a800 0000c07f";
    const header = parseHeader(bytes(parts));
    expect([header.windowCenter, header.windowWidth, header.sourceRatio]).toEqual([null, null, null]);
    expect(header.fidelity).toBe("lossless");
    expect([header.overlaysDrawn, header.subtracted, header.presented, header.inverted]).toEqual([true, true, true, false]);
  });

  it.each([
    [0, "none", "", ""],
    [1, "levels", "ab".repeat(32), "ab".repeat(32)],
    [2, "encoded", "ab".repeat(8), ""],
    [3, "payload", "ab".repeat(32), ""],
  ])("test_S05_says_what_a_digest_of_kind_%i is of: %s", (kind, digestKind, digest, levelsDigest) => {
    const parts = [...LITERAL];
    parts[8] = `03000000 04000000 02 0${kind} 0000`;
    parts[10] = "ab".repeat(32);
    expect(parseHeader(bytes(parts))).toMatchObject({ digestKind, digest, levelsDigest });
  });

  it("refuses another magic, a cut header and a payload of another length", () => {
    expect(() => parseHeader(bytes(["5643", ...LITERAL.slice(1)]))).toThrow();
    expect(() => parseHeader(bytes(LITERAL).slice(0, 100))).toThrow("shorter than its header");
    expect(() => parseHeader(bytes(LITERAL.slice(0, -1)))).toThrow("another length");
  });
});

describe("control messages", () => {
  it("packs the 8 bytes and the JSON", () => {
    const message = packControl(FromClient.credit, 258, { pictures: 4 });
    expect([...message.slice(0, 8)]).toEqual([0x56, 0x42, 1, 19, 2, 1, 0, 0]);
    expect(parsePrefix(message.buffer)).toEqual({ kind: 19, viewport: 258 });
    expect(parseControl(message.buffer)).toEqual({ pictures: 4 });
  });
});
