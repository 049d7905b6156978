/** Between a frame's pixels and the patient, in millimetres (PS3.3 C.7.6.2.1.1). The twin of viewer/core/patient_position.py. Pure. */
import type { OpenedDocument, Vector } from "../net/documents";
import type { Point } from "./stack_view";

export interface PatientPlane {
  /** Centre of the first pixel. */
  readonly origin: Vector;
  /** Unit vectors in which columns and rows count up. */
  readonly row: Vector;
  readonly column: Vector;
  /** From column to column, and from row to row. */
  readonly column_mm: number;
  readonly row_mm: number;
  readonly columns: number;
  readonly rows: number;
  /** "" where none is stated. */
  readonly frame_of_reference: string;
}

/** Return where a frame lies, or null where its plane isn't known or its spacing isn't calibrated (S06). */
export function planeOf(opened: OpenedDocument, index: number): PatientPlane | null {
  return opened.spacing.kind === "calibrated" ? statedPlane(opened, index) : null;
}

/** The same of a CT localizer, whose spacing holds at the isocentre only; for what is marked as approximate, and not measured. */
export function localizerPlane(opened: OpenedDocument, index: number): PatientPlane | null {
  return opened.modality === "CT" && opened.spacing.kind === "estimated" ? statedPlane(opened, index) : null;
}

function statedPlane(opened: OpenedDocument, index: number): PatientPlane | null {
  const stated = opened.frames[index]?.plane;
  const row = stated?.row ?? opened.orientation_vectors?.row;
  const column = stated?.column ?? opened.orientation_vectors?.column;
  const { row_mm, column_mm } = opened.spacing;
  if (!stated || !row || !column || !row_mm || !column_mm) return null;
  const { columns, rows } = opened;
  return { origin: stated.origin, row, column, row_mm, column_mm, columns, rows, frame_of_reference: opened.frame_of_reference ?? "" };
}

const known = new WeakMap<OpenedDocument, readonly (PatientPlane | null)[]>();

/** Return where each frame lies, in order. */
export function planesOf(opened: OpenedDocument): readonly (PatientPlane | null)[] {
  const planes = known.get(opened) ?? opened.frames.map((_, index) => planeOf(opened, index));
  known.set(opened, planes);
  return planes;
}

/** Equation C.7.6.2.1-1. Its columns and rows count from the middle of the first pixel; ours from its corner. */
export function inPatient(plane: PatientPlane, pixel: Point): Vector {
  const across = (pixel.x - 0.5) * plane.column_mm;
  const down = (pixel.y - 0.5) * plane.row_mm;
  const along = (axis: 0 | 1 | 2) => plane.origin[axis] + plane.row[axis] * across + plane.column[axis] * down;
  return [along(0), along(1), along(2)];
}

/** The place of the middle of the frame. */
export function centreOf(plane: PatientPlane): Vector {
  return inPatient(plane, { x: plane.columns / 2, y: plane.rows / 2 });
}

/** The pixel at the foot of the perpendicular from a place in the patient, and the length of that perpendicular. */
export function onPlane(plane: PatientPlane, mm: Vector): { readonly pixel: Point; readonly distance_mm: number } {
  return { pixel: footOn(plane, mm), distance_mm: Math.abs(distanceFrom(plane, mm)) };
}

/** The pixel at the foot of the perpendicular from a place in the patient. */
export function footOn({ origin, row, column, column_mm, row_mm }: PatientPlane, mm: Vector): Point {
  const away = minus(mm, origin);
  // Direction cosines are decimal text, not quite of length 1 nor quite at right angles: solved, so that there and back agrees.
  const [rr, rc, cc] = [dot(row, row), dot(row, column), dot(column, column)];
  const [alongRow, alongColumn] = [dot(away, row), dot(away, column)];
  const determinant = rr * cc - rc * rc;
  const across = (alongRow * cc - alongColumn * rc) / determinant;
  const down = (alongColumn * rr - alongRow * rc) / determinant;
  return { x: across / column_mm + 0.5, y: down / row_mm + 0.5 };
}

/** How far a place lies from the plane, towards its normal positive. */
export function distanceFrom(plane: PatientPlane, mm: Vector): number {
  return dot(minus(mm, plane.origin), normalOf(plane));
}

/** The unit normal, turned towards L, P or H: whichever axis it is nearest to. */
export function normalOf(plane: { readonly row: Vector; readonly column: Vector }): Vector {
  const [a, b, c] = plane.row;
  const [d, e, f] = plane.column;
  const cross: Vector = [b * f - c * e, c * d - a * f, a * e - b * d];
  const greatest = cross.reduce((most, one) => (Math.abs(one) > Math.abs(most) ? one : most));
  const length = Math.sqrt(dot(cross, cross)) * (greatest > 0 ? 1 : -1);
  return [cross[0] / length, cross[1] / length, cross[2] / length];
}

export function dot(one: Vector, other: Vector): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
}

function minus(one: Vector, other: Vector): Vector {
  return [one[0] - other[0], one[1] - other[1], one[2] - other[2]];
}
