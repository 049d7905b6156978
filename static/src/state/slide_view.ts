/** What a slide's view says about itself: magnification, completeness, place. Pure. */
import type { OpenedDocument, SlideDocument } from "../net/documents";
import { dateInWords, timeInWords } from "./person";

/** A 10x objective resolves about 1 µm a pixel: the customary rule between µm per pixel and "equivalent" magnification. */
const MPP_AT_1X = 10;
const STEPS = [1.25, 2.5, 5, 10, 20, 40] as const;

export interface SlideViewFacts {
  /** Screen (device) pixels for one pixel of level 0. */
  readonly zoom: number;
  readonly isLoading: boolean;
  readonly absentTiles: number;
  /** Middle of the view, in pixels of level 0. */
  readonly middle: { readonly x: number; readonly y: number };
  readonly rotation_degrees: number;
  readonly isFlipped: boolean;
}

/** Magnification that the zoom equals, or null where µm per pixel isn't known: never an assumed 40x (S06). */
export function magnification(slide: SlideDocument, zoom: number): number | null {
  const mpp = slide.mpp_um?.[0];
  return mpp && mpp > 0 ? (MPP_AT_1X / mpp) * zoom : null;
}

/** Zoom (screen pixels for one of level 0) that a magnification needs, or null. */
export function zoomOfMagnification(slide: SlideDocument, times: number): number | null {
  const native = magnification(slide, 1);
  return native ? times / native : null;
}

/** Magnifications worth a button: those up to the slide's own. */
export function magnificationSteps(slide: SlideDocument): readonly number[] {
  const native = magnification(slide, 1);
  return native ? STEPS.filter((step) => step <= native * 1.05) : [];
}

/** "20x equivalent", or the share of stored pixels where µm per pixel isn't known. */
export function magnificationInWords(slide: SlideDocument, zoom: number): string {
  const times = magnification(slide, zoom);
  if (times === null) return `${percent(zoom)} of stored pixels`;
  return `${short(times)}× equivalent`;
}

/** "loading", "complete at 20×" or "beyond native" (S11). */
export function completenessInWords(slide: SlideDocument, facts: SlideViewFacts): { words: string; isComplete: boolean } {
  const absent = facts.absentTiles > 0 ? `, ${facts.absentTiles} tiles not in the archive` : "";
  if (facts.isLoading) return { words: "loading", isComplete: false };
  if (facts.zoom > 1.02) return { words: `beyond native, ${percent(facts.zoom)}${absent}`, isComplete: true };
  const times = magnification(slide, facts.zoom);
  return { words: `complete at ${times === null ? percent(facts.zoom) : `${short(times)}×`}${absent}`, isComplete: true };
}

/** Micrometres along the screen's width for one pixel of level 0: those of x and y differ, and the slide may be turned (S06). */
export function micronsAcross(slide: SlideDocument, rotation_degrees: number): number | null {
  const [x, y] = slide.mpp_um ?? [0, 0];
  if (!(x > 0) || !(y > 0)) return null;
  const angle = (rotation_degrees * Math.PI) / 180;
  return Math.hypot(x * Math.cos(angle), y * Math.sin(angle));
}

/** Every change from the stored slide, named (S02). */
export function slideChangesInWords(facts: SlideViewFacts): string[] {
  // OpenSeadragon mirrors what it has turned: seen as mirrored first, the turn is the other way round.
  const turn = facts.isFlipped ? -facts.rotation_degrees : facts.rotation_degrees;
  const degrees = ((Math.round(turn) % 360) + 360) % 360;
  const words = facts.isFlipped ? ["flipped left–right"] : [];
  return degrees === 0 ? words : [...words, `rotated ${degrees}°`];
}

export interface SlideCorners {
  readonly topRight: readonly string[];
  readonly bottomLeft: readonly string[];
  readonly bottomRight: readonly string[];
}

export function slideCorners(opened: OpenedDocument, slide: SlideDocument, facts: SlideViewFacts): SlideCorners {
  const { study } = opened;
  const when = [dateInWords(study.date), timeInWords(study.time)].filter(Boolean).join(" ");
  const levels = slide.levels[0];
  const mpp_um = micronsAcross(slide, facts.rotation_degrees);
  return {
    topRight: [study.institution, when, study.description].flatMap((line) => (line ? [line] : [])),
    bottomLeft: [placeInWords(slide, facts), levels ? `${levels.columns} × ${levels.rows} pixels` : ""].filter(Boolean),
    bottomRight: [
      magnificationInWords(slide, facts.zoom),
      mpp_um ? `${short(mpp_um / facts.zoom)} µm a screen pixel` : "µm per pixel not known",
      opened.series_description ?? "",
    ].filter(Boolean),
  };
}

function placeInWords(slide: SlideDocument, facts: SlideViewFacts): string {
  const { x, y } = facts.middle;
  if (!slide.mpp_um) return `x ${Math.round(x)} y ${Math.round(y)} px`;
  return `x ${((x * slide.mpp_um[0]) / 1000).toFixed(2)} y ${((y * slide.mpp_um[1]) / 1000).toFixed(2)} mm`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(value >= 10 ? 3 : 2)));
}

function percent(share: number): string {
  return `${short(share * 100)} %`;
}
