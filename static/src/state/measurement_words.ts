/** Numbers that were measured, in words for the glass: each with its unit and what it is worth (S06, S07). Pure. */
import type {
  ComponentDocument,
  MeasuredDocument,
  MeasurementDocument,
  QuantityHead,
  QuantityValue,
  StatisticsDocument,
  ValuesDocument,
} from "../net/measuring_api";
import type { Result } from "./measurement";
import { caveatOf } from "./scale_bar";

const NOT_MEASURED = "not measured";
/** Digits after the point of a length; a pixel is rarely smaller than that. */
const LENGTH_DIGITS: Readonly<Record<string, number>> = { mm: 1, cm: 2, µm: 1, px: 1 };

/** Lines beside a shape: the number first. */
export function resultLines(result: Result): readonly string[] {
  if (result.kind === "asked") return ["…"];
  if (result.kind === "failed") return [`${NOT_MEASURED}: ${result.words}`];
  const { answer } = result;
  if (answer.length) return lengthLines(answer.length);
  return [...statisticsLines(answer.statistics ?? []), ...(answer.area ? areaLines(answer.area) : []), ...caveats(answer)];
}

/** One line for a list: the first number, a length with what it is worth. */
export function resultInShort(result: Result): string {
  const lines = resultLines(result);
  const isLength = result.kind === "known" && result.answer.length !== undefined;
  return (isLength ? lines.join(" · ") : lines[0]) ?? NOT_MEASURED;
}

/** "23.4 mm", "98.9 mm at detector" as the scale bar says it, then what that rests on. */
export function lengthLines(length: MeasuredDocument): readonly string[] {
  if (length.value !== null) return [withCaveat(lengthInWords(length.value, length.unit), length), length.label];
  return [...length.components.map(componentInWords), length.label];
}

/** Lines of the values of one pixel; its place comes first. isBrief: where there is little room, what it means and no more. */
export function valueLines(values: ValuesDocument, isBrief = false): readonly string[] {
  const place = `x ${values.column} · y ${values.row}`;
  const mm = values.mm ? [`${values.mm.map(tenths).join(" · ")} mm in the patient`] : [];
  if (values.is_padding) return [place, "padding: no value", ...mm];
  const colour = values.colour ? [`RGB ${values.colour.join(" · ")}`] : [];
  const meaning = [...quantityLines(values.quantities), ...colour];
  return isBrief && meaning.length > 0 ? [place, ...meaning] : [place, ...meaning, ...storedLines(values), ...mm];
}

/** At most four digits that mean something, and never fewer than the whole part has. */
export function numberInWords(value: number): string {
  const size = Math.abs(value);
  const text = Number.isInteger(value) || size >= 1000 ? value.toFixed(Number.isInteger(value) ? 0 : 1) : shortened(value, size);
  return text.replace("-", "−");
}

/** Break a text into lines of at most so many letters: between its parts where that will do, else at blanks. */
export function wrapped(text: string, most: number): string[] {
  const parts = text.split(" · ").flatMap((part) => packed(part.split(" "), " ", most));
  return packed(parts, " · ", most);
}

function packed(pieces: readonly string[], between: string, most: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + between.length + piece.length <= most) lines[lines.length - 1] = last + between + piece;
    else lines.push(piece);
  }
  return lines;
}

function tenths(value: number): string {
  return (Math.round(value * 10) / 10 + 0).toFixed(1).replace("-", "−");
}

function shortened(value: number, size: number): string {
  if (size >= 10) return value.toFixed(1);
  if (size >= 1) return value.toFixed(2);
  return String(Number(value.toPrecision(3)));
}

function lengthInWords(value: number, unit: string): string {
  return `${value.toFixed(LENGTH_DIGITS[unit] ?? 1)} ${unit}`;
}

function areaLines(area: MeasuredDocument): string[] {
  if (area.value === null) return [area.label];
  return [`${withCaveat(`${numberInWords(area.value)} ${area.unit}`, area)} · ${area.label}`];
}

function withCaveat(number: string, { kind }: MeasuredDocument): string {
  const caveat = caveatOf(kind);
  return caveat ? `${number} ${caveat}` : number;
}

/** "0.45 s", "97 cm/s (−85 to 12)": signs as the region has them, the sign of a difference left to its ends. */
function componentInWords({ difference, unit, start, end }: ComponentDocument): string {
  const ends = start === null || end === null ? "" : ` (${numberInWords(rounded(start))} to ${numberInWords(rounded(end))})`;
  return `Δ ${numberInWords(rounded(Math.abs(difference)))} ${unit}${ends}`;
}

/** Of one quantity in two short lines; of several a line each. */
function statisticsLines(rows: readonly StatisticsDocument[]): string[] {
  const lines = rows
    .filter((row) => row.mean !== null)
    .flatMap((row) => {
      const sd = row.sd === null ? "" : ` · SD ${numberInWords(rounded(row.sd))}`;
      const mean = `mean ${withUnit(rounded(row.mean ?? 0), row.unit)}${sd}`;
      const spread = row.count > 1 ? [`${numberInWords(rounded(row.min ?? 0))} to ${withUnit(rounded(row.max ?? 0), row.unit)}`] : [];
      if (rows.length > 1) return [[`${row.name} ${mean}`, ...spread].join(" · ")];
      return [row.unit ? mean : `${row.name} ${mean}`, ...spread]; // a number without a unit says what it is
    });
  return [...lines, ...reasonLines(rows.filter((row) => row.mean === null))];
}

function caveats({ pixels, padding, is_within }: MeasurementDocument): string[] {
  return [
    ...(pixels !== null && pixels !== undefined ? [`${pixels} pixels${padding ? `, ${padding} of them padding, left out` : ""}`] : []),
    ...(is_within === false ? ["reaches beyond the image"] : []),
  ];
}

function quantityLines(quantities: readonly QuantityValue[]): string[] {
  const known = quantities.filter((one) => one.value !== null);
  const lines = known.map((one) => `${one.name} ${withUnit(rounded(one.value ?? 0), one.unit)}`);
  return [...lines, ...reasonLines(quantities.filter((one) => one.value === null))];
}

/** What can't be had, by its reason: four kinds of SUV often lack the same thing. */
function reasonLines(missing: readonly QuantityHead[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, reason } of missing) names.set(reason, [...(names.get(reason) ?? []), name]);
  return [...names].map(([reason, of]) => (reason ? `${of.join(", ")}: ${reason}` : `${of.join(", ")}: no value`));
}

/** The stored value where nothing else says it. */
function storedLines({ stored, photometric, quantities, colour }: ValuesDocument): string[] {
  if (stored === null) return [];
  if (typeof stored !== "number") return photometric === "RGB" ? [] : [`stored ${photometric} ${stored.join(" · ")}`];
  const isSaid = quantities.some((one) => one.name === "stored value" && one.value !== null);
  return isSaid ? [] : [`${colour ? "index" : "stored"} ${numberInWords(stored)}`];
}

function withUnit(value: number, unit: string): string {
  return unit ? `${numberInWords(value)} ${unit}` : numberInWords(value);
}

/** Without the dust of binary fractions: 40.00000001 is 40. */
function rounded(value: number): number {
  return Number(value.toPrecision(9));
}
