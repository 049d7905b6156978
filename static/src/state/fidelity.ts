/** How far a picture can be trusted, in words, from its own header (S05). */
import type { PictureHeader } from "../net/wire";

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

function isForProcessing(facts: FidelityFacts): boolean {
  return (facts.intent ?? "").toUpperCase() === "FOR PROCESSING";
}
