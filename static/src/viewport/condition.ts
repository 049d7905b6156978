/** What a viewport has to say instead of a picture, or about one that isn't the latest. */
import type { Connection, FaultDocument } from "../net/worker_messages";

/** The five states of a viewport that need words, and the one that doesn't. */
export interface Condition {
  readonly kind: "empty" | "loading" | "partial" | "error" | "forbidden" | "ready";
  readonly words: string;
}

const SIGNED_OUT: Condition = { kind: "forbidden", words: "You are signed out" };
const NOT_YOURS: Condition = { kind: "forbidden", words: "Not here, or not yours to see" };
export const READY: Condition = { kind: "ready", words: "" };
/** Someone else looks at a frame that came after this series was opened here, or that isn't in it (S01). */
export const NOT_IN_SERIES: Condition = { kind: "error", words: "This image isn't in the series as you have it" };

/** What stands in the way of any picture; null: nothing does. */
export function obstacle(line: Connection, fault: FaultDocument | null): Condition | null {
  if (line === "refused") return SIGNED_OUT;
  if (!fault) return null;
  return [401, 403, 404].includes(fault.status) ? NOT_YOURS : { kind: "error", words: fault.sentence };
}
