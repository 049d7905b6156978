/** How good a picture may be that only passes by: as good as the line can carry often enough. Pure. */
import type { LineFacts } from "./line_quality";

export interface MovingStep {
  /** Of a JPEG. */
  readonly quality: number;
  /** Of the size that the screen can use, along each side. */
  readonly scale: number;
}

/** From the best to the least. */
export const STEPS: readonly MovingStep[] = [
  { quality: 80, scale: 1 },
  { quality: 60, scale: 1 },
  { quality: 45, scale: 1 },
  { quality: 45, scale: 0.7 },
  { quality: 30, scale: 0.5 },
  { quality: 30, scale: 0.35 },
];
/** Before anything is measured. */
export const FIRST_STEP = 1;

/** Pictures a second that a line should carry. */
const WANTED_A_SECOND = 20;
/** A better step must fit with room to spare, or quality would flicker. */
const ROOM = 0.75;
const BYTES_BY_QUALITY: Readonly<Record<number, number>> = { 80: 1.6, 60: 1, 45: 0.8, 30: 0.62 };

/** Return the bytes of a step's picture relative to those at quality 60 in full size. */
export function relativeBytes({ quality, scale }: MovingStep): number {
  return (BYTES_BY_QUALITY[quality] ?? 1) * scale ** 1.7; // smaller pictures have more detail a pixel
}

/**
 * Return the index of the step for the next picture.
 *
 * current: index of the step before. bytes: what a picture at quality 60 in full size has, or would have.
 */
export function nextStep(current: number, bytes: number, line: LineFacts): number {
  if (line.bytesPerMs === null) return current;
  const mayTake = (line.bytesPerMs * 1000) / WANTED_A_SECOND;
  for (const [index, step] of STEPS.entries()) {
    if (bytes * relativeBytes(step) <= mayTake * (index < current ? ROOM : 1)) return index;
  }
  return STEPS.length - 1;
}
