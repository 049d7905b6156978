import { describe, expect, it } from "vitest";
import type { OpenedDocument } from "../net/documents";
import { UPRIGHT } from "./orientation";
import { bondOf, followed, isSamePatient, linkWords, offsetOf, type PaneLink, type PaneShown, turnWords } from "./pane_link";
import { openedOf } from "./test_documents";

const AXIAL = { row: [1, 0, 0], column: [0, 1, 0] } as const;
const CORONAL = { row: [1, 0, 0], column: [0, 0, -1] } as const;
const EDGES = { left: "R", right: "L", top: "A", bottom: "P" };

/** Axial slices of 100 × 100 pixels of 1 mm, at these places along the patient. */
function stack(places: readonly number[], change: Partial<OpenedDocument> = {}): OpenedDocument {
  const frames = places.map((z, instance) => ({
    instance,
    frame_number: 1,
    edges: EDGES,
    plane: { origin: [0, 0, z] as const },
  }));
  return openedOf({
    series_instance_uid: `2.25.${places.length}`,
    columns: 100,
    rows: 100,
    spacing: { row_mm: 1, column_mm: 1, kind: "calibrated", label: "" },
    frame_of_reference: "1.9",
    orientation_vectors: AXIAL,
    frames,
    ...change,
  });
}

const THIN = stack([50, 48, 46, 44, 42]);
const THICK = stack([60, 55, 50, 45]);
const ELSEWHERE = stack([160, 155, 150], { frame_of_reference: "1.8" });
const shown = (opened: OpenedDocument, index: number): PaneShown => ({ opened, index, orientation: UPRIGHT });
const linked = (one: PaneShown, other: PaneShown): PaneLink => ({ isOn: true, offset: offsetOf([one, other]) });

describe("how two panes can scroll together", () => {
  it("test_S04_is_in_space_where_the_Frame_of_Reference_is_shared", () => {
    expect(bondOf(THIN, THICK)).toEqual({ by: "space", why: "" });
    expect(bondOf(THIN, ELSEWHERE)).toEqual({ by: "offset", why: "" });
    expect(bondOf(THIN, stack([1, 2, 3], { frame_of_reference: null }))).toEqual({ by: "offset", why: "" });
    expect(bondOf(THIN, stack([1, 2], { spacing: { row_mm: 1, column_mm: 1, kind: "at detector", label: "" } })).by).toBe("offset");
  });

  it("test_S04_is_not_at_all_for_two_patients_other_directions_or_a_single_picture", () => {
    const other = { ...THIN.patient, patient_id: "VB-2" };
    const foreign = stack([1, 2, 3], { patient: other, study_instance_uid: "2.25.9" });
    expect(bondOf(THIN, foreign)).toEqual({ by: null, why: "The panes show two patients" });
    expect(bondOf(THIN, stack([1, 2, 3], { orientation_vectors: CORONAL })).why).toBe("The two stacks look different ways");
    expect(bondOf(THIN, stack([1])).why).toBe("Only stacks scroll together");
    expect(bondOf(THIN, stack([1, 2], { kind: "clip" })).why).toBe("Only stacks scroll together");
  });

  it("test_S12_without_an_ID_each_study_is_a_patient_of_its_own", () => {
    const nameless = (study_instance_uid: string) => stack([1, 2], { study_instance_uid, patient: { ...THIN.patient, patient_id: "" } });
    expect(isSamePatient(nameless("2.25.1"), nameless("2.25.1"))).toBe(true);
    expect(isSamePatient(nameless("2.25.1"), nameless("2.25.2"))).toBe(false);
  });
});

