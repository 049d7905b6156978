/** The strip under a stack's glass: its loop's buttons, the slider, and how far the picture can be trusted. */
import { html, nothing, type TemplateResult } from "lit";
import type { OpenedDocument } from "../net/documents";
import { icon } from "../panels/icons";
import { rateWords } from "../state/cine_clock";
import type { Command } from "../tools/keys";
import { trustChip } from "./fidelity_view";
import type { StackSession } from "./stack_session";

const SPEEDS = [0.25, 0.5, 1, 2] as const;

export function strip(session: StackSession | null, perform: (command: Command) => void): TemplateResult {
  const shown = session?.onScreen;
  return html`<div class="strip ${session?.cine ? "" : "single"}">
    ${session?.cine && shown ? cineControls(session, shown.opened, perform) : nothing}
    ${shown && session && shown.opened.frames.length > 1 ? slider(session, shown.opened, shown.identified.index) : html`<span class="spring"></span>`}
    ${
      session && session.refusedCount > 0
        ? html`<span class="chip warn" title="Pictures that were not of this series were not shown">${session.refusedCount} refused</span>`
        : nothing
    }
    ${shown ? trustChip(shown.header, shown.opened) : nothing}
  </div>`;
}

function slider(session: StackSession, opened: OpenedDocument, index: number): TemplateResult {
  const slid = (event: Event) => session.act({ kind: "go", index: Number((event.target as HTMLInputElement).value) - 1 });
  return html`<input
    class="grow"
    type="range"
    min="1"
    max=${opened.frames.length}
    .value=${String(index + 1)}
    aria-label=${opened.kind === "clip" ? "Frame" : "Image"}
    aria-valuetext=${`${index + 1} of ${opened.frames.length}`}
    @input=${slid}
  />`;
}

function cineControls(session: StackSession, opened: OpenedDocument, perform: (command: Command) => void): TemplateResult | typeof nothing {
  const { cine } = session;
  if (!cine || !opened.cine) return nothing;
  const speedChosen = (event: Event) => session.setSpeed(Number((event.target as HTMLSelectElement).value));
  return html`
    <button @click=${() => perform({ kind: "play" })} aria-label=${cine.isPlaying ? "Pause" : "Play"}>
      ${icon(cine.isPlaying ? "pause" : "play")}
    </button>
    <button class="step" @click=${() => perform({ kind: "scroll", by: -1 })} aria-label="Previous frame">${icon("stepBack")}</button>
    <button class="step" @click=${() => perform({ kind: "scroll", by: 1 })} aria-label="Next frame">${icon("stepForward")}</button>
    <select aria-label="Speed" @change=${speedChosen}>
      ${SPEEDS.map((speed) => html`<option value=${speed} ?selected=${cine.speed === speed}>${speed}×</option>`)}
    </select>
    <span class="words rate" title=${rateWords(opened.cine)}>${rateWords(opened.cine)}</span>
    ${cine.dropped > 0 ? html`<span class="chip warn">${cine.dropped} dropped</span>` : nothing}
  `;
}
