/** `<viewbox-study-picker>`: a presenter goes on to another study; another patient only after a clear question (S17). */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { ApiError, findStudies } from "../net/api";
import type { PatientDocument, StudyDocument } from "../net/documents";
import { dateInWords, nameInWords, sexInWords } from "../state/person";
import { NO_QUERY } from "../state/study_query";
import { controls } from "../styles/controls";
import { icon } from "./icons";
import { studyRow, waitingRows } from "./study_row";
import { studyRowStyles } from "./study_row_styles";

const TYPING_MS = 180;
const WAITING_ROWS = 5;

/** null: closed without a choice. */
export class StudyPicked extends Event {
  constructor(readonly study: StudyDocument | null) {
    super("study-picked", { bubbles: true, composed: true });
  }
}

@customElement("viewbox-study-picker")
export class StudyPicker extends LitElement {
  static override styles = [
    controls,
    studyRowStyles,
    css`
      dialog {
        width: min(980px, calc(100vw - 24px));
        max-width: none;
        height: min(760px, calc(100dvh - 24px));
        max-height: none;
        padding: 0;
        border: 1px solid var(--line);
        border-radius: 12px;
        background: var(--ground);
        color: var(--text);
        overflow: hidden;
      }
      dialog.asks {
        height: auto;
        max-width: 640px;
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 65%);
      }
      .frame {
        display: flex;
        flex-direction: column;
        height: 100%;
      }
      .top {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 12px;
        padding: 10px 10px 6px 18px;
        background: var(--panel);
      }
      h2 {
        margin: 0;
        font-size: 16px;
      }
      .find {
        padding: 0 18px 12px;
        background: var(--panel);
        border-bottom: 1px solid var(--line);
      }
      .search {
        display: block;
        max-width: none;
      }
      .results {
        flex: 1;
        overflow-y: auto;
        padding: 6px 10px;
      }
      .row {
        grid-template-columns: 60px minmax(160px, 1.4fr) minmax(110px, 0.8fr) minmax(60px, 0.6fr) minmax(140px, 1.4fr);
      }
      .department,
      .size {
        display: none;
      }
      .question {
        display: grid;
        flex: 1;
        align-content: center;
        justify-items: center;
        gap: 16px;
        padding: 32px 24px;
        text-align: center;
      }
      .question > .icon {
        color: var(--warn);
      }
      .question > .icon svg {
        width: 44px;
        height: 44px;
      }
      .question h3 {
        margin: 0;
        font-size: 19px;
      }
      .change {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 8px 16px;
        margin: 0;
        padding: 16px 20px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--panel);
        text-align: left;
      }
      .change dt {
        color: var(--text-soft);
      }
      .change dd {
        margin: 0;
      }
      .change dd.next {
        font-weight: 700;
      }
      .answers {
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: 10px;
      }
      .answers button {
        min-height: 44px;
      }
      @media (max-width: 720px) {
        .row {
          grid-template-columns: 64px minmax(0, 1fr) auto;
        }
        .change {
          grid-template-columns: 1fr;
          gap: 2px;
        }
        .change dd {
          margin-bottom: 8px;
        }
      }
    `,
  ];

  /** Whose images everyone sees now; null where they are withheld from this person. */
  @property({ attribute: false }) patient: PatientDocument | null = null;
  @state() private studies: readonly StudyDocument[] | null = null;
  @state() private sentence = "";
  @state() private asked: StudyDocument | null = null;
  @query("dialog") private dialog!: HTMLDialogElement;
  @query("#find") private box!: HTMLInputElement | null;
  private typing = 0;
  /** As typed, also after the question. */
  private words = "";
  private asking: AbortController | null = null;

  override firstUpdated(): void {
    this.dialog.showModal();
    this.box?.focus();
    void this.ask("");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.typing);
    this.asking?.abort();
  }

  override updated(before: Map<PropertyKey, unknown>): void {
    if (before.has("asked") && this.asked) this.renderRoot.querySelector<HTMLElement>(".answers button")?.focus();
  }

  override render(): TemplateResult {
    return html`<dialog class=${this.asked ? "asks" : ""} aria-labelledby="title" @close=${() => this.dispatchEvent(new StudyPicked(null))} @cancel=${this.cancelled}>
      <div class="frame">${this.asked ? this.question(this.asked) : this.list()}</div>
    </dialog>`;
  }

  private list(): TemplateResult {
    const { studies } = this;
    return html`<div class="top">
        <h2 id="title">Show another study to everyone</h2>
        <button @click=${() => this.dialog.close()} aria-label="Close">${icon("close")}</button>
      </div>
      <div class="find">
        <label class="search">
          <span class="visually-hidden">Search by name, patient ID, accession number or description</span>
          ${icon("search")}
          <input id="find" type="search" autocomplete="off" spellcheck="false" placeholder="Name, ID, accession number, description" .value=${this.words} @input=${this.typed} />
        </label>
      </div>
      <div class="results">
        ${this.sentence ? html`<p class="message" role="alert">${this.sentence}</p>` : nothing}
        ${studies?.length === 0 ? html`<p class="message" role="status">No study that you may see fits this search</p>` : nothing}
        <ol aria-label="Studies" aria-busy=${String(studies === null)}>
          ${studies === null ? waitingRows(WAITING_ROWS) : studies.map((study) => studyRow(study, this.picked))}
        </ol>
      </div>`;
  }

  private question(study: StudyDocument): TemplateResult {
    return html`<div class="question" role="alert">
      ${icon("warning")}
      <h3 id="title">You are about to show another patient to everyone</h3>
      <dl class="change">
        ${this.patient ? html`<dt>Now</dt><dd>${inWords(this.patient)}</dd>` : nothing}
        <dt>Next</dt>
        <dd class="next">${inWords(study.patient)}</dd>
        <dt>Study</dt>
        <dd>${[dateInWords(study.study_date), study.description ?? ""].filter(Boolean).join(" · ")}</dd>
      </dl>
      <div class="answers">
        <button class="outlined" @click=${() => (this.asked = null)}>Back to the list</button>
        <button class="primary" @click=${() => this.dispatchEvent(new StudyPicked(study))}>Show ${nameInWords(study.patient.name)}</button>
      </div>
    </div>`;
  }

  private picked = (study: StudyDocument): void => {
    if (this.patient && isSamePatient(this.patient, study.patient)) this.dispatchEvent(new StudyPicked(study));
    else this.asked = study;
  };

  /** Esc leaves the question first, then the list. */
  private cancelled = (event: Event): void => {
    if (!this.asked) return;
    event.preventDefault();
    this.asked = null;
  };

  private typed = (): void => {
    clearTimeout(this.typing);
    this.words = this.box?.value ?? "";
    this.typing = window.setTimeout(() => void this.ask(this.words.trim()), TYPING_MS);
  };

  private async ask(search: string): Promise<void> {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    try {
      this.studies = (await findStudies({ ...NO_QUERY, search }, null, asking.signal)).studies;
      this.sentence = "";
    } catch (error) {
      if (asking.signal.aborted) return;
      this.studies = [];
      this.sentence = error instanceof ApiError ? error.message : "The server could not be reached";
    }
  }
}

export function isSamePatient(one: PatientDocument, other: PatientDocument): boolean {
  return one.patient_id === other.patient_id && (one.issuer ?? "") === (other.issuer ?? "") && one.patient_id !== "";
}

function inWords(patient: PatientDocument): string {
  return [nameInWords(patient.name), patient.patient_id || "no ID", dateInWords(patient.birth_date), sexInWords(patient.sex)]
    .filter(Boolean)
    .join(" · ");
}
