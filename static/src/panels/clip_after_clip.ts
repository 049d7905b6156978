/** One clip of a study after another: the next one hangs once the one before has come to its end. */
import type { ItemDocument } from "../net/documents";
import type { CinePlayer } from "../viewport/cine_player";
import type { Condition } from "../viewport/condition";

export interface ShownClip {
  readonly cine: CinePlayer | null;
  readonly condition: Condition;
  togglePlay(): void;
}

/** A short loop plays as often as fills so much time. */
const SHORTEST_MS = 2000;

export class ClipAfterClip {
  isOn = false;
  /** The loop that was there when the next was hung. */
  private left: CinePlayer | null = null;

  toggle(): void {
    this.isOn = !this.isOn;
    this.left = null;
  }

  /** A loop has moved: `hangNext` when it has come to its end; false from that: there is none. */
  moved(clip: ShownClip | null, hangNext: () => boolean): void {
    if (!this.isOn || !clip?.cine) return;
    const { cine } = clip;
    if (cine === this.left) return;
    if (this.left && clip.condition.kind === "ready") {
      // It plays by itself, also where loops otherwise begin still.
      this.left = null;
      if (!cine.isPlaying) clip.togglePlay();
    }
    if (!cine.isPlaying || cine.passes < passesOf(cine)) return;
    if (hangNext()) this.left = cine;
    else this.isOn = false;
  }
}

/** The clip that comes after an item of its study; null after the last. */
export function nextClip(items: readonly ItemDocument[], key: string): ItemDocument | null {
  const from = items.findIndex((item) => item.key === key);
  return items.find((item, place) => place > from && item.kind === "clip") ?? null;
}

function passesOf(cine: CinePlayer): number {
  return Math.max(1, Math.ceil((SHORTEST_MS * cine.speed) / cine.clock.periodMs));
}
