/**
 * Pictures that will probably be wanted next, asked for one after the other while nothing else is, and kept encoded within a
 * bound of bytes, the longest unused going first. A picture is used only for the very view it was asked for.
 */
import type { PictureHeader } from "./wire";
import type { PrefetchWish, WireView } from "./worker_messages";

interface Place {
  readonly viewport: number;
  readonly index: number;
  readonly key: string;
}

interface Kept extends Place {
  readonly header: PictureHeader;
  readonly message: ArrayBuffer;
}

export interface Coming extends Place {
  readonly sequence: number;
  readonly view: WireView;
}

export interface Gone {
  readonly viewport: number;
  readonly index: number;
}

export class PrefetchStore {
  private readonly kept = new Map<string, Kept>();
  private wanted: Coming[] = [];
  private coming: Coming[] = [];
  private bytes = 0;

  constructor(private readonly boundBytes: number) {}

  get isComing(): boolean {
    return this.coming.length > 0;
  }

  /** Want these of a viewport, and nothing else of it any more; pictures of another view go. */
  want({ viewport, sequence, view, indices }: PrefetchWish): void {
    const key = keyOf(view);
    this.dropWhere((one) => one.viewport === viewport && one.key !== key);
    this.wanted = this.wanted.filter((one) => one.viewport !== viewport);
    indices.forEach((index, position) => {
      if (this.kept.has(nameOf(viewport, index))) return;
      if (this.coming.some((one) => one.viewport === viewport && one.index === index && one.key === key)) return;
      this.wanted.push({ viewport, sequence: sequence + position, index, view, key });
    });
  }

  /** Return what to ask for next: at most so many, of one viewport, with sequence numbers that follow each other. */
  next(limit: number): readonly Coming[] {
    const [first] = this.wanted;
    const isNext = (one: Coming, position: number) =>
      position < limit && one.viewport === first?.viewport && one.sequence === first.sequence + position;
    const next = this.wanted.filter(isNext);
    this.wanted = this.wanted.filter((one) => !next.includes(one));
    this.coming.push(...next);
    return next;
  }

  /** Whether a picture was asked for ahead. */
  expects({ viewport, sequence }: PictureHeader): boolean {
    return this.coming.some((one) => one.viewport === viewport && one.sequence === sequence);
  }

  /** This picture will not come; false when it wasn't expected. */
  failed(viewport: number, sequence: number): boolean {
    const before = this.coming.length;
    this.coming = this.coming.filter((one) => one.viewport !== viewport || one.sequence !== sequence);
    return this.coming.length < before;
  }

  /** Keep a picture that was expected; return its view's key, and those that had to go for it. Null where it can't be kept. */
  keep(header: PictureHeader, message: ArrayBuffer): { readonly key: string; readonly gone: readonly Gone[] } | null {
    const asked = this.coming.find((one) => one.viewport === header.viewport && one.sequence === header.sequence);
    this.failed(header.viewport, header.sequence);
    if (!asked || message.byteLength > this.boundBytes) return null;
    const { viewport, index, key } = asked;
    this.drop(nameOf(viewport, index));
    this.kept.set(nameOf(viewport, index), { viewport, index, key, header, message });
    this.bytes += message.byteLength;
    const gone: Gone[] = [];
    for (const [name, one] of this.kept) {
      if (this.bytes <= this.boundBytes) break;
      this.drop(name);
      gone.push({ viewport: one.viewport, index: one.index });
    }
    return { key, gone };
  }

  /** Return the picture of exactly this view, if it is here; it is the last to go now. */
  use(viewport: number, index: number, view: WireView): { header: PictureHeader; message: ArrayBuffer } | null {
    const name = nameOf(viewport, index);
    const found = this.kept.get(name);
    if (!found || found.key !== keyOf(view)) return null;
    this.kept.delete(name);
    this.kept.set(name, found);
    return found;
  }

  /** This picture is not what it should be. */
  reject(viewport: number, index: number): void {
    this.drop(nameOf(viewport, index));
  }

  /** The viewport shows something else, or the line is another. */
  forget(viewport: number): void {
    this.dropWhere((one) => one.viewport === viewport);
    this.wanted = this.wanted.filter((one) => one.viewport !== viewport);
    this.coming = this.coming.filter((one) => one.viewport !== viewport);
  }

  private dropWhere(isOut: (one: Kept) => boolean): void {
    for (const [name, one] of this.kept) if (isOut(one)) this.drop(name);
  }

  private drop(name: string): void {
    this.bytes -= this.kept.get(name)?.message.byteLength ?? 0;
    this.kept.delete(name);
  }
}

/** Names a view in a store and on the page alike. */
export function keyOf(view: WireView): string {
  return JSON.stringify(view);
}

function nameOf(viewport: number, index: number): string {
  return `${viewport}/${index}`;
}
