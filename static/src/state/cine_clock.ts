/**
 * The clock of a loop (S08): which frame is due at a moment, from the absolute time since it was started.
 *
 * Frames of the loop are counted without end ("ordinals"): a late frame is skipped and counted, never shown late.
 */
import type { CineDocument } from "../net/documents";

/** Of a frame that is cut by an R wave, so much and less isn't worth a step. */
const SLIVER_MS = 0.5;

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

/** Which part of a loop plays, and how. */
export interface Playback {
  /** Indices in the stack of the first and the last frame. */
  readonly first: number;
  readonly last: number;
  /** There and back. */
  readonly bounce: boolean;
  /** How long each heart beat lasts on the screen, where loops play in step; null: as long as it did. */
  readonly beatMs: number | null;
}

/** As the image itself asks to be played: trimmed, and there and back where its sequencing is sweeping. */
export function ownPlayback(cine: CineDocument, frameCount: number): Playback {
  const first = clamp(cine.start - 1, 0, frameCount - 1);
  const last = clamp(cine.stop - 1, first, frameCount - 1);
  return { first, last, bounce: cine.sequencing === "sweeping", beatMs: null };
}

/** Build the clock of what the server resolved. In step, whole beats play, each as long as beatMs. */
export function clockOf(cine: CineDocument, frameCount: number, playback = ownPlayback(cine, frameCount)): CineClock {
  const { first, last, bounce, beatMs } = playback;
  const begins = frameBegins(cine, frameCount);
  if (beatMs !== null) return clockInStep(begins, playback, beatsOf(cine, frameCount, playback).marksMs, beatMs);
  const steps: number[] = [];
  for (let index = first; index <= last; index++) steps.push(index);
  if (bounce) for (let index = last - 1; index > first; index--) steps.push(index);
  const starts: number[] = [];
  let timeMs = 0;
  for (const index of steps) {
    starts.push(timeMs);
    timeMs += (begins[index + 1] ?? 0) - (begins[index] ?? 0);
  }
  return { steps, starts, periodMs: timeMs };
}

/** The beats of a loop: where each begins and the last one ends, in its own time from its first frame. */
export interface Beats {
  readonly marksMs: readonly number[];
  /** The image doesn't say when the heart beat: all that plays is taken for one beat. */
  readonly isAssumed: boolean;
}

/** Whole beats between the R waves of what plays. */
export function beatsOf(cine: CineDocument, frameCount: number, { first, last }: Playback): Beats {
  const begins = frameBegins(cine, frameCount);
  const [from, to] = [begins[first] ?? 0, begins[last + 1] ?? 0];
  const marksMs = (cine.r_waves_ms ?? []).filter((mark) => mark >= from && mark <= to);
  return marksMs.length > 1 ? { marksMs, isAssumed: false } : { marksMs: [from, to], isAssumed: true };
}

/** How long a beat lasted, the mean of all. */
export function beatOf({ marksMs }: Beats): number {
  return ((marksMs.at(-1) ?? 0) - (marksMs[0] ?? 0)) / (marksMs.length - 1);
}

/** Each beat is stretched to beatMs of the screen's time, so that R waves of loops in step fall together. */
function clockInStep(begins: readonly number[], { first, last }: Playback, marksMs: readonly number[], beatMs: number): CineClock {
  const [from, to] = [marksMs[0] ?? 0, marksMs.at(-1) ?? 0];
  const onScreen = (timeMs: number) => {
    const beat = Math.max(0, stepAt(marksMs.slice(0, -1), timeMs));
    const [begin, end] = [marksMs[beat] ?? 0, marksMs[beat + 1] ?? 0];
    return (beat + (timeMs - begin) / (end - begin)) * beatMs;
  };
  const steps: number[] = [];
  const starts: number[] = [];
  for (let index = first; index <= last; index++) {
    const [begin, end] = [begins[index] ?? 0, begins[index + 1] ?? 0];
    if (end <= from + SLIVER_MS || begin >= to - SLIVER_MS) continue;
    steps.push(index);
    starts.push(onScreen(Math.max(begin, from)));
  }
  return { steps, starts, periodMs: (marksMs.length - 1) * beatMs };
}

/** Return the index that another loop in step shows while this one shows `index`. */
export function indexInStep(clock: CineClock, index: number, other: CineClock): number {
  const timeMs = clock.starts[ordinalOf(clock, index)] ?? 0;
  return indexOf(other, stepAt(other.starts, timeMs % other.periodMs));
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

/** What of the loop plays otherwise than the image asks: "frames 12–40", "back and forth". */
export function playbackWords(cine: CineDocument, frameCount: number, playback: Playback): string[] {
  const own = ownPlayback(cine, frameCount);
  const isPart = playback.first !== own.first || playback.last !== own.last;
  const isTrimmed = own.first > 0 || own.last < frameCount - 1;
  return [
    ...(isPart || isTrimmed ? [`frames ${playback.first + 1}–${playback.last + 1}`] : []),
    ...(playback.bounce && playback.beatMs === null ? ["back and forth"] : []),
  ];
}

/** "in step 0.83×, one beat assumed": how much faster or slower than it was its time runs (S08); "" where it isn't in step. */
export function stepWords(cine: CineDocument, frameCount: number, playback: Playback): string {
  const { beatMs } = playback;
  if (beatMs === null) return "";
  const beats = beatsOf(cine, frameCount, playback);
  const factors = beats.marksMs.slice(1).map((mark, beat) => ((mark - (beats.marksMs[beat] ?? 0)) / beatMs).toFixed(2));
  const [least, most] = [factors.reduce(lesser), factors.reduce(greater)];
  const factor = least === most ? `${least}×` : `${least}–${most}×`;
  const count = beats.marksMs.length - 1;
  return `in step ${factor}, ${beats.isAssumed ? "one beat assumed" : count === 1 ? "1 beat" : `${count} beats`}`;
}

/** "50 ms from Frame Time (0018,1063)" or "30 frames/s assumed". */
export function rateWords(cine: CineDocument): string {
  const rate = `${trimmed(cine.rate)} frames/s`;
  if (cine.assumed) return `${rate} assumed`;
  if (cine.times_ms) return `${rate} on average from ${cine.source}`;
  return `${trimmed(cine.frame_time_ms)} ms from ${cine.source}`;
}

/** When each frame begins, in ms from the first; one more entry: when the last ends. */
function frameBegins(cine: CineDocument, frameCount: number): number[] {
  const times = cine.times_ms;
  const regular = cine.frame_time_ms > 0 ? cine.frame_time_ms : 1000 / Math.max(cine.rate, 0.1);
  const begins = [0];
  for (let index = 0; index < frameCount; index++) {
    const [begin, end] = times && times.length >= frameCount ? [times[index], times[index + 1]] : [];
    // The last frame of a vector has no successor: it stays for the mean of the others.
    const duration = begin === undefined || end === undefined ? regular : Math.max(1, end - begin);
    begins.push((begins[index] ?? 0) + duration);
  }
  return begins;
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

function lesser(one: string, other: string): string {
  return Number(other) < Number(one) ? other : one;
}

function greater(one: string, other: string): string {
  return Number(other) > Number(one) ? other : one;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(2)));
}
