/** JSON documents of the server: the `opened` message of the stream and the pages' API, as types. */

export interface PatientDocument {
  readonly name: string;
  readonly patient_id: string;
  readonly issuer?: string | null;
  readonly birth_date?: string | null;
  readonly sex?: string | null;
  readonly identity_conflict: boolean;
}

export interface Edges {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

export type Vector = readonly [number, number, number];

/** Directions in which columns and rows count up, in the patient (PS3.3 C.7.6.2.1.1). */
export interface VectorsDocument {
  readonly row: Vector;
  readonly column: Vector;
}

/** Where a frame lies: the centre of its first pixel in mm; its vectors where the document doesn't say them once for all. */
export interface PlaneDocument extends Partial<VectorsDocument> {
  readonly origin: Vector;
}

export interface FrameDocument {
  /** Index into `instances`. */
  readonly instance: number;
  readonly frame_number: number;
  readonly position_mm?: number | null;
  readonly thickness_mm?: number | null;
  readonly edges?: Edges | null;
  readonly plane?: PlaneDocument | null;
}

export interface InstanceDocument {
  readonly sop_instance_uid: string;
  readonly digest: string;
  readonly instance_number?: number | null;
}

export interface WindowDocument {
  readonly center: number;
  readonly width: number;
  readonly explanation?: string | null;
}

export interface SpacingDocument {
  readonly row_mm: number | null;
  readonly column_mm: number | null;
  readonly kind: "calibrated" | "at detector" | "estimated" | "none" | "regions";
  readonly label?: string | null;
}

export interface RegionDocument {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly unit_x: string;
  readonly unit_y: string;
  readonly delta_x: number;
  readonly delta_y: number;
  readonly spatial: boolean;
}

export interface CineDocument {
  /** Start of each frame, in milliseconds from the first, or null where every frame lasts frame_time_ms. */
  readonly times_ms: readonly number[] | null;
  readonly frame_time_ms: number;
  readonly rate: number;
  readonly source: string;
  readonly assumed: boolean;
  /** Start and Stop Trim, frame numbers from 1. */
  readonly start: number;
  readonly stop: number;
  readonly sequencing: "looping" | "sweeping";
  /** R waves of the heart, in milliseconds from the first frame; absent or null where the image states none. */
  readonly r_waves_ms?: readonly number[] | null;
  /** Of a stress test: which stage this loop is of; absent or null where it isn't of one. */
  readonly stage?: { readonly name: string; readonly number: number | null; readonly view: string } | null;
}

export interface LevelDocument {
  readonly columns: number;
  readonly rows: number;
  readonly tile_columns: number;
  readonly tile_rows: number;
  readonly tiles_across: number;
  readonly tiles_down: number;
  readonly downsample: number;
}

export interface SlideDocument {
  readonly levels: readonly LevelDocument[];
  readonly mpp_um: readonly [number, number] | null;
  readonly objective_power: number | null;
}

/** What of the display chain the first image offers to switch; archives filed before there were such facts say less. */
export interface ChainDocument {
  /** Labels. */
  readonly overlays: readonly string[];
  /** Explanations. */
  readonly voi_luts: readonly string[];
  readonly shutter: boolean;
  readonly subtraction: "recommended" | "available" | null;
  /** Name of the ICC profile. */
  readonly colour_profile: string | null;
}

/** What the server says when a viewport's series was opened. */
export interface OpenedDocument {
  readonly epoch: number;
  readonly study_instance_uid: string;
  readonly series_instance_uid: string;
  readonly stack?: string | null;
  readonly kind: "stack" | "clip" | "image" | "slide";
  readonly modality: string;
  readonly series_description?: string | null;
  readonly series_number?: number | null;
  readonly patient: PatientDocument;
  readonly study: {
    readonly date?: string | null;
    readonly time?: string | null;
    readonly description?: string | null;
    readonly institution?: string | null;
    readonly accession_number?: string | null;
    readonly department?: string | null;
  };
  readonly instances: readonly InstanceDocument[];
  readonly frames: readonly FrameDocument[];
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  readonly photometric?: string | null;
  readonly windows: readonly WindowDocument[];
  readonly window_unit?: string | null;
  readonly chain?: ChainDocument | null;
  /** Stored values may be asked for (docs/stream.md). */
  readonly values?: boolean;
  /** Height of a pixel over its width; 1 where nothing is said. */
  readonly pixel_aspect?: number | null;
  readonly laterality?: string | null;
  readonly view_position?: string | null;
  readonly spacing: SpacingDocument;
  readonly regions: readonly RegionDocument[];
  readonly cine: CineDocument | null;
  readonly lossy: { readonly is_lossy: boolean; readonly ratio: number | null; readonly method: string | null };
  readonly orientation?: "known" | "unknown" | null;
  readonly frame_of_reference?: string | null;
  readonly orientation_vectors?: VectorsDocument | null;
  readonly notes: readonly string[];
  readonly intent?: string | null;
  readonly slide?: SlideDocument | null;
}

export interface StudyDocument {
  readonly study_instance_uid: string;
  readonly patient: PatientDocument;
  readonly study_date: string | null;
  readonly study_time: string | null;
  readonly accession_number: string | null;
  readonly description: string | null;
  readonly modalities: readonly string[];
  readonly department: string | null;
  readonly number_of_series: number;
  readonly number_of_instances: number;
  readonly thumbnail: string | null;
}

export interface ItemDocument {
  readonly key: string;
  readonly kind: "stack" | "clip" | "image" | "slide" | "object";
  readonly series_instance_uid: string;
  readonly stack: string | null;
  readonly series_number: number | null;
  readonly modality: string;
  readonly label: string;
  readonly detail: string;
  readonly count: number;
  readonly thumbnail: string | null;
  readonly object: {
    readonly name: string;
    readonly sop_class: string;
    readonly reason: string;
    readonly download: string;
  } | null;
  readonly presentations?: readonly ListedPresentation[];
  /** How many of the item's frames any key object selection marks. */
  readonly key_images?: number;
  readonly key_notes?: readonly KeyNote[];
}

/** A presentation state that is about some frames of an item. */
export interface ListedPresentation {
  readonly sop_instance_uid: string;
  readonly label: string;
  readonly description: string;
  readonly creator: string;
  readonly created: string;
  readonly kind: string;
  readonly is_applied: boolean;
  /** Why it isn't applied. */
  readonly reason: string;
  readonly applies_to: { readonly frames: number; readonly of: number; readonly first: number };
}

/** A key object selection that marks frames of an item: their places in it, from 0. */
export interface KeyNote {
  readonly sop_instance_uid: string;
  readonly title: string;
  readonly description: string;
  readonly creator: string;
  readonly created: string;
  readonly frames: readonly number[];
}

export interface RelatedStudyDocument extends StudyDocument {
  readonly interval: string;
}

export interface StudyContents {
  readonly study: StudyDocument;
  readonly items: readonly ItemDocument[];
  readonly related: readonly RelatedStudyDocument[];
}

export interface StudyPageDocument {
  readonly studies: readonly StudyDocument[];
  readonly next: string | null;
}

/** What a page is told at its start, in its script element "boot". */
export interface BootDocument {
  readonly user: { readonly name: string; readonly roles: readonly string[]; readonly departments?: readonly string[] };
  readonly study_instance_uid?: string;
  readonly csrf_token: string;
  readonly intended_use: string;
}
