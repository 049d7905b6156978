/** Which tool a drag is, by button and by what the viewport shows. Pure. */

export type MeasuringTool = "length" | "ellipse" | "rectangle" | "values";

export type Tool = "window" | "scroll" | "zoom" | "pan" | MeasuringTool;

export const MEASURING_TOOLS: readonly MeasuringTool[] = ["length", "ellipse", "rectangle", "values"];

export function isMeasuring(tool: Tool): tool is MeasuringTool {
  return (MEASURING_TOOLS as readonly Tool[]).includes(tool);
}

/** Tool of a drag with a mouse button (0 left, 1 middle, 2 right); Ctrl with the left button zooms as the right one does. */
export function toolOfButton(button: number, active: Tool, withControl: boolean): Tool {
  if (button === 1) return "pan";
  if (button === 2 || withControl) return "zoom";
  return active;
}

/** A tool that can't do anything here gives way: colour pictures have no window, a single image nothing to scroll. */
export function usableTool(wanted: Tool, hasWindow: boolean, frameCount: number): Tool {
  if (wanted === "window" && !hasWindow) return frameCount > 1 ? "scroll" : "pan";
  if (wanted === "scroll" && frameCount < 2) return "pan";
  return wanted;
}

/** Whole frames that a vertical drag has gone through: one each few pixels, fewer pixels for longer stacks. */
export function framesDragged(dy_px: number, frameCount: number, viewportHeight_px: number): number {
  const pixelsAFrame = Math.min(24, Math.max(2, (viewportHeight_px * 0.8) / Math.max(frameCount, 1)));
  return Math.trunc(dy_px / pixelsAFrame);
}
