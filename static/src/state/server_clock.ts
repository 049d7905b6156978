/** What the server's clock says, reckoned from round trips: the shortest of the last few errs least (RFC 5905, section 10). */

const SAMPLES_KEPT = 8;
/** Further off than the round trips can explain: this computer's own clock was set meanwhile. */
const STEP_MS = 100;

interface Sample {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

export class ServerClock {
  private samples: Sample[] = [];

  /** Server time minus `Date.now()`, in milliseconds; 0 before the first sample. */
  get offsetMs(): number {
    return this.best?.offsetMs ?? 0;
  }

  /** How far off `now` may be: half a round trip; Infinity before the first sample. */
  get withinMs(): number {
    return (this.best?.roundTripMs ?? Number.POSITIVE_INFINITY) / 2;
  }

  /** Server time now, in milliseconds since 1970. */
  now(): number {
    return Date.now() + this.offsetMs;
  }

  /** serverMs was read by the server somewhere within the round trip that ended at heardAtMs (`Date.now()`): half-way, if in doubt. */
  note(serverMs: number, heardAtMs: number, roundTripMs: number): void {
    const sample = { offsetMs: serverMs - (heardAtMs - roundTripMs / 2), roundTripMs };
    const { best } = this;
    const reach = STEP_MS + (best?.roundTripMs ?? 0) + roundTripMs;
    if (best && Math.abs(best.offsetMs - sample.offsetMs) > reach) this.samples = [];
    this.samples = [...this.samples, sample].slice(-SAMPLES_KEPT);
  }

  private get best(): Sample | null {
    return this.samples.reduce<Sample | null>((best, one) => (best && best.roundTripMs <= one.roundTripMs ? best : one), null);
  }
}
