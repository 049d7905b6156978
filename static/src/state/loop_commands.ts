/** What a key or a button can ask of a loop, and of the loops of a page; how the first changes what plays. Pure. */
import type { CineDocument } from "../net/documents";
import { ownPlayback, type Playback } from "./cine_clock";

export type LoopCommand =
  | { readonly kind: "bounce" }
  /** The loop begins or ends with the frame that is shown, or is whole again. */
  | { readonly kind: "range"; readonly edge: "start" | "end" | "whole" }
  | { readonly kind: "speed"; readonly by: 1 | -1 }
  | { readonly kind: "speed"; readonly to: number };

export type LoopPageCommand = { readonly kind: "in-step" } | { readonly kind: "clip-after-clip" };

/** How the page plays loops, as far as one of its panes is concerned. */
export interface PageLoops {
  readonly isInStep: boolean;
  /** Why loops can't play in step; "" where they can. */
  readonly whyNotInStep: string;
  readonly isClipAfterClip: boolean;
}

export const ALONE: PageLoops = { isInStep: false, whyNotInStep: "There is no clip", isClipAfterClip: false };

export const SPEEDS = [0.25, 0.5, 1, 2] as const;

/** The next speed up or down; the same at the ends. */
export function speedBeside(speed: number, by: 1 | -1): number {
  const place = SPEEDS.findIndex((one) => one >= speed);
  return SPEEDS[Math.min(Math.max((place < 0 ? SPEEDS.length - 1 : place) + by, 0), SPEEDS.length - 1)] ?? 1;
}

/** Return what plays after a command; index: the frame that is shown. At least two frames play, and both ends stay in order. */
export function playbackAfter(
  playback: Playback,
  command: Exclude<LoopCommand, { kind: "speed" }>,
  index: number,
  cine: CineDocument,
  count: number,
): Playback {
  if (command.kind === "bounce") return { ...playback, bounce: !playback.bounce };
  if (command.edge === "whole") return { ...playback, ...rangeOf(ownPlayback(cine, count)) };
  if (command.edge === "start") {
    const first = Math.min(index, count - 2);
    return { ...playback, first, last: playback.last > first ? playback.last : count - 1 };
  }
  const last = Math.max(index, 1);
  return { ...playback, last, first: playback.first < last ? playback.first : 0 };
}

function rangeOf({ first, last }: Playback): { readonly first: number; readonly last: number } {
  return { first, last };
}
