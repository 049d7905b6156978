/**
 * One stack, clip or image in a viewport: what was asked, what is on screen, and what may be said about it.
 *
 * What is on screen is a value of its own: bitmap, header, identity and the tables it was looked up in travel together, so
 * that every text is about the picture that is seen (S01).
 */
import type { OpenedDocument } from "../net/documents";
import type { Channel, ChannelListener, StreamSource } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { Connection, FaultDocument, Target, WireView } from "../net/worker_messages";
import { type Identified, IdentityTable, type Refusal } from "../state/identity";
import { changed, FIRST_VIEW, needsPicture, type Size, type StackView, type ViewAction } from "../state/stack_view";
import type { Window } from "../state/windows";
import { CinePlayer, type CineScreen } from "./cine_player";

const REST_MS = 150;
const MOVING_QUALITY = 60;
const LOOP_QUALITY = 90;
const BUSY = 503;
const BUSY_RETRY_MS = 500;
const SHOWN_EVERY_MS = 500;
/** Above this a first picture comes as a preview, the whole one after it. */
const QUICK_PIXELS = 1_500_000;

export interface OnScreen {
  readonly opened: OpenedDocument;
  readonly header: PictureHeader;
  readonly identified: Identified;
  readonly bitmap: ImageBitmap;
}

/** The five states of a viewport that need words, and the one that doesn't. */
export interface Condition {
  readonly kind: "empty" | "loading" | "partial" | "error" | "forbidden" | "ready";
  readonly words: string;
}

export interface SessionScreen {
  /** Draw what is on screen now, at once. */
  draw(): void;
  /** Anything that is said may have changed. */
  changed(): void;
  /** Columns and rows worth sending while it moves; null for all. */
  usefulSize(source: Size): readonly [number, number] | null;
}

export class StackSession implements ChannelListener, CineScreen {
  view: StackView = FIRST_VIEW;
  onScreen: OnScreen | null = null;
  cine: CinePlayer | null = null;
  readonly refusals = new Map<Refusal, number>();
  picturesShown = 0;
  private readonly channel: Channel;
  private table: IdentityTable | null = null;
  private target: Target | null = null;
  private fault: FaultDocument | null = null;
  private line: Connection;
  private drawnSequence = 0;
  private restTimer: ReturnType<typeof setTimeout> | undefined;
  private reportedAt = 0;
  private wasPlaying = false;
  /** Sequence numbers below this belong to what was shown before. */
  private firstSequence = 0;
  private likelyFrames = 0;
  private askedEarly: number | null = null;
  /** The stored frames can't go out as they are: the loop is encoded instead. */
  private isLoopEncoded = false;

  constructor(
    client: StreamSource,
    private readonly screen: SessionScreen,
    private readonly startsPlaying: boolean,
  ) {
    this.channel = client.open(this);
    this.line = client.connection;
  }

  get opened(): OpenedDocument | null {
    return this.table?.opened ?? null;
  }

  get frameCount(): number {
    return this.opened?.frames.length ?? 0;
  }

  get condition(): Condition {
    if (this.line === "refused") return { kind: "forbidden", words: "You are signed out" };
    if (this.fault && [401, 403, 404].includes(this.fault.status)) {
      return { kind: "forbidden", words: "Not here, or not yours to see" };
    }
    if (this.fault) return { kind: "error", words: this.fault.sentence };
    if (!this.target) return { kind: "empty", words: "Choose a series" };
    if (!this.onScreen) return { kind: "loading", words: this.line === "lost" ? "Connection lost, trying again" : "Loading" };
    if (this.line !== "open") return { kind: "partial", words: "Connection lost, trying again; this is the last picture" };
    if (this.cine?.isBuffering) {
      return { kind: "partial", words: `Loading the loop: ${this.cine.bufferedCount} of ${this.cine.frameCount} frames` };
    }
    return { kind: "ready", words: "" };
  }

  get refusedCount(): number {
    return [...this.refusals.values()].reduce((sum, count) => sum + count, 0);
  }

