/** How fast the pictures of a loop come in, and whether those that are missing will be there when they are due. Pure. */

/** Fewer say nothing about how fast they come. */
const FEWEST = 3;
/** Pictures may come so much slower than they did. */
const MARGIN = 2;
/** And so much later: a picture has to be decoded. */
const SLACK_MS = 20;

export class Filling {
  private beganMs = 0;
  private lastMs = 0;
  private count = 0;

  /** Pictures were asked for. */
  began(nowMs: number): void {
    this.beganMs = this.lastMs = nowMs;
    this.count = 0;
  }

  came(nowMs: number): void {
    this.lastMs = nowMs;
    this.count += 1;
  }

  /** waitsMs: in how long each picture that is missing is due, in the order in which they come. */
  isInTime(waitsMs: readonly number[]): boolean {
    if (waitsMs.length === 0) return true;
    if (this.count < FEWEST) return false;
    const gapMs = ((this.lastMs - this.beganMs) / this.count) * MARGIN;
    return waitsMs.every((waitMs, place) => (place + 1) * gapMs + SLACK_MS <= waitMs);
  }
}
