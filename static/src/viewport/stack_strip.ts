/** The strip under a stack's glass: its loop's buttons, the slider, and how far the picture can be trusted. */
import { css, html, nothing, type TemplateResult } from "lit";
import type { OpenedDocument } from "../net/documents";
import { icon } from "../panels/icons";
import { playbackWords, rateWords, stepWords } from "../state/cine_clock";
import { type PageLoops, SPEEDS } from "../state/loop_commands";
import type { Command } from "../tools/keys";
import type { CinePlayer } from "./cine_player";
import { trustChip } from "./fidelity_view";
import { Cutting } from "./loop_handling";
import type { FrameChosen, RangeChosen } from "./loop_slider";
import type { StackSession } from "./stack_session";

/** Beside those of the glass. The slider of a loop has a row of its own: what is said beside it changes, and it mustn't move under a hand. */
export const stripStyles = css`
  viewbox-loop-slider {
    min-height: 24px;
  }
  .strip .chip {
    flex: none;
  }
  .strip .rate {
    flex: 0 1 auto;
    min-width: 0;
  }
  .strip:not(.single) {
    flex-wrap: wrap;
    gap: 0 8px;
    padding-block: 2px;
  }
  .strip:not(.single) viewbox-loop-slider {
    order: -1;
    flex: 1 0 100%;
  }
  .strip:not(.single) .trust {
    margin-left: auto;
  }
`;

export function strip(session: StackSession | null, page: PageLoops, perform: (command: Command) => void): TemplateResult {
  const shown = session?.onScreen;
  return html`<div class="strip ${session?.cine ? "" : "single"}">
    ${session?.cine && shown ? cineControls(session.cine, page, perform) : nothing}
    ${shown && session && shown.opened.frames.length > 1 ? slider(session, shown.opened, shown.identified.index) : html`<span class="spring"></span>`}
    ${session?.cine && shown ? cineChips(session.cine, page) : nothing}
    ${
      session && session.refusedCount > 0
        ? html`<span class="chip warn" title="Pictures that were not of this series were not shown">${session.refusedCount} refused</span>`
        : nothing
    }
    ${shown ? trustChip(shown.header, shown.opened) : nothing}
  </div>`;
}

function slider(session: StackSession, opened: OpenedDocument, index: number): TemplateResult {
  if (session.cine) return loopSlider(session, session.cine, index);
  const slid = (event: Event) => session.act({ kind: "go", index: Number((event.target as HTMLInputElement).value) - 1 });
  return html`<input
    class="grow"
    type="range"
    min="1"
    max=${opened.frames.length}
    .value=${String(index + 1)}
    aria-label="Image"
    aria-valuetext=${`${index + 1} of ${opened.frames.length}`}
    @input=${slid}
  />`;
}

/** The slider and the menu of a loop are fetched with the first one. */
let isAsked = false;

function fetchElements(): void {
  if (isAsked) return;
  isAsked = true;
  import("./loop_elements").catch(() => {
    isAsked = false; // the line was lost: the next strip asks again
  });
}

/** One hand cuts at a time. */
const cutting = new Cutting();

function loopSlider(session: StackSession, cine: CinePlayer, index: number): TemplateResult {
  const chosen = (event: FrameChosen) =>
    event.isCut ? cutting.look(session, event.index) : session.act({ kind: "go", index: event.index });
  return html`<viewbox-loop-slider
    class="grow"
    .count=${cine.clipLength}
    .index=${index}
    .first=${cine.playback.first}
    .last=${cine.playback.last}
    @frame-chosen=${chosen}
    @range-chosen=${(event: RangeChosen) => cutting.cut(session, event.first, event.last)}
  ></viewbox-loop-slider>`;
}

function cineControls(cine: CinePlayer, page: PageLoops, perform: (command: Command) => void): TemplateResult {
  fetchElements();
  const speedChosen = (event: Event) => perform({ kind: "speed", to: Number((event.target as HTMLSelectElement).value) });
  return html`
    <button @click=${() => perform({ kind: "play" })} aria-label=${cine.isPlaying ? "Pause" : "Play"}>
      ${icon(cine.isPlaying ? "pause" : "play")}
    </button>
    <button class="step" @click=${() => perform({ kind: "scroll", by: -1 })} aria-label="Previous frame">${icon("stepBack")}</button>
    <button class="step" @click=${() => perform({ kind: "scroll", by: 1 })} aria-label="Next frame">${icon("stepForward")}</button>
    <select aria-label="Speed" @change=${speedChosen}>
      ${SPEEDS.map((speed) => html`<option value=${speed} .selected=${cine.speed === speed}>${speed}×</option>`)}
    </select>
    <viewbox-cine-menu
      .bounces=${cine.playback.bounce}
      .isWhole=${playbackWords(cine.cine, cine.clipLength, { ...cine.playback, bounce: false }).length === 0}
      .page=${page}
    ></viewbox-cine-menu>
    <span class="words rate" title=${rateWords(cine.cine)}>${rateWords(cine.cine)}</span>
  `;
}

/** How the loop plays otherwise than by itself, and what was dropped of it (S08). */
function cineChips(cine: CinePlayer, page: PageLoops): TemplateResult {
  const step = stepWords(cine.cine, cine.clipLength, cine.playback);
  return html`
    ${playbackWords(cine.cine, cine.clipLength, cine.playback).map((words) => html`<span class="chip part">${words}</span>`)}
    ${step ? html`<span class="chip step" title="How much faster or slower than it was its time runs">${step}</span>` : nothing}
    ${page.isClipAfterClip ? html`<span class="chip after">one after another</span>` : nothing}
    ${cine.dropped > 0 ? html`<span class="chip warn">${cine.dropped} dropped</span>` : nothing}
  `;
}
