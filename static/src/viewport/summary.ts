/** What a viewport tells the page about itself, for the toolbar, the banner and tests. */
import type { PatientDocument } from "../net/documents";
import type { PictureHeader } from "../net/wire";
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
}

export class SummaryChanged extends Event {
  constructor(readonly summary: ViewportSummary) {
    super("summary-changed", { bubbles: true, composed: true });
  }
}
