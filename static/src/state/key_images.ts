/** Going from one key image to the next, over all key object selections of an item. Pure. */
import type { KeyNote } from "../net/documents";

/** Places in the item, from 0, each once, in order. */
export function keyPlaces(notes: readonly KeyNote[]): number[] {
  return [...new Set(notes.flatMap(({ frames }) => frames))].sort((one, other) => one - other);
}

/** The next key image from a place, or the one before (by -1); from the last to the first. Null where there is none. */
export function nextKeyPlace(notes: readonly KeyNote[], from: number, by: 1 | -1): number | null {
  const places = keyPlaces(notes);
  if (by === 1) return places.find((place) => place > from) ?? places[0] ?? null;
  return places.findLast((place) => place < from) ?? places.at(-1) ?? null;
}

/** What the selections say of one frame, each once: "Of Interest: the fracture". */
export function keyWords(notes: readonly KeyNote[], place: number): string[] {
  const marking = notes.filter(({ frames }) => frames.includes(place));
  return [...new Set(marking.map(({ title, description }) => (description ? `${title}: ${description}` : title)))];
}
