/**
 * Plays a loop by an absolute clock (S08): frames are asked for ahead, kept encoded by the worker, decoded two deep and
 * drawn in animation frames. What is late is skipped and counted; the clock is never slowed.
 */
import type { CineDocument } from "../net/documents";
import type { Channel } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { WireView } from "../net/worker_messages";
import {
  type CineClock,
  clockOf,
  droppedBetween,
  indexOf,
  ordinalAt,
  ordinalOf,
  ownPlayback,
  type Playback,
  type RunningClock,
  startOf,
} from "../state/cine_clock";
import { Decoding } from "../state/decoding";
import { Filling } from "../state/filling";

const DECODE_AHEAD = 3;
/** A decoding that is so many frames late will not come: its picture had gone from the store. */
const LOST_AFTER = 60;
/** Playing begins once all that is missing will come in time; after a second of waiting, with so much of the loop. */
const HEAD_START_MS = 350;
const PATIENCE_MS = 1000;
const LONGEST_QUEUE = 512;
const SHORTEST_REACH = 24;

export interface CineScreen {
  /** Draw a frame; it takes the bitmap over. False when the picture was refused. */
  drawFrame(header: PictureHeader, bitmap: ImageBitmap): boolean;
  /** Something that is said about the loop has changed. */
  cineChanged(): void;
}

/** What fixes a loop in time: the frame of this index was due at this moment of `performance.now()`. */
export interface Anchor {
  readonly index: number;
  readonly at_ms: number;
}

interface DecodedFrame {
  readonly header: PictureHeader;
  readonly bitmap: ImageBitmap;
}

export class CinePlayer {
  clock: CineClock;
  playback: Playback;
  isPlaying = false;
  speed = 1;
  /** Frames that were due and not shown, since playing began. */
  dropped = 0;
  /** Frames shown, since playing began. */
  shown = 0;
  private running: RunningClock | null = null;
  /** Someone else's clock, by which this loop plays once enough of it is here. */
  private lead: RunningClock | null = null;
  /** Someone else plays: this loop starts by their clock, never by its own. */
  private isAlong = false;
  private waitingSinceMs = 0;
  private drawnOrdinal: number | null = null;
  private firstOrdinal = 0;
  private request = 0;
  private wasHidden = false;
  private key = "";
  private view: WireView | null = null;
  /** How many frames to keep ahead: all, until the worker's store has had to let some go. */
  private reach = LONGEST_QUEUE;
  private readonly buffered = new Set<number>();
  private readonly outstanding = new Set<number>();
  private readonly decoding = new Decoding();
  private readonly ready = new Map<number, DecodedFrame>();
  private readonly filling = new Filling();

  constructor(
    readonly cine: CineDocument,
    /** Of the whole clip, played or not. */
    readonly clipLength: number,
    private readonly channel: Channel,
    private readonly screen: CineScreen,
  ) {
    this.playback = ownPlayback(cine, clipLength);
    this.clock = clockOf(cine, clipLength, this.playback);
  }

  get bufferedCount(): number {
    return this.buffered.size;
  }

  /** Distinct frames of one pass. */
  get frameCount(): number {
    return new Set(this.clock.steps).size;
  }

  /** Index of the frame that plays; null while none does. */
  get playingIndex(): number | null {
    return this.isPlaying ? indexOf(this.clock, this.drawnOrdinal ?? this.firstOrdinal) : null;
  }

  /** How often the loop has come to its end, since playing began or the loop was changed. */
  get passes(): number {
    return Math.floor((this.drawnOrdinal ?? 0) / this.clock.steps.length);
  }

  /** Enough of it is here to play from where it stands. */
  isFilled(now: number): boolean {
    return this.isFilledFrom(this.firstOrdinal, now);
  }

  /** How far into a pass a frame begins, in ms at speed 1. */
  phaseOf(index: number): number {
    return startOf(this.clock, ordinalOf(this.clock, index));
  }

  get isBuffering(): boolean {
    return this.isPlaying && this.running === null;
  }

  /** Fill the loop with pictures of this view; another view than before throws away what is there. */
  useView(view: WireView): void {
    const key = JSON.stringify(view);
    if (key === this.key) return;
    this.key = key;
    this.view = view;
    this.buffered.clear();
    this.outstanding.clear();
    this.clearDecoded();
    if (this.isPlaying) this.rewind();
  }

  /** isShown: that frame stands on the glass already, and the next is due at once. */
  play(fromIndex: number, isShown = false): void {
    this.isAlong = false;
    this.lead = null;
    this.begin();
    const ordinal = ordinalOf(this.clock, fromIndex);
    this.rewindTo(isShown && this.clock.steps[ordinal] === fromIndex ? ordinal + 1 : ordinal);
    this.askAhead();
    this.decodeAhead(this.firstOrdinal);
    this.screen.cineChanged();
  }

