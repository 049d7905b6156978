import { expect, test } from "vitest";
import { matrixOf } from "./orientation";
import { areaWords, type Ground, orientationBy, partOf, placementBy, scaleBy } from "./presentation_geometry";
import { placeOf } from "./shared_map";
import { FIRST_VIEW, type Point } from "./stack_view";
import { openedOf } from "./test_documents";
import { areaDocument } from "./test_presentations";

const ground: Ground = { viewport: { width: 400, height: 200 }, image: { width: 100, height: 50 }, aspect: 1, pixelRatio: 1 };
const upright = { rotation: 0, is_flipped: false, areas: [] };

/** Where a pixel lies, from the middle of the viewport, when the picture is placed so. */
function placed(geometry: typeof upright, area: ReturnType<typeof areaDocument>, pixel: Point, on = ground): Point {
  const opened = openedOf({ columns: on.image.width, rows: on.image.height, pixel_aspect: on.aspect });
  const place = placeOf({ view: { ...FIRST_VIEW, ...placementBy(geometry, area, on) }, viewport: on.viewport, opened }, pixel);
  return { x: Math.round(place.x * 1e6) / 1e6 + 0, y: Math.round(place.y * 1e6) / 1e6 + 0 };
}

test("a turn comes before the flip", () => {
  // The first pixel of a picture turned 90° clockwise lies top right; flipped then, top left: rows became columns.
  expect(matrixOf(orientationBy({ rotation: 90, is_flipped: false, areas: [] })).map((one) => one + 0)).toEqual([0, 1, -1, 0]);
  expect(matrixOf(orientationBy({ rotation: 90, is_flipped: true, areas: [] })).map((one) => one + 0)).toEqual([0, 1, 1, 0]);
  expect(matrixOf(orientationBy({ rotation: 270, is_flipped: false, areas: [] })).map((one) => one + 0)).toEqual([0, -1, 1, 0]);
});

test("corners are those on the screen, whatever way the picture is turned", () => {
  const part = { x0: 10, y0: 20, x1: 30, y1: 25 };
  expect(partOf(areaDocument({ top_left: [11, 21], bottom_right: [30, 25] }))).toEqual(part);
  expect(partOf(areaDocument({ top_left: [30, 25], bottom_right: [11, 21] }))).toEqual(part);
});

test("the whole image scaled to fit is the first view", () => {
  const area = areaDocument({ top_left: [1, 1], bottom_right: [100, 50] });
  expect(placementBy(upright, area, ground)).toEqual({ orientation: { turns: 0, mirrored: false }, zoom: 1, pan: { x: 0, y: 0 } });
});

test("a part is scaled to fit, its middle in the middle", () => {
  const area = areaDocument({ top_left: [11, 11], bottom_right: [30, 20] });
  expect(placementBy(upright, area, ground).zoom).toBeCloseTo(5);
  expect(placed(upright, area, { x: 10, y: 10 })).toEqual({ x: -200, y: -100 });
  expect(placed(upright, area, { x: 30, y: 20 })).toEqual({ x: 200, y: 100 });
});

test("a part of a turned picture fits as it is turned", () => {
  const area = areaDocument({ top_left: [11, 20], bottom_right: [30, 11] });
  const turned = { ...upright, rotation: 90 };
  // 20 columns stand upright in 200 px; the pixel of the stored top left corner lies top right.
  expect(placed(turned, area, { x: 10, y: 10 })).toEqual({ x: 50, y: -100 });
  expect(placed(turned, area, { x: 30, y: 20 })).toEqual({ x: -50, y: 100 });
});

test("tall pixels count with their height", () => {
  const area = areaDocument({ top_left: [1, 1], bottom_right: [100, 50] });
  expect(scaleBy(area, { turns: 0, mirrored: false }, { ...ground, aspect: 2 })).toBe(2);
  expect(placed(upright, area, { x: 100, y: 50 }, { ...ground, aspect: 2 })).toEqual({ x: 100, y: 100 });
});

test("magnified pixels are those of the display, true size is by the millimetre", () => {
  const magnified = areaDocument({ mode: "MAGNIFY", magnification: 3 });
  expect(scaleBy(magnified, { turns: 0, mirrored: false }, ground)).toBe(3);
  expect(scaleBy(magnified, { turns: 0, mirrored: false }, { ...ground, pixelRatio: 2 })).toBe(1.5);
  const true_size = areaDocument({ mode: "TRUE SIZE", spacing_mm: [1, 0.5] });
  expect(scaleBy(true_size, { turns: 0, mirrored: false }, ground)).toBeCloseTo(1.88976, 4);
});

test("a size that is meant to be true is said to be, or not to be", () => {
  const area = areaDocument({ mode: "TRUE SIZE", spacing_mm: [0.5, 0.5], aspect: null });
  expect(areaWords(area, 1.88976, ground)).toEqual(["True size on a screen of 96 pixels an inch"]);
  expect(areaWords(area, 2, ground)).toEqual(["Not at true size"]);
  expect(areaWords({ ...area, spacing_mm: null }, 1.88976, ground)).toEqual(["Not at true size"]);
  expect(areaWords(areaDocument(), 2, ground)).toEqual([]);
  expect(areaWords(areaDocument({ aspect: 2 }), 2, ground)).toEqual(["Pixel aspect of the image, not of the presentation"]);
});

test("a displayed area of nothing, or no glass yet, leaves the picture whole", () => {
  const nowhere = { ...ground, viewport: { width: 0, height: 0 } };
  expect(placementBy(upright, areaDocument(), nowhere).zoom).toBe(1);
  expect(placementBy(upright, null, ground).zoom).toBe(1);
});
