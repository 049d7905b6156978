/** The scale bar: a length only where the spacing is calibrated, otherwise what it is, or none (S06). */
import type { OpenedDocument, RegionDocument, SpacingDocument } from "../net/documents";
import { isSideways, type Orientation } from "./orientation";

export interface ScaleBar {
  readonly length_px: number;
  readonly words: string;
}

/** Millimetres along the screen's width for one image pixel there, and what must be said about them; null for none. */
export interface HorizontalScale {
  readonly mm: number;
  readonly caveat: string;
  /** The region that it holds in, in image pixels; null for the whole picture. */
  readonly region: RegionDocument | null;
}

const CENTIMETRES = new Set(["cm"]);

/** Return the scale along the screen's horizontal, or null where no length may be shown. */
export function horizontalScale(opened: OpenedDocument, orientation: Orientation): HorizontalScale | null {
  const sideways = isSideways(orientation);
  if (opened.regions.length > 0 || opened.spacing.kind === "regions") {
    const region = largestSpatialRegion(opened.regions);
    if (!region) return null;
    // PS3.3 C.8.5.5.1.15: Physical Delta X and Y are in the region's units, here cm a pixel.
    const delta_cm = Math.abs(sideways ? region.delta_y : region.delta_x);
    return delta_cm > 0 ? { mm: delta_cm * 10, caveat: "", region } : null;
  }
  const { kind, row_mm, column_mm } = opened.spacing;
  // Pixel Spacing is (row spacing, column spacing): the column spacing is the step along a row.
  const mm = sideways ? row_mm : column_mm;
  if (kind === "none" || !mm || mm <= 0) return null;
  return { mm, caveat: caveatOf(kind), region: null };
}

/** What stands right beside every length that isn't one of the body as far as is known; "" where nothing must. */
export function caveatOf(kind: SpacingDocument["kind"]): string {
  return kind === "estimated" || kind === "at detector" ? kind : "";
}

/** The ultrasound region whose both axes are centimetres of tissue and that covers most of the picture. */
export function largestSpatialRegion(regions: readonly RegionDocument[]): RegionDocument | null {
  const area = (region: RegionDocument) => (region.x1 - region.x0) * (region.y1 - region.y0);
  const spatial = regions.filter((region) => region.spatial && CENTIMETRES.has(region.unit_x) && CENTIMETRES.has(region.unit_y));
  return spatial.reduce<RegionDocument | null>((best, region) => (best && area(best) >= area(region) ? best : region), null);
}

/** Choose a round length of at most `available_px`; null when even the shortest doesn't fit or nothing is known. */
export function scaleBar(mm_per_px: number, available_px: number, caveat: string): ScaleBar | null {
  if (!(mm_per_px > 0) || !(available_px > 0)) return null;
  const most = mm_per_px * available_px;
  const power = 10 ** Math.floor(Math.log10(most));
  const length_mm = [5, 2, 1].map((digit) => digit * power).find((length) => length <= most) ?? power;
  const length_px = length_mm / mm_per_px;
  if (length_px < 12) return null;
  return { length_px, words: caveat ? `${lengthInWords(length_mm)} ${caveat}` : lengthInWords(length_mm) };
}

/** "5 cm", "20 mm", "500 µm". */
export function lengthInWords(length_mm: number): string {
  if (length_mm >= 50) return `${trimmed(length_mm / 10)} cm`;
  if (length_mm >= 1) return `${trimmed(length_mm)} mm`;
  return `${trimmed(length_mm * 1000)} µm`;
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)));
}
