/** What the page and the stream worker say to each other. The worker owns the socket and decodes; the page owns the views. */

import type { LineFacts } from "../state/line_quality";
import type { WireLook } from "../state/look";
import type { SharedAct, SharedEvent, SharedPaneView, SharedPointer, SharedState } from "../state/shared_state";
import type { OpenedDocument } from "./documents";
import type { Proof } from "./proof";
import type { PictureHeader } from "./wire";

/** A picture's wish list, as the stream takes it. */
export interface WireView extends WireLook {
  readonly window: readonly [number, number] | null;
  readonly invert: boolean;
  readonly size: readonly [number, number] | null;
  readonly codec: "auto" | "jpeg" | "png" | "stored" | "values";
  readonly quality: number;
}

/** Pictures to fetch before anyone asks. sequence: of the first; the others follow. */
export interface PrefetchWish {
  readonly viewport: number;
  readonly sequence: number;
  readonly view: WireView;
  readonly indices: readonly number[];
}

export interface Target {
  readonly series_instance_uid: string;
  readonly stack?: string;
}

export interface TileWish {
  readonly sequence: number;
  readonly level: number;
  readonly column: number;
  readonly row: number;
  /** The part of the stored tile that lies inside the level; tiles at the edge are padded. */
  readonly columns: number;
  readonly rows: number;
}

export interface FaultDocument {
  readonly status: number;
  readonly sentence: string;
  readonly correlation_id?: string;
  readonly about?: number;
  /** The picture or tile that will not come. */
  readonly sequence?: number;
  /** The subscription that failed. */
  readonly epoch?: number;
}

/** What someone who takes part in a shared view is doing, as they report it themselves. */
export type Standing = "in step" | "loading" | "elsewhere" | "withheld" | "blank";

/** Someone who takes part, as everyone is told. */
export interface SharedPerson {
  readonly person: string;
  /** Full name, or the username. */
  readonly name: string;
  readonly condition: "in step" | "loading" | "behind" | "elsewhere" | "withheld" | "lost";
  readonly is_presenter: boolean;
}

export interface PeopleDocument {
  readonly people: readonly SharedPerson[];
  readonly presenter_absent_ms: number | null;
}

/** A snapshot: the answer to `join`, and what comes where events would be too many. */
export interface SharedDocument extends PeopleDocument {
  readonly key: string;
  readonly number: number;
  readonly state: SharedState;
  readonly hash: string;
  readonly you: string;
  readonly opened_by: string;
  /** Milliseconds since 1970. */
  readonly server_time: number;
  /** The `act`s of this client that are part of the state and came to it in no event. */
  readonly requests?: readonly number[];
}

export interface EventsDocument {
  readonly events: readonly SharedEvent[];
  /** Of the state after the last of them. */
  readonly hash: string;
}

/** What the presenter does between two events: newest wins, nothing is numbered. */
export interface MovedDocument {
  readonly pane: number;
  /** Of the hang that it belongs to. */
  readonly number: number;
  readonly active: number;
  readonly view?: SharedPaneView | null;
  /** null: it left the glass. */
  readonly pointer?: SharedPointer | null;
  readonly by: string;
  /** Server time at which the presenter's page sent it, as that page reckons it. */
  readonly t?: number;
}

export interface JoinWish {
  readonly key: string;
  /** Of the last event had. */
  readonly number?: number;
  readonly hash?: string;
}

export interface MotionBody {
  readonly pane: number;
  readonly number: number;
  readonly active?: number;
  readonly view?: SharedPaneView;
  readonly pointer?: SharedPointer | null;
  readonly t?: number;
}

/** The part of the line that shared views use. */
export type ToSharedWorker =
  | { readonly kind: "join"; readonly wish: JoinWish }
  | { readonly kind: "leave" }
  | { readonly kind: "act"; readonly request: number; readonly event: SharedAct }
  | { readonly kind: "motion"; readonly motion: MotionBody }
  | { readonly kind: "standing"; readonly number: number; readonly hash: string; readonly condition: Standing };

export type FromSharedWorker =
  | { readonly kind: "shared"; readonly shared: SharedDocument }
  | { readonly kind: "events"; readonly events: EventsDocument }
  | { readonly kind: "moved"; readonly moved: MovedDocument }
  | { readonly kind: "people"; readonly people: PeopleDocument };

export type ToWorker =
  | ToSharedWorker
  | { readonly kind: "connect"; readonly url: string }
  | { readonly kind: "subscribe"; readonly viewport: number; readonly epoch: number; readonly target: Target }
  | { readonly kind: "unsubscribe"; readonly viewport: number }
  | {
      readonly kind: "view";
      readonly viewport: number;
      readonly sequence: number;
      readonly index: number;
      readonly view: WireView;
      /** It only passes by, under a hand: it may wait for pictures before it, and a newer one replaces it. */
      readonly isPassing: boolean;
    }
  /** Pictures that will probably be wanted, in this order; they replace those of the viewport that haven't been asked for yet. */
  | ({ readonly kind: "prefetch" } & PrefetchWish)
  /** A person works in this viewport: its pictures come first. */
  | { readonly kind: "lead"; readonly viewport: number }
  | {
      readonly kind: "loop";
      readonly viewport: number;
      readonly sequence: number;
      /** Pictures of another key in the store are forgotten. */
      readonly key: string;
      readonly views: readonly { readonly index: number; readonly view: WireView }[];
    }
  | { readonly kind: "decode"; readonly viewport: number; readonly index: number; readonly ordinal: number }
  | { readonly kind: "cancel"; readonly viewport: number }
  | { readonly kind: "tiles"; readonly viewport: number; readonly tiles: readonly TileWish[] }
  | { readonly kind: "cancelTiles"; readonly viewport: number; readonly sequences: readonly number[] }
  | { readonly kind: "shown"; readonly viewport: number; readonly sequence: number };

export type Connection = "connecting" | "open" | "lost" | "refused";

export type FromWorker =
  | FromSharedWorker
  | { readonly kind: "connection"; readonly state: Connection }
  | { readonly kind: "opened"; readonly viewport: number; readonly opened: OpenedDocument }
  | { readonly kind: "fault"; readonly viewport: number; readonly fault: FaultDocument }
  | { readonly kind: "picture"; readonly header: PictureHeader; readonly bitmap: ImageBitmap; readonly proof: Proof }
  | { readonly kind: "frame"; readonly header: PictureHeader; readonly bitmap: ImageBitmap; readonly ordinal: number }
  | {
      readonly kind: "buffered";
      readonly viewport: number;
      readonly epoch: number;
      readonly index: number;
      readonly evicted: readonly number[];
    }
  /** A picture that was asked for ahead is here: a view with this key and index is answered at once. Others had to go for it. */
  | { readonly kind: "prefetched"; readonly viewport: number; readonly key: string; readonly index: number }
  | { readonly kind: "unfetched"; readonly viewport: number; readonly index: number }
  | { readonly kind: "line"; readonly line: LineFacts }
  | { readonly kind: "tile"; readonly header: PictureHeader; readonly bitmap: ImageBitmap }
  | {
      readonly kind: "broken";
      readonly viewport: number;
      readonly sequence: number;
      readonly what: "picture" | "tile";
      /** damaged: it can't be read; differs: it isn't what its digest is of. */
      readonly why: "damaged" | "differs";
    }
  | { readonly kind: "roundTrip"; readonly milliseconds: number; readonly serverTimeMs: number; readonly heardAtMs: number };
