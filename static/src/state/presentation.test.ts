import { expect, test } from "vitest";
import { areaOf, firstPlace, includes } from "./presentation";
import { areaDocument, presentationDocument } from "./test_presentations";

const first = { sopInstanceUid: "2.25.10", frameNumber: 1 };
const second = { sopInstanceUid: "2.25.10", frameNumber: 2 };
const other = { sopInstanceUid: "2.25.11", frameNumber: 1 };

test("references name whole instances, or frames of them; none are all", () => {
  expect(includes(null, other)).toBe(true);
  expect(includes([{ sop_instance_uid: "2.25.10", frames: null }], second)).toBe(true);
  expect(includes([{ sop_instance_uid: "2.25.10", frames: [2] }], second)).toBe(true);
  expect(includes([{ sop_instance_uid: "2.25.10", frames: [2] }], first)).toBe(false);
  expect(includes([{ sop_instance_uid: "2.25.10", frames: null }], other)).toBe(false);
});

test("a state begins at the first frame that it is about", () => {
  const state = presentationDocument({ applies_to: [{ series_instance_uid: "2.25.2", sop_instance_uid: "2.25.10", frames: [2] }] });
  expect(firstPlace(state, [other, first, second])).toBe(2);
  expect(firstPlace(state, [other, first])).toBeNull();
});

test("each frame has its own displayed area", () => {
  const one = areaDocument({ applies_to: [{ sop_instance_uid: "2.25.10", frames: [1] }] });
  const two = areaDocument({ applies_to: [{ sop_instance_uid: "2.25.10", frames: [2] }] });
  const state = presentationDocument({ geometry: { rotation: 0, is_flipped: false, areas: [one, two] } });
  expect(areaOf(state, second)).toBe(two);
  expect(areaOf(state, other)).toBeNull();
});
