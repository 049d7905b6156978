import { describe, expect, it } from "vitest";
import { framesDragged, isMeasuring, toolOfButton, usableTool } from "./tool";

describe("tools", () => {
  it("gives each button its tool", () => {
    expect([0, 1, 2].map((button) => toolOfButton(button, "window", false))).toEqual(["window", "pan", "zoom"]);
    expect(toolOfButton(0, "window", true)).toBe("zoom");
  });

  it("gives way where it can't do anything", () => {
    expect(usableTool("window", false, 60)).toBe("scroll");
    expect(usableTool("window", false, 1)).toBe("pan");
    expect(usableTool("window", true, 1)).toBe("window");
    expect(usableTool("scroll", true, 1)).toBe("pan");
  });

  it("measures on every picture, coloured or alone", () => {
    expect(usableTool("ellipse", false, 1)).toBe("ellipse");
    expect((["window", "pan", "length", "values"] as const).map(isMeasuring)).toEqual([false, false, true, true]);
  });

  it("scrolls a long stack within one drag", () => {
    expect(framesDragged(480, 240, 600)).toBe(240);
    expect(framesDragged(48, 4, 600)).toBe(2);
    expect(framesDragged(-5, 1000, 600)).toBe(-2);
  });
});
