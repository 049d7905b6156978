/** How measurements look: shapes with their numbers on the glass, a list of them, the values under the cursor. */
import { html, nothing, type SVGTemplateResult, svg, type TemplateResult } from "lit";
import type { ValuesDocument } from "../net/measuring_api";
import type { PictureHeader } from "../net/wire";
import { icon } from "../panels/icons";
import { type Box, boxAround, labelPlace } from "../state/label_place";
import type { Measured } from "../state/measurement";
import { handlesOf } from "../state/measurement_shape";
import { resultInShort, resultLines, valueLines, wrapped } from "../state/measurement_words";
import type { Point, Size } from "../state/stack_view";
import type { GlassScene } from "./glass_layer";
import { standing } from "./measuring_room";
import type { OnScreen } from "./session_screen";
import { textWidth } from "./text_width";

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
const MOST_LETTERS = 46;
/** Of the ground of a label around its text. */
const PAD_PX = 5;
const NOWHERE: Box = { x: 0, y: 0, width: 0, height: 0 };
/** Below this the scale stands above the corner texts, and the values above the scale. */
const NARROW_PX = 520;

export function measuringView(view: MeasuringView): TemplateResult {
  const { scene, shapes, selected, cross } = view;
  const { width, height } = scene.size;
  return html`
    <svg class="measures" width=${width} height=${height} aria-hidden="true">
      ${shapes.map((one) => shapeView(one, one.id === selected, scene))} ${labelViews(view)}
      ${cross ? crossView(scene.toScreen(cross)) : nothing}
    </svg>
    ${readoutView(view)} ${listView(view)}
    <div class="visually-hidden" aria-live="polite">${view.spoken}</div>
  `;
}

function shapeView(one: Measured, isSelected: boolean, scene: MeasuredScene): SVGTemplateResult {
  const { toScreen } = scene;
  const [from, to] = [toScreen(one.points[0]), toScreen(one.points[1])];
  const path = pathOf(one, from, to);
  return svg`<g class=${isSelected ? "measure selected" : "measure"}>
    <path class="shade" d=${path} /><path class="line" d=${path} /><path class="hold" d=${path} />
    ${isSelected ? handlesOf(one.shape, one.points).map(({ at }) => handleView(toScreen(at))) : nothing}
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

/** Over all shapes and their handles, each clear of the others where there is room. */
function labelViews({ scene, shapes, selected, all, isOpen }: MeasuringView): SVGTemplateResult[] {
  const taken: Box[] = [...standing(scene.size, isOpen ? all.length : 0)];
  const boxes = shapes.map(({ points }) => boxAround(scene.toScreen(points[0]), scene.toScreen(points[1])));
  return shapes.map((one, index) => {
    const texts = [...resultLines(one.result), ...(one.shape === "length" ? [] : ofWhat(scene))];
    const lines = texts.flatMap((text) => wrapped(text, MOST_LETTERS));
    const place = labelPlace(roomOf(lines), boxes[index] ?? NOWHERE, scene.size, taken, boxes);
    taken.push(place);
    return labelView(lines, place, one.id === selected);
  });
}

function roomOf(lines: readonly string[]): Size {
  const widths = lines.map((line, index) => textWidth(line, index === 0 ? "700 13px" : "400 12px"));
  return { width: Math.max(...widths) + 2 * PAD_PX, height: lines.length * LINE_PX + 2 * PAD_PX };
}

function labelView(lines: readonly string[], { x, y, width, height }: Box, isSelected: boolean): SVGTemplateResult {
  const line = (words: string, index: number) =>
    svg`<tspan class=${index === 0 ? "number" : ""} x=${x + PAD_PX} dy=${index === 0 ? 0 : LINE_PX}>${words}</tspan>`;
  return svg`<g class=${isSelected ? "measure selected" : "measure"}>
    <rect class="ground" x=${x} y=${y} width=${width} height=${height} rx="3" />
    <text x=${x + PAD_PX} y=${y + PAD_PX + LINE_PX - 3}>${lines.map(line)}</text>
  </g>`;
}

/** An angiogram may be shown less its mask; its values are those of the frame. */
function ofWhat({ shown }: MeasuredScene): readonly string[] {
  return shown.header.subtracted ? ["of the frame, not of the difference"] : [];
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
