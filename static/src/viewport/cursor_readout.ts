/** The values under the cursor: asked of the server at most ten times a second, one question at a time, the newest wins. */
import type { ValuesDocument } from "../net/measuring_api";
import { type FrameName, isFrame, isSameFrame } from "../state/measurement";

const ASK_EVERY_MS = 100;
const AFTER_REFUSAL_MS = 2000;
/** While slices run past, the server has their pictures to make. */
const AFTER_ANOTHER_MS = 150;

/** A pixel of a frame that is on screen, counted from 0. */
export interface Place {
  readonly on: FrameName;
  readonly column: number;
  readonly row: number;
}

export class CursorReadout {
  /** Of the frame on screen, always (S01); its own column and row say which pixel it is. */
  shown: ValuesDocument | null = null;
  /** Answers that came too late: the picture on screen was another by then. */
  staleCount = 0;
  private wanted: Place | null = null;
  private asked: Place | null = null;
  private nextAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly gone = new AbortController();

  constructor(
    private readonly ask: (place: Place, signal: AbortSignal) => Promise<ValuesDocument>,
    private readonly changed: () => void,
  ) {}

  /** Say what is under the cursor now, on the picture that is on screen now; null: nothing. */
  want(place: Place | null): void {
    const before = this.wanted;
    if (place === before || (place && before && isSamePlace(place, before))) return;
    this.wanted = place;
    if (place && before && !isSameFrame(place.on, before.on)) this.nextAt = Math.max(this.nextAt, performance.now() + AFTER_ANOTHER_MS);
    if (!(place && this.shown && isFrame(place.on, this.shown))) this.forget();
    this.askSoon();
  }

  close(): void {
    this.wanted = null;
    clearTimeout(this.timer);
    this.gone.abort();
  }

  private askSoon(): void {
    clearTimeout(this.timer);
    if (!this.wanted || this.asked) return;
    this.timer = setTimeout(() => void this.askNow(), Math.max(0, this.nextAt - performance.now()));
  }

  private async askNow(): Promise<void> {
    const place = this.wanted;
    if (!place) return;
    this.asked = place;
    this.nextAt = performance.now() + ASK_EVERY_MS;
    try {
      this.take(await this.ask(place, this.gone.signal));
    } catch {
      // No values here, or nobody to ask: nothing is said, not even of the pixel before, and it isn't asked at every move.
      this.nextAt = performance.now() + AFTER_REFUSAL_MS;
      this.forget();
    }
    this.asked = null;
    if (this.wanted && !isSamePlace(this.wanted, place)) this.askSoon();
  }

  private forget(): void {
    if (!this.shown) return;
    this.shown = null;
    this.changed();
  }

  private take(answer: ValuesDocument): void {
    if (!this.wanted || !isFrame(this.wanted.on, answer)) {
      this.staleCount += 1;
      return;
    }
    this.shown = answer;
    this.changed();
  }
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.column === other.column && one.row === other.row && isSameFrame(one.on, other.on);
}
