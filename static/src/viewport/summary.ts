/** What a viewport tells the page about itself, for the toolbar, the banner and tests. */
import type { PatientDocument } from "../net/documents";
import type { PictureHeader } from "../net/wire";
import type { LooksOffered } from "../state/looks_offered";
import type { SharedPaneView, SharedPointer } from "../state/shared_state";
import type { Preset } from "../state/windows";

export interface ViewportSummary {
  readonly kind: "stack" | "clip" | "image" | "slide" | "object" | "empty";
  readonly hasWindow: boolean;
  readonly frameCount: number;
  readonly hasCine: boolean;
  readonly isPlaying: boolean;
  readonly isInverted: boolean;
  readonly presets: readonly Preset[];
  /** The preset that is on screen, or "". */
  readonly preset: string;
  readonly notes: readonly string[];
  readonly patient: PatientDocument | null;
  /** What can be chosen of how it is shown; null where there is no picture to choose for. */
  readonly looks: LooksOffered | null;
}

export const NOTHING: ViewportSummary = {
  kind: "empty",
  hasWindow: false,
  frameCount: 0,
  hasCine: false,
  isPlaying: false,
  isInverted: false,
  presets: [],
  preset: "",
  notes: [],
  patient: null,
  looks: null,
};

/** Counters and the last header of one viewport, for `window.viewbox` (docs/stream.md has the header's meaning). */
export interface ViewportProbe {
  readonly kind: ViewportSummary["kind"];
  readonly condition: string;
  readonly header: PictureHeader | null;
  readonly picturesShown: number;
  readonly picturesRefused: number;
  readonly framesDropped: number;
  readonly cineFramesShown: number;
  readonly isPlaying: boolean;
  readonly tilesShown: number;
  readonly tilesPending: number;
  /** How it is looked at, in words that hold on a screen of any size; null before the series is open. */
  readonly sharedView: SharedPaneView | null;
  /** It does what someone else does. */
  readonly isFollowing: boolean;
  /** Where another's pointer is drawn, in CSS pixels of the glass. */
  readonly pointer: { readonly x: number; readonly y: number; readonly name: string } | null;
}

export class SummaryChanged extends Event {
  constructor(readonly summary: ViewportSummary) {
    super("summary-changed", { bubbles: true, composed: true });
  }
}

/**
 * A viewport is looked at otherwise than before, and not because it follows.
 *
 * cause: "hand" is the person's own; "itself" is what comes of it by itself: a series that was opened, a loop that has filled
 * and runs, a viewport of another size. A presenter tells both; a follower leaves the presenter's side on "hand" alone.
 */
export class ViewMoved extends Event {
  constructor(
    readonly view: SharedPaneView,
    readonly cause: "hand" | "itself",
  ) {
    super("view-moved", { bubbles: true, composed: true });
  }
}

/** The mouse or pen points at the picture; null: no longer. At most 30 a second. */
export class PointerMoved extends Event {
  constructor(readonly pointer: SharedPointer | null) {
    super("pointer-moved", { bubbles: true, composed: true });
  }
}
