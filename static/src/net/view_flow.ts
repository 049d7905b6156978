/**
 * Which views go to the server when: no more bytes are under way than the line holds, and what waits is replaced by what is newer.
 *
 * A passing view, of something that moves under a hand, waits for the pictures before it; of a viewport only the newest
 * waits. Any other view goes at once. Of several viewports that wait, the one that a person works in has two turns of three.
 * Pictures of a viewport come in the order of their sequence numbers, so one that came tells that none before it will.
 * Pure: the clock comes in.
 */
import { type Arrival, expectedMs, type LineQuality, mayAskMore, type UnderWay } from "../state/line_quality";
import type { PictureHeader } from "./wire";
import type { WireView } from "./worker_messages";

export interface AskedView {
  readonly viewport: number;
  readonly sequence: number;
  readonly index: number;
  readonly view: WireView;
}

interface Sent {
  readonly viewport: number;
  readonly sequence: number;
  readonly askedAtMs: number;
  readonly kind: string;
  readonly bytes: number;
}

/** Where nothing like it came before. */
const GUESSED_BYTES = 30_000;
const MAX_KINDS = 200;
/** What hasn't come by then, and three times as long as it should take, isn't waited for. */
const LOST_AFTER_MS = 3000;
const TURNS = 3;

export class ViewFlow {
  private readonly waiting = new Map<number, AskedView>();
  private underWay: Sent[] = [];
  /** Bytes of the last picture of a kind: viewport, codec, quality, size. */
  private readonly bytesOf = new Map<string, number>();
  private serverMs = 0;
  private turn = 0;
  /** The viewport that a person works in. */
  leading = 0;

  constructor(
    private readonly line: LineQuality,
    private readonly send: (asked: AskedView) => void,
  ) {}

  get bytesUnderWay(): number {
    return this.underWay.reduce((sum, one) => sum + one.bytes, 0);
  }

  get isIdle(): boolean {
    return this.underWay.length === 0 && this.waiting.size === 0;
  }

  ask(asked: AskedView, isPassing: boolean, nowMs: number): void {
    this.waiting.delete(asked.viewport);
    if (!isPassing) return this.go(asked, nowMs);
    this.waiting.set(asked.viewport, asked);
    this.sendWaiting(nowMs);
  }

  /** Something else answers what waits of this viewport. */
  replace(viewport: number): void {
    this.waiting.delete(viewport);
  }

  /** A picture of a view is here; null when it was none that was asked for so. */
  arrived(header: PictureHeader, messageBytes: number, nowMs: number): Arrival | null {
    const asked = this.underWay.find((one) => one.viewport === header.viewport && one.sequence === header.sequence);
    this.done(header.viewport, header.sequence);
    if (!asked) return null;
    const serverMs = (header.renderMicroseconds + header.encodeMicroseconds) / 1000;
    this.serverMs += (serverMs - this.serverMs) / 4;
    this.bytesOf.delete(asked.kind);
    this.bytesOf.set(asked.kind, messageBytes);
    for (const oldest of this.bytesOf.keys()) if (this.bytesOf.size > MAX_KINDS) this.bytesOf.delete(oldest);
    return { askedAtMs: asked.askedAtMs, arrivedAtMs: nowMs, bytes: messageBytes, serverMs };
  }

  /** This picture will not come, nor will any before it. */
  done(viewport: number, sequence: number): void {
    this.underWay = this.underWay.filter((one) => one.viewport !== viewport || one.sequence > sequence);
  }

  /** Nothing of the viewport is wanted any more. */
  forget(viewport: number): void {
    this.waiting.delete(viewport);
    this.underWay = this.underWay.filter((one) => one.viewport !== viewport);
  }

  /** Send of what waits as much as the line takes. */
  sendWaiting(nowMs: number): void {
    this.giveUp(nowMs);
    while (this.waiting.size > 0 && mayAskMore(this.line.facts, this.underWayAt(nowMs), this.serverMs)) {
      const asked = this.next();
      this.waiting.delete(asked.viewport);
      this.go(asked, nowMs);
    }
  }

  private underWayAt(nowMs: number): UnderWay {
    const [first] = this.underWay;
    return { pictures: this.underWay.length, bytes: this.bytesUnderWay, ageMs: first ? nowMs - first.askedAtMs : 0 };
  }

  private next(): AskedView {
    this.turn = (this.turn + 1) % TURNS;
    const [oldest] = this.waiting.values();
    const leading = this.waiting.get(this.leading);
    const others = [...this.waiting.values()].find((one) => one.viewport !== this.leading);
    const chosen = (this.turn === 0 ? (others ?? leading) : (leading ?? others)) ?? oldest;
    if (!chosen) throw new Error("nothing waits");
    return chosen;
  }

  private go(asked: AskedView, nowMs: number): void {
    const { viewport, sequence, view } = asked;
    const kind = [viewport, view.codec, view.quality, view.size].join();
    this.underWay.push({ viewport, sequence, askedAtMs: nowMs, kind, bytes: this.bytesOf.get(kind) ?? GUESSED_BYTES });
    this.send(asked);
  }

  private giveUp(nowMs: number): void {
    const limitMs = LOST_AFTER_MS + 3 * expectedMs(this.line.facts, this.bytesUnderWay);
    this.underWay = this.underWay.filter((one) => nowMs - one.askedAtMs < limitMs);
  }
}
