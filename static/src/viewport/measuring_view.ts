/** How measurements look: shapes with their numbers on the glass, a list of them, the values under the cursor. */
import { html, nothing, type SVGTemplateResult, svg, type TemplateResult } from "lit";
import type { ValuesDocument } from "../net/measuring_api";
import type { PictureHeader } from "../net/wire";
import { icon } from "../panels/icons";
import type { Measured } from "../state/measurement";
import { handlesOf } from "../state/measurement_shape";
import { resultInShort, resultLines, valueLines, wrapped } from "../state/measurement_words";
import type { Point, Size } from "../state/stack_view";
import type { GlassScene } from "./glass_layer";
import type { OnScreen } from "./session_screen";

/** As much of what is on screen as is measured on; a slide has no single picture of it. */
export interface MeasuredScene extends Pick<GlassScene, "size" | "toScreen" | "toImage"> {
  readonly shown: Pick<OnScreen, "opened" | "identified"> & {
    readonly header: Pick<PictureHeader, "sourceColumns" | "sourceRows" | "subtracted">;
  };
}

export interface MeasuringView {
  readonly scene: MeasuredScene;
  /** On the frame on screen, the topmost last. */
  readonly shapes: readonly Measured[];
  /** Of the series on screen. */
  readonly all: readonly Measured[];
  readonly selected: number | null;
  readonly values: ValuesDocument | null;
  /** Where the values tool stands, on the image. */
  readonly cross: Point | null;
  readonly isOpen: boolean;
  readonly spoken: string;
  unfold(): void;
  go(one: Measured): void;
  remove(one: Measured): void;
}

const LINE_PX = 15;
const LETTER_PX = 6.6;
const MOST_LETTERS = 46;
const EDGE_PX = 8;
/** Below this the scale stands above the corner texts, and the values above the scale. */
const NARROW_PX = 520;

export function measuringView(view: MeasuringView): TemplateResult {
  const { scene, shapes, selected, cross } = view;
  const { width, height } = scene.size;
  return html`
    <svg class="measures" width=${width} height=${height} aria-hidden="true">
      ${shapes.map((one) => shapeView(one, one.id === selected, scene))} ${cross ? crossView(scene.toScreen(cross)) : nothing}
    </svg>
    ${readoutView(view)} ${listView(view)}
    <div class="visually-hidden" aria-live="polite">${view.spoken}</div>
  `;
}

function shapeView(one: Measured, isSelected: boolean, scene: MeasuredScene): SVGTemplateResult {
  const { toScreen, size } = scene;
  const [from, to] = [toScreen(one.points[0]), toScreen(one.points[1])];
  const path = pathOf(one, from, to);
  return svg`<g class=${isSelected ? "measure selected" : "measure"}>
    <path class="shade" d=${path} /><path class="line" d=${path} /><path class="hold" d=${path} />
    ${isSelected ? handlesOf(one.shape, one.points).map(({ at }) => handleView(toScreen(at))) : nothing}
    ${numbersView([...resultLines(one.result), ...(one.shape === "length" ? [] : ofWhat(scene))], from, to, size)}
  </g>`;
}

function pathOf({ shape }: Measured, from: Point, to: Point): string {
  if (shape === "length") return `M${from.x} ${from.y}L${to.x} ${to.y}${tick(from, to)}${tick(to, from)}`;
  if (shape === "rectangle") return `M${from.x} ${from.y}H${to.x}V${to.y}H${from.x}Z`;
  const [across, down] = [Math.abs(to.x - from.x) / 2, Math.abs(to.y - from.y) / 2];
  const [left, y] = [Math.min(from.x, to.x), (from.y + to.y) / 2];
  return `M${left} ${y}a${across} ${down} 0 1 0 ${2 * across} 0a${across} ${down} 0 1 0 ${-2 * across} 0Z`;
}

/** A short bar across the end of a length. */
function tick(end: Point, other: Point): string {
  const length = Math.hypot(other.x - end.x, other.y - end.y);
  if (length < 1) return "";
  const [x, y] = [(-(other.y - end.y) / length) * 5, ((other.x - end.x) / length) * 5];
  return `M${end.x - x} ${end.y - y}L${end.x + x} ${end.y + y}`;
}

function handleView({ x, y }: Point): SVGTemplateResult {
  return svg`<circle class="hold" cx=${x} cy=${y} r="14" /><circle class="handle" cx=${x} cy=${y} r="5" />`;
}

