/** A loop's clock between people: ours as others can play it, theirs as we play along; both by the server's time (S08). */
import type { ServerClock } from "../state/server_clock";
import type { SharedCine } from "../state/shared_state";
import type { CinePlayer } from "./cine_player";

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
    player.playAlong(index, cine.at > 0 ? performance.now() - (this.clock.now() - cine.at) : null, cine.speed);
  }

  /** True once for each time that our loop was fixed in time anew. The server's time is reckoned once, or it would jitter. */
  isAnchoredAnew(player: CinePlayer | null): boolean {
    const { anchor = null, speed = 1 } = player ?? {};
    const text = anchor ? JSON.stringify([anchor, speed]) : "";
    if (text === this.toldAnchor) return false;
    this.toldAnchor = text;
    if (anchor) this.anchoredAt = Math.round(this.clock.now() - (performance.now() - anchor.at_ms));
    return anchor !== null;
  }

  /** The loop as others can play it. */
  cineOf(player: CinePlayer): SharedCine {
    const { anchor, isPlaying, speed } = player;
    return { playing: isPlaying, speed, at: anchor ? this.anchoredAt : 0 };
  }

  /** Nobody is played along with. */
  alone(): void {
    this.along = "";
  }
}
