/** The pages' JSON API: one function a question or a wish, one error class for every refusal. */
import type { StudyQuery } from "../state/study_query";
import type { BootDocument, StudyContents, StudyPageDocument } from "./documents";
import type { PresentationDocument } from "./presentation_documents";

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

/** Someone of the house, as a field for names suggests one. */
export interface PersonDocument {
  readonly username: string;
  readonly name: string;
}

/** A shared view that one may join: opened by oneself or invited to, and not ended. */
export interface SharedViewCard {
  readonly key: string;
  readonly url: string;
  readonly opened_by: string;
  readonly opened_by_name: string;
  readonly presenter: string;
  readonly presenter_name: string;
  /** ISO 8601. */
  readonly since: string;
  /** null where it is withheld. */
  readonly study: { readonly patient_name: string; readonly description: string | null; readonly study_date: string | null } | null;
}

export const PAGE_SIZE = 50;

/** What a page is told at its start; shared_view: the key of the shared view that it opens into. */
export type Boot = BootDocument & { readonly shared_view?: string };

/** Read what the page was told at its start. */
export function bootDocument(): Boot {
  return JSON.parse(document.getElementById("boot")?.textContent ?? "{}") as Boot;
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

/** Geometry and graphics of a presentation state, and what it is about. */
export function presentationState(sopInstanceUid: string): Promise<PresentationDocument> {
  return getJson<PresentationDocument>(`/api/presentations/${encodeURIComponent(sopInstanceUid)}`);
}

/** Open a shared view on a study, with what hangs there; the address is what its link carries. */
export function openSharedView(
  studyInstanceUid: string,
  panes: readonly unknown[],
  active: number,
): Promise<{ readonly key: string; readonly url: string }> {
  return send("POST", "/api/shared-views", { study_instance_uid: studyInstanceUid, panes, active });
}

export async function mySharedViews(signal?: AbortSignal): Promise<readonly SharedViewCard[]> {
  return (await getJson<{ shared_views: readonly SharedViewCard[] }>("/api/shared-views", signal)).shared_views;
}

/** Invite by name: these people may see what hangs, as far as the inviter may, until the shared view ends. */
export async function inviteToSharedView(key: string, usernames: readonly string[]): Promise<void> {
  await send("POST", `${pathOf(key)}/people`, { usernames });
}

/** Let people who are there, and from whom the study is withheld, see it until the shared view ends. */
export async function showWithheld(key: string, usernames: readonly string[]): Promise<void> {
  await send("POST", `${pathOf(key)}/grants`, { usernames });
}

export async function removeFromSharedView(key: string, username: string): Promise<void> {
  await send("DELETE", `${pathOf(key)}/people/${encodeURIComponent(username)}`);
}

export async function endSharedView(key: string): Promise<void> {
  await send("POST", `${pathOf(key)}/end`, {});
}

/** People whose name or user name begins like the words. */
export async function findPeople(words: string, signal?: AbortSignal): Promise<readonly PersonDocument[]> {
  return (await getJson<{ people: readonly PersonDocument[] }>(`/api/people?${new URLSearchParams({ q: words })}`, signal)).people;
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

function pathOf(key: string): string {
  return `/api/shared-views/${encodeURIComponent(key)}`;
}

export function getJson<Body>(url: string, signal?: AbortSignal): Promise<Body> {
  return answerTo<Body>(url, { headers: { Accept: "application/json" }, ...(signal ? { signal } : {}) });
}

export function send<Body>(method: "POST" | "DELETE", url: string, body?: object): Promise<Body> {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": bootDocument().csrf_token };
  return answerTo<Body>(url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
}

/** Raises: ApiError for every refusal; TypeError where the server can't be reached. Leaves for the sign-in page when signed out. */
async function answerTo<Body>(url: string, request: RequestInit): Promise<Body> {
  const response = await fetch(url, request);
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as Body;
  const problem = (await response.json().catch(() => ({}))) as { title?: string; correlation_id?: string };
  if (response.status === 401) signInAgain();
  throw new ApiError(response.status, problem.title ?? "The server could not answer", problem.correlation_id ?? "");
}
