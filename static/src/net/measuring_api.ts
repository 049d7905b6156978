/** Values and measurements, asked of the server: it reads stored pixels at full depth (docs/stream.md section 10). */

import { getJson, send } from "./api";
import type { SpacingDocument, Vector } from "./documents";

export type ShapeKind = "length" | "rectangle" | "ellipse";

/** Which frame an answer is about (S01). */
export interface AnsweredFrame {
  readonly sop_instance_uid: string;
  /** Digest of the SOP Instance UID, as picture headers have it. */
  readonly instance: string;
  /** From 1. */
  readonly frame: number;
}

export interface QuantityHead {
  readonly kind: "modality" | "real world" | "suv" | "colour";
  readonly name: string;
  readonly unit: string;
  readonly code: string;
  /** Why there is no value; "" where there is one. */
  readonly reason: string;
}

export interface QuantityValue extends QuantityHead {
  readonly value: number | null;
}

export interface ValuesDocument extends AnsweredFrame {
  readonly column: number;
  readonly row: number;
  readonly stored: number | readonly number[] | null;
  readonly photometric: string;
  readonly is_padding: boolean;
  readonly colour: readonly number[] | null;
  readonly quantities: readonly QuantityValue[];
  readonly suv_basis: readonly string[];
  readonly mm: Vector | null;
}

/** A difference along one axis of an ultrasound region; start and end count from its baseline, null where it states none. */
export interface ComponentDocument {
  readonly axis: "x" | "y";
  readonly difference: number;
  readonly unit: string;
  readonly start: number | null;
  readonly end: number | null;
}

/** A length or an area; `label` belongs beside the number, always (S06). */
export interface MeasuredDocument {
  readonly value: number | null;
  readonly unit: string;
  readonly kind: SpacingDocument["kind"];
  readonly label: string;
  readonly components: readonly ComponentDocument[];
}

export interface StatisticsDocument extends QuantityHead {
  readonly count: number;
  readonly mean: number | null;
  readonly sd: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

export interface MeasurementDocument extends AnsweredFrame {
  readonly shape: ShapeKind;
  readonly length?: MeasuredDocument;
  readonly area?: MeasuredDocument;
  /** Pixels whose centres lie inside, and how many of them are padding; null on slides. */
  readonly pixels?: number | null;
  readonly padding?: number | null;
  readonly is_within?: boolean | null;
  readonly statistics?: readonly StatisticsDocument[];
  readonly suv_basis?: readonly string[];
}

export interface MeasurementRequest {
  readonly sop_instance_uid: string;
  readonly frame: number;
  readonly shape: ShapeKind;
  /** [x, y] in pixels of the stored frame from its top left corner. */
  readonly points: readonly (readonly [number, number])[];
}

/** Measure a shape on a frame; nothing is stored. Raises: ApiError. */
export function measure(request: MeasurementRequest): Promise<MeasurementDocument> {
  return send("POST", "/api/measurements", request);
}

/** The values of one pixel, counted from 0. Raises: ApiError. */
export function valuesAt(uid: string, frame: number, column: number, row: number, signal: AbortSignal): Promise<ValuesDocument> {
  return getJson(`/api/values/${encodeURIComponent(uid)}/${frame}?column=${column}&row=${row}`, signal);
}
