import { describe, expect, test } from "vitest";
import { FIRST_LOOK, isSameLook, lookOfWire, wireLook } from "./look";

describe("a look on the wire", () => {
  test("says nothing of what is as usual", () => {
    expect(wireLook(FIRST_LOOK)).toEqual({});
  });

  test("says each thing that is otherwise, under the server's name", () => {
    const look = {
      presentation: "1.2.3",
      overlays: false,
      shutter: false,
      subtraction: false,
      icc: false,
      voi: 0,
      voiFunction: "SIGMOID",
    } as const;
    expect(wireLook(look)).toEqual({
      presentation: "1.2.3",
      overlays: false,
      shutter: false,
      subtraction: false,
      icc: false,
      voi: 0,
      voi_function: "SIGMOID",
    });
    expect(lookOfWire(wireLook(look))).toEqual(look);
    expect([isSameLook(lookOfWire({}), FIRST_LOOK), isSameLook(look, FIRST_LOOK)]).toEqual([true, false]);
  });
});
