/** A presentation state about the first instance of `openedOf`, with changes; for tests alone. */
import type { AreaDocument, PresentationDocument } from "../net/presentation_documents";

export function presentationDocument(change: Partial<PresentationDocument> = {}): PresentationDocument {
  return {
    sop_instance_uid: "2.25.90",
    label: "BONE",
    description: "as reported",
    creator: "Reader^Rita",
    created: "2026-01-02",
    kind: "grayscale",
    is_applied: true,
    reason: "",
    study_instance_uid: "2.25.1",
    series_instance_uid: "2.25.9",
    applies_to: [{ series_instance_uid: "2.25.2", sop_instance_uid: "2.25.10", frames: null }],
    geometry: { rotation: 0, is_flipped: false, areas: [] },
    layers: [],
    annotations: [],
    notes: [],
    ...change,
  };
}

export function areaDocument(change: Partial<AreaDocument> = {}): AreaDocument {
  return {
    applies_to: null,
    top_left: [1, 1],
    bottom_right: [512, 512],
    mode: "SCALE TO FIT",
    magnification: null,
    spacing_mm: null,
    aspect: 1,
    ...change,
  };
}
