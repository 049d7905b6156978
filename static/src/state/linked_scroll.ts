/**
 * Linked scrolling: which frame of another stack belongs to the one on screen (S04). The twin of viewer/core/linked_scroll.py. Pure.
 *
 * In patient space where both stacks share a Frame of Reference and look the same way; otherwise by the offset at which the person
 * linked them, and marked so.
 */
import type { Vector } from "../net/documents";
import { centreOf, distanceFrom, dot, normalOf, type PatientPlane } from "./patient_plane";

/** Of the normals: a steeper stack shows other anatomy, whatever its nearest slice. */
const SAME_WAY = Math.cos((30 * Math.PI) / 180);
/** Of a single slice, whose neighbours are unknown. */
const ON_PLANE_MM = 0.5;

export interface Linked {
  /** In the other stack's order, from 0. */
  readonly index: number;
  readonly by: "space" | "offset";
  /** Of the frame's plane from the place looked for; null by offset. */
  readonly distance_mm: number | null;
  /** The place lies outside that stack, and the frame is its nearer end. */
  readonly isBeyond: boolean;
}

/** Return the frame of a stack whose plane is nearest to a place in the patient; of equals, the first. null for an empty stack. */
export function nearestFrame(planes: readonly PatientPlane[], place: Vector): Linked | null {
  const distances = planes.map((plane) => distanceFrom(plane, place));
  return nearest(planes, distances, "space");
}

/** How two stacks stood to each other when they were linked by offset. */
export interface LinkOffset {
  /** How many frames the target was ahead. */
  readonly frames: number;
  /** How much farther along its normal (`alongOf`) it was; null where that isn't known. */
  readonly mm: number | null;
}

export const NO_OFFSET: LinkOffset = { frames: 0, mm: null };

/**
 * Return the target's frame for frame `index` of the source: both as stacks in order, null where a frame has no place.
 *
 * The offset is for stacks that can't be compared in space. Its mm count where all of the target have a place and it looks nearly the
 * same way, each in its own patient space: slices of 1.5 and of 3 mm then keep together. null for an empty target.
 */
export function linkedFrame(
  source: readonly (PatientPlane | null)[],
  index: number,
  target: readonly (PatientPlane | null)[],
  offset = NO_OFFSET,
): Linked | null {
  if (target.length === 0) return null;
  const [here, first] = [source[index], target[0]];
  const planes = target.filter((plane) => plane !== null);
  if (here && first && planes.length === target.length && looksTheSameWay(here, first)) {
    if (sharesSpace(here, first)) return nearestFrame(planes, centreOf(here));
    if (offset.mm !== null) {
      const place_mm = alongOf(here) + offset.mm;
      return nearest(
        planes,
        planes.map((plane) => place_mm - alongOf(plane)),
        "offset",
      );
    }
  }
  const wanted = index + offset.frames;
  const clamped = Math.min(Math.max(wanted, 0), target.length - 1);
  return { index: clamped, by: "offset", distance_mm: null, isBeyond: clamped !== wanted };
}

/** True where two frames share a Frame of Reference and look nearly the same way. */
export function sharesSpace(one: PatientPlane, other: PatientPlane): boolean {
  return one.frame_of_reference !== "" && one.frame_of_reference === other.frame_of_reference && looksTheSameWay(one, other);
}

/** True where both planes lie nearly alike, each in its own Frame of Reference. */
export function looksTheSameWay(one: PatientPlane, other: PatientPlane): boolean {
  return Math.abs(dot(normalOf(one), normalOf(other))) > SAME_WAY;
}

/** How far the middle of a frame lies along its normal from the origin of its Frame of Reference, in mm. */
export function alongOf(plane: PatientPlane): number {
  return dot(centreOf(plane), normalOf(plane));
}

/** The frame whose distance from the place looked for is least; distances are positive towards one side. */
function nearest(planes: readonly PatientPlane[], distances: readonly number[], by: "space" | "offset"): Linked | null {
  const away = distances.map(Math.abs);
  const distance_mm = Math.min(...away);
  const index = away.indexOf(distance_mm);
  if (index < 0) return null;
  const isOneSide = distances.every((one) => one > 0) || distances.every((one) => one < 0);
  return { index, by, distance_mm, isBeyond: isOneSide && distance_mm > Math.max(stepOf(planes, index) / 2, ON_PLANE_MM) };
}

/** How far a frame lies from the one beside it; 0 where there is none. */
function stepOf(planes: readonly PatientPlane[], index: number): number {
  const [here, beside] = [planes[index], planes[index > 0 ? index - 1 : 1]];
  return here && beside ? Math.abs(distanceFrom(beside, here.origin)) : 0;
}
