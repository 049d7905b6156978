/** `<viewbox-looks>`: by what a stack is shown: presentation states, switches, its own windows, and its key images to go to. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { KeyNote } from "../net/documents";
import type { Look } from "../state/look";
import type { LooksOffered, StateOffered, SwitchOffered, VoiOffered } from "../state/looks_offered";
import { controls } from "../styles/controls";
import type { Command } from "../tools/keys";
import { icon } from "./icons";

/** A row was used. isSwitch: more may follow, the menu stays. */
export class LookWished extends Event {
  constructor(
    readonly command: Command,
    readonly isSwitch: boolean,
  ) {
    super("look-wished", { bubbles: true, composed: true });
  }
}

const FUNCTIONS = [
  [null, "As stored"],
  ["LINEAR", "Linear"],
  ["LINEAR_EXACT", "Linear exact"],
  ["SIGMOID", "Sigmoid"],
] as const;

@customElement("viewbox-looks")
export class LooksMenu extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 10px;
        color: var(--text);
      }
      h3 {
        margin: 0 0 2px;
        padding: 0 10px;
        color: var(--text-soft);
        font-size: 12px;
        font-weight: 600;
      }
      button {
        display: flex;
        gap: 8px;
        width: 100%;
        justify-content: flex-start;
        padding: 4px 10px;
        color: var(--text);
        text-align: left;
      }
      button[aria-disabled="true"] {
        cursor: default;
        opacity: 0.65;
      }
      .words {
        flex: 1;
        min-width: 0;
      }
      .words span,
      .words small {
        display: block;
        overflow-wrap: anywhere;
      }
      .words span {
        font-size: 13px;
        font-weight: 600;
      }
      small {
        color: var(--text-soft);
        font-size: 12px;
        font-weight: 400;
      }
      .mark {
        flex: none;
        display: grid;
        place-items: center;
        width: 16px;
        height: 16px;
        border: 1px solid var(--line-strong);
        border-radius: 4px;
        color: transparent;
      }
      .mark.one {
        border-radius: 50%;
      }
      [aria-checked="true"] .mark {
        border-color: var(--accent);
        background: var(--accent);
        color: #000;
      }
      .mark svg {
        width: 12px;
        height: 12px;
        stroke-width: 3;
      }
      .functions {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        padding: 0 10px;
      }
      .functions button {
        width: auto;
        min-height: 32px;
        border: 1px solid var(--line);
        font-size: 12px;
      }
      .functions button[aria-checked="true"] {
        border-color: var(--accent);
        background: var(--accent-ground);
        color: var(--accent);
      }
    `,
  ];

  @property({ attribute: false }) looks: LooksOffered | null = null;

  override render(): TemplateResult | typeof nothing {
    const { looks } = this;
    if (!looks) return nothing;
    return html`${this.states(looks)}${this.keyImages(looks.keyNotes)}${this.switches(looks.switches)}${this.windows(looks)}${this.functions(looks)}`;
  }

  private states({ states, look }: LooksOffered): TemplateResult | typeof nothing {
    if (states.length === 0 && look.presentation === null) return nothing;
    const stored: StateOffered = { uid: "", label: "As stored", detail: "", why: "" };
    return html`<section role="radiogroup" aria-label="Presentation">
      <h3>Presentation</h3>
      ${[stored, ...states].map((state) => this.state(state, (state.uid || null) === look.presentation))}
    </section>`;
  }

  private state({ uid, label, detail, why }: StateOffered, isOn: boolean): TemplateResult {
    const chosen = () => !why && this.wish({ kind: "look", look: { presentation: uid || null } }, false);
    return html`<button role="radio" aria-checked=${String(isOn)} aria-disabled=${why ? "true" : nothing} @click=${chosen}>
      <span class="mark one">${icon("check")}</span>
      <span class="words"><span>${label}</span>${detail ? html`<small>${detail}</small>` : nothing}${why ? html`<small>${why}</small>` : nothing}</span>
    </button>`;
  }

  private keyImages(notes: readonly KeyNote[]): TemplateResult | typeof nothing {
    if (notes.length === 0) return nothing;
    return html`<section aria-label="Key images">
      <h3>Key images</h3>
      ${notes.map((note) => this.keyNote(note))}
    </section>`;
  }

  private keyNote(note: KeyNote): TemplateResult {
    const count = note.frames.length;
    const detail = [note.description, note.creator, `${count} image${count === 1 ? "" : "s"}`].filter(Boolean).join(" · ");
    const next: Command = { kind: "key-image", by: 1, selection: note.sop_instance_uid };
    return html`<button @click=${() => this.wish(next, true)}>
      ${icon("stepForward")}<span class="words"><span>${note.title}</span><small>${detail}</small></span>
    </button>`;
  }

  private switches(switches: readonly SwitchOffered[]): TemplateResult | typeof nothing {
    if (switches.length === 0) return nothing;
    return html`<section aria-label="Drawn">
      <h3>Drawn</h3>
      ${switches.map(
        ({ kind, words, isOn }) => html`<button
          role="checkbox"
          aria-checked=${String(isOn)}
          @click=${() => this.wish({ kind: "look", look: { [kind]: !isOn } }, true)}
        >
          <span class="mark">${icon("check")}</span><span class="words"><span>${words}</span></span>
        </button>`,
      )}
    </section>`;
  }

  private windows({ vois, look }: LooksOffered): TemplateResult | typeof nothing {
    if (vois.length === 0) return nothing;
    return html`<section role="radiogroup" aria-label="Stored windows">
      <h3>Stored windows</h3>
      ${vois.map((voi) => this.voi(voi, voi.voi === (look.voi ?? 0)))}
    </section>`;
  }

  private voi({ voi, words }: VoiOffered, isOn: boolean): TemplateResult {
    return html`<button role="radio" aria-checked=${String(isOn)} @click=${() => this.wish({ kind: "look", look: { voi } }, true)}>
      <span class="mark one">${icon("check")}</span><span class="words"><span>${words}</span></span>
    </button>`;
  }

  private functions({ hasFunction, look }: LooksOffered): TemplateResult | typeof nothing {
    if (!hasFunction) return nothing;
    const wish = (voiFunction: Look["voiFunction"]) => this.wish({ kind: "look", look: { voiFunction } }, true);
    return html`<section role="radiogroup" aria-label="Window function">
      <h3>Window function</h3>
      <div class="functions">
        ${FUNCTIONS.map(
          ([name, words]) => html`<button role="radio" aria-checked=${String(look.voiFunction === name)} @click=${() => wish(name)}>
            ${words}
          </button>`,
        )}
      </div>
    </section>`;
  }

  private wish(command: Command, isSwitch: boolean): void {
    this.dispatchEvent(new LookWished(command, isSwitch));
  }
}
