import { describe, expect, it } from "vitest";
import type { OpenedDocument } from "../net/documents";
import { inPatient, onPlane, type PatientPlane, planeOf } from "./patient_plane";
import { placeOfPointer, pointerOf } from "./shared_pointer";
import { FIRST_VIEW } from "./stack_view";
import { openedOf } from "./test_documents";

const AXIAL = { row: [1, 0, 0], column: [0, 1, 0] } as const;
const SAGITTAL = { row: [0, 1, 0], column: [0, 0, -1] } as const;
const GLASS = { width: 500, height: 500 };

/** Two axial slices of 100 × 100 pixels, 2 mm thick and 2 mm apart, at z = 10 and z = 12; pixels of 0.5 mm across and 2 mm down. */
function axial(change: Partial<OpenedDocument> = {}): OpenedDocument {
  const frame = { frame_number: 1, thickness_mm: 2, edges: null };
  return openedOf({
    columns: 100,
    rows: 100,
    spacing: { row_mm: 2, column_mm: 0.5, kind: "calibrated", label: "" },
    frame_of_reference: "1.9",
    orientation_vectors: AXIAL,
    frames: [
      { ...frame, instance: 0, plane: { origin: [-20, -100, 10] } },
      { ...frame, instance: 1, plane: { origin: [-20, -100, 12] } },
    ],
    ...change,
  });
}

/** One sagittal slice at x = -15, 1 mm thick, of another series of the same frame of reference. */
function sagittal(change: Partial<OpenedDocument> = {}): OpenedDocument {
  return openedOf({
    series_instance_uid: "2.25.77",
    columns: 200,
    rows: 50,
    spacing: { row_mm: 1, column_mm: 1, kind: "calibrated", label: "" },
    frame_of_reference: "1.9",
    orientation_vectors: SAGITTAL,
    instances: [{ sop_instance_uid: "2.25.78", digest: "dd".repeat(16) }],
    frames: [{ instance: 0, frame_number: 1, thickness_mm: 1, edges: null, plane: { origin: [-15, -120, 30] } }],
    ...change,
  });
}

const seen = (opened: OpenedDocument) => ({ view: FIRST_VIEW, viewport: GLASS, opened });

describe("pixels and millimetres (PS3.3 C.7.6.2.1.1)", () => {
  const frame = { columns: 100, rows: 100, frame_of_reference: "1.9" };
  const plane: PatientPlane = { origin: [-20, -100, 10], ...AXIAL, column_mm: 0.5, row_mm: 2, ...frame };

  it("has the position of the image in the middle of its first pixel", () => {
    expect(inPatient(plane, { x: 0.5, y: 0.5 })).toEqual([-20, -100, 10]);
  });

  it("goes the spacing between columns along a row, and that between rows down a column", () => {
    expect(inPatient(plane, { x: 10.5, y: 3.5 })).toEqual([-15, -94, 10]);
    expect(inPatient({ ...plane, ...SAGITTAL }, { x: 10.5, y: 3.5 })).toEqual([-20, -95, 4]);
  });

  it("finds the foot of the perpendicular and its length", () => {
    expect(onPlane(plane, [-15, -94, 7])).toEqual({ pixel: { x: 10.5, y: 3.5 }, distance_mm: 3 });
  });

  it("knows a plane only where everything about it is known", () => {
    expect(planeOf(axial(), 1)).toEqual({ ...plane, origin: [-20, -100, 12] });
    const own = axial({ orientation_vectors: null });
    expect(planeOf(own, 0)).toBeNull();
    const frames = own.frames.map((frame) => ({ ...frame, plane: { origin: [1, 2, 3] as const, ...SAGITTAL } }));
    expect(planeOf(axial({ orientation_vectors: null, frames }), 0)).toMatchObject(SAGITTAL);
    expect(planeOf(axial({ frames: [{ instance: 0, frame_number: 1, plane: null }] }), 0)).toBeNull();
  });

  it("test_S06_gives_no_millimetres_at_a_detector", () => {
    const spacing = { row_mm: 2, column_mm: 0.5, kind: "at detector", label: "" } as const;
    expect(planeOf(axial({ spacing }), 0)).toBeNull();
    expect(pointerOf(seen(axial({ spacing })), 0, { x: 250, y: 250 }, false)).toMatchObject({ at: [50, 50], mm: null });
  });
});

