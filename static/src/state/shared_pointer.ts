/** Pointing at a picture: in its pixels and in the patient, and back on a screen of another size. Pure. */
import type { OpenedDocument } from "../net/documents";
import { inPatient, onPlane, planeOf } from "./patient_plane";
import { pixelAt, placeOf, type Seen, six } from "./shared_map";
import type { SharedPointer } from "./shared_state";
import type { Point } from "./stack_view";

/** Positions are decimal text: two of them are the same within this. */
const SAME_PLACE_MM = 0.01;

/**
 * What is at a place of the glass, given from its top left corner in CSS pixels; null beside the picture.
 *
 * index: of the frame that is on screen; isRunning: it is one of a loop that plays, and all of them are meant.
 */
export function pointerOf(seen: Seen, index: number, place: Point, isRunning: boolean): SharedPointer | null {
  const { opened, viewport } = seen;
  const frame = opened.frames[index];
  const pixel = pixelAt(seen, { x: place.x - viewport.width / 2, y: place.y - viewport.height / 2 });
  if (!frame || !isInside(opened, pixel)) return null;
  const plane = planeOf(opened, index);
  const mm = plane && inPatient(plane, pixel);
  return {
    at: [six(pixel.x), six(pixel.y)],
    mm: mm && [six(mm[0]), six(mm[1]), six(mm[2])],
    frame_of_reference: opened.frame_of_reference ?? null,
    instance: opened.instances[frame.instance]?.digest ?? null,
    frame: isRunning ? null : frame.frame_number,
  };
}

/** Where someone else's pointer lies on the glass, from its top left corner; null where it isn't in the frame on screen. */
export function placeOfPointer(seen: Seen, index: number, pointer: SharedPointer): Point | null {
  const pixel = pointedPixel(pointer, seen.opened, index);
  if (!pixel) return null;
  const { x, y } = placeOf(seen, pixel);
  return { x: x + seen.viewport.width / 2, y: y + seen.viewport.height / 2 };
}

/**
 * In the frame that it points at: its pixel. In another of the same frame of reference: where its place in the patient lies, if
 * that is within half the slice's thickness.
 */
function pointedPixel(pointer: SharedPointer, opened: OpenedDocument, index: number): Point | null {
  const frame = opened.frames[index];
  const digest = frame && opened.instances[frame.instance]?.digest;
  if (!frame || !digest) return null;
  if (pointer.instance === digest && (pointer.frame === null || pointer.frame === frame.frame_number)) {
    return { x: pointer.at[0], y: pointer.at[1] };
  }
  const plane = planeOf(opened, index);
  if (!plane || !pointer.mm || !pointer.frame_of_reference || pointer.frame_of_reference !== opened.frame_of_reference) return null;
  const { pixel, distance_mm } = onPlane(plane, pointer.mm);
  const isNear = distance_mm <= Math.max((frame.thickness_mm ?? 0) / 2, SAME_PLACE_MM);
  return isNear && isInside(opened, pixel) ? pixel : null;
}

function isInside(opened: OpenedDocument, pixel: Point): boolean {
  return pixel.x >= 0 && pixel.y >= 0 && pixel.x <= opened.columns && pixel.y <= opened.rows;
}
