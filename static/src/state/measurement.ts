/** What has been measured in a pane, as values: shapes on frames and the server's answers to them. Kept in memory alone. Pure. */
import type { MeasurementDocument, MeasurementRequest, ShapeKind } from "../net/measuring_api";
import type { Point } from "./stack_view";

/** A frame by its own identity, never by its place in a stack (S01). */
export interface FrameName {
  readonly uid: string;
  /** Of the SOP Instance UID, as picture headers have it. */
  readonly digest: string;
  /** From 1. */
  readonly frame: number;
}

export type Result =
  | { readonly kind: "asked" }
  | { readonly kind: "known"; readonly answer: MeasurementDocument }
  | { readonly kind: "failed"; readonly words: string };

export interface Measured {
  readonly id: number;
  readonly on: FrameName;
  readonly shape: ShapeKind;
  /** Ends of a length; opposite corners of the box around the others. In pixels of the stored frame from its corner. */
  readonly points: readonly [Point, Point];
  /** Grows with every change of the points: an answer to former ones is no answer. */
  readonly revision: number;
  readonly result: Result;
}

export interface Board {
  readonly all: readonly Measured[];
  readonly selected: number | null;
  readonly lastId: number;
}

export const EMPTY_BOARD: Board = { all: [], selected: null, lastId: 0 };
const ASKED: Result = { kind: "asked" };

/** Begin a shape; it is selected, and has no extent yet. */
export function begun(board: Board, on: FrameName, shape: ShapeKind, at: Point): Board {
  const id = board.lastId + 1;
  const one: Measured = { id, on, shape, points: [at, at], revision: 0, result: ASKED };
  return { all: [...board.all, one], selected: id, lastId: id };
}

/** Give a shape other points; what was measured on the former ones is gone. */
export function reshaped(board: Board, id: number, points: readonly [Point, Point]): Board {
  return change(board, id, (one) => ({ ...one, points, revision: one.revision + 1, result: ASKED }));
}

/** Take an answer in, if it is one to the shape as it is now, on its own frame. */
export function answered(board: Board, id: number, revision: number, answer: MeasurementDocument): Board {
  return change(board, id, (one) => {
    const isIt = one.revision === revision && one.shape === answer.shape && isFrame(one.on, answer);
    return isIt ? { ...one, result: { kind: "known", answer } } : one;
  });
}

export function failed(board: Board, id: number, revision: number, words: string): Board {
  return change(board, id, (one) => (one.revision === revision ? { ...one, result: { kind: "failed", words } } : one));
}

export function removed(board: Board, id: number): Board {
  return { ...board, all: board.all.filter((one) => one.id !== id), selected: board.selected === id ? null : board.selected };
}

export function selected(board: Board, id: number | null): Board {
  return board.selected === id ? board : { ...board, selected: id };
}

/** Measurements of one frame, the selected one last: it lies on top. */
export function onFrame(board: Board, on: FrameName): readonly Measured[] {
  const here = board.all.filter((one) => isSameFrame(one.on, on));
  return [...here.filter((one) => one.id !== board.selected), ...here.filter((one) => one.id === board.selected)];
}

export function measuredOf(board: Board, id: number | null): Measured | undefined {
  return board.all.find((one) => one.id === id);
}

export function requestOf(one: Measured): MeasurementRequest {
  return { sop_instance_uid: one.on.uid, frame: one.on.frame, shape: one.shape, points: one.points.map(({ x, y }) => [x, y] as const) };
}

export function isSameFrame(one: FrameName, other: FrameName): boolean {
  return one.uid === other.uid && one.frame === other.frame;
}

/** True where an answer says that it is about this frame. */
export function isFrame(
  on: FrameName,
  answer: { readonly sop_instance_uid: string; readonly instance: string; readonly frame: number },
): boolean {
  return answer.sop_instance_uid === on.uid && answer.instance === on.digest && answer.frame === on.frame;
}

function change(board: Board, id: number, how: (one: Measured) => Measured): Board {
  return { ...board, all: board.all.map((one) => (one.id === id ? how(one) : one)) };
}
