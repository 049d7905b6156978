import { expect, test } from "vitest";
import type { ItemDocument } from "../net/documents";
import { FIRST_LOOK } from "./look";
import { hasChoices, looksOffered, looksTitle } from "./looks_offered";
import { openedOf } from "./test_documents";
import { headerOf } from "./test_headers";

const listed = {
  sop_instance_uid: "2.25.90",
  label: "BONE",
  description: "as reported",
  creator: "Reader, Rita",
  created: "20260102030405",
  kind: "grayscale",
  is_applied: true,
  reason: "",
  applies_to: { frames: 1, of: 2, first: 0 },
};
const item = {
  key: "one",
  series_instance_uid: "2.25.2",
  stack: null,
  presentations: [
    listed,
    { ...listed, sop_instance_uid: "2.25.91", label: "FUSION", is_applied: false, reason: "Viewbox doesn't blend yet" },
  ],
} as unknown as ItemDocument;
const chain = { overlays: ["CAD", "CAD"], voi_luts: ["Bone table"], shutter: true, subtraction: null, colour_profile: null };

test("states are offered with what they are about, or why not", () => {
  const { states } = looksOffered(openedOf(), headerOf(), FIRST_LOOK, item);
  expect(states.map(({ label, detail, why }) => [label, detail, why])).toEqual([
    ["BONE", "as reported · Reader, Rita · 2026-01-02 · 1 of 2 images", ""],
    ["FUSION", "as reported · Reader, Rita · 2026-01-02 · 1 of 2 images", "Viewbox doesn't blend yet"],
  ]);
});

test("S01 nothing of another series is offered", () => {
  expect(looksOffered(openedOf({ series_instance_uid: "2.25.3" }), headerOf(), FIRST_LOOK, item).states).toEqual([]);
});

test("what the image or the picture has can be switched", () => {
  const kinds = (...of: Parameters<typeof looksOffered>) => looksOffered(...of).switches.map(({ kind, isOn }) => [kind, isOn]);
  expect(kinds(openedOf(), headerOf(), FIRST_LOOK, null)).toEqual([]);
  expect(kinds(openedOf({ chain }), headerOf(), FIRST_LOOK, null)).toEqual([
    ["overlays", true],
    ["shutter", true],
  ]);
  const header = headerOf({ overlaysDrawn: true, subtracted: true, colourManaged: true });
  expect(kinds(openedOf(), header, FIRST_LOOK, null)).toEqual([
    ["overlays", true],
    ["subtraction", true],
    ["icc", true],
  ]);
  const off = { ...FIRST_LOOK, overlays: false, shutter: false, subtraction: false, icc: false };
  expect(kinds(openedOf(), headerOf(), off, null)).toEqual([
    ["overlays", false],
    ["shutter", false],
    ["subtraction", false],
    ["icc", false],
  ]);
  expect(looksOffered(openedOf({ chain }), headerOf(), FIRST_LOOK, null).switches[0]?.words).toBe("Overlays · CAD");
});

test("windows, then VOI LUTs, are numbered as the server numbers them; a presentation brings its own", () => {
  const opened = openedOf({
    chain,
    windows: [
      { center: 40, width: 400 },
      { center: 400, width: 1800, explanation: "BONE" },
    ],
  });
  const vois = (look = FIRST_LOOK) => looksOffered(opened, headerOf(), look, item).vois.map(({ voi, words }) => [voi, words]);
  expect(vois()).toEqual([
    [0, "Window 1"],
    [1, "BONE"],
    [2, "Bone table"],
  ]);
  expect(vois({ ...FIRST_LOOK, presentation: "2.25.90" })).toEqual([]);
  expect(looksOffered(openedOf(), headerOf(), FIRST_LOOK, item).vois).toEqual([]);
});

test("the button says what is chosen, and is of no use where nothing can be", () => {
  const bone = looksOffered(openedOf(), headerOf(), { ...FIRST_LOOK, presentation: "2.25.90" }, item);
  expect([looksTitle(bone), hasChoices(bone)]).toEqual(["BONE", true]);
  const none = looksOffered(openedOf({ colour: true }), headerOf({ windowCenter: null }), FIRST_LOOK, null);
  expect([looksTitle(none), hasChoices(none), hasChoices(null)]).toEqual(["Looks", false, false]);
});
