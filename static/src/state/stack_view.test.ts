import { describe, expect, it } from "vitest";
import { rotate, UPRIGHT } from "./orientation";
import { changed, FIRST_VIEW, fitScale, needsPicture, pictureMatrix, rectOnScreen } from "./stack_view";

const VIEWPORT = { width: 800, height: 600 };
const IMAGE = { width: 512, height: 256 };

describe("stack view", () => {
  it("stays within the stack", () => {
    expect(changed(FIRST_VIEW, { kind: "scroll", by: -5 }, 10).index).toBe(0);
    expect(changed(FIRST_VIEW, { kind: "scroll", by: 99 }, 10).index).toBe(9);
    expect(changed(FIRST_VIEW, { kind: "go", index: 4 }, 10).index).toBe(4);
    expect(changed(FIRST_VIEW, { kind: "go", index: 4 }, 0).index).toBe(0);
  });

  it("keeps what is under the pointer while zooming", () => {
    const at = { x: 100, y: -50 };
    const view = changed(FIRST_VIEW, { kind: "zoom", factor: 2, at }, 1);
    expect(view.zoom).toBe(2);
    expect(view.pan).toEqual({ x: -100, y: 50 });
    const back = changed(view, { kind: "zoom", factor: 0.5, at }, 1);
    expect(back.pan).toEqual({ x: 0, y: 0 });
    expect(changed(view, { kind: "zoom", factor: 1000, at }, 1).zoom).toBe(40);
  });

  it("brings the window and place of a presentation state, and leaves the frame", () => {
    const own = changed({ ...FIRST_VIEW, index: 3, window: [40, 80], invert: true }, { kind: "rotate", quarters: 1 }, 9);
    const shown = changed(own, { kind: "look", look: { presentation: "2.25.90" } }, 9);
    expect(shown).toEqual({ ...FIRST_VIEW, index: 3, look: { ...FIRST_VIEW.look, presentation: "2.25.90" } });
    const placed = changed(shown, { kind: "place", orientation: rotate(UPRIGHT, 1), zoom: 90, pan: { x: 1, y: 2 } }, 9);
    expect([placed.zoom, placed.pan, placed.look.presentation]).toEqual([90, { x: 1, y: 2 }, "2.25.90"]);
    expect(changed(placed, { kind: "zoom", factor: 1.25, at: { x: 0, y: 0 } }, 9).zoom).toBe(90);
    expect(changed(placed, { kind: "reset" }, 9)).toEqual({ ...FIRST_VIEW, index: 3 });
  });

  it("no longer names a window of the image's once the person has another", () => {
    const own = changed(FIRST_VIEW, { kind: "look", look: { voi: 1, overlays: false } }, 9);
    expect(changed(own, { kind: "window", window: [40, 80] }, 9).look).toEqual({ ...FIRST_VIEW.look, overlays: false });
    expect(changed(own, { kind: "window", window: null }, 9).look.voi).toBe(1);
  });

  it("takes a window of the image's instead of the person's, and leaves it for any other switch", () => {
    const own = { ...FIRST_VIEW, window: [40, 80] as const };
    expect(changed(own, { kind: "look", look: { voi: 1 } }, 9)).toMatchObject({ window: null, look: { voi: 1 } });
    expect(changed(own, { kind: "look", look: { overlays: false } }, 9)).toMatchObject({ window: [40, 80], look: { overlays: false } });
  });

  it("asks the server only for what the browser can't do", () => {
    const asks = (action: Parameters<typeof changed>[1]) => needsPicture(FIRST_VIEW, changed(FIRST_VIEW, action, 9));
    expect(asks({ kind: "invert" })).toBe(true);
    expect(asks({ kind: "scroll", by: 1 })).toBe(true);
    expect(asks({ kind: "window", window: [40, 80] })).toBe(true);
    expect(asks({ kind: "flip", axis: "horizontal" })).toBe(false);
    expect(asks({ kind: "rotate", quarters: 1 })).toBe(false);
  });

  it("fits the picture, turned and with tall pixels too", () => {
    expect(fitScale(VIEWPORT, IMAGE, 1, UPRIGHT)).toBeCloseTo(800 / 512);
    expect(fitScale(VIEWPORT, IMAGE, 1, rotate(UPRIGHT, 1))).toBeCloseTo(600 / 512);
    expect(fitScale(VIEWPORT, IMAGE, 2, UPRIGHT)).toBeCloseTo(600 / 512);
  });

  it("finds regions on the screen", () => {
    const matrix = pictureMatrix(FIRST_VIEW, { width: 512, height: 512 }, { width: 512, height: 512 }, 1);
    expect(rectOnScreen(matrix, { width: 512, height: 512 }, { x0: 10, y0: 20, x1: 110, y1: 220 })).toEqual({
      left: 10,
      top: 20,
      right: 110,
      bottom: 220,
    });
  });
});
