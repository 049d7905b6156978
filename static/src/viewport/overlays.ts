/** What lies over a picture: corner texts, orientation letters, scale bar and the names of changes; all from what is on screen. */
import { html, nothing, type TemplateResult } from "lit";
import { cornerTexts, NO_TEXTS, type OverlayMode } from "../state/corner_texts";
import { changesInWords, edgesOnScreen } from "../state/orientation";
import { horizontalScale, type ScaleBar, scaleBar } from "../state/scale_bar";
import { pictureMatrix, rectOnScreen, type Size, type StackView } from "../state/stack_view";
import type { DrawnPicture } from "./picture_canvas";
import type { OnScreen } from "./session_screen";

const SMALL_PX = 300;
/** Below this the scale stands above the corner texts. */
const NARROW_PX = 520;
/** Pictures of these have no left and right of the patient to speak of; a secondary capture (OT) may be of anything and says so. */
const WITHOUT_SIDES = new Set(["US", "IVUS", "ES", "EC", "XC", "GM", "OP", "SM", "IVOCT"]);

export interface Overlaid {
  readonly shown: OnScreen;
  readonly view: StackView;
  /** Of the glass, in CSS pixels. */
  readonly size: Size;
  readonly drawn: DrawnPicture;
  /** CSS pixels for one stored pixel. */
  readonly zoom: number;
  readonly mode: OverlayMode;
}

/** Letters and the names of changes stay in every mode (S02). */
export function overlays(over: Overlaid): TemplateResult {
  const { shown, view, size, zoom } = over;
  const mode = over.mode === "full" && size.width < SMALL_PX ? "minimal" : over.mode;
  const corners = cornerTexts(shown.opened, shown, zoom, mode);
  const changes = changesInWords(view.orientation, shown.header.inverted);
  return html`
    ${
      corners === NO_TEXTS
        ? nothing
        : html`<div class="corner top-left">${lines(corners.topLeft)}</div>
            <div class="corner top-right">${lines(corners.topRight)}</div>
            <div class="corner bottom-left">${lines(corners.bottomLeft)}</div>
            <div class="corner bottom-right">${lines(corners.bottomRight)}</div>`
    }
    ${letters(over)} ${mode === "off" ? nothing : scale(over)}
    ${changes.length > 0 ? html`<div class="changes">${changes.join(" · ")}</div>` : nothing}
  `;
}

export function lines(texts: readonly string[]): TemplateResult[] {
  return texts.map((text) => html`<div>${text}</div>`);
}

/** Draw a scale bar whose middle and foot are given in CSS pixels of a glass of this size. */
export function scaleView(bar: ScaleBar, size: Size, middle: number, foot: number): TemplateResult {
  const path = `M${middle - bar.length_px / 2} ${foot - 6}v6h${bar.length_px}v-6`;
  return html`<svg class="scale" width=${size.width} height=${size.height} aria-hidden="true">
    <path class="shade" d=${path} />
    <path d=${path} />
    <text x=${middle} y=${foot - 8}>${bar.words}</text>
  </svg>`;
}

function letters({ shown, view }: Overlaid): TemplateResult | typeof nothing {
  const { edges } = shown.identified.frame;
  if (!edges) {
    if (WITHOUT_SIDES.has(shown.opened.modality)) return nothing;
    return html`<span class="edge bottom">orientation unknown</span>`;
  }
  const { left, right, top, bottom } = edgesOnScreen(edges, view.orientation);
  return html`<span class="edge left">${left}</span><span class="edge right">${right}</span>
    <span class="edge top">${top}</span><span class="edge bottom">${bottom}</span>`;
}

/** At the foot of the glass; of an ultrasound picture, at the foot of the region that it holds in. */
function scale({ shown, view, size, drawn }: Overlaid): TemplateResult | typeof nothing {
  const known = horizontalScale(shown.opened, view.orientation);
  if (!known) return nothing;
  const matrix = pictureMatrix(view, size, drawn.source, drawn.aspect);
  const pixelsAcross = Math.hypot(matrix[0], matrix[2]);
  let [middle, foot, room] = [size.width / 2, size.height - (size.width < NARROW_PX ? 92 : 30), size.width * 0.3];
  if (known.region) {
    const box = rectOnScreen(matrix, drawn.source, known.region);
    const [left, right] = [Math.max(0, box.left), Math.min(size.width, box.right)];
    if (right - left < 20) return nothing;
    [middle, foot, room] = [(left + right) / 2, Math.min(foot, box.bottom - 8), (right - left) * 0.5];
  }
  const bar = scaleBar(known.mm / pixelsAcross, room, known.caveat);
  return bar ? scaleView(bar, size, middle, foot) : nothing;
}
