/** What hangs where when a study is opened: the first item to show, and the prior that fits beside it. Pure. */
import type { ItemDocument } from "../net/documents";

/** Scouts and the like: a picture or two beside a whole stack of the same modality isn't what one came for. */
const SCOUT_FRAMES = 5;
const WHOLE_FRAMES = 20;

export type StudyTag = "PRIOR" | "LATER" | "SAME DAY";

/** Tag and distance of another study of the patient (S04); the server words intervals "1 y earlier", "2 d later", "same day". */
export function tagOf(interval: string): { readonly tag: StudyTag; readonly distance: string } {
  if (/later/i.test(interval)) return { tag: "LATER", distance: interval };
  return /same day/i.test(interval) ? { tag: "SAME DAY", distance: "" } : { tag: "PRIOR", distance: interval };
}

/** The item that opens with the study: the first that can be drawn and isn't a scout; else whatever there is. */
export function firstItem(items: readonly ItemDocument[]): ItemDocument | null {
  const drawable = items.filter((item) => item.kind !== "object");
  const stacks = drawable.filter((item) => item.kind === "stack" && item.count >= WHOLE_FRAMES);
  const isScout = (item: ItemDocument) =>
    (item.kind === "stack" || item.kind === "image") &&
    item.count < SCOUT_FRAMES &&
    stacks.some((stack) => stack.modality === item.modality);
  const worthwhile = drawable.filter((item) => !isScout(item));
  return worthwhile[0] ?? drawable[0] ?? items[0] ?? null;
}

/** The item of another study that is most like this one: same modality and kind, then the same words and a like count. */
export function likeItem(item: ItemDocument, others: readonly ItemDocument[]): ItemDocument | null {
  const candidates = others.filter((other) => other.modality === item.modality && other.kind === item.kind);
  const score = (other: ItemDocument) =>
    sharedWords(item.label, other.label) * 10 + Math.min(item.count, other.count) / Math.max(item.count, other.count, 1);
  return candidates.reduce<ItemDocument | null>((best, other) => (best && score(best) >= score(other) ? best : other), null);
}

/** The item before or after this one; stays at the ends. */
export function neighbour(items: readonly ItemDocument[], key: string, by: number): ItemDocument | null {
  const at = items.findIndex((item) => item.key === key);
  if (at < 0) return items[0] ?? null;
  return items[Math.min(Math.max(at + by, 0), items.length - 1)] ?? null;
}

function sharedWords(one: string, other: string): number {
  const words = new Set(one.toLowerCase().match(/[a-z0-9.]+/g) ?? []);
  return (other.toLowerCase().match(/[a-z0-9.]+/g) ?? []).filter((word) => words.has(word)).length;
}
