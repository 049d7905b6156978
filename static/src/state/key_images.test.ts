import { expect, test } from "vitest";
import type { KeyNote } from "../net/documents";
import { keyPlaces, keyWords, nextKeyPlace } from "./key_images";

const note = (frames: number[], description = ""): KeyNote => ({
  sop_instance_uid: "2.25.80",
  title: "Of Interest",
  description,
  creator: "Reader^Rita",
  created: "2026-02-03",
  frames,
});
const notes = [note([9, 4]), note([4, 12], "the fracture")];

test("key images of all selections count once, in order", () => {
  expect(keyPlaces(notes)).toEqual([4, 9, 12]);
});

test("one goes to the next, and from the last to the first", () => {
  expect([0, 4, 5, 12, 20].map((from) => nextKeyPlace(notes, from, 1))).toEqual([4, 9, 9, 4, 4]);
  expect([0, 4, 5, 12, 20].map((from) => nextKeyPlace(notes, from, -1))).toEqual([12, 12, 4, 9, 12]);
  expect(nextKeyPlace([], 3, 1)).toBeNull();
});

test("a key image says why it is one", () => {
  expect(keyWords(notes, 4)).toEqual(["Of Interest", "Of Interest: the fracture"]);
  expect(keyWords(notes, 5)).toEqual([]);
});
