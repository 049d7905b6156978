import { expect, test } from "vitest";
import { FIRST_LOOK } from "./look";
import { lookWords } from "./look_words";
import { openedOf } from "./test_documents";
import { headerOf } from "./test_headers";

const chain = { overlays: ["CAD"], voi_luts: ["Bone table"], shutter: true, subtraction: "recommended" as const, colour_profile: null };
const opened = openedOf();
const chained = openedOf({ chain });
const bone = { ...FIRST_LOOK, presentation: "2.25.90" };

test("S05 a plain picture needs no words", () => {
  expect(lookWords({ opened, header: headerOf(), look: FIRST_LOOK }, "")).toEqual([]);
});

test("S05 a presentation is named only where the picture says that it is applied", () => {
  expect(lookWords({ opened, header: headerOf({ presented: true }), look: bone }, "BONE")).toEqual(["Presentation: BONE"]);
  expect(lookWords({ opened, header: headerOf(), look: bone }, "BONE")).toEqual(["Presentation BONE is not about this image: as stored"]);
  expect(lookWords({ opened, header: headerOf({ presented: true }), look: null }, "")).toEqual(["Presentation state applied"]);
});

test("S10 grey that was meant as colour is said to be so", () => {
  expect(lookWords({ opened, header: headerOf({ paletteMissing: true }), look: FIRST_LOOK }, "")).toEqual([
    "Shown grey: the palette of its colours is missing",
  ]);
});

test("S09 a mask is said to be subtracted, and to be missing where it is recommended", () => {
  expect(lookWords({ opened, header: headerOf({ subtracted: true }), look: FIRST_LOOK }, "")).toEqual(["Mask subtracted"]);
  expect(lookWords({ opened: chained, header: headerOf(), look: { ...FIRST_LOOK, subtraction: false } }, "")).toEqual([
    "Mask not subtracted",
  ]);
});

test("S09 what is switched off is named, and windows that are not the first", () => {
  const off = { ...FIRST_LOOK, overlays: false, shutter: false, icc: false, voi: 1, voiFunction: "LINEAR_EXACT" as const };
  const header = headerOf({ profileUnused: true, subtracted: true });
  expect(lookWords({ opened: chained, header, look: off }, "")).toEqual([
    "Mask subtracted",
    "Overlays off",
    "Shutter off",
    "Colours without their ICC profile",
    "Bone table",
    "VOI LINEAR EXACT",
  ]);
  expect(lookWords({ opened, header: headerOf({ windowCenter: null }), look: { ...FIRST_LOOK, voiFunction: "SIGMOID" } }, "")).toEqual([]);
});
