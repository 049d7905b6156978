/** Where the numbers of a shape go: beside it, on the glass, clear of what else stands there. CSS pixels of the glass. Pure. */
import type { Size } from "./stack_view";

export interface Box extends Size {
  /** Of the top left corner. */
  readonly x: number;
  readonly y: number;
}

/** From the edge of the glass, and from a handle. */
const EDGE_PX = 6;
const APART_PX = 14;
/** What a handle or the line itself covers beyond the shape. */
const AROUND_PX = 7;

/** What covering another shape counts, which is mostly seen through. */
const SHAPE_COST = 0.1;

/** Return the place that covers the least of what should stay clear: right of the shape if it can be, else left, below, above, in a corner. */
export function labelPlace(label: Size, shape: Box, glass: Size, clear: readonly Box[], shapes: readonly Box[] = []): Box {
  const own = { x: shape.x - AROUND_PX, y: shape.y - AROUND_PX, width: shape.width + 2 * AROUND_PX, height: shape.height + 2 * AROUND_PX };
  const covered = (place: Box, boxes: readonly Box[]) => boxes.reduce((sum, box) => sum + overlap(place, box), 0);
  const cost = (place: Box) => covered(place, [own, ...clear]) + SHAPE_COST * covered(place, shapes);
  const places = candidates(label, shape).map((place) => onGlass(place, glass));
  return places.reduce((best, place) => (cost(place) < cost(best) ? place : best));
}

export function boxAround(one: { x: number; y: number }, other: { x: number; y: number }): Box {
  const [x, y] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
  return { x, y, width: Math.abs(other.x - one.x), height: Math.abs(other.y - one.y) };
}

/** In the order in which they are liked. */
function candidates({ width, height }: Size, shape: Box): readonly [Box, ...Box[]] {
  const [right, left] = [shape.x + shape.width + APART_PX, shape.x - APART_PX - width];
  const [below, above] = [shape.y + shape.height + APART_PX, shape.y - APART_PX - height];
  const [foot, head] = [shape.y + shape.height - 12, shape.y + 12 - height];
  const at = (x: number, y: number): Box => ({ x, y, width, height });
  const flush = shape.x + shape.width - width;
  return [
    at(right, foot),
    at(left, foot),
    at(shape.x, below),
    at(shape.x, above),
    at(right, head),
    at(left, head),
    at(flush, below),
    at(flush, above),
    at(right, below),
    at(left, below),
    at(right, above),
    at(left, above),
  ];
}

function onGlass(place: Box, glass: Size): Box {
  const within = (at: number, size: number, room: number) => Math.max(EDGE_PX, Math.min(at, room - EDGE_PX - size));
  return { ...place, x: within(place.x, place.width, glass.width), y: within(place.y, place.height, glass.height) };
}

function overlap(one: Box, other: Box): number {
  const across = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const down = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  return across > 0 && down > 0 ? across * down : 0;
}