  /** Play another part of the clip, or otherwise; goes on from the frame that plays. */
  usePlayback(playback: Playback): void {
    if (JSON.stringify(playback) === JSON.stringify(this.playback)) return;
    const index = this.playingIndex;
    const beganAt = this.running && this.beganAt(this.running, this.drawnOrdinal ?? this.firstOrdinal);
    this.playback = playback;
    this.clock = clockOf(this.cine, this.clipLength, playback);
    this.isAlong = false;
    this.lead = null;
    this.clearDecoded();
    if (index === null) this.drawnOrdinal = null;
    else this.goOnFrom(index, beganAt);
    this.screen.cineChanged();
  }

  /** Play in phase with someone else; at_ms null: their loop is still filling, this frame stands until they begin. */
  playAlong(index: number, at_ms: number | null, speed: number): void {
    const firstOrdinal = ordinalOf(this.clock, index);
    this.speed = speed;
    this.lead = at_ms === null ? null : { clock: this.clock, startedAtMs: at_ms, firstOrdinal, speed };
    if (!this.isPlaying) this.begin();
    this.isAlong = true;
    if (this.lead) this.rewind();
    else this.rewindTo(firstOrdinal);
    this.askAhead();
    this.screen.cineChanged();
  }

  /** Where this loop is fixed in time; null while it doesn't run. A frame that a sweep passes twice names the way forth. */
  get anchor(): Anchor | null {
    if (!this.running) return null;
    const { firstOrdinal, startedAtMs, speed } = this.running;
    const index = indexOf(this.clock, firstOrdinal);
    const within = firstOrdinal % this.clock.steps.length;
    if (ordinalOf(this.clock, index) === within) return { index, at_ms: startedAtMs };
    return { index: indexOf(this.clock, 0), at_ms: startedAtMs - startOf(this.clock, within) / speed };
  }

  pause(): void {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.isAlong = false;
    this.running = null;
    this.lead = null;
    cancelAnimationFrame(this.request);
    this.request = 0;
    document.removeEventListener("visibilitychange", this.visibilityChanged);
    this.clearDecoded();
    this.screen.cineChanged();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.isAlong = false;
    this.lead = null;
    if (this.running && this.drawnOrdinal !== null) {
      const firstOrdinal = this.drawnOrdinal;
      this.running = { ...this.running, firstOrdinal, startedAtMs: this.beganAt(this.running, firstOrdinal), speed };
    }
    this.screen.cineChanged();
  }

  /** A picture of the loop is here, encoded. */
  keep(index: number, evicted: readonly number[]): void {
    this.outstanding.delete(index);
    this.buffered.add(index);
    this.filling.came(performance.now());
    if (evicted.length > 0) this.reach = Math.max(SHORTEST_REACH, Math.floor(this.buffered.size * 0.6));
    for (const gone of evicted) this.buffered.delete(gone);
    if (this.isPlaying) this.screen.cineChanged();
  }

  /** A picture of the loop is decoded. */
  decoded(header: PictureHeader, bitmap: ImageBitmap, ordinal: number): void {
    const isWanted = this.decoding.came(ordinal, performance.now());
    if (!isWanted || !this.isPlaying || (this.drawnOrdinal !== null && ordinal <= this.drawnOrdinal) || this.ready.has(ordinal)) {
      bitmap.close();
      return;
    }
    this.ready.set(ordinal, { header, bitmap });
  }

  /** After a lost connection: what was asked for will not come; what is here stays only if it is of the same view. */
  reconnected(): void {
    this.outstanding.clear();
    this.buffered.clear();
    this.clearDecoded();
    if (this.isPlaying) this.rewind();
  }

  stop(): void {
    this.pause();
    this.clearDecoded();
  }

  private visibilityChanged = (): void => {
    this.wasHidden = true;
  };

  private begin(): void {
    this.isPlaying = true;
    this.dropped = 0;
    this.shown = 0;
    if (!this.request) this.request = requestAnimationFrame((now) => this.tick(now));
    document.addEventListener("visibilitychange", this.visibilityChanged);
  }

  /** Fill again from where it is, or from where someone else is. */
  private rewind(): void {
    this.rewindTo(this.lead ? ordinalAt(this.lead, performance.now()) : (this.drawnOrdinal ?? this.firstOrdinal));
  }

  /** The clock has been made anew: the frame that stands on the glass goes on by it, unless it plays no more. */
  private goOnFrom(index: number, beganAt: number | null): void {
    const isIn = this.clock.steps.includes(index);
    const firstOrdinal = ordinalOf(this.clock, index);
    if (beganAt === null) return this.rewindTo(firstOrdinal);
    this.firstOrdinal = firstOrdinal;
    this.drawnOrdinal = isIn ? firstOrdinal : null;
    const startedAtMs = isIn ? beganAt : performance.now();
    this.running = { clock: this.clock, startedAtMs, firstOrdinal, speed: this.speed };
  }

