/** How the picture on screen was made other than plainly, in words: from its own header, and the look it was asked for by (S01, S05). */
import type { OpenedDocument } from "../net/documents";
import type { PictureHeader } from "../net/wire";
import type { Look } from "./look";
import { voiInWords } from "./looks_offered";

export interface LookOnScreen {
  readonly opened: OpenedDocument;
  readonly header: PictureHeader;
  /** null: not known any more. */
  readonly look: Look | null;
}

/** label: of the presentation state that the look names. */
export function lookWords({ opened, header, look }: LookOnScreen, label: string): string[] {
  const chain = opened.chain ?? null;
  const words: string[] = [];
  if (header.presented) words.push(label && look?.presentation ? `Presentation: ${label}` : "Presentation state applied");
  else if (look?.presentation) words.push(`Presentation ${label} is not about this image: as stored`);
  if (header.subtracted) words.push("Mask subtracted");
  else if (chain?.subtraction === "recommended" && !header.presented) words.push("Mask not subtracted");
  if (look?.overlays === false && (chain?.overlays.length || look.presentation)) words.push("Overlays off");
  if (look?.shutter === false && !header.shutterApplied) words.push("Shutter off");
  if (header.paletteMissing) words.push("Shown grey: the palette of its colours is missing");
  if (header.profileUnused) words.push("Colours without their ICC profile");
  if (look && look.voi !== null) words.push(voiInWords(opened, look.voi));
  if (look?.voiFunction && header.windowCenter !== null) words.push(`VOI ${look.voiFunction.replace("_", " ")}`);
  return words;
}
