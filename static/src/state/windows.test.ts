import { describe, expect, it } from "vitest";
import { draggedWindow, presetName, presetsFor, windowInWords } from "./windows";

describe("windows", () => {
  it("offers the customary CT presets, then the stored ones, without doubles", () => {
    const presets = presetsFor("CT", [
      { center: 40, width: 400, explanation: "ABDOMEN" },
      { center: -500, width: 1400, explanation: "LUNG B" },
    ]);
    expect(presets.map((preset) => preset.name)).toEqual([
      "Soft tissue",
      "Lung",
      "Bone",
      "Brain",
      "Mediastinum",
      "Liver",
      "Angiography",
      "LUNG B",
    ]);
    expect(presetName(presets, [-600, 1500])).toBe("Lung");
    expect(presetName(presets, [-600, 1501])).toBe("");
    expect(presetsFor("MR", [{ center: 300, width: 600 }])).toEqual([{ name: "As stored", window: [300, 600] }]);
  });

  it("drags in proportion to the width and never below 1", () => {
    expect(draggedWindow([40, 400], 100, -20, false)).toEqual([20, 500]);
    expect(draggedWindow([40, 400], 100, -20, true)).toEqual([35, 425]);
    expect(draggedWindow([40, 400], -9999, 0, false)).toEqual([40, 1]);
    expect(draggedWindow([0, 4000], 10, 0, false)).toEqual([0, 4100]);
  });

  it("says the unit only where there is one", () => {
    expect(windowInWords(40, 400, "HU")).toBe("W 400 L 40 HU");
    expect(windowInWords(0.5, 1, "")).toBe("W 1 L 0.5");
  });
});
