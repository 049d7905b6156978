/** `<viewbox-banner>`: whose images these are; always in view. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { StudyDocument } from "../net/documents";
import { ageInWords, dateInWords, nameInWords, sexInWords } from "../state/person";
import { controls } from "../styles/controls";
import { icon } from "./icons";

@customElement("viewbox-banner")
export class Banner extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 4px 18px;
        min-width: 0;
        overflow: hidden;
      }
      .name {
        margin: 0;
        font-size: 16px;
        font-weight: 700;
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
        /* Whatever gives way: not the name. */
        flex: none;
        max-width: 60%;
      }
      .fact {
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .fact small {
        margin-right: 5px;
        color: var(--text-soft);
        font-size: 12px;
      }
      .study {
        flex: 0 1 auto;
        min-width: 0;
      }
      @media (max-width: 1200px) {
        :host {
          display: grid;
          grid-template-columns: auto 1fr;
          gap: 0 10px;
          font-size: 12px;
          line-height: 1.3;
        }
        .name {
          grid-column: 1 / -1;
          max-width: 100%;
          font-size: 15px;
        }
        .fact {
          color: var(--text-soft);
        }
        .fact small {
          display: none;
        }
        .study {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  @property({ attribute: false }) study: StudyDocument | null = null;
  /** What stands there while nobody is named. */
  @property() words = "Loading";

  override render(): TemplateResult {
    const { study } = this;
    if (!study) return html`<span class="name" role="status">${this.words}</span>`;
    const { patient } = study;
    const age = ageInWords(patient.birth_date, study.study_date);
    const born = [dateInWords(patient.birth_date), age ? `(${age})` : ""].filter(Boolean).join(" ") || "unknown";
    return html`
      <h1 class="name" title=${nameInWords(patient.name)}>${nameInWords(patient.name)}</h1>
      <span class="fact"><small>ID</small>${patient.patient_id || "none"}</span>
      <span class="fact"><small>Born</small>${born} ${sexInWords(patient.sex)}</span>
      <span class="fact study"><small>Study</small>${dateInWords(study.study_date)} ${study.description ?? ""}</span>
      ${
        patient.identity_conflict
          ? html`<span class="chip warn" role="note" title="The same number arrived with another name, birth date or sex"
            >${icon("warning")} identity conflict</span
          >`
          : nothing
      }
    `;
  }
}