describe("where the other pane goes", () => {
  it("test_S04_is_the_nearest_slice_from_either_side", () => {
    const link = linked(shown(THIN, 0), shown(THICK, 2));
    expect([0, 1, 2, 3, 4].map((index) => followed(link, [THIN, THICK], 0, index))).toEqual([2, 2, 3, 3, 3]);
    expect([0, 1, 2, 3].map((index) => followed(link, [THIN, THICK], 1, index))).toEqual([0, 0, 0, 2]);
  });

  it("test_S04_by_offset_keeps_the_distance_at_which_it_was_linked", () => {
    const link = linked(shown(THIN, 1), shown(ELSEWHERE, 1)); // z = 48 and 155
    expect([0, 1, 2, 3, 4].map((index) => followed(link, [THIN, ELSEWHERE], 0, index))).toEqual([1, 1, 1, 2, 2]);
    expect([0, 1, 2].map((index) => followed(link, [THIN, ELSEWHERE], 1, index))).toEqual([0, 1, 3]);
  });

  it("test_S04_counts_frames_where_places_are_not_known", () => {
    const unknown = openedOf({ frames: THICK.frames.map((frame) => ({ ...frame, plane: null })) });
    const link = linked(shown(THIN, 1), shown(unknown, 3));
    expect([0, 1, 2].map((index) => followed(link, [THIN, unknown], 0, index))).toEqual([2, 3, 3]);
    expect(followed(link, [THIN, unknown], 1, 3)).toBe(1);
  });

  it("is nowhere unless they are linked", () => {
    expect(followed({ isOn: false, offset: { frames: 0, mm: null } }, [THIN, THICK], 0, 1)).toBeNull();
    expect(followed(linked(shown(THIN, 0), shown(THICK, 0)), [THIN, stack([1])], 0, 1)).toBeNull();
  });
});

describe("what is said", () => {
  it("test_S04_marks_a_link_by_offset", () => {
    const both = [shown(THIN, 1), shown(ELSEWHERE, 1)] as const;
    const link = linked(...both);
    expect(linkWords(link, both)).toMatchObject({ words: "linked by offset", isWarning: true });
    expect(linkWords(link, both)?.title).toContain("image 2/5 of the first pane goes with 2/3 of the second");
    expect(linkWords(linked(shown(THIN, 4), shown(ELSEWHERE, 0)), [shown(THIN, 0), shown(ELSEWHERE, 0)])?.words).toBe(
      "linked by offset · past the end",
    );
    expect(linkWords({ ...link, isOn: false }, both)).toMatchObject({ words: "not linked", isWarning: false });
  });

  it("test_S04_says_how_far_apart_the_pictures_on_screen_are", () => {
    const near = [shown(THIN, 1), shown(THICK, 2)] as const;
    expect(linkWords(linked(...near), near)).toMatchObject({ words: "linked in space", isWarning: false });
    expect(linkWords(linked(...near), near)?.title).toContain("2.0 mm away");
    const past = [shown(THIN, 0), shown(THICK, 0)] as const;
    expect(linkWords(linked(...past), past)).toMatchObject({ words: "linked in space · 10 mm apart", isWarning: true });
  });

  it("says nothing where nothing can be linked", () => {
    const both = [shown(THIN, 0), shown(stack([1]), 0)] as const;
    expect([linkWords(linked(...both), both), turnWords(both)]).toEqual([null, null]);
  });

  it("test_S02_warns_where_left_is_right_in_the_other_pane", () => {
    expect(turnWords([shown(THIN, 0), shown(THICK, 0)])).toBeNull();
    const flipped = { ...shown(THICK, 0), orientation: { turns: 0, mirrored: true } as const };
    expect(turnWords([shown(THIN, 0), flipped])).toMatchObject({ words: "turned differently", isWarning: true });
    expect(turnWords([shown(THIN, 0), flipped])?.title).toBe("The left edge is R in the first pane and L in the second");
    const upsideDown = { ...shown(THICK, 0), orientation: { turns: 2, mirrored: true } as const };
    expect(turnWords([shown(THIN, 0), upsideDown])?.title).toBe("The top edge is A in the first pane and P in the second");
  });
});
