/** How far a picture can be trusted, in words, from its own header (S05). */
import type { Proof } from "../net/proof";
import type { DigestKind, PictureHeader } from "../net/wire";

export type Trust = "full" | "source" | "preview" | "none";

export interface FidelityWords {
  /** full: lossless from a lossless source; source: as good as the source, which was lossy; preview: less than that. */
  readonly trust: Trust;
  /** The shortest true statement, e.g. "lossless" or "preview – JPEG q60". */
  readonly headline: string;
  /** Everything else that must be said, e.g. "source lossy 12:1", "lossy twice", "reduced 1/2". */
  readonly also: readonly string[];
}

export interface FidelityFacts {
  readonly modality: string;
  readonly intent?: string | null;
}

/** Say in words what the picture on screen is. */
export function fidelityWords(header: PictureHeader, facts: FidelityFacts): FidelityWords {
  if (header.fidelity === "absent") return { trust: "none", headline: "not in the archive", also: [] };
  const also: string[] = [];
  const isLossy = header.fidelity === "lossy";
  if (header.reduced) also.push(`reduced ${reductionOf(header)}`);
  const trust = trustOf(header);
  if (header.sourceLossy && trust === "preview") also.push(sourceWords(header.sourceRatio));
  if (isLossy && header.sourceLossy) also.push("lossy twice");
  if (isForProcessing(facts)) also.push("for processing: not for interpretation");
  else if (facts.modality === "MG" && (isLossy || header.reduced || header.sourceLossy)) also.push("not for interpretation");
  return { trust, headline: headlineOf(header), also };
}

const DIGEST_WORDS: Record<DigestKind, string> = {
  none: "",
  levels: "SHA-256 of the levels",
  encoded: "XXH3 of the levels before encoding",
  payload: "SHA-256 of the stored bytes",
};
const DIGITS_SHOWN = 16;

/** The digest that a picture came with, and what became of it in this browser. */
export function proofInWords(header: PictureHeader, proof: Proof): string {
  const { digestKind, digest } = header;
  if (digestKind === "none") return header.kind === "tile" ? "none: tiles carry no proof" : "none came with it";
  const named = `${header.codec === "values" ? "SHA-256 of the stored values" : DIGEST_WORDS[digestKind]} ${digest.slice(0, DIGITS_SHOWN)}`;
  if (digestKind === "encoded") return `${named}, names what was encoded`;
  if (proof === "matches") return `${named}, checked in this browser: matches`;
  if (proof === "unavailable") return `${named}, this browser can't check it`;
  if (proof === "differs") return `${named}, checked in this browser: differs`;
  return `${named}, not checked: ${header.kind === "tile" ? "a tile" : "it plays"}`;
}

/** What there is of a picture; a tile is one of a level of its slide, 0 the finest. */
export function sizeInWords({ kind, width, height, level, sourceColumns, sourceRows }: PictureHeader): string {
  const size = `${width} × ${height}`;
  return kind === "tile" ? `Tile ${size} of level ${level}` : `${size} of ${sourceColumns} × ${sourceRows}`;
}

/** What the server did to make it, and how long it took. */
export function renderingInWords({ fidelity, renderMicroseconds, encodeMicroseconds }: PictureHeader): string {
  if (fidelity === "stored") return "not rendered: the stored bytes";
  return `rendered in ${milliseconds(renderMicroseconds)}, encoded in ${milliseconds(encodeMicroseconds)}`;
}

/** What was done to the image beyond its window, from the picture's own flags. profile: name of its ICC profile. */
export function treatmentInWords(header: PictureHeader, profile: string | null): string[] {
  const named = profile ? ` ${profile}` : "";
  const words: [boolean, string][] = [
    [header.presented, "presentation state applied"],
    [header.subtracted, "mask subtracted"],
    [header.shutterApplied, "shutter applied"],
    [header.overlaysDrawn, "overlays drawn"],
    [header.inverted, "inverted"],
    [header.colourManaged, `colours by ICC profile${named}`],
    [header.paletteMissing, "grey: the palette of its colours is missing"],
    [header.profileUnused, `ICC profile${named} not used`],
  ];
  return words.filter(([isSo]) => isSo).map(([, said]) => said);
}

/** "source lossy 12:1", or without the ratio where the source doesn't state one. */
export function sourceWords(ratio: number | null): string {
  if (ratio === null || ratio <= 0) return "source lossy";
  return `source lossy ${ratio < 10 ? Number(ratio.toFixed(1)) : Math.round(ratio)}:1`;
}

function trustOf(header: PictureHeader): Trust {
  if (header.fidelity === "lossy" || header.reduced) return "preview";
  return header.sourceLossy ? "source" : "full";
}

function headlineOf(header: PictureHeader): string {
  if (header.fidelity === "lossy") return `preview – JPEG q${header.quality}`;
  if (header.reduced) return "preview";
  return header.sourceLossy ? sourceWords(header.sourceRatio) : "lossless";
}

/** "1/2" where it is near a simple fraction, else the share in percent. */
function reductionOf(header: PictureHeader): string {
  const factor = Math.max(header.sourceColumns / header.width, header.sourceRows / header.height);
  const whole = Math.round(factor);
  return whole >= 2 && Math.abs(factor - whole) < 0.06 ? `1/${whole}` : `to ${Math.round(100 / factor)} %`;
}

function milliseconds(microseconds: number): string {
  return `${(microseconds / 1000).toFixed(1)} ms`;
}

function isForProcessing(facts: FidelityFacts): boolean {
  return (facts.intent ?? "").toUpperCase() === "FOR PROCESSING";
}
