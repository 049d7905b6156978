/** How two panes of a page scroll together, and what is said about it (S04); from the pictures on screen alone (S01). Pure. */
import type { OpenedDocument } from "../net/documents";
import { alongOf, type LinkOffset, linkedFrame, looksTheSameWay, sharesSpace } from "./linked_scroll";
import { edgesOnScreen, type Orientation } from "./orientation";
import { centreOf, distanceFrom, planesOf } from "./patient_plane";

/** The picture on screen in a pane. */
export interface PaneShown {
  readonly opened: OpenedDocument;
  /** Of its frame. */
  readonly index: number;
  /** How it is turned on the glass. */
  readonly orientation: Orientation;
}

/** by: how the two can be linked; why: why not, for people. */
export type Bond = { readonly by: "space" | "offset"; readonly why: "" } | { readonly by: null; readonly why: string };

/** offset: how much the second pane was ahead of the first when they were linked. */
export interface PaneLink {
  readonly isOn: boolean;
  readonly offset: LinkOffset;
}

/** What a chip says: words, the whole in its title, and whether it is to be heeded. */
export interface LinkWords {
  readonly words: string;
  readonly title: string;
  readonly isWarning: boolean;
}

/** For the toolbar. */
export interface SideFacts {
  readonly hasLines: boolean;
  readonly isLinked: boolean;
  /** Why the panes can't be linked; "" where they can. */
  readonly whyNot: string;
}

type Both<T> = readonly [T, T];

/** Say how two series can scroll together. */
export function bondOf(one: OpenedDocument, other: OpenedDocument): Bond {
  const no = (why: string): Bond => ({ by: null, why });
  if (!isSamePatient(one, other)) return no("The panes show two patients");
  if (![one, other].every((opened) => opened.kind === "stack" && opened.frames.length > 1)) return no("Only stacks scroll together");
  const [here, there] = [planesOf(one), planesOf(other)];
  const [first, second] = [here.find((plane) => plane !== null), there.find((plane) => plane !== null)];
  if (first && second && !looksTheSameWay(first, second)) return no("The two stacks look different ways");
  const isInSpace = first && second && sharesSpace(first, second) && [...here, ...there].every((plane) => plane !== null);
  return { by: isInSpace ? "space" : "offset", why: "" };
}

/** Identity is ID and issuer; without an ID, each study is a patient of its own (S12). */
export function isSamePatient(one: OpenedDocument, other: OpenedDocument): boolean {
  if (one.study_instance_uid === other.study_instance_uid) return true;
  const idOf = ({ patient }: OpenedDocument) => `${patient.issuer ?? ""}/${patient.patient_id}`;
  return one.patient.patient_id !== "" && idOf(one) === idOf(other);
}

/** True where both panes hold the very same frames. */
export function isSameStack(one: OpenedDocument, other: OpenedDocument): boolean {
  return nameOf(one) === nameOf(other);
}

/** One name for what hangs in two panes. */
export function pairName(one: OpenedDocument, other: OpenedDocument): string {
  return `${nameOf(one)} ${nameOf(other)}`;
}

/** The frame of the other pane that belongs to frame `index` of the pane at `place`; null where they aren't linked. */
export function followed(link: PaneLink, opened: Both<OpenedDocument>, place: 0 | 1, index: number): number | null {
  const [here, there] = place === 0 ? opened : [opened[1], opened[0]];
  if (!link.isOn || bondOf(here, there).by === null) return null;
  const offset = place === 0 ? link.offset : back(link.offset);
  return linkedFrame(planesOf(here), index, planesOf(there), offset)?.index ?? null;
}

/** How two stacks belong together that are linked as they stand. */
export function offsetOf([one, other]: Both<PaneShown>): LinkOffset {
  const [here, there] = [planesOf(one.opened)[one.index], planesOf(other.opened)[other.index]];
  return { frames: other.index - one.index, mm: here && there ? alongOf(there) - alongOf(here) : null };
}

function back({ frames, mm }: LinkOffset): LinkOffset {
  return { frames: 0 - frames, mm: mm && 0 - mm };
}

/** What to say of the link; null where the two can't be linked. */
export function linkWords(link: PaneLink, shown: Both<PaneShown>): LinkWords | null {
  const { by } = bondOf(shown[0].opened, shown[1].opened);
  if (by === null) return null;
  if (!link.isOn) {
    const how = by === "space" ? "by their place in the patient" : "as they stand now, by offset: they share no Frame of Reference";
    return { words: "not linked", title: `Press to scroll both panes together, ${how}`, isWarning: false };
  }
  return by === "space" ? inSpace(link, shown) : byOffset(link, shown);
}

function inSpace(link: PaneLink, shown: Both<PaneShown>): LinkWords {
  const apart = apartOf(shown);
  const isBeyond = isPastTheEnd(link, shown);
  return {
    words: isBeyond ? `linked in space · ${apart} apart` : "linked in space",
    title: `Linked in patient space: the image shown is the one nearest to the other pane's, ${apart} away. Press to unlink`,
    isWarning: isBeyond,
  };
}

function byOffset(link: PaneLink, shown: Both<PaneShown>): LinkWords {
  const [one, other] = shown.map(({ index, opened }) => `${index + 1}/${opened.frames.length}`);
  const end = isPastTheEnd(link, shown) ? " · past the end" : "";
  return {
    words: `linked by offset${end}`,
    title: `No shared Frame of Reference: image ${one} of the first pane goes with ${other} of the second, whatever they show. To set it anew: unlink, scroll until both match, link`,
    isWarning: true,
  };
}

/** Seen from either pane, the other's stack doesn't reach to where this one is. */
function isPastTheEnd(link: PaneLink, [one, other]: Both<PaneShown>): boolean {
  const [here, there] = [planesOf(one.opened), planesOf(other.opened)];
  const isBeyond =
    linkedFrame(here, one.index, there, link.offset)?.isBeyond || linkedFrame(there, other.index, here, back(link.offset))?.isBeyond;
  return isBeyond ?? false;
}

function apartOf([one, other]: Both<PaneShown>): string {
  const [here, there] = [planesOf(one.opened)[one.index], planesOf(other.opened)[other.index]];
  if (!here || !there) return "?";
  const mm = Math.abs(distanceFrom(there, centreOf(here)));
  return `${mm.toFixed(mm < 10 ? 1 : 0)} mm`;
}

/** Warn where two stacks that look the same way lie differently turned on the screen; null where they don't. */
export function turnWords([one, other]: Both<PaneShown>): LinkWords | null {
  if (bondOf(one.opened, other.opened).by === null) return null;
  const [first, second] = [edgesOf(one), edgesOf(other)];
  if (!first || !second) return null;
  const differs = (edge: "left" | "top") => first[edge].charAt(0) !== second[edge].charAt(0);
  if (!differs("left") && !differs("top")) return null;
  const edge = differs("left") ? "left" : "top";
  const title = `The ${edge} edge is ${first[edge]} in the first pane and ${second[edge]} in the second`;
  return { words: "turned differently", title, isWarning: true };
}

function edgesOf({ opened, index, orientation }: PaneShown): { readonly left: string; readonly top: string } | null {
  const edges = opened.frames[index]?.edges;
  return edges ? edgesOnScreen(edges, orientation) : null;
}

function nameOf(opened: OpenedDocument): string {
  return `${opened.series_instance_uid}/${opened.stack ?? ""}`;
}
