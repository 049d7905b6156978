/** The study list's filters: what is asked of the server. Pure; "today" is handed in. */
import { NO_QUERY, type StudyQuery } from "./study_query";

export const MODALITIES: readonly (readonly [code: string, words: string])[] = [
  ["", "All"],
  ["CT", "CT"],
  ["MR", "MR"],
  ["US", "Ultrasound"],
  ["XA", "Angiography"],
  ["DX", "X-ray"],
  ["MG", "Mammography"],
  ["PT", "PET"],
  ["NM", "Nuclear"],
  ["SM", "Slides"],
  ["XC", "Photos"],
  ["ECG", "ECG"],
];

export const SPANS: readonly (readonly [days: number, words: string])[] = [
  [0, "Any date"],
  [1, "Today"],
  [7, "Last 7 days"],
  [30, "Last 30 days"],
  [365, "Last year"],
  [1826, "Last 5 years"],
];

/** The query for the last so many days, today among them; 0 for any date. */
export function withSpan(query: StudyQuery, days: number, today: Date): StudyQuery {
  if (days <= 0) return { ...query, dateFrom: "", dateTo: "" };
  const from = new Date(Date.UTC(today.getFullYear(), today.getMonth(), today.getDate() - (days - 1)));
  return { ...query, dateFrom: from.toISOString().slice(0, 10), dateTo: "" };
}

/** True when anything narrows the list. */
export function isNarrowed(query: StudyQuery): boolean {
  return JSON.stringify(query) !== JSON.stringify(NO_QUERY);
}
