/**
 * Which picture of a stack is asked for: a quick one while it moves, as good as the line can carry, a good still where the
 * whole truth would take long, and the whole truth once it rests (S05); around it, on a line with room, what comes next.
 */
import type { OpenedDocument } from "../net/documents";
import type { Channel } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { WireView } from "../net/worker_messages";
import { isLarge } from "../state/first_look";
import { expectedMs, type LineFacts } from "../state/line_quality";
import { wireLook } from "../state/look";
import { FIRST_STEP, nextStep, relativeBytes, STEPS } from "../state/moving_step";
import type { StackView } from "../state/stack_view";
import { Prefetching } from "./prefetching";

export const REST_MS = 120;
/** Where the whole picture takes longer, a still comes first, and the whole one only once it has rested for longer. */
const LONG_MS = 400;
const REST_AFTER_STILL_MS = 400;
const STILL_QUALITY = 85;
const LOOP_QUALITY = 90;
/** Bytes of a lossless picture a pixel, where none has come yet. */
const GUESS_GREY = 0.6;
const GUESS_COLOUR = 1.8;

/** What is wished for, and with what. */
export interface WishSource {
  view(): StackView;
  opened(): OpenedDocument | null;
  line(): LineFacts;
  /** Columns and rows worth sending while it moves; null for all. */
  usefulSize(): readonly [number, number] | null;
  /** It has stood still for a moment. */
  whenRested(): void;
}

export class PictureWishes {
  readonly ahead: Prefetching;
  /** What was asked for last, as text; "" where it will not come or is of no use. */
  private asked = "";
  private restTimer: ReturnType<typeof setTimeout> | undefined;
  private step = FIRST_STEP;
  /** Of the last whole picture. */
  private wholeBytes = 0;

  constructor(
    private readonly channel: Channel,
    private readonly source: WishSource,
  ) {
    this.ahead = new Prefetching(channel, () => source.line());
  }

  /** A quick picture of the view; after a rest, `whenRested`. */
  quick(): void {
    const whole = this.wholeView();
    if (this.ahead.has(this.source.view().index, whole)) this.ask("whole", whole, true);
    else this.ask("quick", this.quickView(), true);
    this.fetchAhead();
    this.restIn(REST_MS);
  }

  whole(): void {
    clearTimeout(this.restTimer);
    this.ask("whole", this.wholeView());
  }

  /** As `quick`, but not the same picture again. */
  quickUnlessAsked(): void {
    if (this.asked === this.textOf("quick")) return this.restIn(REST_MS);
    if (!this.isWholeAsked) this.quick();
  }

  /** It rests: a still first where the whole picture takes long. */
  settle(): void {
    if (this.isWholeAsked) return;
    const isLong = expectedMs(this.source.line(), this.expectedBytes()) > LONG_MS;
    const isGood = this.step <= FIRST_STEP && this.asked === this.textOf("quick");
    if (!isLong || this.asked === this.textOf("still")) return this.whole();
    if (isGood) this.asked = this.textOf("still");
    else this.ask("still", this.stillView());
    this.restIn(REST_AFTER_STILL_MS);
  }

  /** What comes tells what the next will cost; once the whole picture is here, what is around it is fetched. */
  arrived(header: PictureHeader): void {
    if (header.fidelity === "lossy") {
      const [columns] = this.source.usefulSize() ?? [header.sourceColumns];
      const scale = Math.min(1, header.width / columns);
      const quality = STEPS.find((step) => step.quality === header.quality)?.quality;
      if (quality) this.step = nextStep(this.step, header.payloadBytes / relativeBytes({ quality, scale }), this.source.line());
    } else if (!header.reduced && header.codec !== "values") {
      this.wholeBytes = header.payloadBytes;
      if (this.isWholeAsked) this.fetchAhead();
    }
  }

  /** The whole picture of the view as it is now was the last that was asked for. */
  get isWholeAsked(): boolean {
    return this.asked === this.textOf("whole");
  }

  get isAnyAsked(): boolean {
    return this.asked !== "";
  }

  restIn(milliseconds: number): void {
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.source.whenRested(), milliseconds);
  }

  /** What was asked for last didn't come: ask again after a while. */
  againIn(milliseconds: number): void {
    this.asked = "";
    this.restIn(milliseconds);
  }

  /** Nothing that was asked for is waited for any more. */
  forget(): void {
    clearTimeout(this.restTimer);
    this.asked = "";
  }

  /** Another series, or another socket. */
  startAnew(): void {
    this.forget();
    this.ahead.forget();
    this.wholeBytes = 0;
  }

  /** Loops have a store of their own; what is large takes the server too long to make for nobody. */
  private fetchAhead(): void {
    const opened = this.source.opened();
    if (!opened || opened.cine || opened.frames.length < 2 || isLarge(opened)) return;
    this.ahead.around(this.source.view().index, opened.frames.length, this.wholeView(), this.expectedBytes());
  }

  private expectedBytes(): number {
    const opened = this.source.opened();
    if (this.wholeBytes > 0 || !opened) return this.wholeBytes;
    return opened.columns * opened.rows * (opened.colour ? GUESS_COLOUR : GUESS_GREY);
  }

  private ask(kind: "quick" | "still" | "whole", wire: WireView, isPassing = false): void {
    this.asked = this.textOf(kind);
    this.channel.view(this.source.view().index, wire, isPassing);
  }

  private quickView(): WireView {
    const { quality, scale } = STEPS[this.step] ?? { quality: 60, scale: 1 };
    return { ...this.common(), size: this.sizeAt(scale), codec: "jpeg", quality };
  }

  private stillView(): WireView {
    return { ...this.common(), size: this.source.usefulSize(), codec: "jpeg", quality: STILL_QUALITY };
  }

  private wholeView(): WireView {
    return { ...this.common(), size: null, codec: "auto", quality: LOOP_QUALITY };
  }

  private common() {
    const { window, invert, look } = this.source.view();
    return { ...wireLook(look), window, invert };
  }

  private sizeAt(scale: number): readonly [number, number] | null {
    const useful = this.source.usefulSize();
    const opened = this.source.opened();
    if (scale === 1 || (!useful && !opened)) return useful;
    const [columns, rows] = useful ?? [opened?.columns ?? 0, opened?.rows ?? 0];
    return [Math.max(64, Math.ceil(columns * scale)), Math.max(64, Math.ceil(rows * scale))];
  }

  private textOf(kind: "quick" | "still" | "whole"): string {
    return JSON.stringify([kind, this.source.view().index, this.common()]);
  }
}

/** Stored JPEG frames go out as they are, where nothing about them is changed; anything else is encoded once for the loop. */
export function loopViewOf({ window, invert, look }: StackView, isStoredShowable: boolean): WireView {
  const isStored = isStoredShowable && window === null && !invert;
  return { ...wireLook(look), window, invert, size: null, codec: isStored ? "stored" : "jpeg", quality: LOOP_QUALITY };
}
