import { describe, expect, it } from "vitest";
import type { KeyNote } from "../net/documents";
import type { LooksOffered } from "../state/looks_offered";
import { ALONE } from "../state/loop_commands";
import type { Pressed } from "../tools/keys";
import { NOTHING, type ViewportSummary } from "../viewport/summary";
import { type PageFacts, whyUnheeded } from "./unheeded";

const inStep: Pressed = { to: "page", command: { kind: "in-step" } };
const link: Pressed = { to: "page", command: { kind: "link" } };
const nextKey: Pressed = { to: "viewport", command: { kind: "key-image", by: 1 } };
const facts = (change: Partial<PageFacts> = {}): PageFacts => ({ summary: NOTHING, loops: ALONE, whyNotLinked: "", ...change });
const stack = (keyNotes: readonly KeyNote[]): ViewportSummary => ({
  ...NOTHING,
  kind: "stack",
  looks: { keyNotes } as LooksOffered,
});

describe("why a key does nothing", () => {
  it("says why loops are not in step, and nothing where they are or can be", () => {
    expect(whyUnheeded(inStep, facts())).toBe("Not in step: There is no clip");
    expect(whyUnheeded(inStep, facts({ loops: { ...ALONE, whyNotInStep: "" } }))).toBe("");
    expect(whyUnheeded(inStep, facts({ loops: { ...ALONE, isInStep: true } }))).toBe("");
  });

  it("says that nothing is marked as a key image", () => {
    const note: KeyNote = { sop_instance_uid: "2.25.9", title: "Of Interest", description: "", creator: "", created: "", frames: [3] };
    expect(whyUnheeded(nextKey, facts({ summary: stack([]) }))).toBe("No key images are marked here");
    expect(whyUnheeded(nextKey, facts({ summary: stack([note]) }))).toBe("");
    expect(whyUnheeded(nextKey, facts())).toBe("There is no picture yet");
  });

  it("says why panes are not linked, and nothing of what does something", () => {
    expect(whyUnheeded(link, facts({ whyNotLinked: "There is one pane only" }))).toBe("Not linked: There is one pane only");
    expect(whyUnheeded(link, facts())).toBe("");
    expect(whyUnheeded({ to: "viewport", command: { kind: "invert" } }, facts())).toBe("");
  });
});
