import { describe, expect, it } from "vitest";
import { Decoding } from "./decoding";

/** After decodings that took so long, one after another. */
function having(...took: number[]): Decoding {
  const decoding = new Decoding();
  for (const [ordinal, each] of took.entries()) {
    decoding.ask(ordinal, 1000);
    decoding.came(ordinal, 1000 + each);
  }
  return decoding;
}

describe("decoding ahead", () => {
  it("asks for the frame that is due where decoding is quick", () => {
    expect(new Decoding().lead(16)).toBe(0);
    expect(having(8, 12, 9, 10, 11).lead(16)).toBe(0);
  });

  it("asks as far ahead as decoding takes, whatever one of them took, and no farther than it may", () => {
    expect(having(80, 70, 90, 80, 85).lead(16)).toBe(5);
    expect(having(8, 12, 400, 10, 11).lead(16)).toBe(0);
    expect(having(80, 80, 80, 80, 80, 8, 8, 8).lead(16)).toBe(0);
    expect(having(2000, 2000).lead(16)).toBe(45);
  });

  it("has a bound, and forgets what will not come", () => {
    const decoding = new Decoding();
    for (let ordinal = 0; ordinal < 8; ordinal++) decoding.ask(ordinal, 0);
    expect(decoding.isFull).toBe(true);
    decoding.giveUpBefore(3);
    expect([decoding.isFull, decoding.has(2), decoding.has(3)]).toEqual([false, false, true]);
    expect([decoding.came(2, 5), decoding.came(3, 5)]).toEqual([false, true]);
  });
});
