/** What of a series is seen first. Pure. */
import type { OpenedDocument } from "../net/documents";

const QUICK_PIXELS = 1_500_000;

/** Long stacks open in the middle, where the thumbnail is from; loops at their first frame; the rest at the first image. */
export function firstIndex(opened: OpenedDocument): number {
  if (opened.cine) return Math.max(0, opened.cine.start - 1);
  return opened.kind === "stack" ? middleOf(opened.frames.length) : 0;
}

/** Its first picture comes as a preview, the whole one after it. */
export function isLarge(opened: OpenedDocument): boolean {
  return opened.columns * opened.rows > QUICK_PIXELS;
}

export function middleOf(frames: number): number {
  return Math.floor(frames / 2);
}
