/** Where the other pane's picture cuts through this one: a line under the number of that image (S04). */
import { css, html, nothing, type SVGTemplateResult, svg, type TemplateResult } from "lit";
import { isSamePatient } from "../state/pane_link";
import { localizerPlane, planesOf } from "../state/patient_plane";
import { type Line, onGlass, referenceLine } from "../state/reference_lines";
import type { GlassHost, GlassLayer, GlassScene } from "./glass_layer";

/** The letter of an edge stands within this of the middle of an edge of the glass. */
const EDGE_PX = 34;
const TEXT_PX = 5;

export class ReferenceLayer implements GlassLayer {
  private watched = false;

  constructor(private readonly host: GlassHost) {}

  pictureChanged(scene: GlassScene | null): void {
    const { seat } = this.host;
    if (!seat) return;
    if (!this.watched) seat.watch(this.redraw);
    this.watched = true;
    const { opened, identified } = scene?.shown ?? {};
    seat.show(scene && opened && identified ? { opened, index: identified.index, orientation: scene.view.orientation } : null);
  }

  render(scene: GlassScene): TemplateResult | typeof nothing {
    const beside = this.host.seat?.crossing;
    const { opened, identified } = scene.shown;
    if (!beside || !isSamePatient(opened, beside.opened)) return nothing;
    const source = planesOf(beside.opened)[beside.index];
    const measured = planesOf(opened)[identified.index];
    const target = measured ?? localizerPlane(opened, identified.index);
    const line = source && target && referenceLine(source, target);
    if (!line) return nothing;
    const onScreen: Line = [scene.toScreen(line[0]), scene.toScreen(line[1])];
    const words = `${measured ? "" : "≈ "}Im ${beside.index + 1}/${beside.opened.frames.length}`;
    return html`<svg class="reference ${measured ? "" : "rough"}" width=${scene.size.width} height=${scene.size.height} aria-hidden="true">
      ${this.drawn(onScreen)}${this.label(onScreen, scene, words)}
    </svg>`;
  }

  close(): void {
    this.host.seat?.unwatch(this.redraw);
    this.host.seat?.leave();
  }

  private drawn([from, to]: Line): SVGTemplateResult {
    return svg`<line class="under" x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y} />
      <line x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y} />`;
  }

  /** At the right end of what is seen of the line, or at the top of one that stands. */
  private label(line: Line, { size }: GlassScene, words: string): SVGTemplateResult | typeof nothing {
    const seen = onGlass(line, size, EDGE_PX);
    if (!seen) return nothing;
    const [one, other] = seen;
    const isLevel = Math.abs(one.x - other.x) > Math.abs(one.y - other.y);
    const end = (isLevel ? one.x > other.x : one.y < other.y) ? one : other;
    const isLeft = end.x < size.width / 2;
    const x = isLevel ? end.x : end.x + (isLeft ? TEXT_PX : -TEXT_PX);
    const y = isLevel ? end.y - TEXT_PX : end.y + TEXT_PX;
    return svg`<text class=${isLeft ? "left" : "right"} x=${x} y=${y}>${words}</text>`;
  }

  private readonly redraw = (): void => this.host.requestUpdate();
}

export const referenceStyles = css`
  .reference {
    position: absolute;
    top: 0;
    left: 0;
    pointer-events: none;
  }
  .reference line {
    stroke: #5ee6c5;
    stroke-width: 1.25;
  }
  .reference.rough line:not(.under) {
    stroke-dasharray: 7 4;
  }
  .reference .under {
    stroke: #000;
    stroke-opacity: 0.85;
    stroke-width: 3.5;
  }
  .reference text {
    fill: #5ee6c5;
    font: 600 12px var(--font);
    paint-order: stroke;
    stroke: #000;
    stroke-width: 3px;
  }
  .reference .right {
    text-anchor: end;
  }
`;