  /**
   * Show another series. The glass is blank until its first picture.
   *
   * likelyFrames: how long the stack is said to be; its first picture is then asked for at once, without waiting for `opened`.
   */
  show(target: Target, likelyFrames = 0): void {
    this.clear();
    this.target = target;
    this.channel.subscribe(target);
    this.firstSequence = this.channel.nextSequence;
    this.likelyFrames = likelyFrames;
    this.askEarly();
    this.screen.draw();
    this.screen.changed();
  }

  act(action: ViewAction): void {
    if (!this.table) return;
    const before = this.view;
    this.view = changed(before, action, this.frameCount);
    if (action.kind === "scroll" || action.kind === "go") this.pauseCine();
    if (needsPicture(before, this.view)) this.ask(true);
    else this.screen.draw();
    this.screen.changed();
  }

  /** The window that is on screen, where a drag begins; null where there is none to change. */
  windowOnScreen(): Window | null {
    const header = this.onScreen?.header;
    if (!header || header.windowCenter === null || header.windowWidth === null) return null;
    return [header.windowCenter, header.windowWidth];
  }

  togglePlay(): void {
    if (!this.cine) return;
    if (this.cine.isPlaying) {
      this.pauseCine();
      this.ask(false);
    } else this.play();
    this.screen.changed();
  }

  close(): void {
    this.clear();
    this.channel.close();
  }

  whenOpened(opened: OpenedDocument): void {
    const isSame = this.opened?.series_instance_uid === opened.series_instance_uid && this.opened?.stack === opened.stack;
    this.table = new IdentityTable(opened);
    this.fault = null;
    this.drawnSequence = 0;
    if (isSame) {
      this.cine?.reconnected();
      if (!this.cine?.isPlaying) this.ask(false);
      return this.screen.changed();
    }
    this.view = { ...FIRST_VIEW, index: firstIndex(opened) };
    if (opened.cine && opened.frames.length > 1) {
      this.cine = new CinePlayer(opened.cine, opened.frames.length, this.channel, this);
      if (this.startsPlaying && opened.kind === "clip") this.play();
    }
    const isAsked = this.askedEarly === this.view.index && !this.cine;
    this.askedEarly = null;
    if (!this.cine?.isPlaying && !isAsked) this.ask(opened.columns * opened.rows > QUICK_PIXELS);
    this.screen.changed();
  }

  picture(header: PictureHeader, bitmap: ImageBitmap): void {
    if (this.cine?.isPlaying || header.sequence <= this.drawnSequence) {
      bitmap.close();
      return;
    }
    if (!this.take(header, bitmap)) return;
    this.drawnSequence = header.sequence;
    this.fault = null;
    this.screen.draw();
    this.screen.changed();
  }

  buffered(epoch: number, index: number, evicted: readonly number[]): void {
    if (epoch === this.channel.epoch) this.cine?.keep(index, evicted);
  }

  frame(header: PictureHeader, bitmap: ImageBitmap, ordinal: number): void {
    if (this.cine) this.cine.decoded(header, bitmap, ordinal);
    else bitmap.close();
  }

  drawFrame(header: PictureHeader, bitmap: ImageBitmap): boolean {
    if (!this.take(header, bitmap)) return false;
    this.view = { ...this.view, index: this.onScreen?.identified.index ?? this.view.index };
    if (header.fidelity === "lossless" && !this.isLoopEncoded) {
      this.isLoopEncoded = true;
      this.cine?.useView(this.loopView());
    }
    this.screen.draw();
    this.screen.changed();
    return true;
  }

  cineChanged(): void {
    this.screen.changed();
  }

  broken(): void {
    this.failed({ status: 500, sentence: "This picture arrived damaged" });
  }

  whenFault(fault: FaultDocument): void {
    if (fault.epoch !== undefined && fault.epoch !== this.channel.epoch) return;
    if (fault.sequence !== undefined && fault.sequence < Math.max(this.drawnSequence, this.firstSequence)) return;
    if (fault.status === BUSY) {
      // The server has too much to do just now: what is on screen stays, and is asked for again.
      clearTimeout(this.restTimer);
      this.restTimer = setTimeout(() => this.rest(), BUSY_RETRY_MS);
      return;
    }
    this.failed(fault);
  }

