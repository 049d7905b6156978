/** The line where one picture cuts through another, drawn on that one's glass under the number of the image (S04). */
import { html, nothing, type SVGTemplateResult, svg, type TemplateResult } from "lit";
import { isSamePatient, type PaneShown } from "../state/pane_link";
import { localizerPlane, planesOf } from "../state/patient_plane";
import { type Line, onGlass, referenceLine } from "../state/reference_lines";
import type { GlassScene } from "./glass_layer";

/** The letter of an edge stands within this of the middle of an edge of the glass. */
const EDGE_PX = 34;
const TEXT_PX = 5;

/** crossing: the picture that cuts through the scene's. On a CT localizer the line is marked as approximate. */
export function lineView(scene: GlassScene, crossing: PaneShown): TemplateResult | typeof nothing {
  const { opened, identified } = scene.shown;
  if (!isSamePatient(opened, crossing.opened)) return nothing;
  const source = planesOf(crossing.opened)[crossing.index];
  const measured = planesOf(opened)[identified.index];
  const target = measured ?? localizerPlane(opened, identified.index);
  const line = source && target && referenceLine(source, target);
  if (!line) return nothing;
  const onScreen: Line = [scene.toScreen(line[0]), scene.toScreen(line[1])];
  const words = `${measured ? "" : "≈ "}Im ${crossing.index + 1}/${crossing.opened.frames.length}`;
  return html`<svg class="reference ${measured ? "" : "rough"}" width=${scene.size.width} height=${scene.size.height} aria-hidden="true">
    ${drawn(onScreen)}${label(onScreen, scene, words)}
  </svg>`;
}

function drawn([from, to]: Line): SVGTemplateResult {
  return svg`<line class="under" x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y} />
    <line x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y} />`;
}

/** At the right end of what is seen of the line, or at the top of one that stands. */
function label(line: Line, { size }: GlassScene, words: string): SVGTemplateResult | typeof nothing {
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
