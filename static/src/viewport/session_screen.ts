/** What a stack's session and its element say to each other. */
import type { OpenedDocument } from "../net/documents";
import type { Proof } from "../net/proof";
import type { PictureHeader } from "../net/wire";
import type { Identified } from "../state/identity";
import type { Look } from "../state/look";
import type { SharedStackView } from "../state/shared_state";
import type { Size } from "../state/stack_view";

export interface OnScreen {
  readonly opened: OpenedDocument;
  readonly header: PictureHeader;
  readonly identified: Identified;
  readonly bitmap: ImageBitmap;
  readonly proof: Proof;
  /** That it was asked for by; null: not known any more. */
  readonly look: Look | null;
}

export interface SessionScreen {
  /** Draw what is on screen now, at once. */
  draw(): void;
  /** Anything that is said may have changed. */
  changed(): void;
  /** Columns and rows worth sending while it moves; null for all. */
  usefulSize(source: Size): readonly [number, number] | null;
  /** Of the glass, in CSS pixels. */
  viewportSize(): Size;
  /** The view is another than before, and not because it follows (ViewMoved). */
  moved(cause: "hand" | "itself"): void;
}

/** What someone else looks at, and whether it moves just now. */
export interface Followed {
  readonly view: SharedStackView;
  readonly isMoving: boolean;
}
