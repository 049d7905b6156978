/** `<viewbox-shared-people>`: who is there and how far each is in step; what the presenter can do about each. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { SharedPerson } from "../net/worker_messages";
import { controls } from "../styles/controls";
import { icon } from "./icons";
import { CONDITION_SIGNS, isPresenter, type SharedFacts } from "./shared_words";

export type PersonAction = "let see" | "hand over" | "remove";

export class PersonActedOn extends Event {
  constructor(
    readonly action: PersonAction,
    readonly person: SharedPerson,
  ) {
    super("person-acted-on", { bubbles: true, composed: true });
  }
}

@customElement("viewbox-shared-people")
export class SharedPeople extends LitElement {
  static override styles = [
    controls,
    css`
      ul {
        display: grid;
        gap: 2px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        border-radius: var(--radius);
        background: var(--raised);
      }
      .row {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto auto;
        align-items: center;
        gap: 8px;
        width: 100%;
        min-height: 42px;
        padding: 4px 10px;
        color: var(--text);
        text-align: left;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-weight: 600;
      }
      .name span {
        color: var(--text-soft);
        font-weight: 400;
      }
      .condition {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        color: var(--text-soft);
        font-size: 13px;
      }
      .condition .icon svg {
        width: 16px;
        height: 16px;
      }
      .in.step {
        color: var(--good);
      }
      .withheld,
      .lost,
      .behind {
        color: var(--warn);
      }
      .presents {
        color: var(--shared);
      }
      .fold {
        display: inline-flex;
        color: var(--text-soft);
      }
      [aria-expanded="true"] .fold {
        transform: rotate(180deg);
      }
      .more {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        padding: 2px 10px 10px;
      }
      .more p,
      .ask p {
        flex: 1 0 100%;
        margin: 0;
        color: var(--text-soft);
        font-size: 13px;
      }
      .ask {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        padding: 2px 10px 10px;
      }
    `,
  ];

  @property({ attribute: false }) facts: SharedFacts | null = null;
  /** Named, but not here yet. */
  @property({ attribute: false }) awaited: readonly string[] = [];
  @property({ type: Boolean }) busy = false;
  @state() private unfolded = "";

  override render(): TemplateResult {
    const { facts } = this;
    if (!facts) return html``;
    const away = this.awaited.filter((name) => !facts.people.some((one) => one.name === name));
    return html`<ul aria-label="People in this shared view">
      ${facts.people.map((person) => this.person(person, facts))}
      ${away.map(
        (name) => html`<li>
          <div class="row"><span class="name">${name}</span><span class="condition">${icon("clock")} invited, not here yet</span></div>
        </li>`,
      )}
    </ul>`;
  }

  private person(person: SharedPerson, facts: SharedFacts): TemplateResult {
    const isYou = person.person === facts.you;
    const mayAct = !isYou && (isPresenter(facts) || facts.openedBy === facts.you);
    const isOpen = mayAct && this.unfolded === person.person;
    const words = html`<span class="name" title=${person.person}>${person.name} ${isYou ? html`<span>(you)</span>` : nothing}</span>
      ${this.condition(person)}`;
    if (!mayAct) return html`<li><div class="row">${words}</div></li>`;
    return html`<li>
      <button class="row" aria-expanded=${String(isOpen)} @click=${() => (this.unfolded = isOpen ? "" : person.person)}>
        ${words}<span class="fold">${icon("chevronDown")}</span>
      </button>
      ${isPresenter(facts) && person.condition === "withheld" ? this.letSee(person) : nothing} ${isOpen ? this.more(person, facts) : nothing}
    </li>`;
  }

  /** A sign and a word: the colour only repeats them. */
  private condition({ condition, is_presenter }: SharedPerson): TemplateResult {
    if (is_presenter && condition !== "lost") return html`<span class="condition presents">${icon("presentation")} presents</span>`;
    return html`<span class="condition ${condition}">${icon(CONDITION_SIGNS[condition])} ${condition}</span>`;
  }

  private letSee(person: SharedPerson): TemplateResult {
    return html`<div class="ask">
      <p>You may let them see what hangs here. It is recorded, and lasts until the shared view ends.</p>
      <button class="primary" ?disabled=${this.busy} @click=${() => this.give("let see", person)}>Let them see</button>
    </div>`;
  }

  private more(person: SharedPerson, facts: SharedFacts): TemplateResult {
    const why = { withheld: "Who may not see what hangs here can't present it.", lost: "Their connection is lost." }[
      person.condition as string
    ];
    return html`<div class="more">
      ${
        isPresenter(facts)
          ? html`${why ? html`<p>${why}</p>` : nothing}
            <button class="outlined" ?disabled=${this.busy || why !== undefined} @click=${() => this.give("hand over", person)}>
              ${icon("presentation")} Hand over
            </button>`
          : nothing
      }
      <button class="outlined" ?disabled=${this.busy} @click=${() => this.give("remove", person)}>${icon("close")} Remove</button>
    </div>`;
  }

  private give(action: PersonAction, person: SharedPerson): void {
    if (action !== "let see") this.unfolded = "";
    this.dispatchEvent(new PersonActedOn(action, person));
  }
}
