import { describe, expect, it } from "vitest";
import { type Box, boxAround, labelPlace } from "./label_place";

const GLASS = { width: 800, height: 600 };
const LABEL = { width: 160, height: 40 };
const SHAPE: Box = { x: 300, y: 200, width: 100, height: 80 };
const isApart = (one: Box, other: Box) =>
  one.x >= other.x + other.width || other.x >= one.x + one.width || one.y >= other.y + other.height || other.y >= one.y + one.height;

describe("the numbers of a shape", () => {
  it("stand right of it, else left of it, else below it", () => {
    expect(labelPlace(LABEL, SHAPE, GLASS, [])).toMatchObject({ x: 414, y: 268 });
    expect(labelPlace(LABEL, { ...SHAPE, x: 650 }, GLASS, []).x).toBe(650 - 14 - 160);
    expect(labelPlace(LABEL, { ...SHAPE, x: 20, width: 760 }, GLASS, [])).toMatchObject({ x: 20, y: 294 });
    expect(labelPlace(LABEL, { x: 20, y: 580, width: 760, height: 10 }, GLASS, []).y).toBe(580 - 14 - 40);
  });

  it("keep clear of what stands there, and of one another", () => {
    const first = labelPlace(LABEL, SHAPE, GLASS, []);
    const second = labelPlace(LABEL, SHAPE, GLASS, [first]);
    const third = labelPlace(LABEL, SHAPE, GLASS, [first, second]);
    for (const place of [second, third]) expect(isApart(place, first) && isApart(place, SHAPE)).toBe(true);
    expect(isApart(second, third)).toBe(true);
  });

  it("cover another shape only where they must", () => {
    const other = { x: 420, y: 260, width: 90, height: 90 };
    expect(isApart(labelPlace(LABEL, SHAPE, GLASS, [], [SHAPE, other]), other)).toBe(true);
    const [everywhere, list] = [
      { x: 0, y: 0, ...GLASS },
      { x: 400, y: 0, width: 400, height: 600 },
    ];
    expect(isApart(labelPlace(LABEL, SHAPE, GLASS, [list], [everywhere]), list)).toBe(true);
  });

  it("are on the glass whatever they cover", () => {
    const whole = { x: 0, y: 0, ...GLASS };
    const { x, y } = labelPlace(LABEL, whole, GLASS, [whole]);
    expect([x >= 0 && x + LABEL.width <= 800, y >= 0 && y + LABEL.height <= 600]).toEqual([true, true]);
    expect(labelPlace({ width: 900, height: 40 }, SHAPE, GLASS, []).x).toBe(6);
  });

  it("never lie over a level line, which has no height", () => {
    const line = boxAround({ x: 790, y: 300 }, { x: 10, y: 300 });
    expect(line).toEqual({ x: 10, y: 300, width: 780, height: 0 });
    expect(isApart(labelPlace(LABEL, line, GLASS, []), line)).toBe(true);
  });
});
