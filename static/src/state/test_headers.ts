/** A header of a lossless CT picture, with changes; for tests alone. */
import type { PictureHeader } from "../net/wire";

export function headerOf(change: Partial<PictureHeader> = {}): PictureHeader {
  return {
    kind: "picture",
    viewport: 1,
    codec: "png",
    quality: 0,
    epoch: 1,
    sequence: 1,
    index: 0,
    frameNumber: 1,
    instanceDigest: "00".repeat(16),
    viewHash: "11".repeat(16),
    width: 512,
    height: 512,
    sourceColumns: 512,
    sourceRows: 512,
    windowCenter: 40,
    windowWidth: 400,
    fidelity: "lossless",
    sourceLossy: false,
    sourceRatio: null,
    inverted: false,
    reduced: false,
    renderMicroseconds: 0,
    encodeMicroseconds: 0,
    tileColumn: 0,
    tileRow: 0,
    level: 0,
    payloadBytes: 0,
    levelsDigest: "",
    ...change,
  };
}
