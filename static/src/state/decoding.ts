/** Which frames of a loop are being decoded, and how far ahead it has to be asked for them so that they aren't late. Pure. */

/** More at once would only wait for each other. */
const MOST = 8;
const REMEMBERED = 5;
const FARTHEST = 45;

export class Decoding {
  /** When each was asked for. */
  private readonly asked = new Map<number, number>();
  private readonly tookMs: number[] = [];

  get isFull(): boolean {
    return this.asked.size >= MOST;
  }

  has(ordinal: number): boolean {
    return this.asked.has(ordinal);
  }

  ask(ordinal: number, nowMs: number): void {
    this.asked.set(ordinal, nowMs);
  }

  /** It is decoded; false where nobody waits for it any more. */
  came(ordinal: number, nowMs: number): boolean {
    const since = this.asked.get(ordinal);
    if (since === undefined) return false;
    this.asked.delete(ordinal);
    this.tookMs.push(nowMs - since);
    if (this.tookMs.length > REMEMBERED) this.tookMs.shift();
    return true;
  }

  /** How many frames after the one that is due now is the first that won't be late, where each lasts so long. */
  lead(frameMs: number): number {
    const sorted = [...this.tookMs].sort((one, other) => one - other);
    const middle = sorted[sorted.length >> 1] ?? 0;
    return Math.min(Math.floor(middle / Math.max(frameMs, 1)), FARTHEST);
  }

  /** Those before an ordinal will not come any more. */
  giveUpBefore(ordinal: number): void {
    for (const one of this.asked.keys()) if (one < ordinal) this.asked.delete(one);
  }

  clear(): void {
    this.asked.clear();
  }
}
