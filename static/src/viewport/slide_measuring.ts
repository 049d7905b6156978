/**
 * Lengths on a slide, in pixels of level 0, which the server turns into µm or says that it can't (S06).
 *
 * A sheet lies over the slide while a length is drawn, and takes the gestures that OpenSeadragon would have.
 */
import type { nothing, TemplateResult } from "lit";
import type { OpenedDocument } from "../net/documents";
import type { Point, Size } from "../state/stack_view";
import type { Tool } from "../state/tool";
import { type GestureHandler, listenForGestures } from "../tools/gestures";
import type { Command } from "../tools/keys";
import { MeasuringLayer } from "./measuring_layer";
import type { MeasuredScene } from "./measuring_view";
import type { SlideScene } from "./slide_scene";

interface SlideHost {
  readonly tool: Tool;
  requestUpdate(): void;
  perform(command: Command): void;
}

export class SlideMeasuring implements GestureHandler {
  private readonly layer: MeasuringLayer;
  private readonly gone = new AbortController();
  private dragged: Point = { x: 0, y: 0 };
  private isLayers = false;

  constructor(
    private readonly sheet: HTMLElement,
    private readonly opened: OpenedDocument,
    /** null while it is opened again. */
    private readonly slide: () => SlideScene | null,
    host: SlideHost,
  ) {
    const scene = () => this.scene;
    this.layer = new MeasuringLayer({
      get scene() {
        return scene();
      },
      get tool() {
        return host.tool;
      },
      isPlaying: false,
      requestUpdate: () => host.requestUpdate(),
      perform: (command) => host.perform(command),
    });
    listenForGestures(sheet, this, this.gone.signal);
  }

  render(): TemplateResult | typeof nothing | null {
    const { scene } = this;
    return scene && this.layer.render(scene);
  }

  command(command: Command): boolean {
    return this.layer.command(command);
  }

  close(): void {
    this.gone.abort();
    this.layer.close();
  }

  // GestureHandler
  activeTool(): Tool {
    return "length";
  }

  begin(tool: Tool, at: Point): void {
    const { scene } = this;
    this.dragged = { x: 0, y: 0 };
    this.isLayers = tool === "length" && scene !== null;
    if (!scene || !this.isLayers) return;
    const place = this.fromCorner(at);
    this.layer.grab(place, scene, tool);
    this.layer.begin(tool, place, scene);
  }

  drag(tool: Tool, dx: number, dy: number, _isFine: boolean, at: Point): void {
    const { scene, size } = this;
    const by = { x: dx - this.dragged.x, y: dy - this.dragged.y };
    this.dragged = { x: dx, y: dy };
    if (this.isLayers && scene) this.layer.drag(tool, this.fromCorner({ x: at.x + dx, y: at.y + dy }), scene);
    else if (tool === "zoom") this.slide()?.zoomBy(1.01 ** by.y);
    else this.slide()?.panBy(-by.x / size.width, -by.y / size.height);
  }

  end(): void {
    if (this.isLayers) this.layer.end();
    this.isLayers = false;
  }

  pinch(factor: number, _at: Point, by: Point): void {
    const { size } = this;
    this.slide()?.panBy(-by.x / size.width, -by.y / size.height);
    this.slide()?.zoomBy(factor);
  }

  wheel(notches: number): void {
    this.slide()?.zoomBy(1.3 ** -notches);
  }

  doubleTap(): void {}

  /** null before the slide is open. Its measurements are level 0's, all of which is one matrix. */
  private get scene(): MeasuredScene | null {
    const { opened } = this;
    const slide = this.slide();
    const whole = opened.slide?.levels[0];
    const instance = opened.instances[0];
    if (!whole || !instance || !slide?.facts) return null;
    return {
      size: this.size,
      toScreen: (pixel) => slide.toScreen(pixel),
      toImage: (place) => slide.toImage(place),
      shown: {
        opened,
        identified: { instance, frame: { instance: 0, frame_number: 1 }, index: 0 },
        header: { sourceColumns: whole.columns, sourceRows: whole.rows, subtracted: false },
      },
    };
  }

  private get size(): Size {
    // Of the glass: the sheet itself has no size while another tool is chosen.
    const { width, height } = (this.sheet.parentElement ?? this.sheet).getBoundingClientRect();
    return { width: Math.max(width, 1), height: Math.max(height, 1) };
  }

  private fromCorner(at: Point): Point {
    const { width, height } = this.size;
    return { x: at.x + width / 2, y: at.y + height / 2 };
  }
}
