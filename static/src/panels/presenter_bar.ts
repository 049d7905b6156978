/** `<viewbox-presenter-bar>`: the strip of a shared view: who presents, how far one is in step, and the one thing to do about it. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { controls } from "../styles/controls";
import { icon } from "./icons";
import { type SharedFacts, type Strip, type StripAction, stripOf } from "./shared_words";

/** A button of the strip was used. */
export class StripUsed extends Event {
  constructor(readonly action: StripAction) {
    super("strip-used", { bubbles: true, composed: true });
  }
}

@customElement("viewbox-presenter-bar")
export class PresenterBar extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      .strip {
        display: flex;
        align-items: center;
        gap: 10px;
        /* Always the same, so that nothing that is said moves the images. */
        height: 44px;
        padding: 2px 10px 2px 14px;
        border-bottom: 1px solid var(--shared-line);
        background: var(--shared-ground);
        color: var(--text);
      }
      .strip.warn {
        border-color: var(--warn);
        background: var(--warn-ground);
      }
      .strip.away {
        border-bottom-style: dashed;
      }
      .sign {
        display: inline-flex;
        color: var(--shared);
      }
      .warn .sign {
        color: var(--warn);
      }
      .words {
        flex: 1;
        min-width: 0;
        line-height: 1.25;
      }
      strong {
        font-weight: 650;
      }
      .aside {
        color: var(--text);
      }
      .aside::before {
        content: "· ";
      }
      button {
        flex: none;
        min-height: 34px;
        border-color: var(--shared-line);
        color: var(--text);
        padding: 0 12px;
      }
      button.main {
        border-color: transparent;
        background: var(--shared);
        color: var(--on-shared);
        font-weight: 600;
      }
      button.main:hover {
        background: var(--shared-hover);
        color: var(--on-shared);
      }
      kbd {
        font: 11px var(--mono);
        opacity: 0.85;
      }
      @media (pointer: coarse) {
        button {
          min-height: 44px;
        }
        kbd {
          display: none;
        }
      }
      @media (max-width: 720px) {
        .strip {
          height: 52px;
          gap: 8px;
          padding: 2px 6px 2px 10px;
        }
        .words {
          max-height: 48px;
          overflow: hidden;
        }
        /* One tap away in the panel; the counts need the room. */
        .people {
          display: none;
        }
        .aside {
          display: block;
          font-size: 12px;
        }
        .aside::before {
          content: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) facts: SharedFacts | null = null;

  override render(): TemplateResult | typeof nothing {
    if (!this.facts) return nothing;
    const strip = stripOf(this.facts);
    return html`<section class="strip ${strip.tone}" aria-label="Shared view">
      <span class="sign">${icon(strip.sign)}</span>
      <span class="words"><strong>${strip.words}</strong> ${this.aside(strip)}</span>
      <span class="visually-hidden" role="status">${strip.spoken}</span>
      ${strip.actions.map(
        ({
          kind,
          words,
          isMain,
        }) => html`<button class="${kind} ${isMain ? "main" : ""}" @click=${() => this.dispatchEvent(new StripUsed(kind))}>
          ${words}${kind === "back" ? html` <kbd>Esc</kbd>` : nothing}
        </button>`,
      )}
    </section>`;
  }

  private aside(strip: Strip): TemplateResult | typeof nothing {
    return strip.aside ? html`<span class="aside">${strip.aside}</span>` : nothing;
  }
}
