/** The texts in the four corners, from the picture on screen and the tables of its subscription alone (S01). */
import type { OpenedDocument } from "../net/documents";
import type { PictureHeader } from "../net/wire";
import type { Identified } from "./identity";
import { ageInWords, dateInWords, nameInWords, sexInWords, timeInWords } from "./person";
import { presetName, presetsFor, windowInWords } from "./windows";

export type OverlayMode = "full" | "minimal" | "off";

export interface CornerTexts {
  readonly topLeft: readonly string[];
  readonly topRight: readonly string[];
  readonly bottomLeft: readonly string[];
  readonly bottomRight: readonly string[];
}

export interface PictureOnScreen {
  readonly header: PictureHeader;
  readonly identified: Identified;
}

export const NO_TEXTS: CornerTexts = { topLeft: [], topRight: [], bottomLeft: [], bottomRight: [] };
const MODES: readonly OverlayMode[] = ["full", "minimal", "off"];

/** The next mode of the key `o`. */
export function nextMode(mode: OverlayMode): OverlayMode {
  return MODES[(MODES.indexOf(mode) + 1) % MODES.length] ?? "full";
}

/** Return the lines of each corner; side and projection stay in every mode (S02). zoom: screen pixels for one image pixel. */
export function cornerTexts(opened: OpenedDocument, shown: PictureOnScreen, zoom: number, mode: OverlayMode): CornerTexts {
  const sides = sideLines(opened);
  if (mode === "off") return sides.length > 0 ? { ...NO_TEXTS, topLeft: sides } : NO_TEXTS;
  const position = positionLines(opened, shown);
  const window = windowLine(opened, shown.header);
  if (mode === "minimal") {
    return { ...NO_TEXTS, topLeft: sides, bottomLeft: position.slice(0, 1), bottomRight: window ? [window] : [] };
  }
  return {
    topLeft: [...patientLines(opened), ...sides],
    topRight: studyLines(opened),
    bottomLeft: position,
    bottomRight: present([window, `Zoom ${Math.round(zoom * 100)} %`, opened.series_description]),
  };
}

/** Name, number, age and sex; age is that at the study. */
export function patientLines(opened: OpenedDocument): string[] {
  const { patient, study } = opened;
  const person = present([ageInWords(patient.birth_date, study.date), sexInWords(patient.sex)]).join(" ");
  return present([nameInWords(patient.name), patient.patient_id, person]);
}

const SIDES: Readonly<Record<string, string>> = { L: "Left", R: "Right", B: "Both sides", U: "Unpaired" };

/** Side and projection of breasts and limbs (S02), e.g. "Left MLO". */
function sideLines(opened: OpenedDocument): string[] {
  const side = opened.laterality?.trim() ?? "";
  const words = present([SIDES[side] ?? side, opened.view_position]).join(" ");
  return words ? [words] : [];
}

function studyLines(opened: OpenedDocument): string[] {
  const { study } = opened;
  const when = present([dateInWords(study.date), timeInWords(study.time)]).join(" ");
  return present([study.institution, when, study.description]);
}

function positionLines(opened: OpenedDocument, shown: PictureOnScreen): string[] {
  const { frame, index, instance } = shown.identified;
  const count = opened.frames.length;
  const series = opened.series_number === null || opened.series_number === undefined ? "" : `Se ${opened.series_number} · `;
  const what = opened.kind === "clip" ? "Frame" : "Im";
  const lines = [`${series}${what} ${index + 1}/${count}`];
  if (opened.kind === "stack" && instance.instance_number) lines.push(`Instance ${instance.instance_number}`);
  const position = frame.position_mm;
  if (position !== null && position !== undefined) lines.push(`Position ${position.toFixed(1)} mm`);
  if (frame.thickness_mm) lines.push(`Thickness ${Number(frame.thickness_mm.toFixed(2))} mm`);
  const time_ms = opened.cine ? frameTime(opened, index) : null;
  if (time_ms !== null) lines.push(`${Math.round(time_ms)} ms`);
  return lines;
}

function frameTime(opened: OpenedDocument, index: number): number | null {
  const { cine } = opened;
  if (!cine) return null;
  return cine.times_ms?.[index] ?? index * cine.frame_time_ms;
}

function windowLine(opened: OpenedDocument, header: PictureHeader): string {
  if (header.windowCenter === null || header.windowWidth === null) return "";
  const presets = presetsFor(opened.modality, opened.windows);
  const name = presetName(presets, [header.windowCenter, header.windowWidth]);
  const words = windowInWords(header.windowCenter, header.windowWidth, opened.window_unit);
  return name ? `${words} · ${name}` : words;
}

function present(lines: readonly (string | null | undefined)[]): string[] {
  return lines.flatMap((line) => (line?.trim() ? [line.trim()] : []));
}
