/** What a shared view says of itself: its strip and its list of people, in words and signs. Pure. */
import type { SharedPerson } from "../net/worker_messages";
import type { IconName } from "./icons";

type PersonCondition = SharedPerson["condition"];

/** All that the strip and the panel need to know; a new object at every change. */
export interface SharedFacts {
  readonly key: string;
  readonly phase: "joining" | "in" | "ended" | "removed";
  readonly you: string;
  readonly openedBy: string;
  readonly presenter: string;
  readonly people: readonly SharedPerson[];
  readonly isLineLost: boolean;
  /** Looks elsewhere, instead of following. */
  readonly isElsewhere: boolean;
  /** Something hangs that this person may not see. */
  readonly isWithheld: boolean;
  /** Since when the presenter is gone, or null. */
  readonly presenterAbsent_ms: number | null;
  /** After the end: whether the study that is on screen is still this person's to see. */
  readonly mayStay: boolean;
  /** What didn't work just now, or "". */
  readonly trouble: string;
}

export type StripAction = "back" | "elsewhere" | "take-over" | "people" | "close" | "studies";

export interface Strip {
  readonly tone: "calm" | "present" | "away" | "warn";
  readonly sign: IconName;
  readonly words: string;
  /** Said after the words, softer. */
  readonly aside: string;
  /** What a screen reader is told: without the counts, which change all the time. */
  readonly spoken: string;
  readonly actions: readonly { readonly kind: StripAction; readonly words: string; readonly isMain: boolean }[];
}

/** The presenter must have been away so long before another may take over; the server keeps the same rule. */
export const TAKE_OVER_AFTER_MS = 3000;

export const CONDITIONS: readonly PersonCondition[] = ["in step", "loading", "behind", "elsewhere", "withheld", "lost"];

export const CONDITION_SIGNS: Readonly<Record<PersonCondition, IconName>> = {
  "in step": "check",
  loading: "loader",
  behind: "clock",
  elsewhere: "compass",
  withheld: "lock",
  lost: "unplug",
};

/** Full name of someone who is there, else the user name. */
export function nameOf(facts: SharedFacts, person: string): string {
  return facts.people.find((one) => one.person === person)?.name || person;
}

export function isPresenter(facts: SharedFacts): boolean {
  return facts.presenter !== "" && facts.presenter === facts.you;
}

/** "3 in step, 1 loading" of these people, in the order of CONDITIONS. */
export function countsInWords(people: readonly SharedPerson[]): string {
  const counted = CONDITIONS.map((condition) => [people.filter((one) => one.condition === condition).length, condition] as const);
  return counted
    .filter(([count]) => count > 0)
    .map(([count, condition]) => `${count} ${condition}`)
    .join(", ");
}

/** What the strip under the top bar says; what matters most comes first. */
export function stripOf(facts: SharedFacts): Strip {
  const { phase } = facts;
  if (phase === "ended" || phase === "removed") return over(facts, phase);
  if (phase === "joining") return strip({ sign: "users", words: "Joining the shared view" });
  if (facts.isLineLost) return lineLost(facts);
  if (facts.trouble) return { ...(isPresenter(facts) ? presenting(facts) : following(facts)), aside: facts.trouble, tone: "warn" };
  return isPresenter(facts) ? presenting(facts) : following(facts);
}

function strip(parts: Pick<Strip, "sign" | "words"> & Partial<Strip>): Strip {
  const { words, aside = "" } = parts;
  return { tone: "calm", aside, actions: [], spoken: aside ? `${words}, ${aside}` : words, ...parts };
}

function over(facts: SharedFacts, phase: "ended" | "removed"): Strip {
  // Whose invitation ends with it may lose the line before the news: then nobody can tell the end from a removal.
  const words = phase === "ended" ? "The shared view has ended" : "The shared view has ended for you";
  if (facts.mayStay) {
    const close = { kind: "close", words: "Close", isMain: false } as const;
    return strip({ sign: "users", words, aside: "you may stay with this study", actions: [close] });
  }
  const studies = { kind: "studies", words: "All studies", isMain: true } as const;
  return strip({ sign: "users", words, aside: "what was shown in it is gone from this screen", actions: [studies] });
}

function lineLost(facts: SharedFacts): Strip {
  const aside = isPresenter(facts) ? "nobody sees what you do now" : "this is the last picture you saw";
  return strip({ tone: "warn", sign: "unplug", words: "Connection lost", aside });
}

function presenting(facts: SharedFacts): Strip {
  const others = facts.people.filter((one) => one.person !== facts.you);
  const common = { tone: "present", sign: "presentation", spoken: "You present" } as const;
  if (others.length === 0) return strip({ ...common, words: "You present", aside: "nobody else is here yet" });
  const letSee = { kind: "people", words: "Let them see", isMain: false } as const;
  const actions = others.some((one) => one.condition === "withheld") ? [letSee] : [];
  return strip({ ...common, words: `You present to ${others.length}`, aside: countsInWords(others), actions });
}

function following(facts: SharedFacts): Strip {
  const name = nameOf(facts, facts.presenter);
  const back = { kind: "back", words: `Back to ${name}`, isMain: true } as const;
  if (facts.presenterAbsent_ms !== null) {
    const mayTakeOver = facts.presenterAbsent_ms >= TAKE_OVER_AFTER_MS && !facts.isWithheld;
    const takeOver = { kind: "take-over", words: "Take over", isMain: true } as const;
    const actions = [...(mayTakeOver ? [takeOver] : []), ...(facts.isElsewhere ? [back] : [])];
    const isGone = facts.presenterAbsent_ms >= TAKE_OVER_AFTER_MS;
    const words = isGone ? `${name} is gone` : `Waiting for ${name}`;
    return strip({ tone: "warn", sign: "unplug", words, aside: isGone ? "" : "the connection is interrupted", actions });
  }
  if (facts.isElsewhere) return strip({ tone: "away", sign: "compass", words: "You look elsewhere", actions: [back] });
  if (facts.isWithheld) return strip({ sign: "lock", words: `${name} presents`, aside: "something is shown that you may not see" });
  const elsewhere = { kind: "elsewhere", words: "Look elsewhere", isMain: false } as const;
  return strip({ sign: "presentation", words: `${name} presents`, actions: [elsewhere] });
}
