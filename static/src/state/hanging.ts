/** What hangs where when a study is opened: the first item to show, and the prior that fits beside it. Pure. */
import type { ItemDocument } from "../net/documents";

/** Scouts and the like: a stack much shorter than the longest of the study isn't what one came for. */
const SCOUT_FRAMES = 5;
const WHOLE_FRAMES = 20;

/** The item that opens with the study: the first that can be drawn and isn't a scout; else whatever there is. */
export function firstItem(items: readonly ItemDocument[]): ItemDocument | null {
  const drawable = items.filter((item) => item.kind !== "object");
  const longest = Math.max(0, ...drawable.map((item) => item.count));
  const worthwhile = drawable.filter((item) => !(longest >= WHOLE_FRAMES && item.kind === "stack" && item.count < SCOUT_FRAMES));
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
