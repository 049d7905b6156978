import { describe, expect, it } from "vitest";
import {
  changesInWords,
  edgesOnScreen,
  flipHorizontally,
  flipVertically,
  matrixOf,
  type Orientation,
  rotate,
  UPRIGHT,
} from "./orientation";

const AXIAL = { left: "R", right: "L", top: "A", bottom: "P" };
const around = (orientation: Orientation) => {
  const { top, right, bottom, left } = edgesOnScreen(AXIAL, orientation);
  return top + right + bottom + left;
};

describe("orientation letters", () => {
  it("test_S02_letters_follow_rotation", () => {
    expect(around(UPRIGHT)).toBe("ALPR");
    expect(around(rotate(UPRIGHT, 1))).toBe("RALP"); // what was left is now on top
    expect(around(rotate(UPRIGHT, 2))).toBe("PRAL");
    expect(around(rotate(UPRIGHT, -1))).toBe("LPRA");
    expect(around(rotate(UPRIGHT, 4))).toBe("ALPR");
  });

  it("test_S02_letters_follow_flips_as_seen_on_screen", () => {
    expect(around(flipHorizontally(UPRIGHT))).toBe("ARPL");
    expect(around(flipVertically(UPRIGHT))).toBe("PLAR");
    const turned = rotate(UPRIGHT, 1); // RALP
    expect(around(flipHorizontally(turned))).toBe("RPLA");
    expect(around(flipVertically(turned))).toBe("LARP");
    expect(flipVertically(flipVertically(turned))).toEqual(turned);
    expect(flipHorizontally(flipVertically(UPRIGHT))).toEqual(rotate(UPRIGHT, 2));
  });

  it("test_S02_letters_agree_with_the_pixels_that_are_drawn", () => {
    const sides = { left: [-1, 0], right: [1, 0], top: [0, -1], bottom: [0, 1] } as const;
    for (const mirrored of [false, true]) {
      for (const turns of [0, 1, 2, 3] as const) {
        const orientation = { turns, mirrored };
        const [a, b, c, d] = matrixOf(orientation);
        const shown = edgesOnScreen(AXIAL, orientation);
        for (const [side, [x, y]] of Object.entries(sides)) {
          const [screenX, screenY] = [a * x + c * y, b * x + d * y];
          const screenSide = screenX === -1 ? "left" : screenX === 1 ? "right" : screenY === -1 ? "top" : "bottom";
          expect(shown[screenSide]).toBe(AXIAL[side as keyof typeof AXIAL]);
        }
      }
    }
  });

  it("test_S02_every_change_is_named", () => {
    expect(changesInWords(UPRIGHT, false)).toEqual([]);
    expect(changesInWords(UPRIGHT, true)).toEqual(["inverted"]);
    expect(changesInWords(flipHorizontally(UPRIGHT), false)).toEqual(["flipped left–right"]);
    expect(changesInWords(flipVertically(UPRIGHT), false)).toEqual(["flipped top–bottom"]);
    expect(changesInWords(rotate(UPRIGHT, -1), true)).toEqual(["rotated 90° left", "inverted"]);
    expect(changesInWords(rotate(flipHorizontally(UPRIGHT), 1), false)).toEqual(["flipped left–right", "rotated 90° right"]);
  });
});
