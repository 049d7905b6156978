/** Fetches the whole pictures around the one that is looked at, on lines that have room for it, and knows which are at hand. */
import { keyOf } from "../net/prefetch_store";
import type { Channel } from "../net/stream_client";
import type { WireView } from "../net/worker_messages";
import { expectedMs, type LineFacts } from "../state/line_quality";
import { aheadOf } from "../state/prefetch_order";

/** A line on which one picture takes longer has no room for pictures that nobody may want. */
const LONGEST_MS = 250;

export class Prefetching {
  private key = "";
  private readonly here = new Set<number>();
  private direction: 1 | -1 = 1;
  /** What the last movement was of decides what comes next: more scrolling, or more of something else. */
  private isScrolled = true;
  private asked = "";

  constructor(
    private readonly channel: Channel,
    private readonly line: () => LineFacts,
  ) {}

  /** The picture of this index in this view can be had at once. */
  has(index: number, view: WireView): boolean {
    return this.here.has(index) && this.key === keyOf(view);
  }

  /** A person has moved something. */
  moved(before: number, after: number): void {
    this.isScrolled = before !== after;
    if (this.isScrolled) this.direction = after > before ? 1 : -1;
  }

  /** Fetch what is around; bytes: of one whole picture. */
  around(index: number, count: number, view: WireView, bytes: number): void {
    if (!this.isScrolled || expectedMs(this.line(), bytes) > LONGEST_MS) return;
    const key = keyOf(view);
    if (key !== this.key) this.here.clear();
    this.key = key;
    const missing = aheadOf(index, this.direction, count).filter((one) => !this.here.has(one));
    const asked = `${key}/${missing.join()}`;
    if (asked === this.asked) return;
    this.asked = asked;
    this.channel.prefetch(missing, view);
  }

  arrived(key: string, index: number): void {
    if (key === this.key) this.here.add(index);
  }

  gone(index: number): void {
    this.here.delete(index);
    this.asked = "";
  }

  /** Another series, or another line. */
  forget(): void {
    this.key = "";
    this.asked = "";
    this.here.clear();
    this.direction = 1;
    this.isScrolled = true;
  }
}
