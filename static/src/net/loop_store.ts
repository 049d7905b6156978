/** The encoded pictures of the loops that play, by viewport and index, within a bound of bytes. */
import { type PictureHeader, payloadOf } from "./wire";

export interface StoredPicture {
  readonly header: PictureHeader;
  readonly message: ArrayBuffer;
}

interface SequenceRange {
  readonly from: number;
  readonly to: number;
}

interface Loop {
  key: string;
  pictures: Map<number, StoredPicture>;
  ranges: SequenceRange[];
  /** Of earlier keys: their pictures may still be under way and are of no use. */
  dead: SequenceRange[];
  bytes: number;
}

export class LoopStore {
  private readonly loops = new Map<number, Loop>();

  constructor(private readonly boundBytes: number) {}

  /** Expect the pictures of these sequence numbers; another key forgets what is there. */
  expect(viewport: number, key: string, from: number, count: number): void {
    let loop = this.loops.get(viewport);
    if (!loop || loop.key !== key) {
      loop = { key, pictures: new Map(), ranges: [], dead: loop ? [...loop.dead, ...loop.ranges] : [], bytes: 0 };
      this.loops.set(viewport, loop);
    }
    loop.ranges.push({ from, to: from + count });
  }

  /** Whether a picture was asked for by the loop, by a loop of another key before, or by a view. */
  purpose(header: PictureHeader): "loop" | "stale" | "view" {
    const loop = this.loops.get(header.viewport);
    const isIn = (range: SequenceRange) => header.sequence >= range.from && header.sequence < range.to;
    if (loop?.ranges.some(isIn)) return "loop";
    return loop?.dead.some(isIn) ? "stale" : "view";
  }

  /** Keep a picture; return the indices that had to go for it, longest kept first. */
  keep(header: PictureHeader, message: ArrayBuffer): number[] {
    const loop = this.loops.get(header.viewport);
    if (!loop) return [];
    loop.bytes += message.byteLength - (loop.pictures.get(header.index)?.message.byteLength ?? 0);
    loop.pictures.delete(header.index);
    loop.pictures.set(header.index, { header, message });
    const evicted: number[] = [];
    for (const [index, picture] of loop.pictures) {
      if (loop.bytes <= this.boundBytes || index === header.index) break;
      loop.pictures.delete(index);
      loop.bytes -= picture.message.byteLength;
      evicted.push(index);
    }
    return evicted;
  }

  get(viewport: number, index: number): StoredPicture | undefined {
    return this.loops.get(viewport)?.pictures.get(index);
  }

  forget(viewport: number): void {
    this.loops.delete(viewport);
  }
}

/** Decode encoded bytes to levels, untouched by colour management or alpha; crop to the given size when it is smaller. */
export async function decode(header: PictureHeader, message: ArrayBuffer, columns?: number, rows?: number): Promise<ImageBitmap> {
  const blob = new Blob([payloadOf(message)], { type: header.codec === "png" ? "image/png" : "image/jpeg" });
  const options: ImageBitmapOptions = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  if (columns !== undefined && rows !== undefined && (columns < header.width || rows < header.height)) {
    return createImageBitmap(blob, 0, 0, Math.min(columns, header.width), Math.min(rows, header.height), options);
  }
  return createImageBitmap(blob, options);
}
