import { describe, expect, it } from "vitest";
import { matrixOf, type Orientation, UPRIGHT } from "./orientation";
import { fromShared, orientationOf, pixelAt, placeOf, slideScale, toShared } from "./shared_map";
import type { SharedStackView } from "./shared_state";
import { FIRST_VIEW, type Size, type StackView } from "./stack_view";
import { openedOf } from "./test_documents";

const [AA, BB] = ["aa".repeat(16), "bb".repeat(16)];
const DESK: Size = { width: 800, height: 600 };
const PHONE: Size = { width: 390, height: 700 };
const WIDE = openedOf({ columns: 400, rows: 200 });
const RIGHT: Orientation = { turns: 1, mirrored: false };
const MIRRORED: Orientation = { turns: 0, mirrored: true };

const viewOf = (change: Partial<StackView>): StackView => ({ ...FIRST_VIEW, ...change });
const sharedOf = (change: Partial<StackView>, viewport = DESK, opened = WIDE): SharedStackView => {
  const shared = toShared({ view: viewOf(change), viewport, opened }, null);
  if (!shared) throw new Error("no such frame");
  return shared;
};

describe("how the picture is shown", () => {
  it("goes along where it is otherwise than usual", () => {
    const look = { ...FIRST_VIEW.look, presentation: "2.25.90", overlays: false };
    const shared = sharedOf({ look });
    expect(shared.look).toEqual({ presentation: "2.25.90", overlays: false });
    expect(fromShared(shared, PHONE, WIDE)?.look).toEqual(look);
    expect("look" in sharedOf({})).toBe(false);
    expect(fromShared(sharedOf({}), PHONE, WIDE)?.look).toEqual(FIRST_VIEW.look);
  });
});

describe("the middle of the view, in pixels", () => {
  // 400 × 200 pixels in 800 × 600: 2 CSS pixels each when it fits; worked by hand.
  it.each([
    ["as stored", { pan: { x: 40, y: -20 } }, [180, 110]],
    ["twice as large", { zoom: 2, pan: { x: 40, y: -20 } }, [190, 105]],
    ["mirrored", { orientation: MIRRORED, pan: { x: 40, y: -20 } }, [220, 110]],
    // Turned, 200 lie across and 400 down: 1.5 CSS pixels each. What is moved right shows more of what was the bottom.
    ["turned right", { orientation: RIGHT, pan: { x: 30, y: 15 } }, [190, 120]],
  ])("%s", (_, change, center) => {
    expect(sharedOf(change).center).toEqual(center);
  });

  it("counts with pixels that are taller than wide", () => {
    const tall = openedOf({ columns: 400, rows: 200, pixel_aspect: 2 }); // as 400 × 400: 1.5 across, 3 down
    expect(sharedOf({ pan: { x: 0, y: 30 } }, DESK, tall).center).toEqual([200, 90]);
  });

  it("is the picture's own before the glass has a size", () => {
    expect(sharedOf({}, { width: 0, height: 0 }).center).toEqual([200, 100]);
  });
});

describe("a follower with another screen", () => {
  const orientations = ([0, 1, 2, 3] as const).flatMap((turns) => [false, true].map((mirrored) => ({ turns, mirrored })));

  it.each(orientations)("sees the same pixel in the middle: %o", (orientation) => {
    const shared = sharedOf({ orientation, zoom: 3, pan: { x: 111, y: -47 }, invert: true, window: [40.25, 400] });
    const view = fromShared(shared, PHONE, WIDE);
    if (!view) throw new Error("not here");
    expect(view).toMatchObject({ orientation, zoom: 3, invert: true, window: [40.25, 400], index: 0 });
    const again = toShared({ view, viewport: PHONE, opened: WIDE }, null);
    expect(again?.center[0]).toBeCloseTo(shared.center[0], 5);
    expect(again?.center[1]).toBeCloseTo(shared.center[1], 5);
    expect({ ...again, center: null }).toEqual({ ...shared, center: null });
  });

  it("has the whole picture where the presenter has", () => {
    expect(fromShared(sharedOf({}), PHONE, WIDE)).toEqual(FIRST_VIEW);
  });

  it("moves by its own scale", () => {
    const shared = sharedOf({ pan: { x: 40, y: -20 } }); // 20 pixels left, 10 down of the middle
    expect(fromShared(shared, { width: 1600, height: 1200 }, WIDE)?.pan).toEqual({ x: 80, y: -40 });
  });

  it("test_S01_shows_the_frame_that_is_named_not_the_one_at_its_place", () => {
    // In this document the second instance comes first.
    expect(sharedOf({ index: 0 })).toMatchObject({ index: 0, instance: BB, frame: 1 });
    expect(fromShared({ ...sharedOf({}), index: 0, instance: AA }, DESK, WIDE)?.index).toBe(1);
    expect(fromShared({ ...sharedOf({}), index: 77 }, DESK, WIDE)?.index).toBe(0);
  });

  it("test_S01_shows_nothing_for_a_frame_that_isn't_here", () => {
    expect(fromShared({ ...sharedOf({}), instance: "cc".repeat(16) }, DESK, WIDE)).toBeNull();
    expect(fromShared({ ...sharedOf({}), frame: 2 }, DESK, WIDE)).toBeNull();
  });

  it("shows nothing for a way to turn that there isn't", () => {
    expect(fromShared({ ...sharedOf({}), orientation: [1, 1, 0, 1] }, DESK, WIDE)).toBeNull();
  });
});

describe("the rest of the view", () => {
  it("has matrices of whole numbers for all eight ways, without a negative zero", () => {
    for (const turns of [0, 1, 2, 3] as const) {
      for (const mirrored of [false, true]) {
        const { orientation } = sharedOf({ orientation: { turns, mirrored } });
        expect(orientation.some((one) => Object.is(one, -0))).toBe(false);
        expect(orientationOf(orientation)).toEqual({ turns, mirrored });
      }
    }
    expect(orientationOf(matrixOf(UPRIGHT))).toEqual(UPRIGHT);
  });

  it("is rounded as the server rounds", () => {
    expect(sharedOf({ zoom: 4 / 3, window: [1 / 3, 2 / 3] })).toMatchObject({ zoom: 1.333333, window: [0.333333, 0.666667] });
  });

  it("is none for a frame that the stack doesn't have", () => {
    expect(toShared({ view: viewOf({ index: 9 }), viewport: DESK, opened: WIDE }, null)).toBeNull();
  });
});

describe("places on the glass", () => {
  it("are pixels and back", () => {
    const seen = { view: viewOf({ zoom: 2, orientation: RIGHT, pan: { x: 7, y: -9 } }), viewport: PHONE, opened: WIDE };
    const pixel = pixelAt(seen, { x: -31, y: 58 });
    const place = placeOf(seen, pixel);
    expect(place.x).toBeCloseTo(-31, 9);
    expect(place.y).toBeCloseTo(58, 9);
  });
});

describe("a slide on another screen", () => {
  it("holds all that the presenter's holds", () => {
    const shared = { kind: "slide", center: [5000, 4000], span: [1600, 1200], rotation: 0, flipped: false } as const;
    expect(slideScale(shared, DESK)).toBe(0.5);
    expect(slideScale(shared, PHONE)).toBe(390 / 1600);
    expect(slideScale(shared, { width: 1600, height: 300 })).toBe(0.25);
  });
});
