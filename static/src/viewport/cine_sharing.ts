/** A loop's clock between people: ours as others can play it, theirs as we play along; both by the server's time (S08). */
import { ownPlayback, type Playback } from "../state/cine_clock";
import type { ServerClock } from "../state/server_clock";
import { six } from "../state/shared_map";
import type { SharedCine } from "../state/shared_state";
import type { CinePlayer } from "./cine_player";

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
  /** Someone else's loop that is played along, as text. */
  private along = "";
  private toldAnchor = "";
  private anchoredAt = 0;

  constructor(private readonly clock: ServerClock) {}

  /** Play in phase with someone else's loop; the same again changes nothing. */
  playAlong(player: CinePlayer, index: number, cine: SharedCine): void {
    const along = JSON.stringify([index, cine]);
    if (along === this.along && player.isPlaying) return;
    this.along = along;
    player.usePlayback(playbackOf(cine, player));
    player.playAlong(index, cine.at > 0 ? performance.now() - (this.clock.now() - cine.at) : null, cine.speed);
  }

  /** True once for each time that our loop was fixed in time anew. The server's time is reckoned once, or it would jitter. */
  isAnchoredAnew(player: CinePlayer | null): boolean {
    const { anchor = null, speed = 1 } = player ?? {};
    const text = anchor ? JSON.stringify([anchor, speed, player?.playback]) : "";
    if (text === this.toldAnchor) return false;
    this.toldAnchor = text;
    if (anchor) this.anchoredAt = Math.round(this.clock.now() - (performance.now() - anchor.at_ms));
    return anchor !== null;
  }

  /** The loop as others can play it. */
  cineOf(player: CinePlayer): SharedCine {
    const { anchor, isPlaying, speed } = player;
    return { playing: isPlaying, speed, at: anchor ? this.anchoredAt : 0, ...partOf(player) };
  }

  /** Nobody is played along with. */
  alone(): void {
    this.along = "";
  }
}
