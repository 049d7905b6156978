/**
 * A shared view's state: a pure function of its numbered events, the same here and in viewer/core/shared_view.py.
 *
 * Both make the same canonical text of a state and hash it, so that a client that missed or doubled something notices.
 */
import type { WireLook } from "./look";
import { sha256 } from "./sha256";

/** What of a loop plays otherwise than the image asks (`Playback` in cine_clock.ts). */
export interface SharedCinePart {
  /** Positions in the stack, from 0. */
  readonly first: number;
  readonly last: number;
  readonly bounce: boolean;
  readonly beat_ms: number | null;
}

/** Where a loop stands: frame `index` of the view was or is due at `at`. */
export interface SharedCine {
  readonly playing: boolean;
  readonly speed: number;
  /** Server time in milliseconds since 1970; 0 while the presenter's loop is still filling: its frame stands. */
  readonly at: number;
  /** Absent: it plays as the image itself asks. */
  readonly part?: SharedCinePart;
}

/** How a stack, clip or image is looked at, in words that hold on a screen of any size. */
export interface SharedStackView {
  readonly kind: "stack";
  /** Position in the stack, from 0: a hint. The frame is named by `instance` and `frame` (S01). */
  readonly index: number;
  /** First 32 hexadecimal digits of SHA-256 of the SOP Instance UID, as picture headers carry it. */
  readonly instance: string;
  /** Frame of the instance, from 1. */
  readonly frame: number;
  readonly window: readonly [number, number] | null;
  readonly invert: boolean;
  /** `matrixOf` in orientation.ts: each -1, 0 or 1. */
  readonly orientation: readonly [number, number, number, number];
  /** 1 = the whole picture fits the viewport. */
  readonly zoom: number;
  /** Pixels of the stored frame, from its top left corner, that lie in the middle of the viewport. */
  readonly center: readonly [number, number];
  readonly cine: SharedCine | null;
  /** Absent: as the image is shown without a word. */
  readonly look?: WireLook;
}

export interface SharedSlideView {
  readonly kind: "slide";
  /** Pixels of level 0. */
  readonly center: readonly [number, number];
  /** Pixels of level 0 across the presenter's viewport and down it: a follower's viewport contains them. */
  readonly span: readonly [number, number];
  /** Degrees, 0 to 360, as OpenSeadragon turns. */
  readonly rotation: number;
  readonly flipped: boolean;
}

export type SharedPaneView = SharedStackView | SharedSlideView;

export interface SharedHung {
  readonly study: string;
  readonly series: string;
  readonly stack: string | null;
  readonly view: SharedPaneView | null;
}

/** null: empty. */
export type SharedPane = SharedHung | { readonly withheld: true } | null;

export interface SharedState {
  /** Of the last event folded in; 0 before the first. */
  readonly number: number;
  readonly presenter: string;
  readonly ended: boolean;
  /** Study Instance UID that the page is about: whose patient stands in the banner. */
  readonly study: string | null;
  /** Opaque: the same for studies of one patient. */
  readonly patient: string | null;
  /** The pane with the presenter's focus. */
  readonly active: number;
  readonly panes: readonly SharedPane[];
}

/** What a `hang` replaces. */
export interface SharedHanging {
  readonly study: string | null;
  readonly patient: string | null;
  readonly active: number;
  readonly panes: readonly SharedPane[];
}

export interface SharedEventHead {
  readonly number: number;
  readonly actor: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** In the sender's own copy: the `act` that it answers. */
  readonly request?: number;
}

export type SharedEvent = SharedEventHead &
  (
    | ({ readonly kind: "opened"; readonly presenter: string } & SharedHanging)
    | ({ readonly kind: "hang" } & SharedHanging)
    | { readonly kind: "look"; readonly pane: number; readonly active: number; readonly view: SharedPaneView | null }
    | { readonly kind: "hand_over"; readonly presenter: string }
    | { readonly kind: "take_over"; readonly presenter: string; readonly from: string }
    | { readonly kind: "end" }
  );

/** What a client may ask for; the server fills in study and patient of a hang. */
export type SharedAct =
  | { readonly kind: "hang"; readonly study: string | null; readonly active: number; readonly panes: readonly SharedPane[] }
  | { readonly kind: "hand_over"; readonly presenter: string }
  | { readonly kind: "take_over"; readonly presenter: string; readonly from: string }
  | { readonly kind: "end" };

/** Where the presenter's pointer is, in pixels of what it points at and in the patient. */
export interface SharedPointer {
  /** Pixels of the stored frame, or of level 0, from the top left corner. */
  readonly at: readonly [number, number];
  /** In the patient (PS3.3 C.7.6.2.1.1), or null where the plane isn't known. */
  readonly mm: readonly [number, number, number] | null;
  readonly frame_of_reference: string | null;
  /** Digest of the SOP Instance UID, of a slide that of its level 0. */
  readonly instance: string | null;
  /** From 1; null on a slide and while a loop plays: any frame of the instance. */
  readonly frame: number | null;
}

export const BEFORE_THE_FIRST: SharedState = {
  number: 0,
  presenter: "",
  ended: false,
  study: null,
  patient: null,
  active: 0,
  panes: [],
};

/**
 * Return the state after an event; "repeat" where it is folded in already, "gap" where it can't be the next: one before it is
 * missing, the view has ended, or it is `opened` in another place than the first.
 */
export function fold(state: SharedState, event: SharedEvent): SharedState | "gap" | "repeat" {
  if (event.number <= state.number) return "repeat";
  if (event.number !== state.number + 1 || state.ended || (event.kind === "opened") !== (event.number === 1)) return "gap";
  const { number } = event;
  switch (event.kind) {
    case "opened":
      return { ...state, ...hangingOf(event), number, presenter: event.presenter };
    case "hang":
      return { ...state, ...hangingOf(event), number };
    case "look":
      return { ...state, number, active: event.active, panes: looked(state.panes, event.pane, event.view) };
    case "hand_over":
    case "take_over":
      return { ...state, number, presenter: event.presenter };
    case "end":
      return { ...state, number, ended: true };
  }
}

/** True for what hangs in a pane and may be seen. */
export function isHung(pane: SharedPane | undefined): pane is SharedHung {
  return pane !== null && pane !== undefined && "series" in pane;
}

/** The state as text: JSON with sorted keys and no blanks; every number is the whole number nearest to it times a million. */
export function canonical(state: SharedState): string {
  return canonicalOf(state);
}

/** First 8 bytes of SHA-256 of the canonical text, as 16 hexadecimal digits. */
export function hashOf(state: SharedState): string {
  return sha256(canonical(state)).slice(0, 16);
}

function hangingOf({ study, patient, active, panes }: SharedHanging): SharedHanging {
  return { study, patient, active, panes };
}

/** What is empty or withheld has no view to change. */
function looked(panes: readonly SharedPane[], changed: number, view: SharedPaneView | null): readonly SharedPane[] {
  return panes.map((pane, index) => (index === changed && isHung(pane) ? { ...pane, view } : pane));
}

function canonicalOf(value: unknown): string {
  if (typeof value === "number") return millionths(value);
  if (Array.isArray(value)) return `[${value.map(canonicalOf).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    entries.sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonicalOf(one)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** A server time has more than 2^53 millionths: whole numbers are multiplied exactly, as Python does. */
function millionths(value: number): string {
  return String(Number.isInteger(value) ? BigInt(value) * 1_000_000n : BigInt(Math.floor(value * 1e6 + 0.5)));
}
