/**
 * What is on the glass: one bitmap with its header and what its header was found to be (S01).
 *
 * Nothing gets there but by `take`; what belongs to another subscription, or can't be found in its tables, is counted and closed.
 */
import type { Proof } from "../net/proof";
import type { PictureHeader } from "../net/wire";
import type { IdentityTable, Refusal } from "../state/identity";
import { LookHistory } from "../state/look_history";
import type { OnScreen } from "./session_screen";

export class ScreenContent {
  table: IdentityTable | null = null;
  onScreen: OnScreen | null = null;
  picturesShown = 0;
  readonly looks = new LookHistory();
  readonly refusals = new Map<Refusal, number>();

  get refusedCount(): number {
    return [...this.refusals.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Take a bitmap over; false when it was refused. */
  take(header: PictureHeader, bitmap: ImageBitmap, proof: Proof): boolean {
    const identified = this.table?.identify(header) ?? "other epoch";
    if (!this.table || typeof identified === "string") {
      bitmap.close();
      const reason = typeof identified === "string" ? identified : "other epoch";
      this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
      return false;
    }
    this.blank();
    this.onScreen = { opened: this.table.opened, header, identified, bitmap, proof, look: this.looks.of(header.sequence) };
    this.picturesShown += 1;
    return true;
  }

  blank(): void {
    this.onScreen?.bitmap.close();
    this.onScreen = null;
  }
}
