/** What a hand does on the glass of a stack: it windows, scrolls, zooms and pans, or works with what lies over the picture. */
import type { Point, Size } from "../state/stack_view";
import { framesDragged, type Tool, usableTool } from "../state/tool";
import { draggedWindow, type Window } from "../state/windows";
import type { GestureHandler } from "../tools/gestures";
import type { Layers } from "./layers";
import type { StackSession } from "./stack_session";

/** What the viewport says as it is at the moment. */
export interface GestureGlass {
  /** The tool that the person chose. */
  tool(): Tool;
  /** In CSS pixels. */
  size(): Size;
}

export class StackGestures implements GestureHandler {
  private dragFrom: { window: Window | null; index: number; zoom: number; pan: Point } | null = null;
  private isLayersDrag = false;

  constructor(
    private readonly session: StackSession,
    private readonly layers: Layers,
    private readonly glass: GestureGlass,
  ) {}

  activeTool(): Tool {
    return usableTool(this.glass.tool(), this.session.windowOnScreen() !== null, this.session.frameCount);
  }

  hover(at: Point | null): void {
    this.layers.hover(at && this.fromCorner(at));
  }

  begin(tool: Tool, at: Point): void {
    this.isLayersDrag = this.layers.begin(tool, this.fromCorner(at));
    if (this.isLayersDrag) return;
    const { index, zoom, pan } = this.session.view;
    this.dragFrom = { window: this.session.windowOnScreen(), index, zoom, pan };
  }

  drag(tool: Tool, dx: number, dy: number, isFine: boolean, at: Point): void {
    const { session, dragFrom } = this;
    if (this.isLayersDrag) return this.layers.drag(tool, this.fromCorner({ x: at.x + dx, y: at.y + dy }));
    if (!dragFrom) return;
    if (tool === "window" && dragFrom.window) {
      session.act({ kind: "window", window: draggedWindow(dragFrom.window, dx, dy, isFine) });
    } else if (tool === "scroll") {
      const index = dragFrom.index + framesDragged(dy, session.frameCount, this.glass.size().height);
      if (index !== session.view.index) session.act({ kind: "go", index });
    } else if (tool === "zoom") {
      const wanted = dragFrom.zoom * 1.01 ** dy;
      session.act({ kind: "zoom", factor: wanted / session.view.zoom, at });
    } else if (tool === "pan") {
      const { pan } = session.view;
      session.act({ kind: "pan", by: { x: dragFrom.pan.x + dx - pan.x, y: dragFrom.pan.y + dy - pan.y } });
    }
  }

  end(tool: Tool): void {
    if (this.isLayersDrag) this.layers.end(tool);
    this.isLayersDrag = false;
    this.dragFrom = null;
  }

  pinch(factor: number, at: Point, by: Point): void {
    this.session.act({ kind: "pan", by });
    this.session.act({ kind: "zoom", factor, at });
  }

  wheel(notches: number, withControl: boolean, withShift: boolean, at: Point): void {
    if (withControl) this.session.act({ kind: "zoom", factor: 1.15 ** -notches, at });
    else this.session.act({ kind: "scroll", by: withShift ? notches * 5 : notches });
  }

  doubleTap(at: Point): void {
    if (this.session.view.zoom > 1.01) this.session.act({ kind: "fit" });
    else this.session.act({ kind: "zoom", factor: 2, at });
  }

  private fromCorner(at: Point): Point {
    const { width, height } = this.glass.size();
    return { x: at.x + width / 2, y: at.y + height / 2 };
  }
}
