/** The pages' JSON API: one function a question, one error class for every refusal. */
import type { StudyQuery } from "../state/study_query";
import type { BootDocument, StudyContents, StudyPageDocument } from "./documents";

/** What the server answered instead: a sentence for a person and the id under which its log has the rest. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    sentence: string,
    readonly correlationId: string,
  ) {
    super(sentence);
  }
}

export const PAGE_SIZE = 50;

/** Read what the page was told at its start. */
export function bootDocument(): BootDocument {
  return JSON.parse(document.getElementById("boot")?.textContent ?? "{}") as BootDocument;
}

export function findStudies(query: StudyQuery, after: string | null, signal: AbortSignal): Promise<StudyPageDocument> {
  const parameters = new URLSearchParams({ limit: String(PAGE_SIZE) });
  const optional = {
    search: query.search,
    modality: query.modality,
    department: query.department,
    date_from: query.dateFrom.replaceAll("-", ""),
    date_to: query.dateTo.replaceAll("-", ""),
    after: after ?? "",
  };
  for (const [name, value] of Object.entries(optional)) if (value) parameters.set(name, value);
  return getJson<StudyPageDocument>(`/api/studies?${parameters}`, signal);
}

export function studyContents(studyInstanceUid: string, signal?: AbortSignal): Promise<StudyContents> {
  return getJson<StudyContents>(`/api/studies/${encodeURIComponent(studyInstanceUid)}`, signal);
}

/** Ask whether the session still stands; a network failure is no answer. */
export async function isSignedIn(): Promise<boolean> {
  const response = await fetch("/api/studies?limit=1", { headers: { Accept: "application/json" }, redirect: "manual" });
  return response.type !== "opaqueredirect" && response.status !== 401;
}

/** Leave for the sign-in page, to come back here. */
export function signInAgain(): void {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
}

async function getJson<Body>(url: string, signal?: AbortSignal): Promise<Body> {
  const response = await fetch(url, { headers: { Accept: "application/json" }, ...(signal ? { signal } : {}) });
  if (response.ok) return (await response.json()) as Body;
  const problem = (await response.json().catch(() => ({}))) as { title?: string; correlation_id?: string };
  if (response.status === 401) signInAgain();
  throw new ApiError(response.status, problem.title ?? "The server could not answer", problem.correlation_id ?? "");
}
