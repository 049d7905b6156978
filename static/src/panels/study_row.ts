/** One study in the list: a row on a desk, a card on a phone. */
import { html, nothing, type TemplateResult } from "lit";
import type { StudyDocument } from "../net/documents";
import { ageInWords, dateInWords, nameInWords, sexInWords, timeInWords } from "../state/person";
import { icon } from "./icons";

/** pick: called instead of going to the study's page. */
export function studyRow(study: StudyDocument, pick?: (study: StudyDocument) => void): TemplateResult {
  const { patient } = study;
  const person = [patient.patient_id || "no ID", dateInWords(patient.birth_date), sexInWords(patient.sex)].filter(Boolean).join(" · ");
  const age = ageInWords(patient.birth_date, study.study_date);
  const series = `${study.number_of_series} series`;
  const objects = `${study.number_of_instances.toLocaleString("en")} ${study.number_of_instances === 1 ? "object" : "objects"}`;
  return html`<li class="row">
    <span class="picture">
      ${study.thumbnail ? html`<img src=${study.thumbnail} alt="" loading="lazy" decoding="async" @error=${hide} />` : icon(study.modalities.includes("ECG") ? "activity" : "layers")}
    </span>
    <span class="patient">
      ${
        pick
          ? html`<button class="open" @click=${() => pick(study)}>${nameInWords(patient.name)}</button>`
          : html`<a class="open" href="/study/${encodeURIComponent(study.study_instance_uid)}">${nameInWords(patient.name)}</a>`
      }
      <span class="soft">${person}</span>
      ${patient.identity_conflict ? html`<span class="chip warn">${icon("warning")} identity conflict</span>` : nothing}
    </span>
    <span class="date">${dateInWords(study.study_date) || "no date"} <span class="soft">${timeInWords(study.study_time)}${age ? ` · ${age}` : ""}</span></span>
    <span class="kinds">${study.modalities.map((modality) => html`<span class="chip">${modality}</span>`)}</span>
    <span class="what">
      <span class="description">${study.description || "No description"}</span>
      <span class="soft">${study.accession_number ? `Acc ${study.accession_number}` : ""}</span>
    </span>
    <span class="department soft">${study.department ?? ""}</span>
    <span class="size soft"><span>${series}</span><span>${objects}</span></span>
  </li>`;
}

/** Rows that stand in while the list is on its way. */
export function waitingRows(count: number): TemplateResult[] {
  return Array.from(
    { length: count },
    () => html`<li class="row waiting" aria-hidden="true">
      <span class="picture"></span><span class="patient"><i></i><i class="short"></i></span><span class="date"><i></i></span>
      <span class="kinds"><i></i></span><span class="what"><i></i></span><span class="department"><i></i></span><span class="size"><i></i></span>
    </li>`,
  );
}

function hide(event: Event): void {
  (event.target as HTMLImageElement).hidden = true;
}
