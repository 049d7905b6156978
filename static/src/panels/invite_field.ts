/** `<viewbox-invite-field>`: names of the house, suggested while one types, kept as chips, invited together. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { findPeople, type PersonDocument } from "../net/api";
import { controls } from "../styles/controls";
import { icon } from "./icons";

const TYPING_MS = 180;

export class PeopleChosen extends Event {
  constructor(readonly people: readonly PersonDocument[]) {
    super("people-chosen", { bubbles: true, composed: true });
  }
}

@customElement("viewbox-invite-field")
export class InviteField extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: grid;
        gap: 8px;
      }
      .field {
        position: relative;
      }
      .box {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        padding: 4px;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        background: var(--raised);
      }
      .box:focus-within {
        outline: 2px solid var(--accent);
        outline-offset: 1px;
      }
      input {
        flex: 1 1 120px;
        min-width: 0;
        height: 32px;
        padding: 0 8px;
        border: 0;
        background: none;
        color: var(--text);
        font: inherit;
      }
      /* The box around it is outlined. */
      input:focus-visible {
        outline: none;
      }
      input::placeholder {
        color: var(--text-soft);
        opacity: 1;
      }
      .chip {
        padding: 0 2px 0 10px;
        background: var(--shared-ground);
        border-color: var(--shared-line);
        color: var(--text);
        font-size: 13px;
      }
      .chip button {
        min-width: 26px;
        min-height: 26px;
        padding: 0;
      }
      ul {
        position: absolute;
        z-index: 5;
        inset: calc(100% + 4px) 0 auto 0;
        max-height: 260px;
        margin: 0;
        padding: 4px;
        overflow: auto;
        list-style: none;
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        background: var(--raised);
        box-shadow: 0 12px 32px rgb(0 0 0 / 55%);
      }
      li {
        display: flex;
        justify-content: space-between;
        align-items: center;
        gap: 10px;
        min-height: 38px;
        padding: 4px 10px;
        border-radius: var(--radius-small);
        cursor: pointer;
      }
      li[aria-selected="true"],
      li:hover {
        background: var(--accent-ground);
      }
      li span {
        color: var(--text-soft);
        font-size: 12px;
      }
      .none {
        color: var(--text-soft);
        cursor: default;
      }
      @media (pointer: coarse) {
        input {
          height: 42px;
          font-size: 16px;
        }
        .chip button {
          min-width: 44px;
          min-height: 44px;
        }
        li {
          min-height: 46px;
        }
      }
    `,
  ];

  /** User names that need no invitation: those who are there. */
  @property({ attribute: false }) present: readonly string[] = [];
  @property({ type: Boolean }) busy = false;
  @state() private chosen: readonly PersonDocument[] = [];
  @state() private found: readonly PersonDocument[] | null = null;
  @state() private at = -1;
  @query("input") private input!: HTMLInputElement;
  private typing = 0;
  private asking: AbortController | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.typing);
    this.asking?.abort();
  }

  /** Begin anew, after the invitations went out. */
  clear(): void {
    this.chosen = [];
    this.close();
    this.input.value = "";
  }

  override render(): TemplateResult {
    const { found, at } = this;
    return html`
      <div class="field">
        <div class="box">
          ${this.chosen.map(
            (person) => html`<span class="chip"
              >${person.name}<button aria-label="Don't invite ${person.name}" @click=${() => this.drop(person)}>${icon("close")}</button></span
            >`,
          )}
          <input
            type="text"
            role="combobox"
            aria-label="Invite by name"
            aria-autocomplete="list"
            aria-expanded=${String(found !== null)}
            aria-controls="people"
            aria-activedescendant=${at >= 0 ? `person-${at}` : nothing}
            autocomplete="off"
            spellcheck="false"
            placeholder=${this.chosen.length > 0 ? "" : "Name of a colleague"}
            @input=${this.typed}
            @keydown=${this.keyDown}
            @blur=${this.left}
          />
        </div>
        ${found === null ? nothing : this.suggestions(found)}
      </div>
      ${
        this.chosen.length > 0
          ? html`<button class="primary" ?disabled=${this.busy} @click=${this.give}>
            Invite ${this.chosen.length === 1 ? this.chosen[0]?.name : `${this.chosen.length} people`}
          </button>`
          : nothing
      }
    `;
  }

  private suggestions(found: readonly PersonDocument[]): TemplateResult {
    return html`<ul id="people" role="listbox" aria-label="People">
      ${found.map(
        (person, index) => html`<li
          id="person-${index}"
          role="option"
          aria-selected=${String(index === this.at)}
          @pointerdown=${(event: Event) => event.preventDefault()}
          @click=${() => this.choose(person)}
        >
          ${person.name}${person.name === person.username ? nothing : html` <span>${person.username}</span>`}
        </li>`,
      )}
      ${found.length === 0 ? html`<li class="none" role="option" aria-disabled="true" aria-selected="false">Nobody else of that name</li>` : nothing}
    </ul>`;
  }

  private typed = (): void => {
    clearTimeout(this.typing);
    this.typing = window.setTimeout(() => void this.ask(this.input.value.trim()), TYPING_MS);
  };

  private async ask(words: string): Promise<void> {
    this.asking?.abort();
    if (!words) return this.close();
    const asking = new AbortController();
    this.asking = asking;
    try {
      const people = await findPeople(words, asking.signal);
      if (asking.signal.aborted) return;
      const taken = new Set([...this.present, ...this.chosen.map((one) => one.username)]);
      this.found = people.filter((one) => !taken.has(one.username));
      this.at = this.found.length > 0 ? 0 : -1;
    } catch {
      this.close();
    }
  }

  private keyDown = (event: KeyboardEvent): void => {
    const count = this.found?.length ?? 0;
    if (event.key === "Escape" && this.found !== null) {
      event.stopPropagation();
      event.preventDefault();
      this.close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count > 0) {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
    } else if (event.key === "Enter") {
      event.preventDefault();
      const person = this.found?.[this.at];
      if (person) this.choose(person);
      else if (!this.input.value.trim() && this.chosen.length > 0) this.give();
    } else if (event.key === "Backspace" && !this.input.value) {
      this.chosen = this.chosen.slice(0, -1);
    }
  };

  private choose(person: PersonDocument): void {
    this.chosen = [...this.chosen, person];
    this.input.value = "";
    this.close();
    this.input.focus();
  }

  private drop(person: PersonDocument): void {
    this.chosen = this.chosen.filter((one) => one !== person);
    this.input.focus();
  }

  private left = (): void => this.close();

  private close(): void {
    clearTimeout(this.typing);
    this.asking?.abort();
    this.found = null;
    this.at = -1;
  }

  private give = (): void => {
    if (this.chosen.length > 0 && !this.busy) this.dispatchEvent(new PeopleChosen(this.chosen));
  };
}
