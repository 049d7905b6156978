import { describe, expect, it } from "vitest";
import { IdentityTable } from "./identity";
import { openedOf } from "./test_documents";
import { headerOf } from "./test_headers";

const table = new IdentityTable(openedOf({ epoch: 7 }));
const SECOND = { epoch: 7, instanceDigest: "aa".repeat(16), frameNumber: 1, index: 1 };

describe("identity of the picture", () => {
  it("test_S01_is_looked_up_by_what_the_picture_says", () => {
    const found = table.identify(headerOf(SECOND));
    expect(found).toMatchObject({ index: 1, instance: { instance_number: 1 }, frame: { position_mm: -119 } });
  });

  it("test_S01_pictures_of_another_epoch_instance_or_frame_are_refused", () => {
    expect(table.identify(headerOf({ ...SECOND, epoch: 6 }))).toBe("other epoch");
    expect(table.identify(headerOf({ ...SECOND, instanceDigest: "cc".repeat(16) }))).toBe("other instance");
    expect(table.identify(headerOf({ ...SECOND, frameNumber: 2 }))).toBe("other frame");
    expect(table.identify(headerOf({ ...SECOND, index: 0 }))).toBe("other frame");
  });

  it("test_S01_tiles_of_another_slide_are_refused", () => {
    expect(table.refuseTile(headerOf(SECOND))).toBeNull();
    expect(table.refuseTile(headerOf({ ...SECOND, epoch: 8 }))).toBe("other epoch");
    expect(table.refuseTile(headerOf({ ...SECOND, instanceDigest: "cc".repeat(16) }))).toBe("other instance");
  });
});