  whenConnection(state: Connection): void {
    this.line = state;
    if (state === "open" && !this.table) this.askEarly();
    if (state === "refused") {
      // Nothing of a patient stays on a screen whose person has left.
      this.cine?.stop();
      this.blank();
      this.screen.draw();
    }
    this.screen.changed();
  }

  private take(header: PictureHeader, bitmap: ImageBitmap): boolean {
    const identified = this.table?.identify(header) ?? "other epoch";
    if (!this.table || typeof identified === "string") {
      bitmap.close();
      const reason = typeof identified === "string" ? identified : "other epoch";
      this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
      this.screen.changed();
      return false;
    }
    this.onScreen?.bitmap.close();
    this.onScreen = { opened: this.table.opened, header, identified, bitmap };
    this.picturesShown += 1;
    this.report(header.sequence);
    return true;
  }

  /** Nothing may stand for a picture that could not be shown. */
  private failed(fault: FaultDocument): void {
    this.fault = fault;
    this.cine?.stop();
    this.blank();
    this.screen.draw();
    this.screen.changed();
  }

  /** Ask for the picture of the view: quick while it moves, the whole truth once it rests. */
  private ask(isMoving: boolean): void {
    clearTimeout(this.restTimer);
    const cine = this.cine;
    if (cine?.isPlaying) {
      cine.pause();
      this.wasPlaying = true;
    }
    this.channel.view(this.view.index, isMoving ? this.movingView() : this.restingView());
    if (isMoving) this.restTimer = setTimeout(() => this.rest(), REST_MS);
  }

  /** Spare the round trip to `opened`: the middle of a stack is asked for before its tables are here. */
  private askEarly(): void {
    this.askedEarly = null;
    if (this.likelyFrames < 2 || this.line !== "open") return;
    this.askedEarly = middleOf(this.likelyFrames);
    this.channel.view(this.askedEarly, this.restingView());
  }

  private rest(): void {
    if (this.wasPlaying) return this.play();
    this.channel.view(this.view.index, this.restingView());
  }

  private play(): void {
    this.wasPlaying = false;
    clearTimeout(this.restTimer);
    this.cine?.useView(this.loopView());
    this.cine?.play(this.view.index);
  }

  private pauseCine(): void {
    this.wasPlaying = false;
    this.cine?.pause();
  }

  private movingView(): WireView {
    const opened = this.opened;
    const size = opened ? this.screen.usefulSize({ width: opened.columns, height: opened.rows }) : null;
    return { ...this.lookOfView(), size, codec: "jpeg", quality: MOVING_QUALITY };
  }

  private restingView(): WireView {
    return { ...this.lookOfView(), size: null, codec: "auto", quality: LOOP_QUALITY };
  }

  /** Stored JPEG frames go out as they are; anything else is encoded once for the loop. */
  private loopView(): WireView {
    const isPlain = this.view.window === null && !this.view.invert;
    const isStoredLossy = isPlain && this.opened?.lossy.is_lossy === true && !this.isLoopEncoded;
    return { ...this.lookOfView(), size: null, codec: isStoredLossy ? "stored" : "jpeg", quality: LOOP_QUALITY };
  }

  private lookOfView(): Pick<WireView, "window" | "invert"> {
    return { window: this.view.window, invert: this.view.invert };
  }

  private report(sequence: number): void {
    const now = performance.now();
    if (now - this.reportedAt < SHOWN_EVERY_MS) return;
    this.reportedAt = now;
    this.channel.shown(sequence);
  }

  private clear(): void {
    clearTimeout(this.restTimer);
    this.wasPlaying = false;
    this.cine?.stop();
    this.cine = null;
    this.table = null;
    this.fault = null;
    this.isLoopEncoded = false;
    this.blank();
  }

  private blank(): void {
    this.onScreen?.bitmap.close();
    this.onScreen = null;
  }
}

/** Long stacks open in the middle, where the thumbnail is from; loops at their first frame; the rest at the first image. */
function firstIndex(opened: OpenedDocument): number {
  if (opened.cine) return Math.max(0, opened.cine.start - 1);
  return opened.kind === "stack" ? middleOf(opened.frames.length) : 0;
}

function middleOf(frames: number): number {
  return Math.floor(frames / 2);
}
