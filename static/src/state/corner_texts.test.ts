import { describe, expect, it } from "vitest";
import { cornerTexts, nextMode } from "./corner_texts";
import { IdentityTable } from "./identity";
import { openedOf } from "./test_documents";
import { headerOf } from "./test_headers";

const opened = openedOf();
const header = headerOf({ instanceDigest: "aa".repeat(16), index: 1, windowCenter: -600, windowWidth: 1500 });
const identified = new IdentityTable(opened).identify(header);
if (typeof identified === "string") throw new Error(identified);
const shown = { header, identified };

describe("corner texts", () => {
  it("test_S01_come_from_the_header_and_the_tables", () => {
    expect(cornerTexts(opened, shown, 1.5, "full")).toEqual({
      topLeft: ["DEMO, Ada", "VB-1", "53 y female"],
      topRight: ["Demo Hospital", "9 Mar 2024 13:45", "CT chest"],
      bottomLeft: ["Se 3 · Im 2/2", "Instance 1", "Position -119.0 mm", "Thickness 1.5 mm"],
      bottomRight: ["W 1500 L -600 HU · Lung", "Zoom 150 %", "Chest 1.5 mm"],
    });
  });

  it("test_S02_side_and_view_are_in_the_corner", () => {
    const mammogram = openedOf({ modality: "MG", laterality: "L", view_position: "MLO" });
    expect(cornerTexts(mammogram, shown, 1, "full").topLeft).toContain("Left MLO");
    expect(cornerTexts(mammogram, shown, 1, "minimal").topLeft).toEqual(["Left MLO"]);
    expect(cornerTexts(mammogram, shown, 1, "off")).toEqual({ topLeft: ["Left MLO"], topRight: [], bottomLeft: [], bottomRight: [] });
  });

  it("leaves little or nothing where asked to", () => {
    expect(cornerTexts(opened, shown, 1, "minimal")).toEqual({
      topLeft: [],
      topRight: [],
      bottomLeft: ["Se 3 · Im 2/2"],
      bottomRight: ["W 1500 L -600 HU · Lung"],
    });
    expect(Object.values(cornerTexts(opened, shown, 1, "off")).flat()).toEqual([]);
    expect([nextMode("full"), nextMode("minimal"), nextMode("off")]).toEqual(["minimal", "off", "full"]);
  });

  it("test_S08_a_clip_says_the_frame_and_its_time", () => {
    const cine = {
      times_ms: null,
      frame_time_ms: 50,
      rate: 20,
      source: "Frame Time",
      assumed: false,
      start: 1,
      stop: 2,
      sequencing: "looping",
    } as const;
    const clip = openedOf({ kind: "clip", modality: "US", cine });
    expect(cornerTexts(clip, shown, 1, "full").bottomLeft).toContain("Se 3 · Frame 2/2");
    expect(cornerTexts(clip, shown, 1, "full").bottomLeft).toContain("50 ms");
  });
});
