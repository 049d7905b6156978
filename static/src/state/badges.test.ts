import { describe, expect, it } from "vitest";
import type { KeyNote, ListedPresentation } from "../net/documents";
import { badgesOf } from "./badges";

const NOTE: KeyNote = {
  sop_instance_uid: "1.2",
  title: "Of Interest",
  description: "the fracture",
  creator: "",
  created: "",
  frames: [0, 2],
};
const STATE: ListedPresentation = {
  sop_instance_uid: "1.3",
  label: "BONE",
  description: "",
  creator: "",
  created: "",
  kind: "grayscale",
  is_applied: true,
  reason: "",
  applies_to: { frames: 2, of: 3, first: 0 },
};

describe("badges of the tray", () => {
  it("are none where nothing is marked, or the server says nothing", () => {
    expect(badgesOf({})).toEqual([]);
    expect(badgesOf({ key_images: 0, key_notes: [], presentations: [] })).toEqual([]);
  });

  it("count key images, and say each title once", () => {
    expect(badgesOf({ key_images: 2, key_notes: [NOTE, NOTE, { ...NOTE, title: "For Teaching", description: "" }] })).toEqual([
      { kind: "key", sign: "KEY 2", words: "2 key images · Of Interest: the fracture · For Teaching" },
    ]);
  });

  it("name presentation states, and those that are not applied as such", () => {
    const [badge] = badgesOf({ presentations: [STATE, { ...STATE, label: "FUSION", is_applied: false }] });
    expect(badge).toEqual({ kind: "presentation", sign: "PR 2", words: "2 presentation states · BONE · FUSION (not applied)" });
    expect(badgesOf({ presentations: [STATE] })[0]?.words).toBe("1 presentation state · BONE");
  });
});
