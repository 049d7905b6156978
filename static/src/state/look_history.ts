/** By which look each picture was asked for: its header names the question, not the presentation state (S01). Pure. */
import { FIRST_LOOK, isSameLook, type Look } from "./look";

const KEPT = 64;

export class LookHistory {
  private looks: { readonly from: number; readonly look: Look }[] = [{ from: 0, look: FIRST_LOOK }];

  /** From this sequence number on pictures are asked for by another look. */
  changed(from: number, look: Look): void {
    const last = this.looks.at(-1);
    if (last && isSameLook(last.look, look)) return;
    this.looks = [...this.looks, { from, look }].slice(-KEPT);
  }

  /** The look of the picture that answers this sequence number; null where that is forgotten. */
  of(sequence: number): Look | null {
    return this.looks.findLast(({ from }) => from <= sequence)?.look ?? null;
  }

  /** Another target: everything is as stored again. */
  forget(from: number): void {
    this.looks = [{ from, look: FIRST_LOOK }];
  }
}
