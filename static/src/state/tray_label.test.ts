import { expect, it } from "vitest";
import { labelParts } from "./tray_label";

it("parts what tells an item apart from its name", () => {
  expect(labelParts("Whole slide, 40x, with DAB · overview")).toEqual({ name: "Whole slide, 40x, with DAB", part: "overview" });
  expect(labelParts("DWI, axial, free breathing · b 800 · stack 2")).toEqual({
    name: "DWI, axial, free breathing · b 800",
    part: "stack 2",
  });
  expect(labelParts("Echo loops · #1")).toEqual({ name: "Echo loops · #1", part: "" });
  expect(labelParts("CHEST 1.5 mm axial")).toEqual({ name: "CHEST 1.5 mm axial", part: "" });
});
