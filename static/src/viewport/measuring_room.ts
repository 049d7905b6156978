/** What stands over the picture that numbers of measurements should keep clear of, as large as it usually is. */
import type { Box } from "../state/label_place";
import type { Size } from "../state/stack_view";

/** Below this the scale stands above the corner texts (viewport/overlays.ts). */
const NARROW_PX = 520;
const isFinger = () => matchMedia("(pointer: coarse)").matches;

/** The list of measurements, the scale, the values under the cursor, corner texts and letters of a glass of this size. rows: of the list, 0 while it is folded. */
export function standing({ width, height }: Size, rows: number): readonly Box[] {
  const isNarrow = width < NARROW_PX;
  const row = isFinger() ? 46 : 30;
  const list = { x: 8, y: 96, width: rows > 0 ? 280 : 190, height: row * (rows + 1) + (rows > 0 ? 60 : 0) };
  const foot = height - (isNarrow ? 92 : 30);
  const scale = { x: width * 0.33, y: foot - 26, width: width * 0.34, height: 32 };
  const values = isNarrow
    ? { x: width - 160, y: height - 172, width: 156, height: 48 }
    : { x: width - 260, y: height - 156, width: 256, height: 80 };
  const corner = { width: Math.min(width * 0.46, 230), height: Math.min(86, height * 0.2) };
  const corners = [0, width - corner.width].flatMap((x) => [0, height - corner.height].map((y) => ({ x, y, ...corner })));
  const letter = { width: 24, height: 24 };
  const letters = [
    { x: 4, y: height / 2 - 12, ...letter },
    { x: width - 28, y: height / 2 - 12, ...letter },
    { x: width / 2 - 12, y: 4, ...letter },
    { x: width / 2 - 12, y: height - 28, ...letter },
  ];
  return [list, scale, values, ...corners, ...letters];
}
