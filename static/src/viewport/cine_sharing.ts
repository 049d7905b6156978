/** A loop's clock between people: ours as others can play it, theirs as we play along; both by the server's time (S08). */
import { ownPlayback, type Playback } from "../state/cine_clock";
import type { ServerClock } from "../state/server_clock";
import { six } from "../state/shared_map";
import type { SharedCine } from "../state/shared_state";
import type { CinePlayer } from "./cine_player";

/** The server's time is known better after a few more round trips; smaller corrections aren't worth beginning anew. */
const WORTH_MS = 10;

/** A moment carried over from the one clock to the other, and how far off it may be. */
interface Reckoned {
  readonly atMs: number;
  readonly withinMs: number;
}

const NEVER: Reckoned = { atMs: 0, withinMs: Number.POSITIVE_INFINITY };

function isBetter(now: Reckoned, before: Reckoned): boolean {
  return now.withinMs < before.withinMs && Math.abs(now.atMs - before.atMs) > WORTH_MS;
}

function playbackOf({ part }: SharedCine, { cine, clipLength }: CinePlayer): Playback {
  const own = ownPlayback(cine, clipLength);
  if (!part) return own;
  const last = Math.min(part.last, clipLength - 1);
  return { first: Math.min(part.first, last), last, bounce: part.bounce, beatMs: part.beat_ms };
}

function partOf({ cine, clipLength, playback }: CinePlayer): Pick<SharedCine, "part"> {
  if (JSON.stringify(playback) === JSON.stringify(ownPlayback(cine, clipLength))) return {};
  const { first, last, bounce, beatMs } = playback;
  return { part: { first, last, bounce, beat_ms: beatMs === null ? null : six(beatMs) } };
}

export class CineSharing {
  /** Someone else's loop that is played along. */
  private along: { readonly index: number; readonly cine: SharedCine; readonly text: string } | null = null;
  /** When it began, by this page's clock. */
  private alongSince = NEVER;
  private toldAnchor = "";
  /** When our own loop was fixed, by the server's clock. */
  private anchoredAt = NEVER;

  constructor(private readonly clock: ServerClock) {}

  /** Play in phase with someone else's loop; the same again changes nothing. */
  playAlong(player: CinePlayer, index: number, cine: SharedCine): void {
    const text = JSON.stringify([index, cine]);
    if (text === this.along?.text && player.isPlaying) return;
    this.along = { index, cine, text };
    player.usePlayback(playbackOf(cine, player));
    this.start(player, index, cine);
  }

  /** Correct the phase of what plays along, once the server's time is known better than when it began. */
  keepInPhase(player: CinePlayer | null): void {
    const { along } = this;
    if (!along || along.cine.at === 0 || !player?.isPlaying || !isBetter(this.here(along.cine.at), this.alongSince)) return;
    this.start(player, along.index, along.cine);
  }

  /** True once for each time that our loop was fixed in time anew, or that time is known better. Reckoned once, or it would jitter. */
  isAnchoredAnew(player: CinePlayer | null): boolean {
    const { anchor = null, speed = 1 } = player ?? {};
    const text = anchor ? JSON.stringify([anchor, speed, player?.playback]) : "";
    const now = anchor ? this.there(anchor.at_ms) : NEVER;
    if (text === this.toldAnchor && !isBetter(now, this.anchoredAt)) return false;
    this.toldAnchor = text;
    this.anchoredAt = now;
    return anchor !== null;
  }

  /** The loop as others can play it. */
  cineOf(player: CinePlayer): SharedCine {
    const { anchor, isPlaying, speed } = player;
    return { playing: isPlaying, speed, at: anchor ? Math.round(this.anchoredAt.atMs) : 0, ...partOf(player) };
  }

  /** Nobody is played along with. */
  alone(): void {
    this.along = null;
  }

  private start(player: CinePlayer, index: number, { at, speed }: SharedCine): void {
    this.alongSince = this.here(at);
    player.playAlong(index, at > 0 ? this.alongSince.atMs : null, speed);
  }

  /** A moment of the server's time by `performance.now()`. */
  private here(at: number): Reckoned {
    return { atMs: performance.now() - (this.clock.now() - at), withinMs: this.clock.withinMs };
  }

  /** A moment of `performance.now()` by the server's time. */
  private there(at_ms: number): Reckoned {
    return { atMs: this.clock.now() - (performance.now() - at_ms), withinMs: this.clock.withinMs };
  }
}
