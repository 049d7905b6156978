/**
 * What the line to the server can carry, measured from what comes over it anyway; and what to ask of it while something moves.
 *
 * Pure: the clock comes in, as milliseconds. Round trip: the least of the last few pings, so that a ping that waited behind
 * pictures doesn't count. Throughput: a picture's bytes over the time in which nothing but it could have come, that is from
 * when it could first have begun (asked, a round trip and the server's own time later, or the arrival before it) to its own.
 */

/** As the page is told it. null: not measured yet. */
export interface LineFacts {
  readonly roundTripMs: number | null;
  readonly bytesPerMs: number | null;
}

export const UNKNOWN_LINE: LineFacts = { roundTripMs: null, bytesPerMs: null };

export interface Arrival {
  readonly askedAtMs: number;
  readonly arrivedAtMs: number;
  readonly bytes: number;
  /** Reading, display and encoding, as the header states it. */
  readonly serverMs: number;
}

const ROUND_TRIPS_KEPT = 8;
const RATES_KEPT = 6;
/** Less than both says more of the moment than of the line: smaller pictures are measured several at a time. */
const SAMPLE_BYTES = 6000;
const SAMPLE_MS = 60;
/** No measured time is shorter: clocks and event loops are coarse, and round trips on long ways are never twice the same. */
const SHORTEST_MS = 0.5;
const JITTER = 0.03;
/** On a shorter way there is nothing to hold back: two on their way keep server and browser busy. */
const NEAR_MS = 20;
const FULL_LINE = 1.1;
const LATE_MS = 50;

export class LineQuality {
  private readonly roundTrips: number[] = [];
  private readonly rates: number[] = [];
  private heardAtMs = -Infinity;
  private sample = { bytes: 0, ms: 0 };

  get facts(): LineFacts {
    return { roundTripMs: this.roundTripMs, bytesPerMs: this.bytesPerMs };
  }

  get roundTripMs(): number | null {
    return this.roundTrips.length > 0 ? Math.min(...this.roundTrips) : null;
  }

  /** The median of the last samples: single pictures that waited for the server don't pull it down. */
  get bytesPerMs(): number | null {
    const sorted = [...this.rates].sort((a, b) => a - b);
    return sorted[Math.ceil((sorted.length - 1) / 2)] ?? null;
  }

  /** A ping came back. */
  noteRoundTrip(milliseconds: number): void {
    this.roundTrips.push(milliseconds);
    if (this.roundTrips.length > ROUND_TRIPS_KEPT) this.roundTrips.shift();
  }

  /** Something came that nobody measures. */
  heard(nowMs: number): void {
    this.heardAtMs = nowMs;
  }

  /** A picture came. */
  noteArrival({ askedAtMs, arrivedAtMs, bytes, serverMs }: Arrival): void {
    const { roundTripMs } = this;
    const mayBeginMs = Math.max(this.heardAtMs, askedAtMs + (roundTripMs ?? 0) + serverMs);
    this.heardAtMs = arrivedAtMs;
    if (roundTripMs === null) return;
    this.sample.bytes += bytes;
    this.sample.ms += Math.max(0, arrivedAtMs - mayBeginMs);
    if (this.sample.bytes < SAMPLE_BYTES && this.sample.ms < SAMPLE_MS) return;
    this.rates.push(this.sample.bytes / Math.max(SHORTEST_MS, JITTER * roundTripMs, this.sample.ms));
    this.sample = { bytes: 0, ms: 0 };
    if (this.rates.length > RATES_KEPT) this.rates.shift();
  }

  /** Another line than before. */
  forget(): void {
    this.roundTrips.length = 0;
    this.rates.length = 0;
    this.heardAtMs = -Infinity;
    this.sample = { bytes: 0, ms: 0 };
  }
}

/** "100 ms round trip, 10 Mbit/s"; the latter only where it may matter. */
export function lineInWords({ roundTripMs, bytesPerMs }: LineFacts): string {
  const words =
    roundTripMs === null ? "not measured yet" : `${roundTripMs < 10 ? roundTripMs.toFixed(1) : Math.round(roundTripMs)} ms round trip`;
  if (bytesPerMs === null) return words;
  const megabits = bytesPerMs / 125;
  return `${words}, ${megabits > 200 ? "over 200" : Number(megabits.toPrecision(2))} Mbit/s`;
}

/** How long bytes take from asking to arrival; 0 where nothing is known yet. */
export function expectedMs(line: LineFacts, bytes: number): number {
  return (line.roundTripMs ?? 0) + (line.bytesPerMs ? bytes / line.bytesPerMs : 0);
}

/** What was asked for and hasn't come. */
export interface UnderWay {
  readonly pictures: number;
  readonly bytes: number;
  /** Since the first of them was asked for. */
  readonly ageMs: number;
}

/** Whether one more passing picture may be asked for while so much is under way. serverMs: what the server takes for one. */
export function mayAskMore(line: LineFacts, { pictures, bytes, ageMs }: UnderWay, serverMs: number): boolean {
  if (pictures === 0) return true;
  const { roundTripMs, bytesPerMs } = line;
  if (roundTripMs === null || bytesPerMs === null) return pictures < 2;
  if (pictures < 2 && roundTripMs < NEAR_MS) return true;
  const isLate = ageMs > 2 * (expectedMs(line, bytes) + serverMs) + LATE_MS; // the line has become worse than it was measured
  return !isLate && bytes < FULL_LINE * bytesPerMs * (roundTripMs + serverMs);
}

const NEAR_CREDIT = 16;
const LEAST_CREDIT = 4;
/** What comes unasked for one by one - loops, tiles - is bounded by credit: a little more than the line holds. */
export function creditFor(line: LineFacts, bytesOfOne: number): number {
  const { roundTripMs, bytesPerMs } = line;
  if (roundTripMs === null || bytesPerMs === null || roundTripMs < NEAR_MS || bytesOfOne <= 0) return NEAR_CREDIT;
  return Math.min(NEAR_CREDIT, LEAST_CREDIT + Math.ceil((1.25 * bytesPerMs * roundTripMs) / bytesOfOne));
}
