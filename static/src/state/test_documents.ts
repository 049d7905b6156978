/** An `opened` document of a CT stack with two instances, with changes; for tests alone. */
import type { OpenedDocument } from "../net/documents";

export function openedOf(change: Partial<OpenedDocument> = {}): OpenedDocument {
  const edges = { left: "R", right: "L", top: "A", bottom: "P" };
  return {
    epoch: 1,
    study_instance_uid: "2.25.1",
    series_instance_uid: "2.25.2",
    stack: null,
    kind: "stack",
    modality: "CT",
    series_description: "Chest 1.5 mm",
    series_number: 3,
    patient: {
      name: "DEMO^Ada",
      patient_id: "VB-1",
      issuer: "demo",
      birth_date: "19700310",
      sex: "F",
      identity_conflict: false,
    },
    study: { date: "20240309", time: "134500", description: "CT chest", institution: "Demo Hospital" },
    instances: [
      { sop_instance_uid: "2.25.10", digest: "aa".repeat(16), instance_number: 1 },
      { sop_instance_uid: "2.25.11", digest: "bb".repeat(16), instance_number: 2 },
    ],
    frames: [
      { instance: 1, frame_number: 1, position_mm: -120.5, thickness_mm: 1.5, edges },
      { instance: 0, frame_number: 1, position_mm: -119, thickness_mm: 1.5, edges },
    ],
    columns: 512,
    rows: 512,
    colour: false,
    photometric: "MONOCHROME2",
    windows: [{ center: 40, width: 400, explanation: null }],
    window_unit: "HU",
    spacing: { row_mm: 0.7, column_mm: 0.7, kind: "calibrated", label: "" },
    regions: [],
    cine: null,
    lossy: { is_lossy: false, ratio: null, method: null },
    orientation: "known",
    notes: [],
    slide: null,
    ...change,
  };
}
