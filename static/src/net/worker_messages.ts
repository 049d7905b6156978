/** What the page and the stream worker say to each other. The worker owns the socket and decodes; the page owns the views. */
import type { OpenedDocument } from "./documents";
import type { PictureHeader } from "./wire";

/** A picture's wish list, as the stream takes it. */
export interface WireView {
  readonly window: readonly [number, number] | null;
  readonly invert: boolean;
  readonly size: readonly [number, number] | null;
  readonly codec: "auto" | "jpeg" | "png" | "stored";
  readonly quality: number;
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

export type ToWorker =
  | { readonly kind: "connect"; readonly url: string }
  | { readonly kind: "subscribe"; readonly viewport: number; readonly epoch: number; readonly target: Target }
  | { readonly kind: "unsubscribe"; readonly viewport: number }
  | { readonly kind: "view"; readonly viewport: number; readonly sequence: number; readonly index: number; readonly view: WireView }
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
  | { readonly kind: "connection"; readonly state: Connection }
  | { readonly kind: "opened"; readonly viewport: number; readonly opened: OpenedDocument }
  | { readonly kind: "fault"; readonly viewport: number; readonly fault: FaultDocument }
  | { readonly kind: "picture"; readonly header: PictureHeader; readonly bitmap: ImageBitmap }
  | { readonly kind: "frame"; readonly header: PictureHeader; readonly bitmap: ImageBitmap; readonly ordinal: number }
  | {
      readonly kind: "buffered";
      readonly viewport: number;
      readonly epoch: number;
      readonly index: number;
      readonly evicted: readonly number[];
    }
  | { readonly kind: "tile"; readonly header: PictureHeader; readonly bitmap: ImageBitmap }
  | { readonly kind: "broken"; readonly viewport: number; readonly sequence: number; readonly what: "picture" | "tile" }
  | { readonly kind: "roundTrip"; readonly milliseconds: number };
