import { describe, expect, it } from "vitest";
import type { OpenedDocument, RegionDocument } from "../net/documents";
import { UPRIGHT } from "./orientation";
import { horizontalScale, scaleBar } from "./scale_bar";
import { openedOf } from "./test_documents";

const SECTOR: RegionDocument = {
  x0: 100,
  y0: 50,
  x1: 700,
  y1: 550,
  unit_x: "cm",
  unit_y: "cm",
  delta_x: 0.03,
  delta_y: 0.03,
  spatial: true,
};
const scaleOf = (change: Partial<OpenedDocument>, turns: 0 | 1 = 0) => horizontalScale(openedOf(change), { ...UPRIGHT, turns });

describe("scale bar", () => {
  it("test_S06_only_where_spacing_is_calibrated_or_said_to_be_otherwise", () => {
    const spacing = { row_mm: 0.5, column_mm: 0.25, label: "" };
    expect(scaleOf({ spacing: { ...spacing, kind: "calibrated" } })).toEqual({ mm: 0.25, caveat: "", region: null });
    expect(scaleOf({ spacing: { ...spacing, kind: "calibrated" } }, 1)?.mm).toBe(0.5);
    expect(scaleOf({ spacing: { ...spacing, kind: "at detector" } })?.caveat).toBe("at detector");
    expect(scaleOf({ spacing: { ...spacing, kind: "estimated" } })?.caveat).toBe("estimated");
    expect(scaleOf({ spacing: { ...spacing, kind: "none" } })).toBeNull();
    expect(scaleOf({ spacing: { row_mm: null, column_mm: null, kind: "calibrated", label: "" } })).toBeNull();
  });

  it("test_S06_ultrasound_uses_its_spatial_region_in_cm_and_ignores_pixel_spacing", () => {
    const spacing = { row_mm: 0.5, column_mm: 0.5, kind: "calibrated", label: "" } as const;
    expect(scaleOf({ spacing, regions: [SECTOR] })?.mm).toBeCloseTo(0.3);
    const trace = { ...SECTOR, unit_x: "s", unit_y: "cm/s", spatial: false };
    expect(scaleOf({ spacing, regions: [trace] })).toBeNull();
  });

  it("chooses round lengths that fit", () => {
    expect(scaleBar(0.5, 150, "")).toEqual({ length_px: 100, words: "5 cm" });
    expect(scaleBar(0.5, 99, "")).toEqual({ length_px: 40, words: "20 mm" });
    expect(scaleBar(0.0005, 150, "estimated")).toEqual({ length_px: 100, words: "50 µm estimated" });
    expect(scaleBar(0, 150, "")).toBeNull();
    expect(scaleBar(1, 5, "")).toBeNull();
  });
});
