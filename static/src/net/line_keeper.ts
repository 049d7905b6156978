/** Keeps a socket's line measured by pings and arrivals, and its credit filled to what the line holds. */
import { type Arrival, creditFor, LineQuality } from "../state/line_quality";
import { FromClient } from "./wire";

/** What every socket begins with. */
const FIRST_CREDIT = 8;
const CREDIT_STEP = 4;
/** As many pings as a shared clock and a least round trip need, one after the other. */
const FIRST_PINGS = 4;
/** Before something moves, the round trip is measured anew if it was last measured so long ago. */
const STALE_MS = 3000;
/** Smaller changes aren't worth telling. */
const TOLD_CHANGE = 1.15;

export class LineKeeper {
  readonly quality = new LineQuality();
  private pingsLeft = 0;
  private pingedAtMs = -Infinity;
  private owed = FIRST_CREDIT;
  private meanBytes = 0;
  private told: number[] = [];

  constructor(
    private readonly send: (kind: number, body: object) => void,
    private readonly tell: () => void,
  ) {}

  /** A new socket: nothing that was measured holds. */
  opened(nowMs: number): void {
    this.quality.forget();
    this.owed = FIRST_CREDIT;
    this.told = [];
    this.fill();
    this.measure(nowMs);
  }

  /** Send a few pings, each once the one before is back. */
  measure(nowMs: number): void {
    const isRunning = this.pingsLeft > 0 && nowMs - this.pingedAtMs < STALE_MS;
    this.pingsLeft = FIRST_PINGS;
    if (!isRunning) this.ping(nowMs);
  }

  measureIfStale(nowMs: number): void {
    if (nowMs - this.pingedAtMs > STALE_MS) this.ping(nowMs);
  }

  ping(nowMs: number): void {
    this.pingedAtMs = nowMs;
    this.send(FromClient.ping, { t: nowMs });
  }

  /** Return the round trip of a ping that came back. */
  pong(sentAtMs: number, nowMs: number): number {
    this.quality.heard(nowMs);
    this.quality.noteRoundTrip(nowMs - sentAtMs);
    this.tellIfOther();
    if (--this.pingsLeft > 0) this.ping(nowMs);
    return nowMs - sentAtMs;
  }

  /** A picture or tile came. */
  came(arrival: Arrival): void {
    this.meanBytes += (arrival.bytes - this.meanBytes) / (this.meanBytes ? 8 : 1);
    this.quality.noteArrival(arrival);
    this.tellIfOther();
  }

  /** One was taken in: credit goes back once it is decoded, so that a slow browser is never sent more than it can take. */
  taken(): void {
    this.owed -= 1;
    this.fill();
  }

  private fill(): void {
    const lack = creditFor(this.quality.facts, this.meanBytes) - this.owed;
    if (lack < CREDIT_STEP) return;
    this.send(FromClient.credit, { pictures: lack });
    this.owed += lack;
  }

  private tellIfOther(): void {
    const { roundTripMs, bytesPerMs } = this.quality.facts;
    const now = [roundTripMs ?? 0, bytesPerMs ?? 0];
    const isSame = now.every((value, index) => isNear(value, this.told[index] ?? -1));
    if (isSame) return;
    this.told = now;
    this.tell();
  }
}

function isNear(one: number, other: number): boolean {
  return one <= other * TOLD_CHANGE && other <= one * TOLD_CHANGE;
}
