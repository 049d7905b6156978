/** Reference lines: where one frame cuts through another. The twin of viewer/core/reference_lines.py. Pure. */
import { distanceFrom, dot, footOn, inPatient, normalOf, type PatientPlane } from "./patient_plane";
import type { Point, Size } from "./stack_view";

export type Line = readonly [Point, Point];
/** Points where c + x·a + y·b >= 0. */
type Bound = readonly [c: number, a: number, b: number];

/** Planes nearer to parallel than this have no line that means anything. */
const LEAST_ANGLE_DEGREES = 1;
const AS_GOOD_AS_PARALLEL = Math.cos((LEAST_ANGLE_DEGREES * Math.PI) / 180);
const SHORTEST_PX = 1e-6;

/**
 * Return the ends, in the target's pixels, of the line where the source frame cuts the target frame, within the edges of both.
 *
 * null where they don't meet, are parallel, or don't share a Frame of Reference: then their places can't be compared (S04).
 */
export function referenceLine(source: PatientPlane, target: PatientPlane): Line | null {
  if (!source.frame_of_reference || source.frame_of_reference !== target.frame_of_reference) return null;
  if (Math.abs(dot(normalOf(source), normalOf(target))) > AS_GOOD_AS_PARALLEL) return null;
  // On the target the distance from the source's plane is linear: d(x, y) = d0 + x·dx + y·dy. The line is where it is 0.
  const [d0, dx, dy] = linear((point) => distanceFrom(source, inPatient(target, point)));
  const square = dx * dx + dy * dy;
  if (square === 0) return null;
  const length = Math.sqrt(square);
  const start = { x: (-d0 * dx) / square, y: (-d0 * dy) / square };
  const onSource = (axis: "x" | "y") => linear((point) => footOn(source, inPatient(target, point))[axis]);
  return cut(start, { x: -dy / length, y: dx / length }, [
    ...within([0, 1, 0], target.columns),
    ...within([0, 0, 1], target.rows),
    ...within(onSource("x"), source.columns),
    ...within(onSource("y"), source.rows),
  ]);
}

/** The part of a line on the screen that lies inside a glass, `inset` from its edges; null where none does. */
export function onGlass([one, other]: Line, glass: Size, inset: number): Line | null {
  const length = Math.hypot(other.x - one.x, other.y - one.y);
  if (!(length > 0)) return null;
  const direction = { x: (other.x - one.x) / length, y: (other.y - one.y) / length };
  const along: Bound = [-(one.x * direction.x + one.y * direction.y), direction.x, direction.y];
  const across = (size: number, a: number, b: number) => within([-inset, a, b], size - 2 * inset);
  return cut(one, direction, [...within(along, length), ...across(glass.width, 1, 0), ...across(glass.height, 0, 1)]);
}

/** Value at the corner and slopes of a function that is linear in a point. */
function linear(value: (point: Point) => number): Bound {
  const corner = value({ x: 0, y: 0 });
  return [corner, value({ x: 1, y: 0 }) - corner, value({ x: 0, y: 1 }) - corner];
}

/** Where a linear function is from 0 to size. */
function within([c, a, b]: Bound, size: number): readonly Bound[] {
  return [
    [c, a, b],
    [size - c, -a, -b],
  ];
}

/** The part of an endless line on which every bound holds. */
function cut(start: Point, direction: Point, bounds: readonly Bound[]): Line | null {
  let [first, last] = [-Infinity, Infinity];
  for (const [c, a, b] of bounds) {
    const here = c + start.x * a + start.y * b;
    const slope = direction.x * a + direction.y * b;
    if (Math.abs(slope) < 1e-12) {
      if (here < 0) return null;
    } else if (slope > 0) first = Math.max(first, -here / slope);
    else last = Math.min(last, -here / slope);
  }
  if (!(last - first > SHORTEST_PX)) return null;
  const at = (t: number) => ({ x: start.x + t * direction.x, y: start.y + t * direction.y });
  return [at(first), at(last)];
}
