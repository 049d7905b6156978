/** What a person has asked of a stack viewport, and how actions change it. Pure. */
import type { OpenedDocument } from "../net/documents";
import { FIRST_LOOK, type Look } from "./look";
import { flipHorizontally, flipVertically, isSideways, matrixOf, type Orientation, rotate, UPRIGHT } from "./orientation";
import type { Window } from "./windows";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface StackView {
  readonly index: number;
  /** null: the image's own window. */
  readonly window: Window | null;
  readonly invert: boolean;
  readonly orientation: Orientation;
  /** 1 = the whole picture fits. */
  readonly zoom: number;
  /** From the middle of the viewport, in CSS pixels. */
  readonly pan: Point;
  readonly look: Look;
}

export const FIRST_VIEW: StackView = {
  index: 0,
  window: null,
  invert: false,
  orientation: UPRIGHT,
  zoom: 1,
  pan: { x: 0, y: 0 },
  look: FIRST_LOOK,
};

export const ZOOM_LIMITS = [0.25, 40] as const;

export type ViewAction =
  | { readonly kind: "scroll"; readonly by: number }
  | { readonly kind: "go"; readonly index: number }
  | { readonly kind: "window"; readonly window: Window | null }
  | { readonly kind: "invert" }
  | { readonly kind: "look"; readonly look: Partial<Look> }
  | { readonly kind: "flip"; readonly axis: "horizontal" | "vertical" }
  | { readonly kind: "rotate"; readonly quarters: number }
  /** at: from the middle of the viewport, in CSS pixels; stays under the pointer. */
  | { readonly kind: "zoom"; readonly factor: number; readonly at: Point }
  | { readonly kind: "pan"; readonly by: Point }
  | { readonly kind: "fit" }
  /** As a presentation state lays the picture. */
  | { readonly kind: "place"; readonly orientation: Orientation; readonly zoom: number; readonly pan: Point }
  | { readonly kind: "reset" };

/** Return the view after an action. */
export function changed(view: StackView, action: ViewAction, frameCount: number): StackView {
  switch (action.kind) {
    case "scroll":
      return { ...view, index: clamp(view.index + action.by, 0, frameCount - 1) };
    case "go":
      return { ...view, index: clamp(action.index, 0, frameCount - 1) };
    case "window":
      return windowed(view, action.window);
    case "invert":
      return { ...view, invert: !view.invert };
    case "look":
      return looked(view, action.look);
    case "flip": {
      const flip = action.axis === "horizontal" ? flipHorizontally : flipVertically;
      const pan = action.axis === "horizontal" ? { x: -view.pan.x, y: view.pan.y } : { x: view.pan.x, y: -view.pan.y };
      return { ...view, orientation: flip(view.orientation), pan };
    }
    case "rotate":
      return { ...view, orientation: rotate(view.orientation, action.quarters), pan: { x: 0, y: 0 } };
    case "zoom":
      return zoomed(view, action.factor, action.at);
    case "pan":
      return { ...view, pan: { x: view.pan.x + action.by.x, y: view.pan.y + action.by.y } };
    case "fit":
      return { ...view, zoom: 1, pan: { x: 0, y: 0 } };
    case "place":
      return { ...view, orientation: action.orientation, zoom: action.zoom, pan: action.pan };
    case "reset":
      return { ...FIRST_VIEW, index: view.index };
  }
}

/** True when the server must draw again; flips, rotation, zoom and pan are the browser's. */
export function needsPicture(before: StackView, after: StackView): boolean {
  return before.index !== after.index || before.window !== after.window || before.invert !== after.invert || before.look !== after.look;
}

/** Height of an image pixel over its width. */
export function aspectOf(opened: OpenedDocument): number {
  const aspect = opened.pixel_aspect ?? 1;
  return aspect > 0 ? aspect : 1;
}

/** CSS pixels for one image pixel when the whole picture fits. aspect: height of an image pixel over its width. */
export function fitScale(viewport: Size, image: Size, aspect: number, orientation: Orientation): number {
  const [width, height] = [image.width, image.height * aspect];
  const [across, down] = isSideways(orientation) ? [height, width] : [width, height];
  if (across <= 0 || down <= 0) return 1;
  return Math.min(viewport.width / across, viewport.height / down);
}

/** Canvas matrix [a, b, c, d, e, f] from image pixels, origin in the image's middle, to CSS pixels of the viewport. */
export function pictureMatrix(
  view: StackView,
  viewport: Size,
  image: Size,
  aspect: number,
): readonly [number, number, number, number, number, number] {
  const scale = fitScale(viewport, image, aspect, view.orientation) * view.zoom;
  const [a, b, c, d] = matrixOf(view.orientation);
  return [a * scale, b * scale, c * scale * aspect, d * scale * aspect, viewport.width / 2 + view.pan.x, viewport.height / 2 + view.pan.y];
}

/** Where a rectangle of image pixels lies on the screen, in CSS pixels. */
export function rectOnScreen(
  matrix: readonly [number, number, number, number, number, number],
  image: Size,
  rect: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number },
): { left: number; top: number; right: number; bottom: number } {
  const [a, b, c, d, e, f] = matrix;
  const place = (x: number, y: number) => {
    const [fromX, fromY] = [x - image.width / 2, y - image.height / 2];
    return { x: a * fromX + c * fromY + e, y: b * fromX + d * fromY + f };
  };
  const [one, two] = [place(rect.x0, rect.y0), place(rect.x1, rect.y1)];
  return {
    left: Math.min(one.x, two.x),
    right: Math.max(one.x, two.x),
    top: Math.min(one.y, two.y),
    bottom: Math.max(one.y, two.y),
  };
}

/** The person's window takes the place of the image's own that was chosen. */
function windowed(view: StackView, window: Window | null): StackView {
  const look = window === null || view.look.voi === null ? view.look : { ...view.look, voi: null };
  return { ...view, window, look };
}

/** A presentation state, and the stored image, bring their own window and place; a window of the image takes the place of the person's. */
function looked(view: StackView, change: Partial<Look>): StackView {
  if (change.presentation !== undefined) {
    const { presentation } = change;
    return { ...FIRST_VIEW, index: view.index, look: { ...view.look, voi: null, voiFunction: null, ...change, presentation } };
  }
  return { ...view, window: change.voi === undefined ? view.window : null, look: { ...view.look, ...change } };
}

function zoomed(view: StackView, factor: number, at: Point): StackView {
  // What a presentation state has placed may lie beyond the limits: it doesn't jump back to them.
  const zoom = clamp(view.zoom * factor, Math.min(ZOOM_LIMITS[0], view.zoom), Math.max(ZOOM_LIMITS[1], view.zoom));
  const real = zoom / view.zoom;
  return { ...view, zoom, pan: { x: at.x - (at.x - view.pan.x) * real, y: at.y - (at.y - view.pan.y) * real } };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