describe("pointing", () => {
  it("names the frame, its pixel and the place in the patient", () => {
    // 100 × 100 pixels as tall as 4 of their widths: 1.25 CSS pixels across a column, 5 down a row.
    const opened = axial({ pixel_aspect: 4 });
    expect(pointerOf(seen(opened), 1, { x: 250 - 49.375, y: 250 }, false)).toEqual({
      at: [10.5, 50],
      mm: [-15, -1, 12],
      frame_of_reference: "1.9",
      instance: "bb".repeat(16),
      frame: 1,
    });
  });

  it("means every frame of a loop that plays", () => {
    expect(pointerOf(seen(axial()), 0, { x: 250, y: 250 }, true)?.frame).toBeNull();
  });

  it("is nothing beside the picture", () => {
    const wide = seen(axial({ rows: 50 })); // 500 × 250 CSS pixels of the glass
    expect(pointerOf(wide, 0, { x: 250, y: 124 }, false)).toBeNull();
    expect(pointerOf(wide, 0, { x: 250, y: 126 }, false)).not.toBeNull();
    expect(pointerOf(wide, 5, { x: 250, y: 250 }, false)).toBeNull();
  });
});

describe("someone else's pointer", () => {
  const pointer = { at: [10.5, 3.5], mm: [-15, -94, 10], frame_of_reference: "1.9", instance: "aa".repeat(16), frame: 1 } as const;

  it("is at its pixel in the frame that it names, whatever the size of the screen", () => {
    expect(placeOfPointer(seen(axial()), 0, pointer)).toEqual({ x: 52.5, y: 17.5 });
    const large = { ...seen(axial()), viewport: { width: 1000, height: 1200 } };
    expect(placeOfPointer(large, 0, pointer)).toEqual({ x: 105, y: 135 });
  });

  it("test_S01_isn't_drawn_on_another_frame", () => {
    expect(placeOfPointer(seen(axial()), 1, pointer)).toBeNull(); // 2 mm further, half the thickness is 1
    expect(placeOfPointer(seen(axial()), 1, { ...pointer, mm: null })).toBeNull();
    expect(placeOfPointer(seen(axial()), 0, { ...pointer, frame: 2, mm: null })).toBeNull();
  });

  it("is on every frame of the loop that it points at", () => {
    const clip = axial({ frames: [1, 2].map((frame_number) => ({ instance: 0, frame_number, plane: null })) });
    expect(placeOfPointer(seen(clip), 1, { ...pointer, mm: null, frame: null })).toEqual({ x: 52.5, y: 17.5 });
  });

  it("is where its place in the patient lies in another series of the frame of reference", () => {
    // x = -15 is the sagittal plane itself; y = -94 is 26 mm behind its first pixel, z = 10 is 20 mm below it: pixel (26.5, 20.5).
    // 200 × 50 pixels on 500 × 500: 2.5 CSS pixels each, from (0, 187.5).
    expect(placeOfPointer(seen(sagittal()), 0, pointer)).toEqual({ x: 66.25, y: 238.75 });
    const near = { ...pointer, mm: [-14.5, -94, 10] } as const;
    expect(placeOfPointer(seen(sagittal()), 0, near)).not.toBeNull();
    expect(placeOfPointer(seen(sagittal()), 0, { ...pointer, mm: [-14.4, -94, 10] })).toBeNull();
    expect(placeOfPointer(seen(sagittal()), 0, { ...pointer, mm: [-15, -200, 10] })).toBeNull(); // outside the image
  });

  it("isn't in a series of another frame of reference, or of none", () => {
    expect(placeOfPointer(seen(sagittal({ frame_of_reference: "1.8" })), 0, pointer)).toBeNull();
    expect(placeOfPointer(seen(sagittal({ frame_of_reference: null })), 0, { ...pointer, frame_of_reference: null })).toBeNull();
  });
});
