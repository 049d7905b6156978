/** `<viewbox-link-chip>`: how the two panes scroll together, in each pane's heading; a press links or unlinks them (S04). */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { LinkWords } from "../state/pane_link";
import { controls } from "../styles/controls";
import type { Seat } from "../viewport/side_by_side";
import { icon } from "./icons";

@customElement("viewbox-link-chip")
export class LinkChip extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        flex: 0 0 auto;
        gap: 6px;
        align-items: center;
      }
      button.chip {
        min-width: 0;
        min-height: 22px;
        padding: 0 8px;
        cursor: pointer;
      }
      button.chip[aria-pressed="true"]:not(.warn) {
        border-color: transparent;
        background: var(--accent-ground);
        color: var(--accent);
      }
      /* Of a narrow pane: the name of its series comes first, the title says the rest. */
      @container (max-width: 640px) {
        .more {
          display: none;
        }
      }
      @media (pointer: coarse) {
        button.chip {
          position: relative;
          min-height: 30px;
        }
        /* As large as a finger, beyond what is seen of it. */
        button.chip::after {
          position: absolute;
          inset: -7px 0;
          content: "";
        }
      }
    `,
  ];

  @property({ attribute: false }) seat: Seat | null = null;
  private said = "";

  override connectedCallback(): void {
    super.connectedCallback();
    this.seat?.watch(this.look);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.seat?.unwatch(this.look);
  }

  override willUpdate(before: PropertyValues<this>): void {
    if (!before.has("seat")) return;
    before.get("seat")?.unwatch(this.look);
    this.seat?.watch(this.look);
  }

  override render(): TemplateResult {
    const { link, turn } = this.seat?.words ?? { link: null, turn: null };
    return html`${link ? this.button(link) : nothing}${
      turn
        ? html`<span class="chip warn" role="note" title=${turn.title}>${icon("compass")}${shorter(turn.words, "turned")}</span>`
        : nothing
    }`;
  }

  private button(link: LinkWords): TemplateResult {
    const isLinked = link.words !== "not linked";
    return html`<button
        class="chip ${link.isWarning ? "warn" : ""}"
        aria-pressed=${String(isLinked)}
        aria-label=${`Scrolling: ${link.words}`}
        title=${`${link.title}  ·  k`}
        @click=${() => this.seat?.toggleLink()}
      >
        ${icon(isLinked ? "link" : "unlink")}${shorter(link.words, "by offset", "in space")}
      </button>`;
  }

  private readonly look = (): void => {
    const said = JSON.stringify(this.seat?.words);
    if (said !== this.said) this.requestUpdate();
    this.said = said;
  };
}

/** The words, of which a narrow pane shows one of the kept parts alone, and what must be told after a dot. */
function shorter(words: string, ...kept: readonly string[]): TemplateResult {
  const part = kept.find((one) => words.includes(one));
  if (!part) return html`<span>${words}</span>`;
  const [before = "", after = ""] = words.split(part);
  const [more, told] = after.startsWith(" · ") ? ["", after] : [after, ""];
  return html`<span><span class="more">${before}</span>${part}<span class="more">${more}</span>${told}</span>`;
}
