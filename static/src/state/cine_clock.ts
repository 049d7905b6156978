/**
 * The clock of a loop (S08): which frame is due at a moment, from the absolute time since it was started.
 *
 * Frames of the loop are counted without end ("ordinals"): a late frame is skipped and counted, never shown late.
 */
import type { CineDocument } from "../net/documents";

export interface CineClock {
  /** Index in the stack of each step of one pass, in playing order. */
  readonly steps: readonly number[];
  /** When each step begins, in milliseconds from the start of the pass; ascending, first 0. */
  readonly starts: readonly number[];
  /** Duration of one pass. */
  readonly periodMs: number;
}

/** A clock that was started: at `startedAtMs` it stood at step `firstOrdinal`. */
export interface RunningClock {
  readonly clock: CineClock;
  readonly startedAtMs: number;
  readonly firstOrdinal: number;
  readonly speed: number;
}

/** Build the clock from what the server resolved; trims, and goes back and forth where the sequencing is sweeping. */
export function clockOf(cine: CineDocument, frameCount: number): CineClock {
  const first = clamp(cine.start - 1, 0, frameCount - 1);
  const last = clamp(cine.stop - 1, first, frameCount - 1);
  const durationOf = durations(cine, frameCount);
  const steps: number[] = [];
  for (let index = first; index <= last; index++) steps.push(index);
  if (cine.sequencing === "sweeping") for (let index = last - 1; index > first; index--) steps.push(index);
  const starts: number[] = [];
  let timeMs = 0;
  for (const index of steps) {
    starts.push(timeMs);
    timeMs += durationOf(index);
  }
  return { steps, starts, periodMs: timeMs };
}

/** Return the ordinal that is due now. */
export function ordinalAt(running: RunningClock, nowMs: number): number {
  const { clock } = running;
  if (clock.steps.length < 2) return 0;
  const offset = startOf(clock, running.firstOrdinal) + Math.max(0, nowMs - running.startedAtMs) * running.speed;
  const passes = Math.floor(offset / clock.periodMs + 1e-9);
  const within = offset - passes * clock.periodMs;
  return passes * clock.steps.length + stepAt(clock.starts, within);
}

/** Return the index in the stack of an ordinal. */
export function indexOf(clock: CineClock, ordinal: number): number {
  const length = clock.steps.length;
  return clock.steps[((ordinal % length) + length) % length] ?? 0;
}

/** Return the first ordinal that shows this index, to go on from a frame that was stepped to; 0 where it is trimmed away. */
export function ordinalOf(clock: CineClock, index: number): number {
  return Math.max(0, clock.steps.indexOf(index));
}

/** When an ordinal begins, in milliseconds of the loop's own time. */
export function startOf(clock: CineClock, ordinal: number): number {
  const length = clock.steps.length;
  const passes = Math.floor(ordinal / length);
  return passes * clock.periodMs + (clock.starts[ordinal - passes * length] ?? 0);
}

/** How many frames were due between two that were drawn, and not shown. */
export function droppedBetween(drawn: number | null, next: number): number {
  return drawn === null ? 0 : Math.max(0, next - drawn - 1);
}

/** "50 ms from Frame Time (0018,1063)" or "30 frames/s assumed". */
export function rateWords(cine: CineDocument): string {
  const rate = `${trimmed(cine.rate)} frames/s`;
  if (cine.assumed) return `${rate} assumed`;
  if (cine.times_ms) return `${rate} on average from ${cine.source}`;
  return `${trimmed(cine.frame_time_ms)} ms from ${cine.source}`;
}

function durations(cine: CineDocument, frameCount: number): (index: number) => number {
  const times = cine.times_ms;
  const regular = cine.frame_time_ms > 0 ? cine.frame_time_ms : 1000 / Math.max(cine.rate, 0.1);
  if (!times || times.length < frameCount) return () => regular;
  return (index) => {
    const [begins, ends] = [times[index], times[index + 1]];
    // The last frame of a vector has no successor: it stays for the mean of the others.
    if (begins === undefined || ends === undefined) return regular;
    return Math.max(1, ends - begins);
  };
}

function stepAt(starts: readonly number[], timeMs: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= timeMs + 1e-6) low = middle;
    else high = middle - 1;
  }
  return low;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(2)));
}
