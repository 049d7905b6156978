import { describe, expect, it } from "vitest";
import { ageInWords, dateInWords, nameInWords, sexInWords, timeInWords } from "./person";

describe("people in words", () => {
  it("writes names so that the family name is first", () => {
    expect(nameInWords("DOE^Jane^M^Dr")).toBe("DOE, Dr Jane M");
    expect(nameInWords("Yamada^Tarou=山田^太郎=やまだ^たろう")).toBe("Yamada, Tarou");
    expect(nameInWords("=山田^太郎")).toBe("山田, 太郎");
    expect(nameInWords("")).toBe("No name");
    expect(nameInWords("Doe, Jane")).toBe("Doe, Jane");
  });

  it("writes dates without doubt about day and month", () => {
    expect(dateInWords("20240309")).toBe("9 Mar 2024");
    expect(dateInWords("2024-03-09")).toBe("9 Mar 2024");
    expect(dateInWords("20241399")).toBe("20241399");
    expect(timeInWords("134512.000")).toBe("13:45");
  });

  it("gives the age at the study, not today", () => {
    expect(ageInWords("19700310", "20240309")).toBe("53 y");
    expect(ageInWords("20230601", "20240309")).toBe("9 mo");
    expect(ageInWords("20240301", "20240309")).toBe("8 d");
    expect(ageInWords("20250101", "20240309")).toBe("");
    expect(ageInWords("", "20240309")).toBe("");
  });

  it("knows the sexes of the standard", () => {
    expect([sexInWords("F"), sexInWords("M"), sexInWords("O"), sexInWords(null)]).toEqual(["female", "male", "other", ""]);
  });
});
