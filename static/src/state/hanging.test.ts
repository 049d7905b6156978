import { describe, expect, it } from "vitest";
import type { ItemDocument } from "../net/documents";
import { firstItem, likeItem, neighbour, tagOf } from "./hanging";

const item = (key: string, change: Partial<ItemDocument> = {}): ItemDocument => ({
  key,
  kind: "stack",
  series_instance_uid: key,
  stack: null,
  series_number: 1,
  modality: "CT",
  label: key,
  detail: "",
  count: 200,
  thumbnail: null,
  object: null,
  ...change,
});

describe("hanging", () => {
  it("opens with the first item worth looking at", () => {
    const scout = item("Scout", { kind: "image", count: 1 });
    const report = item("Report", { kind: "object", modality: "SR" });
    expect(firstItem([report, scout, item("Chest")])?.key).toBe("Chest");
    expect(firstItem([report, scout])?.key).toBe("Scout");
    expect(firstItem([report])?.key).toBe("Report");
    expect(firstItem([])).toBeNull();
  });

  it("finds the prior that is most like it", () => {
    const chest = item("Chest 1.5 mm lung", { count: 240 });
    const others = [item("Abdomen", { count: 240 }), item("Chest 2 mm lung", { count: 180 }), item("Chest MR", { modality: "MR" })];
    expect(likeItem(chest, others)?.key).toBe("Chest 2 mm lung");
    expect(likeItem(chest, [item("Echo", { modality: "US", kind: "clip" })])).toBeNull();
  });

  it("test_S04_other_studies_are_tagged_with_their_distance", () => {
    expect(tagOf("1 y 2 mo earlier")).toEqual({ tag: "PRIOR", distance: "1 y 2 mo earlier" });
    expect(tagOf("7 d later")).toEqual({ tag: "LATER", distance: "7 d later" });
    expect(tagOf("same day")).toEqual({ tag: "SAME DAY", distance: "" });
  });

  it("steps through the tray and stays at its ends", () => {
    const items = [item("a"), item("b"), item("c")];
    expect(neighbour(items, "b", 1)?.key).toBe("c");
    expect(neighbour(items, "c", 1)?.key).toBe("c");
    expect(neighbour(items, "a", -1)?.key).toBe("a");
  });
});
