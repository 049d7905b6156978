import { expect, test } from "vitest";
import type { AnnotationDocument, ShapeDocument, TextDocument } from "../net/presentation_documents";
import { drawnLayers, drawnShape, drawnText, type Placing } from "./presentation_graphics";
import { presentationDocument } from "./test_presentations";

/** Twice as large, ten to the right; fractions of a glass of 100 x 50; slides have no place here. */
const place: Placing = ([x, y], units) =>
  units === "MATRIX" ? null : units === "PIXEL" ? { x: 10 + 2 * x, y: 2 * y } : { x: 100 * x, y: 50 * y };

function shape(change: Partial<ShapeDocument>): ShapeDocument {
  return {
    kind: "POLYLINE",
    units: "PIXEL",
    points: [
      [0, 0],
      [4, 3],
    ],
    is_filled: false,
    ...change,
  };
}

function text(change: Partial<TextDocument>): TextDocument {
  const anchored = { anchor: [4, 3] as const, anchor_units: "PIXEL" as const, is_anchor_visible: false };
  return { text: "Fracture", box: null, box_units: "PIXEL", justification: "LEFT", ...anchored, ...change };
}

/** The points that a path goes through. */
function pointsOf(path: string | undefined): number[][] {
  return (path ?? "").split(/[MLZ]/).flatMap((part) => (part ? [part.split(" ").map(Number)] : []));
}

test("a polyline goes from point to point; filled, it is closed", () => {
  expect(drawnShape(shape({}), place)).toEqual({ path: "M10 0L18 6", isFilled: false });
  expect(drawnShape(shape({ is_filled: true }), place)).toEqual({ path: "M10 0L18 6Z", isFilled: true });
});

test("a point is a cross", () => {
  expect(drawnShape(shape({ kind: "POINT", points: [[4, 3]] }), place)?.path).toBe("M13 6L23 6M18 1L18 11");
});

test("a circle has its radius all around", () => {
  const points = pointsOf(
    drawnShape(
      shape({
        kind: "CIRCLE",
        points: [
          [10, 10],
          [13, 14],
        ],
      }),
      place,
    )?.path,
  );
  expect(points[0]).toEqual([40, 20]);
  for (const [x = 0, y = 0] of points) expect(Math.hypot(x - 30, y - 20)).toBeCloseTo(10, 1);
});

test("an ellipse goes through the ends of both axes, also when it lies askew", () => {
  const ends = [
    [0, 0],
    [8, 8],
    [2, 6],
    [6, 2],
  ] as const;
  const points = pointsOf(drawnShape(shape({ kind: "ELLIPSE", points: ends }), place)?.path);
  for (const [x, y] of ends) expect(points.some(([px = 0, py = 0]) => Math.hypot(px - (10 + 2 * x), py - 2 * y) < 0.02)).toBe(true);
});

test("an interpolated curve goes through all its points", () => {
  const path = drawnShape(
    shape({
      kind: "INTERPOLATED",
      points: [
        [0, 0],
        [5, 5],
        [10, 0],
      ],
    }),
    place,
  )?.path;
  expect(path).toBe("M10 0C11.67 1.67 16.67 10 20 10C23.33 10 28.33 1.67 30 0");
});

test("what has no place here isn't drawn", () => {
  expect(drawnShape(shape({ units: "MATRIX" }), place)).toBeNull();
  expect(drawnText(text({ anchor_units: "MATRIX" }), place)).toBeNull();
});

test("a text stands in its box by its justification, and points at its anchor where that is to be seen", () => {
  const box = [
    [0.1, 0.2],
    [0.5, 0.4],
  ] as const;
  const boxed = { box, box_units: "DISPLAY" as const };
  expect(drawnText(text(boxed), place)).toMatchObject({ at: { x: 10, y: 23 }, hold: "start", leader: null });
  expect(drawnText(text({ ...boxed, justification: "CENTER" }), place)).toMatchObject({ at: { x: 30, y: 23 }, hold: "middle" });
  expect(drawnText(text({ ...boxed, justification: "RIGHT" }), place)).toMatchObject({ at: { x: 50, y: 23 }, hold: "end" });
  // From where the words are, about: the box may be much larger.
  expect(drawnText(text({ ...boxed, is_anchor_visible: true }), place)?.leader).toMatch(/^M18 10L18 6M/);
  const below = drawnText(text({ ...boxed, anchor: [40, 30], is_anchor_visible: true }), place);
  expect(below?.leader).toMatch(/^M74 28L90 60M/);
});

test("a text without a box stands beside its anchor, line by line", () => {
  const drawn = drawnText(text({ text: "Fracture\r\n3 mm" }), place);
  expect(drawn).toEqual({ lines: ["Fracture", "3 mm"], at: { x: 26, y: -2 }, hold: "start", leader: null });
});

test("layers come lowest first with their colours, and only what is about the frame", () => {
  const note = (layer: string, uid: string | null): AnnotationDocument => ({
    layer,
    applies_to: uid === null ? null : [{ sop_instance_uid: uid, frames: null }],
    shapes: [shape({})],
    texts: [],
  });
  const layers = [
    { name: "LOW", order: 1, description: "", colour: [255, 0, 0] as const },
    { name: "HIGH", order: 2, description: "", colour: null },
  ];
  const annotations = [note("HIGH", null), note("LOW", "2.25.10"), note("LOW", "2.25.11")];
  const drawn = drawnLayers(presentationDocument({ layers, annotations }), { sopInstanceUid: "2.25.10", frameNumber: 1 }, place);
  expect(drawn.map(({ name, colour, shapes }) => [name, colour, shapes.length])).toEqual([
    ["LOW", "rgb(255 0 0)", 1],
    ["HIGH", null, 1],
  ]);
});
