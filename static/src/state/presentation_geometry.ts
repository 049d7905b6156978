/** Rotation, flip and displayed area of a presentation state as a viewport's own view (PS3.3 C.10.4, C.10.6). Pure. */
import type { AreaDocument, GeometryDocument } from "../net/presentation_documents";
import { flipHorizontally, type Orientation, rotate, UPRIGHT } from "./orientation";
import { FIRST_VIEW, fitScale, type Point, pictureMatrix, type Size } from "./stack_view";

/** How a picture lies in its viewport. */
export interface Placement {
  readonly orientation: Orientation;
  readonly zoom: number;
  readonly pan: Point;
}

/** What the picture lies on. */
export interface Ground {
  /** In CSS pixels. */
  readonly viewport: Size;
  /** The stored frame. */
  readonly image: Size;
  /** Height of an image pixel over its width. */
  readonly aspect: number;
  /** Pixels of the display for a CSS pixel. */
  readonly pixelRatio: number;
}

/** A part of an image in its pixels: 0 is the outer edge of the first. */
export interface Part {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** By definition of CSS; a browser doesn't know what its screen really has. */
const CSS_PIXELS_A_MM = 96 / 25.4;

/** Image Rotation first, clockwise, then Image Horizontal Flip. */
export function orientationBy({ rotation, is_flipped }: GeometryDocument): Orientation {
  const turned = rotate(UPRIGHT, Math.round(rotation / 90));
  return is_flipped ? flipHorizontally(turned) : turned;
}

/** Its corners are top left and bottom right of what is on screen: of a turned picture not those of the stored one. */
export function partOf({ top_left, bottom_right }: AreaDocument): Part {
  const [left, right] = [Math.min(top_left[0], bottom_right[0]), Math.max(top_left[0], bottom_right[0])];
  const [top, bottom] = [Math.min(top_left[1], bottom_right[1]), Math.max(top_left[1], bottom_right[1])];
  return { x0: left - 1, y0: top - 1, x1: right, y1: bottom };
}

/** Return how a state lays the picture; without a displayed area the whole of it fits. */
export function placementBy(geometry: GeometryDocument, area: AreaDocument | null, ground: Ground): Placement {
  const orientation = orientationBy(geometry);
  if (!area) return { orientation, zoom: 1, pan: { x: 0, y: 0 } };
  const zoom = scaleBy(area, orientation, ground) / fitScale(ground.viewport, ground.image, ground.aspect, orientation);
  if (!(zoom > 0 && Number.isFinite(zoom))) return { orientation, zoom: 1, pan: { x: 0, y: 0 } };
  return { orientation, zoom, pan: panTo(partOf(area), { orientation, zoom }, ground) };
}

/** CSS pixels across an image pixel. */
export function scaleBy(area: AreaDocument, orientation: Orientation, { viewport, aspect, pixelRatio }: Ground): number {
  if (area.mode === "MAGNIFY" && area.magnification) return area.magnification / pixelRatio;
  if (area.mode === "TRUE SIZE" && area.spacing_mm) return area.spacing_mm[1] * CSS_PIXELS_A_MM;
  const { x0, y0, x1, y1 } = partOf(area);
  return fitScale(viewport, { width: x1 - x0, height: y1 - y0 }, aspect, orientation);
}

/** What must be said of how large the picture is; zoom: CSS pixels across an image pixel as it is now. */
export function areaWords(area: AreaDocument, zoom: number, ground: Ground): string[] {
  const words: string[] = [];
  const stated = area.spacing_mm ? area.spacing_mm[0] / area.spacing_mm[1] : area.aspect;
  if (stated !== null && Math.abs(stated / ground.aspect - 1) > 0.01) words.push("Pixel aspect of the image, not of the presentation");
  if (area.mode !== "TRUE SIZE") return words;
  const isTrue = area.spacing_mm !== null && Math.abs(zoom / scaleBy(area, UPRIGHT, ground) - 1) < 0.01;
  return [...words, isTrue ? "True size on a screen of 96 pixels an inch" : "Not at true size"];
}

/** The middle of the part lies in the middle of the viewport. */
function panTo(part: Part, turned: Omit<Placement, "pan">, { viewport, image, aspect }: Ground): Point {
  const [a, b, c, d] = pictureMatrix({ ...FIRST_VIEW, ...turned }, viewport, image, aspect);
  const [x, y] = [(part.x0 + part.x1 - image.width) / 2, (part.y0 + part.y1 - image.height) / 2];
  return { x: 0 - (a * x + c * y), y: 0 - (b * x + d * y) };
}
