import { describe, expect, it } from "vitest";
import type { MeasuredDocument, MeasurementDocument, StatisticsDocument, ValuesDocument } from "../net/measuring_api";
import { lengthLines, numberInWords, resultInShort, resultLines, valueLines, wrapped } from "./measurement_words";
import { scaleBar } from "./scale_bar";

const WHO = { sop_instance_uid: "2.25.10", instance: "aa".repeat(16), frame: 1 };
const MM: MeasuredDocument = { value: 23.456, unit: "mm", kind: "calibrated", label: "Pixel Spacing (0028,0030)", components: [] };
const HU: StatisticsDocument = {
  kind: "modality",
  name: "CT number",
  unit: "HU",
  code: "[hnsf'U]",
  reason: "",
  count: 4,
  mean: -12.3456,
  sd: 5.5,
  min: -20,
  max: 31,
};
const VALUES: ValuesDocument = {
  ...WHO,
  column: 255,
  row: 301,
  stored: 1064,
  photometric: "MONOCHROME2",
  is_padding: false,
  colour: null,
  quantities: [{ kind: "modality", name: "CT number", unit: "HU", code: "[hnsf'U]", value: 40.00000000001, reason: "" }],
  suv_basis: [],
  mm: [-342.118, 0, 81.44],
};

function ellipse(change: Partial<MeasurementDocument>): readonly string[] {
  const area = { ...MM, value: 383.2, unit: "mm²" };
  const answer = { ...WHO, shape: "ellipse" as const, area, pixels: 4, padding: 0, is_within: true, statistics: [HU], ...change };
  return resultLines({ kind: "known", answer });
}

describe("S06 lengths in words", () => {
  it("have their provenance beside them", () => {
    expect(lengthLines(MM)).toEqual(["23.5 mm", "Pixel Spacing (0028,0030)"]);
    expect(lengthLines({ ...MM, value: 1.234, unit: "cm", label: "2D ultrasound region" })).toEqual(["1.23 cm", "2D ultrasound region"]);
  });

  it("say on the number itself that they are estimated or at the detector, as the scale bar does", () => {
    const [estimated, detector] = (["estimated", "at detector"] as const).map((kind) => ({ ...MM, value: 98.9, kind }));
    expect([estimated, detector].map((one) => one && lengthLines(one)[0])).toEqual(["98.9 mm estimated", "98.9 mm at detector"]);
    expect(scaleBar(0.5, 99, "estimated")?.words).toBe("20 mm estimated");
    expect(lengthLines({ ...MM, unit: "px", kind: "none" })[0]).toBe("23.5 px");
    const area = { ...MM, value: 383.2, unit: "mm²", kind: "estimated", label: "a localizer" } as const;
    expect(ellipse({ area })).toContain("383.2 mm² estimated · a localizer");
  });

  it("have it in the list as well", () => {
    expect(resultInShort({ kind: "known", answer: { ...WHO, shape: "length", length: MM } })).toBe("23.5 mm · Pixel Spacing (0028,0030)");
  });

  it("are not numbers where there is none", () => {
    const label = "across ultrasound regions: no length";
    expect(lengthLines({ ...MM, value: null, unit: "", label })).toEqual([label]);
  });

  it("are seconds and velocities in a Doppler region, from its baseline", () => {
    const components = [
      { axis: "x", difference: -0.45, unit: "s", start: null, end: null },
      { axis: "y", difference: 97.25, unit: "cm/s", start: -85, end: 12.25 },
    ] as const;
    expect(lengthLines({ ...MM, value: null, unit: "", label: "no length", components })).toEqual([
      "Δ 0.45 s",
      "Δ 97.3 cm/s (−85 to 12.3)",
      "no length",
    ]);
  });
});

describe("S07 statistics in words", () => {
  it("say mean, deviation, range, area and how many", () => {
    expect(ellipse({})).toEqual(["mean −12.3 HU · SD 5.50", "−20 to 31 HU", "383.2 mm² · Pixel Spacing (0028,0030)", "4 pixels"]);
  });

  it("say what a number without a unit is", () => {
    expect(ellipse({ statistics: [{ ...HU, name: "stored value", unit: "" }] })[0]).toBe("stored value mean −12.3 · SD 5.50");
  });

  it("say what was left out and what lies beyond", () => {
    expect(ellipse({ padding: 3, is_within: false }).slice(3)).toEqual([
      "4 pixels, 3 of them padding, left out",
      "reaches beyond the image",
    ]);
  });

  it("name each quantity where there are several, and why one is missing", () => {
    const suv = (name: string) => ({ ...HU, kind: "suv" as const, name, mean: null, sd: null, min: null, max: null, reason: "no weight" });
    expect(ellipse({ statistics: [HU, suv("SUVbw"), suv("SUVbsa")] }).slice(0, 2)).toEqual([
      "CT number mean −12.3 HU · SD 5.50 · −20 to 31 HU",
      "SUVbw, SUVbsa: no weight",
    ]);
  });

  it("wait, and fail, in words", () => {
    expect(resultLines({ kind: "asked" })).toEqual(["…"]);
    expect(resultLines({ kind: "failed", words: "server busy" })).toEqual(["not measured: server busy"]);
  });
});

describe("S07 values in words", () => {
  it("say the pixel, the quantity and the place", () => {
    expect(valueLines(VALUES)).toEqual(["x 255 · y 301", "CT number 40 HU", "stored 1064", "−342.1 · 0.0 · 81.4 mm in the patient"]);
  });

  it("are brief where there is little room", () => {
    expect(valueLines(VALUES, true)).toEqual(["x 255 · y 301", "CT number 40 HU"]);
    expect(valueLines({ ...VALUES, quantities: [] }, true)).toContain("stored 1064");
  });

  it("say that padding has none", () => {
    expect(valueLines({ ...VALUES, is_padding: true, mm: null })).toEqual(["x 255 · y 301", "padding: no value"]);
  });

  it("say colours as shown and as stored, and an index", () => {
    const colour = { ...VALUES, quantities: [], mm: null, colour: [200, 30, 12] };
    expect(valueLines({ ...colour, photometric: "RGB", stored: [200, 30, 12] }).slice(1)).toEqual(["RGB 200 · 30 · 12"]);
    expect(valueLines({ ...colour, photometric: "YBR_FULL_422", stored: [70, 99, 180] }).slice(1)).toEqual([
      "RGB 200 · 30 · 12",
      "stored YBR_FULL_422 70 · 99 · 180",
    ]);
    expect(valueLines({ ...colour, photometric: "PALETTE COLOR", stored: 17 }).slice(1)).toEqual(["RGB 200 · 30 · 12", "index 17"]);
  });
});

it("lines break between their parts, and within a part only where they must", () => {
  expect(wrapped("SUVbw mean 1.47 g/ml · SD 1.19 · 0.607 to 7.19 g/ml", 32)).toEqual([
    "SUVbw mean 1.47 g/ml · SD 1.19",
    "0.607 to 7.19 g/ml",
  ]);
  expect(wrapped("SUVlbm, SUVbsa: Patient's Size is not stated", 30)).toEqual(["SUVlbm, SUVbsa: Patient's Size", "is not stated"]);
});

it("numbers have the digits that they are worth", () => {
  expect([0, -1024, 40.126, 0.0123456, 123.456, 1404.98666].map(numberInWords)).toEqual([
    "0",
    "−1024",
    "40.1",
    "0.0123",
    "123.5",
    "1405.0",
  ]);
});