  /** When an ordinal of a running clock began. */
  private beganAt({ clock, firstOrdinal, startedAtMs, speed }: RunningClock, ordinal: number): number {
    return startedAtMs + (startOf(clock, ordinal) - startOf(clock, firstOrdinal)) / speed;
  }

  private rewindTo(ordinal: number): void {
    this.running = null;
    this.waitingSinceMs = performance.now();
    this.firstOrdinal = ordinal % this.clock.steps.length;
    this.drawnOrdinal = null;
    this.clearDecoded();
  }

  private tick(now: number): void {
    this.request = requestAnimationFrame((next) => this.tick(next));
    // What was due while the page lay hidden was not late.
    if (this.wasHidden) this.drawnOrdinal = null;
    this.wasHidden = false;
    this.askAhead();
    if (!this.running && this.lead) this.startWhenReady(now);
    // Until enough is here, the first frame stands.
    const due = this.running ? ordinalAt(this.running, now) : this.firstOrdinal;
    this.drawDue(due);
    if (!this.running) this.startWhenReady(now);
    this.decodeAhead(due);
  }

  private drawDue(due: number): void {
    if (this.drawnOrdinal === due) return;
    const frame = this.ready.get(due);
    for (const [ordinal, old] of this.ready) {
      if (ordinal >= due) continue;
      old.bitmap.close();
      this.ready.delete(ordinal);
    }
    if (!frame) return;
    this.ready.delete(due);
    this.dropped += droppedBetween(this.drawnOrdinal, due);
    this.drawnOrdinal = due;
    if (this.screen.drawFrame(frame.header, frame.bitmap)) this.shown += 1;
  }

  private decodeAhead(due: number): void {
    const first = due + (this.running ? this.decoding.lead(this.clock.periodMs / this.clock.steps.length / this.speed) : 0);
    for (let ordinal = first; ordinal < first + DECODE_AHEAD && !this.decoding.isFull; ordinal++) {
      if (ordinal === this.drawnOrdinal || this.ready.has(ordinal) || this.decoding.has(ordinal)) continue;
      const index = indexOf(this.clock, ordinal);
      if (!this.buffered.has(index)) continue;
      this.decoding.ask(ordinal, performance.now());
      this.channel.decode(index, ordinal);
    }
    this.decoding.giveUpBefore(due - LOST_AFTER);
  }

  private startWhenReady(now: number): void {
    if (this.isAlong && !this.lead) return;
    const first = this.lead ? ordinalAt(this.lead, now) : this.firstOrdinal;
    if (!this.isFilledFrom(first, now)) return;
    if (this.lead) {
      this.running = this.lead;
      this.drawnOrdinal = null; // ordinals count from their beginning now: nothing between was missed
    } else {
      if (this.drawnOrdinal !== first) return;
      this.running = { clock: this.clock, startedAtMs: now, firstOrdinal: first, speed: this.speed };
    }
    this.screen.cineChanged();
  }

  /** What is here will do: nothing will be late, as fast as pictures come; or there was waiting enough. */
  private isFilledFrom(first: number, now: number): boolean {
    const length = this.clock.steps.length;
    const isHere = (ahead: number) => this.buffered.has(indexOf(this.clock, first + ahead));
    const waits: number[] = [];
    for (let ahead = 0; ahead < length; ahead++) {
      if (!isHere(ahead)) waits.push((startOf(this.clock, first + ahead) - startOf(this.clock, first)) / this.speed);
    }
    if (this.filling.isInTime(waits)) return true;
    if (now - this.waitingSinceMs < PATIENCE_MS) return false;
    const step_ms = this.clock.periodMs / length;
    const headStart = Math.min(length, Math.max(3, Math.ceil((HEAD_START_MS * this.speed) / step_ms)));
    return Array.from({ length: headStart }, (_, ahead) => ahead).every(isHere);
  }

  /** Ask for what is missing, in playing order from here; one queue at a time. */
  private askAhead(): void {
    if (!this.view || this.outstanding.size > 0) return;
    const from = this.drawnOrdinal ?? this.firstOrdinal;
    const missing = new Set<number>();
    const reach = Math.min(this.clock.steps.length, this.reach);
    for (let ahead = 0; ahead < reach; ahead++) {
      const index = indexOf(this.clock, from + ahead);
      if (!this.buffered.has(index)) missing.add(index);
    }
    if (missing.size === 0) return;
    for (const index of missing) this.outstanding.add(index);
    this.filling.began(performance.now());
    this.channel.loop(this.key, [...missing], this.view);
  }

  private clearDecoded(): void {
    for (const { bitmap } of this.ready.values()) bitmap.close();
    this.ready.clear();
    this.decoding.clear();
  }
}
