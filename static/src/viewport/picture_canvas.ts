/** Draws one bitmap on a canvas under a view; the only place where picture pixels of stacks touch the screen. */
import { fitScale, pictureMatrix, type Size, type StackView } from "../state/stack_view";

export interface DrawnPicture {
  readonly bitmap: ImageBitmap;
  /** Size of the stored frame: the picture may be a reduced one of it. */
  readonly source: Size;
  /** Height of an image pixel over its width. */
  readonly aspect: number;
}

export class PictureCanvas {
  private readonly context: CanvasRenderingContext2D | null;
  private ratio = 1;
  /** In CSS pixels. */
  size: Size = { width: 0, height: 0 };

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d", { alpha: false });
  }

  /** Follow the element's size; true when it changed. */
  resize(width: number, height: number): boolean {
    const ratio = globalThis.devicePixelRatio || 1;
    if (width === this.size.width && height === this.size.height && ratio === this.ratio) return false;
    this.size = { width, height };
    this.ratio = ratio;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    return true;
  }

  /** isPassing: the next picture of a loop follows at once, so that a quick enlargement will do. */
  draw(picture: DrawnPicture | null, view: StackView, isPassing: boolean): void {
    const { context } = this;
    if (!context) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!picture) return;
    const { bitmap, source, aspect } = picture;
    const [a, b, c, d, e, f] = pictureMatrix(view, this.size, source, aspect);
    context.setTransform(a * this.ratio, b * this.ratio, c * this.ratio, d * this.ratio, e * this.ratio, f * this.ratio);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = isPassing && this.zoomOf(picture, view) * this.ratio >= 1 ? "low" : "high";
    context.drawImage(bitmap, -source.width / 2, -source.height / 2, source.width, source.height);
  }

  /** CSS pixels for one stored pixel. */
  zoomOf(picture: DrawnPicture, view: StackView): number {
    return fitScale(this.size, picture.source, picture.aspect, view.orientation) * view.zoom;
  }

  /** Columns and rows that this screen can show of the stored frame, for pictures that only pass by. */
  usefulSize(source: Size, aspect: number, view: StackView): readonly [number, number] | null {
    const scale = fitScale(this.size, source, aspect, view.orientation) * view.zoom * this.ratio;
    if (!(scale > 0) || scale >= 0.75) return null;
    return [Math.max(64, Math.ceil(source.width * scale)), Math.max(64, Math.ceil(source.height * scale))];
  }
}
