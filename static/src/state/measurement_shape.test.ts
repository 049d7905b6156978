import { describe, expect, it } from "vitest";
import { draggedEnds, type Ends, handlesOf, holdAt } from "./measurement_shape";
import type { Point } from "./stack_view";

const IMAGE = { width: 100, height: 80 };
const ENDS: Ends = [
  { x: 20, y: 30 },
  { x: 60, y: 50 },
];
/** Turned a quarter clockwise and enlarged twice. */
const toScreen = ({ x, y }: Point): Point => ({ x: 2 * (80 - y), y: 2 * x });
const handle = (number: number) => ({ kind: "handle", handle: number }) as const;

describe("handles", () => {
  it("move one end of a length", () => {
    expect(draggedEnds("length", ENDS, handle(1), { x: 5, y: -7 }, IMAGE)).toEqual([ENDS[0], { x: 65, y: 43 }]);
  });

  it("move two sides of a rectangle", () => {
    expect(handlesOf("rectangle", ENDS).map(({ at }) => [at.x, at.y])).toEqual([
      [20, 30],
      [60, 30],
      [60, 50],
      [20, 50],
    ]);
    expect(draggedEnds("rectangle", ENDS, handle(3), { x: -4, y: 6 }, IMAGE)).toEqual([
      { x: 16, y: 30 },
      { x: 60, y: 56 },
    ]);
  });

  it("move one axis of an ellipse", () => {
    expect(handlesOf("ellipse", ENDS).map(({ at }) => [at.x, at.y])).toEqual([
      [20, 40],
      [40, 30],
      [60, 40],
      [40, 50],
    ]);
    expect(draggedEnds("ellipse", ENDS, handle(1), { x: 9, y: -10 }, IMAGE)).toEqual([{ x: 20, y: 20 }, ENDS[1]]);
  });

  it("stay on the image", () => {
    expect(draggedEnds("length", ENDS, handle(0), { x: -500, y: 500 }, IMAGE)[0]).toEqual({ x: 0, y: 80 });
    expect(draggedEnds("rectangle", ENDS, { kind: "whole" }, { x: 500, y: -500 }, IMAGE)).toEqual([
      { x: 60, y: 0 },
      { x: 100, y: 20 },
    ]);
  });
});

describe("what a press holds", () => {
  it("is a handle before the line, and neither far off", () => {
    expect(holdAt("length", ENDS, { x: 102, y: 38 }, toScreen, 8)).toEqual(handle(0));
    expect(holdAt("length", ENDS, { x: 80, y: 80 }, toScreen, 8)).toEqual({ kind: "whole" });
    expect(holdAt("length", ENDS, { x: 95, y: 95 }, toScreen, 8)).toBeNull();
  });

  it("is the line of an ellipse, not its inside nor the corner of its box", () => {
    const onLine = toScreen({ x: 40 + 20 * Math.SQRT1_2, y: 40 + 10 * Math.SQRT1_2 });
    expect(holdAt("ellipse", ENDS, onLine, toScreen, 8)).toEqual({ kind: "whole" });
    for (const pixel of [{ x: 40, y: 40 }, ENDS[0], ENDS[1]]) expect(holdAt("ellipse", ENDS, toScreen(pixel), toScreen, 8)).toBeNull();
  });

  it("is a side of a rectangle, not its inside", () => {
    expect(holdAt("rectangle", ENDS, toScreen({ x: 45, y: 31 }), toScreen, 8)).toEqual({ kind: "whole" });
    expect(holdAt("rectangle", ENDS, toScreen({ x: 40, y: 40 }), toScreen, 8)).toBeNull();
  });
});
