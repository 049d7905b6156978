import { describe, expect, it } from "vitest";
import golden from "../../../tests/golden/patient_planes.json";
import { linkedFrame, nearestFrame } from "./linked_scroll";
import { centreOf, distanceFrom, footOn, inPatient, type PatientPlane } from "./patient_plane";
import { onGlass, referenceLine } from "./reference_lines";

interface LineVector {
  readonly source: PatientPlane;
  readonly target: PatientPlane;
  readonly line: readonly (readonly [number, number])[] | null;
}

interface LinkVector {
  readonly source: readonly (PatientPlane | null)[];
  readonly index: number;
  readonly target: readonly (PatientPlane | null)[];
  readonly offset: number;
  readonly offset_mm: number | null;
  readonly linked: { readonly index: number; readonly by: string; readonly distance_mm: number | null; readonly isBeyond: boolean };
}

const { lines, links } = golden as unknown as { readonly lines: readonly LineVector[]; readonly links: readonly LinkVector[] };
const SAGITTAL = { row: [0, 1, 0], column: [0, 0, -1] } as const;

describe("reference lines that server and page share", () => {
  it.each(lines)("test_S04_line_%#_ends_where_edges_pierce_the_other_frame", ({ source, target, line }) => {
    const found = referenceLine(source, target)?.map(({ x, y }) => [x, y] as const);
    const sorted = found?.sort(([x0, y0], [x1, y1]) => x0 - x1 || y0 - y1);
    expect(sorted?.flat() ?? null).toEqual(line?.flat().map((value) => expect.closeTo(value, 3)) ?? null);
  });
});

describe("linked frames that server and page share", () => {
  it.each(links)("test_S04_link_%#_is_the_nearest_frame_or_by_offset", ({ source, index, target, offset, offset_mm, linked }) => {
    const { distance_mm } = linked;
    expect(linkedFrame(source, index, target, { frames: offset, mm: offset_mm })).toEqual({
      ...linked,
      distance_mm: distance_mm === null ? null : expect.closeTo(distance_mm, 5),
    });
  });

  it("finds nothing in an empty stack", () => {
    expect(linkedFrame([null], 0, [])).toBeNull();
    expect(nearestFrame([], [0, 0, 0])).toBeNull();
  });
});

describe("a plane in the patient", () => {
  const plane: PatientPlane = {
    origin: [12, -100, 80],
    ...SAGITTAL,
    column_mm: 0.5,
    row_mm: 2,
    columns: 100,
    rows: 100,
    frame_of_reference: "1.2",
  };

  it("has its middle half way between its edges", () => {
    expect(centreOf(plane)).toEqual([12, -100 + 49.5 * 0.5, 80 - 49.5 * 2]);
  });

  it("is left towards its normal, which points to L, P or H", () => {
    expect(distanceFrom(plane, [15, 0, 0])).toBe(3);
    expect(distanceFrom({ ...plane, row: SAGITTAL.column, column: SAGITTAL.row }, [15, 0, 0])).toBe(3);
  });

  it("finds its own pixels again where the cosines are rounded", () => {
    const rounded: PatientPlane = { ...plane, row: [0.003, 0.998, 0.002], column: [0, 0.001, -1] };
    const { x, y } = footOn(rounded, inPatient(rounded, { x: 20.25, y: 90 }));
    expect([x, y]).toEqual([expect.closeTo(20.25, 9), expect.closeTo(90, 9)]);
  });
});

describe("a line on the glass", () => {
  const glass = { width: 100, height: 50 };

  it("is cut at the glass's edges, less what is left free", () => {
    const level = onGlass(
      [
        { x: -40, y: 20 },
        { x: 400, y: 20 },
      ],
      glass,
      10,
    );
    expect(level).toEqual([
      { x: 10, y: 20 },
      { x: 90, y: 20 },
    ]);
  });

  it("goes on no further than it did", () => {
    const short = onGlass(
      [
        { x: 30, y: 20 },
        { x: 40, y: 20 },
      ],
      glass,
      10,
    );
    expect(short).toEqual([
      { x: 30, y: 20 },
      { x: 40, y: 20 },
    ]);
  });

  it("is nothing beside the glass or without a length", () => {
    expect(
      onGlass(
        [
          { x: -40, y: 45 },
          { x: 400, y: 45 },
        ],
        glass,
        10,
      ),
    ).toBeNull();
    expect(
      onGlass(
        [
          { x: 20, y: 20 },
          { x: 20, y: 20 },
        ],
        glass,
        10,
      ),
    ).toBeNull();
  });
});
