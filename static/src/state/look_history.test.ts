import { expect, test } from "vitest";
import { FIRST_LOOK } from "./look";
import { LookHistory } from "./look_history";

const bone = { ...FIRST_LOOK, presentation: "2.25.90" };

test("S01 a picture has the look that it was asked for by, however late it comes", () => {
  const history = new LookHistory();
  history.changed(5, bone);
  history.changed(9, FIRST_LOOK);
  expect([4, 5, 8, 9].map((sequence) => history.of(sequence)?.presentation)).toEqual([null, "2.25.90", "2.25.90", null]);
});

test("of what is long ago nothing is said", () => {
  const history = new LookHistory();
  for (let from = 1; from <= 70; from++) history.changed(from, from % 2 ? bone : FIRST_LOOK);
  expect(history.of(2)).toBeNull();
  expect(history.of(69)).toBe(bone);
  history.forget(80);
  expect(history.of(70)).toBeNull();
  expect(history.of(80)).toBe(FIRST_LOOK);
});

test("a look that is said again is no change", () => {
  const history = new LookHistory();
  for (let from = 1; from <= 200; from++) history.changed(from, { ...bone });
  expect(history.of(1)?.presentation).toBe("2.25.90");
});
