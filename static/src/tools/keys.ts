/** Which key does what in a viewer, as a table; cheat_sheet_rows.ts says it to people. */
import type { LoopCommand, LoopPageCommand } from "../state/loop_commands";
import type { ViewAction } from "../state/stack_view";
import type { Tool } from "../state/tool";

/** Everything that a key, a button or a menu can ask of the viewport in use. */
export type Command =
  | Exclude<ViewAction, { kind: "zoom" | "window" | "pan" }>
  | LoopCommand
  | { readonly kind: "zoom-step"; readonly factor: number }
  | { readonly kind: "pan-step"; readonly x: number; readonly y: number }
  | { readonly kind: "preset"; readonly number: number }
  | { readonly kind: "end" }
  | { readonly kind: "play" }
  | { readonly kind: "native" }
  /** Go to the next key image; selection: of this key object selection alone, by its SOP Instance UID. */
  | { readonly kind: "key-image"; readonly by: 1 | -1; readonly selection?: string }
  /** Take the selected measurement away. */
  | { readonly kind: "unmeasure" };

/** What concerns the page rather than one viewport. */
export type PageCommand =
  | LoopPageCommand
  | { readonly kind: "tool"; readonly tool: Tool }
  | { readonly kind: "item"; readonly by: number }
  | { readonly kind: "pane"; readonly by: number }
  | { readonly kind: "overlay" }
  | { readonly kind: "details" }
  | { readonly kind: "layout" }
  /** Reference lines, and scrolling both panes together. */
  | { readonly kind: "lines" }
  | { readonly kind: "link" }
  | { readonly kind: "help" }
  | { readonly kind: "tray" }
  | { readonly kind: "share" };

export type Pressed = { readonly to: "viewport"; readonly command: Command } | { readonly to: "page"; readonly command: PageCommand };

const viewport = (command: Command): Pressed => ({ to: "viewport", command });
const page = (command: PageCommand): Pressed => ({ to: "page", command });

const KEYS: Readonly<Record<string, Pressed>> = {
  ArrowUp: viewport({ kind: "scroll", by: -1 }),
  ArrowDown: viewport({ kind: "scroll", by: 1 }),
  "Shift+ArrowUp": viewport({ kind: "scroll", by: -10 }),
  "Shift+ArrowDown": viewport({ kind: "scroll", by: 10 }),
  Home: viewport({ kind: "go", index: 0 }),
  End: viewport({ kind: "end" }),
  " ": viewport({ kind: "play" }),
  c: viewport({ kind: "play" }),
  b: viewport({ kind: "bounce" }),
  ",": viewport({ kind: "speed", by: -1 }),
  ".": viewport({ kind: "speed", by: 1 }),
  "Shift+I": viewport({ kind: "range", edge: "start" }),
  "Shift+O": viewport({ kind: "range", edge: "end" }),
  "Shift+C": viewport({ kind: "range", edge: "whole" }),
  y: page({ kind: "in-step" }),
  a: page({ kind: "clip-after-clip" }),
  n: viewport({ kind: "key-image", by: 1 }),
  "Shift+N": viewport({ kind: "key-image", by: -1 }),
  i: viewport({ kind: "invert" }),
  h: viewport({ kind: "flip", axis: "horizontal" }),
  v: viewport({ kind: "flip", axis: "vertical" }),
  "Shift+R": viewport({ kind: "rotate", quarters: 1 }),
  "Shift+L": viewport({ kind: "rotate", quarters: -1 }),
  "+": viewport({ kind: "zoom-step", factor: 1.25 }),
  "-": viewport({ kind: "zoom-step", factor: 0.8 }),
  "=": viewport({ kind: "fit" }),
  "0": viewport({ kind: "reset" }),
  PageUp: page({ kind: "item", by: -1 }),
  PageDown: page({ kind: "item", by: 1 }),
  w: page({ kind: "tool", tool: "window" }),
  s: page({ kind: "tool", tool: "scroll" }),
  z: page({ kind: "tool", tool: "zoom" }),
  p: page({ kind: "tool", tool: "pan" }),
  l: page({ kind: "tool", tool: "length" }),
  e: page({ kind: "tool", tool: "ellipse" }),
  r: page({ kind: "tool", tool: "rectangle" }),
  x: page({ kind: "tool", tool: "values" }),
  Delete: viewport({ kind: "unmeasure" }),
  Backspace: viewport({ kind: "unmeasure" }),
  o: page({ kind: "overlay" }),
  q: page({ kind: "details" }),
  d: page({ kind: "layout" }),
  f: page({ kind: "lines" }),
  k: page({ kind: "link" }),
  t: page({ kind: "tray" }),
  "Shift+S": page({ kind: "share" }),
  "?": page({ kind: "help" }),
};

/** Return what a key press asks for, or null; keys typed into fields and those with Ctrl, Alt or Meta are left alone. */
export function pressed(event: KeyboardEvent, isPaused: boolean): Pressed | null {
  if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return null;
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    const by = event.key === "ArrowLeft" ? -1 : 1;
    return isPaused ? viewport({ kind: "scroll", by }) : page({ kind: "pane", by });
  }
  if (/^[1-9]$/.test(event.key)) return viewport({ kind: "preset", number: Number(event.key) });
  const name = event.shiftKey && (event.key.length > 1 || /[A-Z]/.test(event.key)) ? `Shift+${event.key}` : event.key;
  return KEYS[name] ?? null;
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== "range" || /^(Arrow|Home|End|Page)/.test(event.key);
  if (target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement) return event.key === " " || event.key === "Enter";
  return target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement || target.isContentEditable;
}
