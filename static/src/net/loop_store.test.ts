import { describe, expect, it } from "vitest";
import { headerOf } from "../state/test_headers";
import { LoopStore } from "./loop_store";

describe("loop store", () => {
  it("knows the pictures of a loop by their sequence", () => {
    const store = new LoopStore(1000);
    store.expect(3, "plain", 10, 5);
    expect(store.purpose(headerOf({ viewport: 3, sequence: 10 }))).toBe("loop");
    expect(store.purpose(headerOf({ viewport: 3, sequence: 15 }))).toBe("view");
    expect(store.purpose(headerOf({ viewport: 4, sequence: 10 }))).toBe("view");
  });

  it("stays within its bound, the longest kept going first", () => {
    const store = new LoopStore(250);
    store.expect(1, "plain", 0, 9);
    expect(store.keep(headerOf({ index: 0 }), new ArrayBuffer(100))).toEqual([]);
    expect(store.keep(headerOf({ index: 1 }), new ArrayBuffer(100))).toEqual([]);
    expect(store.keep(headerOf({ index: 1 }), new ArrayBuffer(120))).toEqual([]);
    expect(store.keep(headerOf({ index: 2 }), new ArrayBuffer(100))).toEqual([0]);
    expect([0, 1, 2].map((index) => store.get(1, index) !== undefined)).toEqual([false, true, true]);
  });

  it("forgets everything under another view", () => {
    const store = new LoopStore(1000);
    store.expect(1, "plain", 0, 9);
    store.keep(headerOf({ index: 4 }), new ArrayBuffer(10));
    store.expect(1, "inverted", 9, 9);
    expect(store.get(1, 4)).toBeUndefined();
    expect(store.purpose(headerOf({ sequence: 4 }))).toBe("stale");
  });
});
