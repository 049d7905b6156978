/** What the tray's badges say of an item: its key images and the presentation states about it. */
import type { ItemDocument } from "../net/documents";

export interface Badge {
  readonly kind: "key" | "presentation";
  /** What stands on the picture. */
  readonly sign: string;
  /** The same in words, with titles and labels. */
  readonly words: string;
}

type Marked = Pick<ItemDocument, "key_images" | "key_notes" | "presentations">;

/** Return the badges of an item; none where nothing is marked. */
export function badgesOf({ key_images = 0, key_notes = [], presentations = [] }: Marked): Badge[] {
  const badges: Badge[] = [];
  if (key_images > 0) {
    const titles = [...new Set(key_notes.map(({ title, description }) => (description ? `${title}: ${description}` : title)))];
    badges.push({ kind: "key", sign: `KEY ${key_images}`, words: `${counted(key_images, "key image")} · ${titles.join(" · ")}` });
  }
  if (presentations.length > 0) {
    const labels = presentations.map(({ label, is_applied }) => (is_applied ? label : `${label} (not applied)`));
    const words = `${counted(presentations.length, "presentation state")} · ${labels.join(" · ")}`;
    badges.push({ kind: "presentation", sign: `PR ${presentations.length}`, words });
  }
  return badges;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
