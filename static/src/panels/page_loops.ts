/** The loops of a page: in step where they are side by side, and one clip after another. */

import { ALONE, type PageLoops } from "../state/loop_commands";
import type { StackSession } from "../viewport/stack_session";
import { InStep, whyNotInStep } from "./cine_in_step";
import { ClipAfterClip } from "./clip_after_clip";

export interface LoopsHost {
  readonly active: number;
  /** Of each pane; null where it shows none. */
  loops(): readonly (StackSession | null)[];
  /** Hang the next clip of the study in the pane in use; false where there is none. */
  hangNextClip(): boolean;
  /** What is said about the loops has changed. */
  changed(): void;
}

export class LoopsOfPage {
  facts: PageLoops = ALONE;
  private readonly inStep = new InStep();
  private readonly clipAfterClip = new ClipAfterClip();

  constructor(private readonly host: LoopsHost) {}

  /** As one pane has it: clips follow each other in the pane in use. */
  factsOf(pane: number): PageLoops {
    return pane === this.host.active ? this.facts : { ...this.facts, isClipAfterClip: false };
  }

  /** A loop has moved, or something else hangs. */
  moved(): void {
    const loops = this.host.loops();
    this.inStep.moved(loops, this.host.active);
    this.clipAfterClip.moved(loops[this.host.active] ?? null, () => this.host.hangNextClip());
    this.tell(loops);
  }

  toggleInStep(): void {
    const loops = this.host.loops();
    if (!whyNotInStep(loops)) this.inStep.toggle(loops, this.host.active);
    this.tell(loops);
  }

  toggleClipAfterClip(): void {
    this.clipAfterClip.toggle();
    this.moved();
  }

  close(): void {
    this.inStep.close();
  }

  private tell(loops: readonly (StackSession | null)[]): void {
    const facts: PageLoops = {
      isInStep: this.inStep.isOn,
      whyNotInStep: whyNotInStep(loops),
      isClipAfterClip: this.clipAfterClip.isOn,
    };
    if (JSON.stringify(facts) === JSON.stringify(this.facts)) return;
    this.facts = facts;
    this.host.changed();
  }
}
