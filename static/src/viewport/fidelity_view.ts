/** The margin's word on trust, and the details behind it. */
import { html, type TemplateResult } from "lit";
import type { OpenedDocument } from "../net/documents";
import type { Proof } from "../net/proof";
import type { PictureHeader } from "../net/wire";
import { type FidelityWords, fidelityWords, proofInWords, renderingInWords, sizeInWords, treatmentInWords } from "../state/fidelity";
import { type LineFacts, lineInWords } from "../state/line_quality";
import { windowInWords } from "../state/windows";

export interface DetailFacts {
  readonly opened: OpenedDocument;
  readonly header: PictureHeader;
  readonly proof: Proof;
  readonly line: LineFacts;
  readonly dropped: number;
  readonly refused: number;
}

export function trustChip(header: PictureHeader, opened: OpenedDocument): TemplateResult {
  return trustWords(fidelityWords(header, { modality: opened.modality, intent: opened.intent ?? null }));
}

export function trustWords(words: FidelityWords): TemplateResult {
  return html`<span class="trust ${words.trust}" title=${[words.headline, ...words.also].join(", ")}>
    <span>${words.headline}</span>${words.also.map((word) => html`<span class="also">${word}</span>`)}
  </span>`;
}

/** Everything that the header says, for those who want to know. */
export function detailsPanel(facts: DetailFacts): TemplateResult {
  const { header, opened } = facts;
  const words = fidelityWords(header, { modality: opened.modality, intent: opened.intent ?? null });
  const isTile = header.kind === "tile";
  const instance = opened.instances.find((one) => one.digest === header.instanceDigest);
  const rows: [string, string][] = [
    [isTile ? "This tile" : "This picture", [words.headline, ...words.also].join(", ")],
    ["Sent as", `${encodingOf(header)}, ${kilobytes(header.payloadBytes)}`],
    ["Size", sizeInWords(header)],
    ["Source", sourceOf(opened)],
    ["Spacing", opened.spacing.label || opened.spacing.kind],
    ["From", `frame ${header.frameNumber} of instance ${instance?.sop_instance_uid ?? "?"}`],
    ["Made", renderingInWords(header)],
  ];
  if (header.windowCenter !== null && header.windowWidth !== null) {
    rows.push(["Window", windowInWords(header.windowCenter, header.windowWidth, opened.window_unit)]);
  }
  if (opened.cine) rows.push(["Clock", `${opened.cine.source}${opened.cine.assumed ? " (assumed)" : ""}`]);
  if (facts.line.roundTripMs !== null) rows.push(["Line", lineInWords(facts.line)]);
  rows.splice(1, 0, ["Proof", proofInWords(header, facts.proof)]);
  const treatment = treatmentInWords(header, opened.chain?.colour_profile ?? null);
  if (treatment.length > 0) rows.splice(2, 0, ["Drawn with", treatment.join(", ")]);
  if (isTile) rows.push(["Refused", `${facts.refused} tiles`]);
  else rows.push(["Dropped, refused", `${facts.dropped} frames, ${facts.refused} pictures`]);
  for (const note of opened.notes) rows.push(["Note", note]);
  return html`<section class="details" tabindex="0" aria-label="Fidelity details">
    <h3>${isTile ? "How far this tile, the last that came, can be trusted" : "How far this picture can be trusted"}</h3>
    <dl>
      ${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
    </dl>
  </section>`;
}

function sourceOf(opened: OpenedDocument): string {
  const { is_lossy, ratio, method } = opened.lossy;
  const kind = `${opened.modality}, ${opened.photometric ?? "?"}`;
  return is_lossy ? `${kind}, lossy${ratio ? ` ${ratio}:1` : ""}${method ? ` (${method})` : ""}` : `${kind}, lossless`;
}

function encodingOf({ codec, quality }: PictureHeader): string {
  if (codec === "values") return "stored values, windowed in this browser";
  return `${codec.toUpperCase()}${quality ? ` q${quality}` : ""}`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
