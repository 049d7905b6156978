import { describe, expect, it } from "vitest";
import { isNarrowed, withSpan } from "./study_filter";
import { NO_QUERY } from "./study_query";

describe("study filter", () => {
  it("counts today among the days", () => {
    const today = new Date(2026, 2, 1, 23, 30);
    expect(withSpan(NO_QUERY, 1, today).dateFrom).toBe("2026-03-01");
    expect(withSpan(NO_QUERY, 7, today).dateFrom).toBe("2026-02-23");
    expect(withSpan({ ...NO_QUERY, dateFrom: "2020-01-01" }, 0, today)).toEqual(NO_QUERY);
  });

  it("knows when the list is narrowed", () => {
    expect(isNarrowed(NO_QUERY)).toBe(false);
    expect(isNarrowed({ ...NO_QUERY, modality: "CT" })).toBe(true);
  });
});
