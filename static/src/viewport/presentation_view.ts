/** Graphics and words of presentation states as markup. */
import { css, html, nothing, type SVGTemplateResult, svg, type TemplateResult } from "lit";
import type { AreaDocument, Pair } from "../net/presentation_documents";
import { changesInWords } from "../state/orientation";
import { partOf } from "../state/presentation_geometry";
import { type DrawnLayer, type DrawnText, LINE_PX, type Placing } from "../state/presentation_graphics";
import type { Point, Size } from "../state/stack_view";
import type { GlassScene } from "./glass_layer";

/** Where points of a state lie; fractions are of the displayed area as it is on screen, without one of the image. */
export function placingOn(scene: GlassScene, area: AreaDocument | null): Placing {
  const { sourceColumns, sourceRows } = scene.shown.header;
  const part = area ? partOf(area) : { x0: 0, y0: 0, x1: sourceColumns, y1: sourceRows };
  const [one, two] = [scene.toScreen({ x: part.x0, y: part.y0 }), scene.toScreen({ x: part.x1, y: part.y1 })];
  const [left, top] = [Math.min(one.x, two.x), Math.min(one.y, two.y)];
  const [width, height] = [Math.abs(two.x - one.x), Math.abs(two.y - one.y)];
  return ([x, y]: Pair, units): Point | null => {
    if (units === "MATRIX") return null; // of slides
    return units === "PIXEL" ? scene.toScreen({ x, y }) : { x: left + x * width, y: top + y * height };
  };
}

export function graphicsView(size: Size, layers: readonly DrawnLayer[]): TemplateResult {
  return html`<svg class="graphics" width=${size.width} height=${size.height} aria-hidden="true">
    ${layers.map(
      ({ name, colour, shapes, texts }) => svg`<g data-layer=${name} color=${colour ?? nothing}>
        ${shapes.map(({ path, isFilled }) => svg`<path class="shade" d=${path}></path><path class=${isFilled ? "filled" : ""} d=${path}></path>`)}
        ${texts.map(textView)}
      </g>`,
    )}
  </svg>`;
}

function textView({ lines, at, hold, leader }: DrawnText): SVGTemplateResult {
  return svg`${leader ? svg`<path class="shade" d=${leader}></path><path d=${leader}></path>` : nothing}
    <text x=${at.x} y=${at.y} text-anchor=${hold}>
      ${lines.map((line, place) => svg`<tspan x=${at.x} dy=${place === 0 ? 0 : LINE_PX}>${line}</tspan>`)}
    </text>`;
}

export interface LookNotes {
  readonly scene: GlassScene;
  readonly words: readonly string[];
  /** What key object selections say of this image. */
  readonly keys: readonly string[];
  /** What of the state is not as it says. */
  readonly caveats: readonly string[];
}

/** Under the names of turns and flips, and like them in every mode of the corner texts. */
export function lookNotes({ scene, words, keys, caveats }: LookNotes): TemplateResult | typeof nothing {
  if (words.length + keys.length + caveats.length === 0) return nothing;
  const isBelow = changesInWords(scene.view.orientation, scene.shown.header.inverted).length > 0;
  return html`<div class="looks ${isBelow ? "below" : ""}" role="note">
    ${keys.map((key) => html`<span class="key">Key image · ${key}</span>`)} ${words.map((word) => html`<span>${word}</span>`)}
    ${caveats.map((caveat) => html`<small>${caveat}</small>`)}
  </div>`;
}

export const presentationStyles = css`
  .graphics {
    position: absolute;
    inset: 0;
    color: #ffe27a;
    pointer-events: none;
  }
  .graphics path {
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linejoin: round;
  }
  .graphics path.shade {
    stroke: rgb(0 0 0 / 70%);
    stroke-width: 3.5;
  }
  .graphics path.filled {
    fill: currentColor;
    fill-opacity: 0.6;
  }
  .graphics text {
    fill: currentColor;
    stroke: #000;
    stroke-width: 3px;
    stroke-linejoin: round;
    paint-order: stroke;
    font-size: 13px;
    font-weight: 600;
  }
  .looks {
    position: absolute;
    top: 32px;
    left: 50%;
    transform: translateX(-50%);
    display: grid;
    justify-items: center;
    gap: 3px;
    max-width: 60%;
    pointer-events: none;
  }
  .looks.below {
    top: 57px;
  }
  .looks span,
  .looks small {
    max-width: 100%;
    padding: 2px 10px;
    border-radius: 999px;
    background: var(--warn-ground);
    color: var(--warn);
    font-size: 12px;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .looks .key {
    background: var(--warn);
    color: #000;
    font-weight: 600;
  }
  .looks small {
    border-radius: 6px;
    background: rgb(0 0 0 / 70%);
    color: var(--text-soft);
    font-size: 11px;
    white-space: normal;
    text-align: center;
  }
`;
