import { describe, expect, it } from "vitest";
import { Filling } from "./filling";

/** Pictures that came every gap_ms, asked for at 1000. */
function came(gap_ms: number, count: number): Filling {
  const filling = new Filling();
  filling.began(1000);
  for (let place = 1; place <= count; place++) filling.came(1000 + place * gap_ms);
  return filling;
}
const due = (count: number, first_ms: number, step_ms: number) => Array.from({ length: count }, (_, place) => first_ms + place * step_ms);

describe("the filling of a loop", () => {
  it("is in time where nothing is missing", () => {
    expect(new Filling().isInTime([])).toBe(true);
  });

  it("waits for three pictures before it believes a rate", () => {
    expect(came(1, 2).isInTime(due(57, 50, 16))).toBe(false);
    expect(came(1, 3).isInTime(due(57, 50, 16))).toBe(true);
  });

  it("doesn't begin where pictures come slower than they are due", () => {
    expect(came(20, 3).isInTime(due(57, 50, 16))).toBe(false);
    expect(came(9, 3).isInTime(due(57, 60, 16))).toBe(false); // faster, but without a margin
    expect(came(20, 40).isInTime(due(30, 300, 16))).toBe(false);
    expect(came(20, 50).isInTime(due(10, 830, 16))).toBe(true); // the few that are missing come in time
  });

  it("counts only what came since it was asked for", () => {
    const filling = came(1, 30);
    filling.began(5000);
    expect(filling.isInTime(due(5, 500, 16))).toBe(false);
  });
});
