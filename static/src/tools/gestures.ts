/** Mouse, wheel and touch on a viewport's glass, as gestures: one finger or button is the tool, two fingers pinch and pan. */
import type { Point } from "../state/stack_view";
import { type Tool, toolOfButton } from "../state/tool";

export interface GestureHandler {
  /** The tool that the left button or one finger has. */
  activeTool(): Tool;
  /** The mouse or pen is over the glass with nothing pressed; null: it has left, or presses. Places are from the middle. */
  hover?(at: Point | null): void;
  begin(tool: Tool, at: Point): void;
  /** Distance from where the drag began; isFine while Shift is held. `at` is where the drag began, from the middle. */
  drag(tool: Tool, dx: number, dy: number, isFine: boolean, at: Point): void;
  end(tool: Tool): void;
  pinch(factor: number, at: Point, by: Point): void;
  /** Notches of the wheel, positive away from the first image. */
  wheel(notches: number, withControl: boolean, withShift: boolean, at: Point): void;
  doubleTap(at: Point): void;
}

interface Finger {
  readonly start: Point;
  now: Point;
}

const WHEEL_NOTCH_PX = 100;
/** Over the glass and not of it: a list that scrolls by itself. */
const OWN_GESTURES = "[data-own-gestures]";

/** Listen on an element until the signal aborts. */
export function listenForGestures(glass: HTMLElement, handler: GestureHandler, signal: AbortSignal): void {
  const fingers = new Map<number, Finger>();
  let drag: { tool: Tool; pointer: number; start: Point } | null = null;
  let wheelRest = 0;
  let wheelAt = 0;

  const fromMiddle = (event: MouseEvent): Point => {
    const box = glass.getBoundingClientRect();
    return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
  };
  const hoverAt = (event: PointerEvent) => {
    if (event.pointerType === "touch") return;
    const box = glass.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    const isOver = x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height;
    handler.hover?.(isOver && event.buttons === 0 && !isWithin(event, OWN_GESTURES) ? fromMiddle(event) : null);
  };
  const stop = () => {
    if (drag) handler.end(drag.tool);
    drag = null;
  };

  glass.addEventListener(
    "pointerdown",
    (event) => {
      if (isWithin(event, `button, input, a, select, ${OWN_GESTURES}`)) return;
      handler.hover?.(null); // what was said of its place is not followed while it drags
      const at = fromMiddle(event);
      fingers.set(event.pointerId, { start: at, now: at });
      capture(glass, event.pointerId);
      if (fingers.size > 1) return stop();
      if (event.button === 1) event.preventDefault();
      const tool = toolOfButton(event.pointerType === "mouse" ? event.button : 0, handler.activeTool(), event.ctrlKey);
      drag = { tool, pointer: event.pointerId, start: at };
      handler.begin(tool, at);
    },
    { signal },
  );
  glass.addEventListener(
    "pointermove",
    (event) => {
      const finger = fingers.get(event.pointerId);
      if (!finger) {
        return hoverAt(event);
      }
      const at = fromMiddle(event);
      if (fingers.size === 2) {
        const other = [...fingers].find(([pointer]) => pointer !== event.pointerId)?.[1];
        if (other) pinchBetween(finger.now, at, other.now, handler);
      } else if (drag && drag.pointer === event.pointerId) {
        handler.drag(drag.tool, at.x - drag.start.x, at.y - drag.start.y, event.shiftKey, drag.start);
      }
      finger.now = at;
    },
    { signal },
  );
  const lift = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
    if (drag?.pointer === event.pointerId) stop();
  };
  glass.addEventListener("pointerleave", () => handler.hover?.(null), { signal });
  glass.addEventListener(
    "pointerup",
    (event) => {
      lift(event);
      if (fingers.size === 0) hoverAt(event); // the picture may have moved beneath it
    },
    { signal },
  );
  glass.addEventListener("pointercancel", lift, { signal });
  glass.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  glass.addEventListener("dblclick", (event) => handler.doubleTap(fromMiddle(event)), { signal });
  glass.addEventListener(
    "wheel",
    (event) => {
      if (isWithin(event, OWN_GESTURES)) return;
      event.preventDefault();
      // A pause forgets what a trackpad left over, so that the next move answers at once.
      if (event.timeStamp - wheelAt > 250) wheelRest = 0;
      wheelAt = event.timeStamp;
      const delta = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY || event.deltaX;
      if (event.ctrlKey) return handler.wheel(delta / WHEEL_NOTCH_PX, true, false, fromMiddle(event));
      // A mouse wheel sends a whole notch at a time; a trackpad sends many small steps that add up.
      wheelRest += Math.abs(delta) >= 50 ? Math.sign(delta) * Math.max(1, Math.round(Math.abs(delta) / 120)) : delta / 30;
      const whole = Math.trunc(wheelRest);
      if (whole === 0) return;
      wheelRest -= whole;
      handler.wheel(whole, false, event.shiftKey, fromMiddle(event));
    },
    { signal, passive: false },
  );
}

function isWithin(event: Event, selector: string): boolean {
  return event.target instanceof Element && event.target.closest(selector) !== null;
}

function pinchBetween(before: Point, after: Point, other: Point, handler: GestureHandler): void {
  const distance = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y);
  const factor = distance(before) > 8 ? distance(after) / distance(before) : 1;
  const at = { x: (after.x + other.x) / 2, y: (after.y + other.y) / 2 };
  handler.pinch(factor, at, { x: (after.x - before.x) / 2, y: (after.y - before.y) / 2 });
}

function capture(glass: HTMLElement, pointer: number): void {
  try {
    glass.setPointerCapture(pointer);
  } catch {
    // The pointer is already gone: its end will not be heard, and nothing was begun.
  }
}
