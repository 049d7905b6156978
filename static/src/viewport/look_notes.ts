/** What is said on the glass of how a picture is shown, and how that and a state's graphics look. */
import { css, html, nothing, type TemplateResult } from "lit";
import { changesInWords } from "../state/orientation";
import type { GlassScene } from "./glass_layer";

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

export const lookStyles = css`
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
