/**
 * From a viewport's own view to the shared one and back: the same picture, the same part of it, whatever the size of the screen.
 *
 * Pixels count from the top left corner of the stored frame, so that the middle of its first pixel is (0.5, 0.5). Pure.
 */
import type { OpenedDocument } from "../net/documents";
import { lookOfWire, wireLook } from "./look";
import { matrixOf, type Orientation } from "./orientation";
import type { SharedCine, SharedSlideView, SharedStackView } from "./shared_state";
import { aspectOf, fitScale, type Point, type Size, type StackView, ZOOM_LIMITS } from "./stack_view";

/** A stack's view on its glass. */
export interface Seen {
  readonly view: StackView;
  /** Of the glass, in CSS pixels. */
  readonly viewport: Size;
  readonly opened: OpenedDocument;
}

/** Return the view as others can follow it; null where the stack has no such frame. */
export function toShared(seen: Seen, cine: SharedCine | null): SharedStackView | null {
  const { view, opened } = seen;
  const frame = opened.frames[view.index];
  const instance = frame && opened.instances[frame.instance];
  if (!frame || !instance) return null;
  const center = pixelAt(seen, { x: 0, y: 0 });
  const look = wireLook(view.look);
  return {
    kind: "stack",
    index: view.index,
    instance: instance.digest,
    frame: frame.frame_number,
    window: view.window && [six(view.window[0]), six(view.window[1])],
    invert: view.invert,
    orientation: matrixOf(view.orientation).map((one) => one + 0) as [number, number, number, number],
    zoom: six(view.zoom),
    center: [six(center.x), six(center.y)],
    cine,
    ...(Object.keys(look).length > 0 ? { look } : {}),
  };
}

/** Return someone else's view as this viewport shows it; null where the frame isn't in the series as it is open here (S01). */
export function fromShared(shared: SharedStackView, viewport: Size, opened: OpenedDocument): StackView | null {
  const index = frameIndexOf(opened, shared);
  const orientation = orientationOf(shared.orientation);
  if (index === null || orientation === null) return null;
  const zoom = Math.min(Math.max(shared.zoom, ZOOM_LIMITS[0]), ZOOM_LIMITS[1]);
  const { window, invert } = shared;
  const centred: StackView = { index, window, invert, orientation, zoom, pan: { x: 0, y: 0 }, look: lookOfWire(shared.look) };
  const { x, y } = placeOf({ view: centred, viewport, opened }, { x: shared.center[0], y: shared.center[1] });
  return { ...centred, pan: { x: 0 - x, y: 0 - y } };
}

/** The frame is named by instance and number; the index only says where to look first. */
export function frameIndexOf(opened: OpenedDocument, named: Pick<SharedStackView, "index" | "instance" | "frame">): number | null {
  const isIt = (index: number) => {
    const frame = opened.frames[index];
    return frame?.frame_number === named.frame && opened.instances[frame.instance]?.digest === named.instance;
  };
  if (isIt(named.index)) return named.index;
  const found = opened.frames.findIndex((_, index) => isIt(index));
  return found < 0 ? null : found;
}

/** The pixel that lies at a place on the glass, given from its middle in CSS pixels. */
export function pixelAt(seen: Seen, at: Point): Point {
  const { a, b, c, d, scale, aspect, middle } = geometryOf(seen);
  if (!(scale > 0)) return middle; // not laid out yet
  const [x, y] = [at.x - seen.view.pan.x, at.y - seen.view.pan.y];
  // The matrix is a turn or a mirror: its inverse is its transpose.
  return { x: middle.x + (a * x + b * y) / scale, y: middle.y + (c * x + d * y) / (scale * aspect) };
}

/** Where a pixel lies on the glass, from its middle in CSS pixels. */
export function placeOf(seen: Seen, pixel: Point): Point {
  const { a, b, c, d, scale, aspect, middle } = geometryOf(seen);
  const [x, y] = [(pixel.x - middle.x) * scale, (pixel.y - middle.y) * scale * aspect];
  return { x: a * x + c * y + seen.view.pan.x, y: b * x + d * y + seen.view.pan.y };
}

/** Return the one of the eight ways to turn a picture that this matrix is, or null. */
export function orientationOf(matrix: readonly number[]): Orientation | null {
  for (const turns of [0, 1, 2, 3] as const) {
    for (const mirrored of [false, true]) {
      if (matrixOf({ turns, mirrored }).every((one, place) => one === matrix[place])) return { turns, mirrored };
    }
  }
  return null;
}

/** CSS pixels for one of level 0 with which a viewport of this size holds all that the presenter's holds. */
export function slideScale(shared: SharedSlideView, viewport: Size): number {
  const [width, height] = shared.span;
  return Math.min(viewport.width / Math.max(width, 1), viewport.height / Math.max(height, 1));
}

/** To the sixth decimal, as the server keeps numbers; and never -0. */
export function six(value: number): number {
  return Math.round(value * 1e6) / 1e6 + 0;
}

function geometryOf({ view, viewport, opened }: Seen): {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly scale: number;
  readonly aspect: number;
  readonly middle: Point;
} {
  const image = { width: opened.columns, height: opened.rows };
  const aspect = aspectOf(opened);
  const [a, b, c, d] = matrixOf(view.orientation);
  const scale = fitScale(viewport, image, aspect, view.orientation) * view.zoom;
  return { a, b, c, d, scale, aspect, middle: { x: image.width / 2, y: image.height / 2 } };
}
