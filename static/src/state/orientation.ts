/** How a picture is turned on the screen, and what that does to the letters at its edges (S02). */
import type { Edges } from "../net/documents";

/** The picture is mirrored left to right first (if it is), then turned clockwise by `turns` quarters: all eight ways. */
export interface Orientation {
  readonly turns: 0 | 1 | 2 | 3;
  readonly mirrored: boolean;
}

export const UPRIGHT: Orientation = { turns: 0, mirrored: false };

/** Turn what is on screen by quarters, clockwise. */
export function rotate(orientation: Orientation, quarters: number): Orientation {
  return { ...orientation, turns: modulo4(orientation.turns + quarters) };
}

/** Swap left and right of what is on screen, whatever its rotation. */
export function flipHorizontally(orientation: Orientation): Orientation {
  return { turns: modulo4(-orientation.turns), mirrored: !orientation.mirrored };
}

/** Swap top and bottom of what is on screen, whatever its rotation. */
export function flipVertically(orientation: Orientation): Orientation {
  return { turns: modulo4(2 - orientation.turns), mirrored: !orientation.mirrored };
}

/** Return the letters at the edges of the screen for a picture whose own edges carry `edges`. */
export function edgesOnScreen(edges: Edges, orientation: Orientation): Edges {
  let { left, right, top, bottom } = edges;
  if (orientation.mirrored) [left, right] = [right, left];
  for (let quarter = 0; quarter < orientation.turns; quarter++) {
    [top, right, bottom, left] = [left, top, right, bottom];
  }
  return { left, right, top, bottom };
}

/** Name every change from the stored picture in words; empty when there is none. */
export function changesInWords(orientation: Orientation, inverted: boolean): string[] {
  const words: string[] = [];
  const { turns, mirrored } = orientation;
  if (mirrored) words.push(turns === 2 ? "flipped top–bottom" : "flipped left–right");
  const quarters = mirrored && turns === 2 ? 0 : turns;
  if (quarters === 1) words.push("rotated 90° right");
  if (quarters === 2) words.push("rotated 180°");
  if (quarters === 3) words.push("rotated 90° left");
  if (inverted) words.push("inverted");
  return words;
}

/** Return the 2x2 part of the canvas matrix [a, b, c, d]: x' = a·x + c·y, y' = b·x + d·y, y pointing down. */
export function matrixOf(orientation: Orientation): readonly [number, number, number, number] {
  const mirror = orientation.mirrored ? -1 : 1;
  const cosine = [1, 0, -1, 0][orientation.turns] ?? 1;
  const sine = [0, 1, 0, -1][orientation.turns] ?? 0;
  return [cosine * mirror, sine * mirror, -sine, cosine];
}

/** True when the picture's columns run along the screen's height. */
export function isSideways(orientation: Orientation): boolean {
  return orientation.turns % 2 === 1;
}

function modulo4(value: number): 0 | 1 | 2 | 3 {
  return (((value % 4) + 4) % 4) as 0 | 1 | 2 | 3;
}
