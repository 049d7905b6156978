/** The document of a presentation state (docs/stream.md section 11): what it is about, its geometry and its graphics. */
import type { ListedPresentation } from "./documents";

export interface ReferenceDocument {
  readonly sop_instance_uid: string;
  /** Frame numbers from 1; null: all. */
  readonly frames: readonly number[] | null;
}

/** References of a part of a state; null: all that the state refers to. */
export type AppliesTo = readonly ReferenceDocument[] | null;

/** [column, row], or [x, y]. */
export type Pair = readonly [number, number];

export interface AreaDocument {
  readonly applies_to: AppliesTo;
  /** Pixels from 1, both corners included; they are those of what is on screen, after rotation and flip. */
  readonly top_left: Pair;
  readonly bottom_right: Pair;
  readonly mode: "SCALE TO FIT" | "TRUE SIZE" | "MAGNIFY";
  /** Display pixels for an image pixel. */
  readonly magnification: number | null;
  /** [row, column]. */
  readonly spacing_mm: Pair | null;
  /** A pixel's height over its width. */
  readonly aspect: number | null;
}

export interface GeometryDocument {
  /** Degrees clockwise, before the flip. */
  readonly rotation: number;
  readonly is_flipped: boolean;
  readonly areas: readonly AreaDocument[];
}

/** PIXEL: from the outer corner of the first pixel; DISPLAY: fractions of the displayed area; MATRIX: PIXEL of a whole slide. */
export type Units = "PIXEL" | "DISPLAY" | "MATRIX";

export interface ShapeDocument {
  readonly kind: "POINT" | "POLYLINE" | "INTERPOLATED" | "CIRCLE" | "ELLIPSE";
  readonly units: Units;
  readonly points: readonly Pair[];
  readonly is_filled: boolean;
}

export interface TextDocument {
  readonly text: string;
  readonly box: readonly [Pair, Pair] | null;
  readonly box_units: Units;
  readonly justification: string;
  readonly anchor: Pair | null;
  readonly anchor_units: Units;
  readonly is_anchor_visible: boolean;
}

export interface AnnotationDocument {
  readonly layer: string;
  readonly applies_to: AppliesTo;
  readonly shapes: readonly ShapeDocument[];
  readonly texts: readonly TextDocument[];
}

export interface LayerDocument {
  readonly name: string;
  readonly order: number;
  readonly description: string;
  readonly colour: readonly [number, number, number] | null;
}

export interface PresentationDocument extends Omit<ListedPresentation, "applies_to"> {
  readonly study_instance_uid: string;
  readonly series_instance_uid: string;
  readonly applies_to: readonly (ReferenceDocument & { readonly series_instance_uid: string })[];
  readonly geometry: GeometryDocument;
  /** The lowest first. */
  readonly layers: readonly LayerDocument[];
  readonly annotations: readonly AnnotationDocument[];
  /** What of the state is not done, in words. */
  readonly notes: readonly string[];
}
