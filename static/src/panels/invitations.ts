/** `<viewbox-invitations>`: who looks at something together now and expects this person; asked for again while the page is in view. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { mySharedViews, type SharedViewCard } from "../net/api";
import { dateInWords, nameInWords } from "../state/person";
import { controls } from "../styles/controls";
import { icon } from "./icons";

const EVERY_MS = 10_000;
/** More than these would push the studies off the screen. */
const FIRST_FEW = 3;

@customElement("viewbox-invitations")
export class Invitations extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
        gap: 10px;
        margin: 0 0 16px;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        align-items: center;
        gap: 12px;
        padding: 12px 14px;
        border: 1px solid var(--shared-line);
        border-radius: 12px;
        background: var(--shared-ground);
      }
      .sign {
        color: var(--shared);
      }
      .sign svg {
        width: 24px;
        height: 24px;
      }
      strong {
        display: block;
        font-size: 15px;
        font-weight: 650;
      }
      .what {
        overflow-wrap: anywhere;
      }
      .more {
        margin: -8px 0 8px;
        color: var(--shared);
      }
      .join {
        min-height: 44px;
        padding: 0 20px;
        background: var(--shared);
        color: var(--on-shared);
        font-weight: 600;
      }
      .join:hover {
        background: var(--shared-hover);
        color: var(--on-shared);
      }
    `,
  ];

  /** User name of the person who reads the list. */
  @property() you = "";
  @state() private cards: readonly SharedViewCard[] = [];
  @state() private isWhole = false;
  private timer = 0;
  private asking: AbortController | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.look);
    this.look();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.look);
    this.stop();
  }

  override render(): TemplateResult {
    const shown = this.isWhole ? this.cards : this.cards.slice(0, FIRST_FEW);
    const more = this.cards.length - shown.length;
    return html`<div role="status">
        ${shown.length > 0 ? html`<ul aria-label="Shared views">${shown.map((card) => this.card(card))}</ul>` : nothing}
      </div>
      ${more > 0 ? html`<button class="more" @click=${() => (this.isWhole = true)}>${more} more shared ${more === 1 ? "view" : "views"}</button>` : nothing}`;
  }

  private card(card: SharedViewCard): TemplateResult {
    const isOwn = card.opened_by === this.you;
    const words = isOwn ? "Your shared view is still open" : `${card.opened_by_name} invites you to look together`;
    return html`<li>
      <span class="sign">${icon("presentation")}</span>
      <span><strong>${words}</strong><span class="what">${this.whatOf(card)}</span></span>
      <a class="button join" href=${card.url} aria-label="${isOwn ? "Go back" : "Join"}: ${words}">${isOwn ? "Go back" : "Join"}</a>
    </li>`;
  }

  private whatOf({ study, presenter, presenter_name, opened_by }: SharedViewCard): string {
    const who = presenter === opened_by ? "" : presenter === this.you ? "you present" : `${presenter_name} presents`;
    const what = study
      ? [nameInWords(study.patient_name), study.description, dateInWords(study.study_date)]
      : ["A study that you may not see yet"];
    return [...what, who].filter(Boolean).join(" · ");
  }

  private look = (): void => {
    this.stop();
    if (document.hidden) return;
    void this.ask();
    this.timer = window.setInterval(() => void this.ask(), EVERY_MS);
  };

  private stop(): void {
    clearInterval(this.timer);
    this.asking?.abort();
  }

  private async ask(): Promise<void> {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    try {
      const cards = await mySharedViews(asking.signal);
      if (JSON.stringify(cards) !== JSON.stringify(this.cards)) this.cards = cards;
    } catch {
      // The list itself says that the server can't be reached; what is shown may be a few seconds old.
    }
  }
}