function crossView({ x, y }: Point): SVGTemplateResult {
  const path = `M${x - 14} ${y}h10M${x + 4} ${y}h10M${x} ${y - 14}v10M${x} ${y + 4}v10`;
  return svg`<g class="measure"><path class="shade" d=${path} /><path class="line" d=${path} /></g>`;
}

function numbersView(texts: readonly string[], from: Point, to: Point, size: Size): SVGTemplateResult {
  const lines = texts.flatMap((text) => wrapped(text, MOST_LETTERS));
  const room = { width: Math.max(...lines.map((line) => line.length)) * LETTER_PX, height: lines.length * LINE_PX };
  const { x, y } = besideShape(room, from, to, size);
  return svg`<text x=${x} y=${y}>${lines.map(
    (line, index) => svg`<tspan class=${index === 0 ? "number" : ""} x=${x} dy=${index === 0 ? 0 : LINE_PX}>${line}</tspan>`,
  )}</text>`;
}

/** An angiogram may be shown less its mask; its values are those of the frame. */
function ofWhat({ shown }: MeasuredScene): readonly string[] {
  return shown.header.subtracted ? ["of the frame, not of the difference"] : [];
}

/** Where numbers begin: right of the shape, else left, else below, else above; always on the glass. */
function besideShape(room: Size, from: Point, to: Point, glass: Size): Point {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
  const most = { x: Math.max(EDGE_PX, glass.width - EDGE_PX - room.width), y: Math.max(LINE_PX, glass.height - EDGE_PX - room.height) };
  const y = clamp(bottom + 4, LINE_PX + EDGE_PX, most.y);
  if (right + 12 <= most.x) return { x: right + 12, y };
  if (left - 12 - room.width >= EDGE_PX) return { x: left - 12 - room.width, y };
  const below = bottom + LINE_PX + 16;
  const above = top - room.height - 4;
  return { x: clamp(left, EDGE_PX, most.x), y: clamp(below <= most.y ? below : above, LINE_PX + EDGE_PX, most.y) };
}

function readoutView({ values, cross, scene }: MeasuringView): TemplateResult | typeof nothing {
  if (!values && !cross) return nothing;
  const isNarrow = scene.size.width < NARROW_PX;
  const lines = values ? [...valueLines(values, isNarrow), ...ofWhat(scene)] : ["…"];
  return html`<div class="readout ${isNarrow ? "narrow" : ""}">${lines.map((line) => html`<div>${line}</div>`)}</div>`;
}

function listView(view: MeasuringView): TemplateResult | typeof nothing {
  const { all, isOpen } = view;
  if (all.length === 0) return nothing;
  const words = all.length === 1 ? "1 measurement" : `${all.length} measurements`;
  return html`<section class="measured" data-own-gestures aria-label="Measurements">
    <button class="head" aria-expanded=${String(isOpen)} @click=${view.unfold}>
      ${words} · not stored ${icon("chevronDown")}
    </button>
    ${
      isOpen
        ? html`<ul>
            ${all.map((one) => rowView(one, view))}
          </ul>
          ${basisOf(view)}
          <p>Gone when this pane or page closes.</p>`
        : nothing
    }
  </section>`;
}

function rowView(one: Measured, view: MeasuringView): TemplateResult {
  const { opened } = view.scene.shown;
  const index = opened.frames.findIndex(
    (frame) => frame.frame_number === one.on.frame && opened.instances[frame.instance]?.digest === one.on.digest,
  );
  const place = index < 0 ? "" : `${opened.kind === "clip" ? "Frame" : "Im"} ${index + 1}`;
  return html`<li>
    <button title=${resultLines(one.result).join("\n")} aria-pressed=${String(one.id === view.selected)} @click=${() => view.go(one)}>
      <span>${place}</span><b>${resultInShort(one.result)}</b>
    </button>
    <button aria-label=${place ? `Remove the measurement on ${place}` : "Remove the measurement"} @click=${() => view.remove(one)}>${icon("trash")}</button>
  </li>`;
}

/** What the SUV of the selected measurement rests on (S07). */
function basisOf({ all, selected }: MeasuringView): TemplateResult | typeof nothing {
  const result = all.find((one) => one.id === selected)?.result;
  const basis = result?.kind === "known" ? (result.answer.suv_basis ?? []) : [];
  return basis.length > 0 ? html`<p>SUV: ${basis.join("; ")}</p>` : nothing;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
