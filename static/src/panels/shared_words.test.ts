import { describe, expect, it } from "vitest";
import { countsInWords, type SharedFacts, stripOf } from "./shared_words";

const person = (name: string, condition: SharedFacts["people"][number]["condition"], is_presenter = false) => ({
  person: name,
  name: `Dr ${name}`,
  condition,
  is_presenter,
});

const GREY = person("grey", "in step", true);
const FACTS: SharedFacts = {
  key: "k",
  phase: "in",
  you: "ohm",
  openedBy: "grey",
  presenter: "grey",
  people: [GREY, person("ohm", "in step")],
  isLineLost: false,
  isElsewhere: false,
  isWithheld: false,
  presenterAbsent_ms: null,
  mayStay: true,
  trouble: "",
};

const said = (change: Partial<SharedFacts>) => {
  const strip = stripOf({ ...FACTS, ...change });
  return [strip.words, strip.aside, ...strip.actions.map((action) => action.kind)];
};

describe("the strip of a shared view", () => {
  it("names the presenter, and lets a follower look elsewhere and back", () => {
    expect(said({})).toEqual(["Dr grey presents", "", "elsewhere"]);
    expect(said({ isElsewhere: true })).toEqual(["You look elsewhere", "", "back"]);
    expect(stripOf({ ...FACTS, isElsewhere: true }).actions[0]?.words).toBe("Back to Dr grey");
  });

  it("tells the presenter how far the others are, without themselves", () => {
    const people = [GREY, person("ohm", "in step"), person("moor", "in step"), person("heart", "withheld"), person("tissue", "behind")];
    expect(said({ you: "grey", people })).toEqual(["You present to 4", "2 in step, 1 behind, 1 withheld", "people"]);
    expect(said({ you: "grey", people: [GREY] })).toEqual(["You present", "nobody else is here yet"]);
  });

  it("says of a lost line what is still on screen, before anything else", () => {
    expect(said({ isLineLost: true, isElsewhere: true, isWithheld: true })).toEqual([
      "Connection lost",
      "this is the last picture you saw",
    ]);
    expect(said({ isLineLost: true, you: "grey" })).toEqual(["Connection lost", "nobody sees what you do now"]);
  });

  it("offers to take over only after the time that the server asks for, and not to whom something is withheld", () => {
    expect(said({ presenterAbsent_ms: 1000 })).toEqual(["Waiting for Dr grey", "the connection is interrupted"]);
    expect(said({ presenterAbsent_ms: 3000 })).toEqual(["Dr grey is gone", "", "take-over"]);
    expect(said({ presenterAbsent_ms: 3000, isElsewhere: true })).toEqual(["Dr grey is gone", "", "take-over", "back"]);
    expect(said({ presenterAbsent_ms: 3000, isWithheld: true })).toEqual(["Dr grey is gone", ""]);
  });

  it("says that something is withheld, and nothing about it", () => {
    expect(said({ isWithheld: true })).toEqual(["Dr grey presents", "something is shown that you may not see"]);
  });

  it("says at the end whether one may stay", () => {
    expect(said({ phase: "ended" })).toEqual(["The shared view has ended", "you may stay with this study", "close"]);
    expect(said({ phase: "removed", mayStay: false })).toEqual([
      "The shared view has ended for you",
      "what was shown in it is gone from this screen",
      "studies",
    ]);
  });

  it("doesn't read counts aloud that change all the time", () => {
    expect(stripOf({ ...FACTS, you: "grey" }).spoken).toBe("You present");
    expect(countsInWords([])).toBe("");
  });
});
