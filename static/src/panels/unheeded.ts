/** Why a key does nothing now, in words; buttons say the same of themselves. Pure. */
import type { PageLoops } from "../state/loop_commands";
import type { Pressed } from "../tools/keys";
import type { ViewportSummary } from "../viewport/summary";

/** What the answer hangs on. whyNotLinked: "" where two panes can be linked. */
export interface PageFacts {
  readonly summary: ViewportSummary;
  readonly loops: PageLoops;
  readonly whyNotLinked: string;
}

/** "" where it does something. */
export function whyUnheeded({ to, command }: Pressed, { summary, loops, whyNotLinked }: PageFacts): string {
  if (to === "viewport") return command.kind === "key-image" ? whyNoKeyImage(summary) : "";
  if (command.kind === "in-step" && !loops.isInStep && loops.whyNotInStep) return `Not in step: ${loops.whyNotInStep}`;
  if (command.kind === "link" && whyNotLinked) return `Not linked: ${whyNotLinked}`;
  return "";
}

function whyNoKeyImage({ kind, looks }: ViewportSummary): string {
  if (kind === "empty") return "There is no picture yet";
  return looks?.keyNotes.length ? "" : "No key images are marked here";
}
