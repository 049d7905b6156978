/** Shapes under a hand: their handles, what a press touches, and what a drag makes of their points. Image pixels. Pure. */
import type { ShapeKind } from "../net/measuring_api";
import type { Point, Size } from "./stack_view";

export type Ends = readonly [Point, Point];

/** Where a shape can be taken hold of, and whose x and y (of its two points) move with it. */
export interface Handle {
  readonly at: Point;
  readonly x: 0 | 1 | null;
  readonly y: 0 | 1 | null;
}

/** A shape is held by one of its handles, or as a whole. */
export type Hold = { readonly kind: "handle"; readonly handle: number } | { readonly kind: "whole" };

/** Both ends of a length, the corners of a rectangle, the ends of an ellipse's axes. */
export function handlesOf(shape: ShapeKind, [one, other]: Ends): readonly Handle[] {
  if (shape === "length") {
    return [
      { at: one, x: 0, y: 0 },
      { at: other, x: 1, y: 1 },
    ];
  }
  if (shape === "rectangle") {
    return [
      { at: one, x: 0, y: 0 },
      { at: { x: other.x, y: one.y }, x: 1, y: 0 },
      { at: other, x: 1, y: 1 },
      { at: { x: one.x, y: other.y }, x: 0, y: 1 },
    ];
  }
  const middle = { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
  return [
    { at: { x: one.x, y: middle.y }, x: 0, y: null },
    { at: { x: middle.x, y: one.y }, x: null, y: 0 },
    { at: { x: other.x, y: middle.y }, x: 1, y: null },
    { at: { x: middle.x, y: other.y }, x: null, y: 1 },
  ];
}

/** The points after a drag by so many pixels from where they were; all of the shape stays on the image. */
export function draggedEnds(shape: ShapeKind, from: Ends, hold: Hold, by: Point, image: Size): Ends {
  if (hold.kind === "whole") return shifted(from, by, image);
  const handle = handlesOf(shape, from)[hold.handle];
  const move = (point: Point, index: 0 | 1) =>
    onImage({ x: point.x + (handle?.x === index ? by.x : 0), y: point.y + (handle?.y === index ? by.y : 0) }, image);
  return [move(from[0], 0), move(from[1], 1)];
}

/** The nearest place on the image: an end outside it has no length (docs/stream.md section 10). */
export function onImage(point: Point, image: Size): Point {
  return { x: clamp(point.x, 0, image.width), y: clamp(point.y, 0, image.height) };
}

/**
 * What of a shape lies at a place of the screen, or null. reach: of a finger or a mouse, in CSS pixels.
 *
 * Handles come before the line; the inside of a shape is the picture's.
 */
export function holdAt(shape: ShapeKind, ends: Ends, place: Point, toScreen: (pixel: Point) => Point, reach: number): Hold | null {
  const distances = handlesOf(shape, ends).map(({ at }) => distance(toScreen(at), place));
  const nearest = distances.indexOf(Math.min(...distances));
  if ((distances[nearest] ?? Infinity) <= reach) return { kind: "handle", handle: nearest };
  return outlineDistance(shape, toScreen(ends[0]), toScreen(ends[1]), place) <= reach / 2 ? { kind: "whole" } : null;
}

/** How far a place is from a shape's line. All in CSS pixels; turned pictures keep shapes upright, by quarters. */
function outlineDistance(shape: ShapeKind, one: Point, other: Point, place: Point): number {
  if (shape === "length") return segmentDistance(one, other, place);
  if (shape === "rectangle") {
    const corners = [one, { x: other.x, y: one.y }, other, { x: one.x, y: other.y }];
    return Math.min(...corners.map((corner, index) => segmentDistance(corner, corners[(index + 1) % 4] ?? corner, place)));
  }
  const middle = { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
  const [width, height] = [Math.abs(other.x - one.x) / 2, Math.abs(other.y - one.y) / 2];
  if (width < 1 || height < 1) return segmentDistance(one, other, place);
  const [across, down] = [(place.x - middle.x) / width, (place.y - middle.y) / height];
  const radius = Math.hypot(across, down);
  // Along the ray from the middle: never nearer than the line is, and close to it where it matters.
  return radius === 0 ? Math.min(width, height) : (Math.abs(radius - 1) / radius) * distance(place, middle);
}

function segmentDistance(from: Point, to: Point, place: Point): number {
  const [across, down] = [to.x - from.x, to.y - from.y];
  const length2 = across * across + down * down;
  const along = length2 > 0 ? clamp(((place.x - from.x) * across + (place.y - from.y) * down) / length2, 0, 1) : 0;
  return distance(place, { x: from.x + along * across, y: from.y + along * down });
}

function shifted([one, other]: Ends, by: Point, image: Size): Ends {
  const room = (low: number, high: number, size: number, wanted: number) => clamp(wanted, -Math.min(low, high), size - Math.max(low, high));
  const real = { x: room(one.x, other.x, image.width, by.x), y: room(one.y, other.y, image.height, by.y) };
  return [
    { x: one.x + real.x, y: one.y + real.y },
    { x: other.x + real.x, y: other.y + real.y },
  ];
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
