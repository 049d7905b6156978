/** `<viewbox-share-panel>`: start a shared view in one click; then its link, its people, its end. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ApiError, endSharedView, inviteToSharedView, type PersonDocument, removeFromSharedView, showWithheld } from "../net/api";
import { controls } from "../styles/controls";
import { icon } from "./icons";
import type { InviteField, PeopleChosen } from "./invite_field";
import "./invite_field";
import { sharePanelStyles } from "./share_panel_styles";
import type { PersonActedOn } from "./shared_people";
import "./shared_people";
import { isPresenter, type SharedFacts } from "./shared_words";

const COPIED_FOR_MS = 2500;

export type ShareWish = "start" | "leave" | "close" | { readonly handOverTo: string };

/** What only the page can do. */
export class ShareWished extends Event {
  constructor(readonly wish: ShareWish) {
    super("share-wished", { bubbles: true, composed: true });
  }
}

@customElement("viewbox-share-panel")
export class SharePanel extends LitElement {
  static override styles = [controls, sharePanelStyles];

  /** null before a shared view is started. */
  @property({ attribute: false }) facts: SharedFacts | null = null;
  /** True on a phone: a sheet over the page instead of a column beside the images. */
  @property({ type: Boolean }) sheet = false;
  /** Why starting failed, or "". */
  @property() problem = "";
  @property({ type: Boolean }) starting = false;
  @state() private trouble = "";
  @state() private isBusy = false;
  @state() private isCopied = false;
  @state() private asksToEnd = false;
  @state() private awaited: readonly string[] = [];
  @query("dialog") private dialog!: HTMLDialogElement | null;
  @query("#link") private linkField!: HTMLInputElement | null;
  @query("viewbox-invite-field") private inviteField!: InviteField | null;
  private copiedTimer = 0;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.copiedTimer);
  }

  /** Whoever goes on by keyboard goes on from the button that starts, or once it is gone from the title. */
  override updated(before: Map<PropertyKey, unknown>): void {
    if (this.dialog && !this.dialog.open) this.dialog.showModal();
    if (!before.has("facts") || before.get("facts")) return;
    this.renderRoot.querySelector<HTMLElement>(this.facts ? "h2" : ".start")?.focus();
  }

  override render(): TemplateResult {
    return this.sheet
      ? html`<dialog aria-labelledby="title" @click=${this.clickedBeside} @close=${() => this.wish("close")}>${this.content()}</dialog>`
      : html`<aside aria-labelledby="title">${this.content()}</aside>`;
  }

  private content(): TemplateResult {
    const { facts } = this;
    return html`<div class="head">
        <h2 id="title" tabindex=${facts ? "-1" : nothing}>${facts ? "Shared view" : "Look together"}</h2>
        <button @click=${() => this.wish("close")} aria-label="Close the panel">${icon("close")}</button>
      </div>
      ${this.problem || this.trouble ? html`<section><p class="problem" role="alert">${this.problem || this.trouble}</p></section>` : nothing}
      ${facts ? this.going(facts) : this.beginning()}`;
  }

  private beginning(): TemplateResult {
    return html`<section>
      <p class="lead">Colleagues see what you show, each in full quality on their own screen, and your pointer with your name.</p>
      <button class="primary start" ?disabled=${this.starting} @click=${() => this.wish("start")}>
        ${icon("presentation")} ${this.starting ? "Starting" : "Start shared view"}
      </button>
      <p>Nobody sees anything until you send the link or invite by name. A shared view is recorded.</p>
    </section>`;
  }

  private going(facts: SharedFacts): TemplateResult {
    return html`${this.inviteSection(facts)}
      <section>
        <h3>People</h3>
        <viewbox-shared-people
          .facts=${facts}
          .awaited=${this.awaited}
          .busy=${this.isBusy}
          @person-acted-on=${this.actedOn}
        ></viewbox-shared-people>
      </section>
      ${this.endSection(facts)}`;
  }

  private inviteSection(facts: SharedFacts): TemplateResult {
    return html`<section>
      <h3>Invite</h3>
      <viewbox-invite-field
        .present=${facts.people.map((one) => one.person)}
        .busy=${this.isBusy}
        @people-chosen=${this.invite}
      ></viewbox-invite-field>
      <div class="link">
        <input id="link" readonly aria-label="Link of this shared view" value=${linkOf(facts)} @focus=${selectAll} />
        <button class="outlined copy" @click=${this.copy}>
          ${icon(this.isCopied ? "check" : "copy")} ${this.isCopied ? "Copied" : "Copy link"}
        </button>
      </div>
      <p>
        By name: they may see what hangs here, as far as you may, until the shared view ends. By link: they sign in and see what is
        theirs to see; the rest is withheld.
      </p>
      <span class="visually-hidden" role="status">${this.isCopied ? "Link copied" : ""}</span>
    </section>`;
  }

  private endSection(facts: SharedFacts): TemplateResult {
    const mayEnd = isPresenter(facts) || facts.openedBy === facts.you;
    if (this.asksToEnd) {
      return html`<section class="foot">
        <p>Invitations end with it. Each goes on alone, with what is theirs to see.</p>
        <button class="outlined" @click=${() => (this.asksToEnd = false)}>Go on</button>
        <button class="end" ?disabled=${this.isBusy} @click=${this.end}>End for everyone</button>
      </section>`;
    }
    return html`<section class="foot">
      <button class="outlined" @click=${() => this.wish("leave")}>Leave</button>
      ${mayEnd ? html`<button class="end" @click=${() => (this.asksToEnd = true)}>End</button>` : nothing}
    </section>`;
  }

  private copy = async (): Promise<void> => {
    const field = this.linkField;
    if (!field) return;
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Without TLS there is no clipboard to write to: the old way, by selection.
      field.select();
      if (!document.execCommand("copy")) return;
    }
    this.isCopied = true;
    clearTimeout(this.copiedTimer);
    this.copiedTimer = window.setTimeout(() => (this.isCopied = false), COPIED_FOR_MS);
  };

  private invite = (event: PeopleChosen): void => {
    const people: readonly PersonDocument[] = event.people;
    void this.attempt(async (key) => {
      await inviteToSharedView(
        key,
        people.map((one) => one.username),
      );
      this.awaited = [...this.awaited, ...people.map((one) => one.name)];
      this.inviteField?.clear();
    });
  };

  private actedOn = ({ action, person }: PersonActedOn): void => {
    if (action === "hand over") this.wish({ handOverTo: person.person });
    else if (action === "let see") void this.attempt((key) => showWithheld(key, [person.person]));
    else void this.attempt((key) => removeFromSharedView(key, person.person));
  };

  private end = (): void => {
    void this.attempt(endSharedView);
  };

  private async attempt(act: (key: string) => Promise<void>): Promise<void> {
    if (!this.facts || this.isBusy) return;
    this.isBusy = true;
    this.trouble = "";
    try {
      await act(this.facts.key);
    } catch (error) {
      this.trouble = error instanceof ApiError ? error.message : "The server could not be reached";
    } finally {
      this.isBusy = false;
    }
  }

  private wish(wish: ShareWish): void {
    this.dispatchEvent(new ShareWished(wish));
  }

  private clickedBeside = (event: MouseEvent): void => {
    if (event.target === this.dialog) this.wish("close");
  };
}

function linkOf(facts: SharedFacts): string {
  return new URL(`/shared/${facts.key}`, location.href).href;
}

function selectAll(event: Event): void {
  (event.target as HTMLInputElement).select();
}
