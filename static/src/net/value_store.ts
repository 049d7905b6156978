/**
 * Stored values of the pictures at which a person has begun to change the window, from which the next ones are made here.
 *
 * They are asked for once a drag has begun, on a line that brings them at once, and beside the pictures that the server makes
 * meanwhile. What is at rest is always the server's own picture: local levels only pass by. Keeps few, within a bound of bytes each.
 */
import { levelTable, paint, type Values, valuesOf } from "../state/local_window";
import type { OpenedDocument } from "./documents";
import { keyOf } from "./prefetch_store";
import { prove } from "./proof";
import type { AskedView } from "./view_flow";
import { type PictureHeader, payloadOf } from "./wire";
import type { WireView } from "./worker_messages";

interface Kept extends Values {
  readonly viewport: number;
  readonly index: number;
  readonly key: string;
  readonly header: PictureHeader;
}

interface Coming {
  readonly viewport: number;
  readonly index: number;
  readonly sequence: number;
  readonly key: string;
}

interface Last {
  readonly index: number;
  readonly key: string;
  readonly change: string;
  readonly isPassing: boolean;
}

const MAX_KEPT = 4;
const UNTOUCHED: ImageBitmapOptions = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
/** Numbers that the page doesn't give out. */
const FIRST_SEQUENCE = 0x8000_0000;

export class ValueStore {
  private readonly kept: Kept[] = [];
  /** Bytes of a frame's values, by viewport. */
  private readonly offers = new Map<number, number>();
  private readonly last = new Map<number, Last>();
  private coming: Coming | null = null;
  private sequence = FIRST_SEQUENCE;
  /** The newest view of a viewport that is being painted. */
  private readonly painting = new Map<number, AskedView>();

  constructor(private readonly show: (header: PictureHeader, bitmap: ImageBitmap) => void) {}

  get isComing(): boolean {
    return this.coming !== null;
  }

  opened(viewport: number, opened: OpenedDocument): void {
    this.offers.delete(viewport);
    if (opened.values) this.offers.set(viewport, opened.columns * opened.rows * 2);
  }

  /** What was asked for of a viewport will not come. */
  cancelled(viewport: number): void {
    if (this.coming?.viewport === viewport) this.coming = null;
  }

  forget(viewport: number): void {
    this.cancelled(viewport);
    this.offers.delete(viewport);
    this.last.delete(viewport);
    this.painting.delete(viewport);
    for (let place = this.kept.length - 1; place >= 0; place--) if (this.kept[place]?.viewport === viewport) this.kept.splice(place, 1);
  }

  /** Note a view; return how many bytes its values would take if they are worth asking for now, else 0. */
  worth({ viewport, index, view }: AskedView, isPassing: boolean): number {
    const next = { index, key: lookOf(view), change: JSON.stringify([view.window, view.invert]), isPassing };
    const before = this.last.get(viewport);
    this.last.set(viewport, next);
    const isSame = before?.index === index && before.key === next.key;
    const isDrag = isSame && before.isPassing && isPassing && before.change !== next.change;
    if (!isDrag || this.coming || this.find(viewport, index, view)) return 0;
    return this.offers.get(viewport) ?? 0;
  }

  /** Ask for the values of a view: returns the view to send. */
  want({ viewport, index, view }: AskedView): AskedView {
    const sequence = this.sequence++;
    this.coming = { viewport, index, sequence, key: lookOf(view) };
    return { viewport, index, sequence, view: { ...view, window: null, invert: false, size: null, codec: "values" } };
  }

  expects(header: PictureHeader): boolean {
    return header.sequence >= FIRST_SEQUENCE;
  }

  /** These values will not come, and others of this series probably neither; false when they weren't expected. */
  failed(viewport: number, sequence: number): boolean {
    if (sequence < FIRST_SEQUENCE) return false;
    if (this.coming?.viewport === viewport && this.coming.sequence === sequence) this.coming = null;
    this.offers.delete(viewport);
    return true;
  }

  /** Keep values that came, if they are what their digest says. */
  async keep(header: PictureHeader, message: ArrayBuffer): Promise<void> {
    const { coming } = this;
    if (coming?.sequence !== header.sequence || coming.viewport !== header.viewport) return;
    const proof = await prove(header, message, null);
    if (this.coming !== coming) return; // forgotten meanwhile
    this.coming = null;
    if (proof !== "matches" || header.codec !== "values") return;
    const { viewport, index, key } = coming;
    const values = valuesOf(payloadOf(message));
    if (values.samples.length !== header.width * header.height) return;
    this.kept.unshift({ ...values, viewport, index, key, header });
    this.kept.length = Math.min(this.kept.length, MAX_KEPT);
  }

  /** Show the picture of a view, made here; false where its values aren't. One at a time: of those that come meanwhile the newest. */
  paint(asked: AskedView): boolean {
    if (!this.find(asked.viewport, asked.index, asked.view)) return false;
    const isBusy = this.painting.has(asked.viewport);
    this.painting.set(asked.viewport, asked);
    if (!isBusy) void this.paintNewest(asked.viewport);
    return true;
  }

  private async paintNewest(viewport: number): Promise<void> {
    let painted: AskedView | undefined;
    for (let next = this.painting.get(viewport); next && next !== painted; next = this.painting.get(viewport)) {
      const made = this.picture(next);
      if (made) this.show(made.header, await createImageBitmap(made.image, UNTOUCHED));
      painted = next;
    }
    this.painting.delete(viewport);
  }

  /** What the picture says of itself is its values' own header (S01); the server hasn't named the view, so it has no hash. */
  private picture({ viewport, index, view, sequence }: AskedView): { readonly header: PictureHeader; readonly image: ImageData } | null {
    const found = this.find(viewport, index, view);
    const window = view.window ?? found?.recipe.window;
    if (!found || !window) return null;
    const { header, recipe, samples } = found;
    const [windowCenter, windowWidth] = [Math.fround(window[0]), Math.fround(window[1])];
    const image = new ImageData(paint(samples, levelTable(recipe, view.window, view.invert)), header.width, header.height);
    return { header: { ...header, sequence, windowCenter, windowWidth, inverted: view.invert, viewHash: "" }, image };
  }

  private find(viewport: number, index: number, view: WireView): Kept | undefined {
    const key = lookOf(view);
    const isIt = (one: Kept) => one.viewport === viewport && one.index === index && one.key === key;
    return this.kept.find((one) => isIt(one) && (view.window ?? one.recipe.window) !== null);
  }
}

/** What of a view isn't done here. */
function lookOf(view: WireView): string {
  return keyOf({ ...view, window: null, invert: false, size: null, codec: "values", quality: 1 });
}
