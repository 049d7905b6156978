/** An item's label in two parts: what it shares with its neighbours, and what tells it apart, which mustn't be cut off. Pure. */

const BETWEEN = " · ";
/** The tray has two lines for a name: what is no longer than this is seen whole. */
const SHORT = 30;

export interface LabelParts {
  readonly name: string;
  /** "" where the name says all. */
  readonly part: string;
}

/** Short labels stay as they are. The server puts what tells items of one series apart last: "Whole slide · label". */
export function labelParts(label: string): LabelParts {
  const cut = label.lastIndexOf(BETWEEN);
  return cut < 0 || label.length <= SHORT
    ? { name: label, part: "" }
    : { name: label.slice(0, cut), part: label.slice(cut + BETWEEN.length) };
}
