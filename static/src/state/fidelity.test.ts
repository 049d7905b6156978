import { describe, expect, it } from "vitest";
import type { PictureHeader } from "../net/wire";
import { fidelityWords, proofInWords, renderingInWords, sizeInWords, treatmentInWords } from "./fidelity";
import { headerOf } from "./test_headers";

const CT = { modality: "CT", intent: null };
const words = (change: Partial<PictureHeader>, facts = CT as { modality: string; intent: string | null }) => {
  const said = fidelityWords(headerOf(change), facts);
  return [said.trust, said.headline, ...said.also].join(" | ");
};

describe("fidelity words", () => {
  it("test_S05_preview_until_lossless", () => {
    expect(words({ fidelity: "lossy", codec: "jpeg", quality: 60 })).toBe("preview | preview – JPEG q60");
    expect(words({ fidelity: "lossless", codec: "png" })).toBe("full | lossless");
  });

  it("test_S05_source_lossy_with_ratio", () => {
    expect(words({ fidelity: "stored", sourceLossy: true, sourceRatio: 12 })).toBe("source | source lossy 12:1");
    expect(words({ fidelity: "lossless", sourceLossy: true, sourceRatio: 7.25 })).toBe("source | source lossy 7.3:1");
    expect(words({ fidelity: "lossless", sourceLossy: true })).toBe("source | source lossy");
  });

  it("test_S05_stored_lossy_encoded_again_is_lossy_twice", () => {
    expect(words({ fidelity: "lossy", codec: "jpeg", quality: 80, sourceLossy: true, sourceRatio: 20 })).toBe(
      "preview | preview – JPEG q80 | source lossy 20:1 | lossy twice",
    );
  });

  it("test_S05_reduced_is_said", () => {
    expect(words({ reduced: true, width: 256, height: 256, sourceColumns: 512, sourceRows: 512 })).toBe("preview | preview | reduced 1/2");
    expect(words({ reduced: true, width: 390, height: 390, sourceColumns: 1000, sourceRows: 1000 })).toContain("reduced to 39 %");
  });

  it("test_S05_mammogram_not_for_interpretation", () => {
    expect(words({ fidelity: "lossy", quality: 60 }, { modality: "MG", intent: null })).toContain("not for interpretation");
    expect(words({}, { modality: "MG", intent: "FOR PROCESSING" })).toContain("for processing: not for interpretation");
    expect(words({}, { modality: "MG", intent: "FOR PRESENTATION" })).toBe("full | lossless");
  });
});

describe("proof and treatment in words", () => {
  it("test_S05_says_what_the_digest_is_of_and_whether_it_was_checked", () => {
    const levels = headerOf({ digestKind: "levels", digest: "0123456789abcdef".repeat(4) });
    const stored = headerOf({ digestKind: "payload", digest: "ab".repeat(32), fidelity: "stored" });
    const named = "SHA-256 of the levels 0123456789abcdef";
    expect(proofInWords(levels, "matches")).toBe(`${named}, checked in this browser: matches`);
    expect(proofInWords(levels, "unavailable")).toBe(`${named}, this browser can't check it`);
    expect(proofInWords(stored, "none")).toBe("SHA-256 of the stored bytes abababababababab, not checked: it plays");
    const lossy = headerOf({ digestKind: "encoded", digest: "cd".repeat(8), fidelity: "lossy" });
    expect(proofInWords(lossy, "none")).toBe("XXH3 of the levels before encoding cdcdcdcdcdcdcdcd, names what was encoded");
    expect(proofInWords(headerOf(), "none")).toBe("none came with it");
    expect(proofInWords(headerOf({ kind: "tile" }), "none")).toBe("none: tiles carry no proof");
  });

  it("test_S05_says_of_a_tile_that_it_is_one", () => {
    const change = { width: 256, height: 200, sourceColumns: 512, sourceRows: 400, level: 3 };
    expect(sizeInWords(headerOf({ ...change, kind: "tile" }))).toBe("Tile 256 × 200 of level 3");
    expect(sizeInWords(headerOf(change))).toBe("256 × 200 of 512 × 400");
  });

  it("test_S05_stored_bytes_are_not_rendered", () => {
    expect(renderingInWords(headerOf({ fidelity: "stored" }))).toBe("not rendered: the stored bytes");
    expect(renderingInWords(headerOf({ renderMicroseconds: 4800, encodeMicroseconds: 1250 }))).toBe(
      "rendered in 4.8 ms, encoded in 1.3 ms",
    );
  });

  it("test_S09_S10_says_what_was_done_beyond_the_window", () => {
    expect(treatmentInWords(headerOf(), null)).toEqual([]);
    const all = headerOf({ presented: true, subtracted: true, shutterApplied: true, overlaysDrawn: true, colourManaged: true });
    expect(treatmentInWords(all, "Scanner RGB")).toEqual([
      "presentation state applied",
      "mask subtracted",
      "shutter applied",
      "overlays drawn",
      "colours by ICC profile Scanner RGB",
    ]);
    expect(treatmentInWords(headerOf({ profileUnused: true }), null)).toEqual(["ICC profile not used"]);
  });
});
