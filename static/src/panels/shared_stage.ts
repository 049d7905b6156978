/** What a shared view needs of the page that it is in, and how what hangs there compares with a shared state. */
import type { StudyContents } from "../net/documents";
import type { StreamClient } from "../net/stream_client";
import { isHung, type SharedPane, type SharedState } from "../state/shared_state";
import type { Hung, Pane } from "../viewport/pane";
import type { StudyShelf } from "./study_shelf";

/** One place on the stage: something, nothing, or what this person may not see or the page can't show. */
export type Place = Hung | null | "withheld" | "missing";

export interface Stage {
  readonly client: StreamClient;
  readonly shelf: StudyShelf;
  readonly places: readonly Place[];
  readonly active: number;
  /** The pane at a place, or null where none is drawn. */
  pane(index: number): Pane | null;
  /** At once: nothing of what hung stays, and no name. */
  blank(words: string): void;
  /** Name whose images come; resolved once the banner shows it. null: withheld. */
  name(contents: StudyContents | null): Promise<void>;
  /** Hang, without telling anyone; resolved once the panes have it. */
  place(places: readonly Place[], active: number): Promise<void>;
  /** Use another pane, without telling anyone. */
  activate(index: number): void;
  /** Something of the session's `facts` changed. */
  sharedChanged(): void;
}

/** The study that the page is about: the presenter's, or where that is withheld, the first that isn't. */
export function studyOf(state: SharedState): string | null {
  return state.study ?? state.panes.find(isHung)?.study ?? null;
}

/** The same for everything of one patient; "" where all is withheld. */
export function patientOf(state: SharedState): string {
  return state.patient ?? studyOf(state) ?? "";
}

/** True where the page shows what the state says, whatever the views are. */
export function isShown(places: readonly Place[], state: SharedState): boolean {
  return places.length === state.panes.length && places.every((place, index) => keyOfPlace(place) === keyOf(state.panes[index] ?? null));
}

/** True where something hangs that this person may not see. */
export function hidesSomething(state: SharedState | null): boolean {
  return state?.panes.some((pane) => pane !== null && !isHung(pane)) ?? false;
}

/** What hangs, as a `hang` says it; told: as the others have it. */
export function panesOf(stage: Stage, told: readonly SharedPane[]): SharedPane[] {
  return stage.places.map((place, index): SharedPane => {
    if (place === null || typeof place === "string") return null;
    const pane = paneOf(place);
    // The view of a series that hung here before must not go out with the next one.
    const isSame = keyOf(told[index] ?? null) === keyOf(pane);
    return { ...pane, view: isSame ? (stage.pane(index)?.sharedView() ?? null) : null };
  });
}

function paneOf({ item, study }: Hung): { study: string; series: string; stack: string | null } {
  return { study: study.study_instance_uid, series: item.series_instance_uid, stack: item.stack ?? null };
}

function keyOf(pane: SharedPane | { study: string; series: string; stack: string | null }): string {
  if (pane === null) return "empty";
  return "series" in pane ? [pane.study, pane.series, pane.stack ?? ""].join(" ") : "withheld";
}

function keyOfPlace(place: Place): string {
  if (place === null) return "empty";
  return typeof place === "string" ? place : keyOf(paneOf(place));
}
