/** Which picture of a stack is asked for: a quick one while it moves, the whole truth once it rests (S05). */
import type { Channel } from "../net/stream_client";
import type { WireView } from "../net/worker_messages";
import { wireLook } from "../state/look";
import type { StackView } from "../state/stack_view";

export const REST_MS = 150;
const MOVING_QUALITY = 60;
const LOOP_QUALITY = 90;

export class PictureWishes {
  /** What was asked for last, as text; "" where it will not come or is of no use. */
  private asked = "";
  private restTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly channel: Channel,
    private readonly view: () => StackView,
    /** Columns and rows worth sending while it moves; null for all. */
    private readonly usefulSize: () => readonly [number, number] | null,
    /** It has stood still for a moment. */
    private readonly whenRested: () => void,
  ) {}

  /** A quick picture of the view; after a rest, `whenRested`. */
  quick(): void {
    this.ask(this.quickView());
    this.restIn(REST_MS);
  }

  whole(): void {
    clearTimeout(this.restTimer);
    this.ask(this.wholeView());
  }

  /** As `quick`, but not the same picture again. */
  quickUnlessAsked(): void {
    if (this.asked !== textOf(this.view().index, this.quickView())) return this.quick();
    this.restIn(REST_MS);
  }

  /** The whole picture of the view as it is now was the last that was asked for. */
  get isWholeAsked(): boolean {
    return this.asked === textOf(this.view().index, this.wholeView());
  }

  get isAnyAsked(): boolean {
    return this.asked !== "";
  }

  restIn(milliseconds: number): void {
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(this.whenRested, milliseconds);
  }

  /** Nothing that was asked for is waited for any more. */
  forget(): void {
    clearTimeout(this.restTimer);
    this.asked = "";
  }

  private ask(wire: WireView): void {
    const { index } = this.view();
    this.asked = textOf(index, wire);
    this.channel.view(index, wire);
  }

  private quickView(): WireView {
    const { window, invert, look } = this.view();
    return { ...wireLook(look), window, invert, size: this.usefulSize(), codec: "jpeg", quality: MOVING_QUALITY };
  }

  private wholeView(): WireView {
    const { window, invert, look } = this.view();
    return { ...wireLook(look), window, invert, size: null, codec: "auto", quality: LOOP_QUALITY };
  }
}

/** Stored JPEG frames go out as they are, where nothing about them is changed; anything else is encoded once for the loop. */
export function loopViewOf({ window, invert, look }: StackView, isStoredShowable: boolean): WireView {
  const isStored = isStoredShowable && window === null && !invert;
  return { ...wireLook(look), window, invert, size: null, codec: isStored ? "stored" : "jpeg", quality: LOOP_QUALITY };
}

function textOf(index: number, wire: WireView): string {
  return JSON.stringify([index, wire]);
}
