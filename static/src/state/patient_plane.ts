/** Between a frame's pixels and the patient, in millimetres (PS3.3 C.7.6.2.1.1). Pure. */
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
}

/** Return where a frame lies, or null where its plane isn't known or its spacing isn't calibrated (S06). */
export function planeOf(opened: OpenedDocument, index: number): PatientPlane | null {
  const stated = opened.frames[index]?.plane;
  const row = stated?.row ?? opened.orientation_vectors?.row;
  const column = stated?.column ?? opened.orientation_vectors?.column;
  const { kind, row_mm, column_mm } = opened.spacing;
  if (!stated || !row || !column || kind !== "calibrated" || !row_mm || !column_mm) return null;
  return { origin: stated.origin, row, column, row_mm, column_mm };
}

/** Equation C.7.6.2.1-1. Its columns and rows count from the middle of the first pixel; ours from its corner. */
export function inPatient(plane: PatientPlane, pixel: Point): Vector {
  const across = (pixel.x - 0.5) * plane.column_mm;
  const down = (pixel.y - 0.5) * plane.row_mm;
  const along = (axis: 0 | 1 | 2) => plane.origin[axis] + plane.row[axis] * across + plane.column[axis] * down;
  return [along(0), along(1), along(2)];
}

/** The pixel at the foot of the perpendicular from a place in the patient, and the length of that perpendicular. */
export function onPlane(plane: PatientPlane, mm: Vector): { readonly pixel: Point; readonly distance_mm: number } {
  const from: Vector = [mm[0] - plane.origin[0], mm[1] - plane.origin[1], mm[2] - plane.origin[2]];
  const [across, down] = [dot(from, plane.row), dot(from, plane.column)];
  return {
    pixel: { x: across / plane.column_mm + 0.5, y: down / plane.row_mm + 0.5 },
    distance_mm: Math.abs(dot(from, cross(plane.row, plane.column))),
  };
}

function dot(one: Vector, other: Vector): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
}

function cross(one: Vector, other: Vector): Vector {
  return [one[1] * other[2] - one[2] * other[1], one[2] * other[0] - one[0] * other[2], one[0] * other[1] - one[1] * other[0]];
}
