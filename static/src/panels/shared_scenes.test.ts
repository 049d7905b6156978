import { describe, expect, it } from "vitest";
import { ApiError } from "../net/api";
import type { ItemDocument, StudyContents } from "../net/documents";
import { BEFORE_THE_FIRST, type SharedState } from "../state/shared_state";
import { SharedScenes } from "./shared_scenes";
import type { Place, Stage } from "./shared_stage";
import { StudyShelf } from "./study_shelf";

const item = (series: string): ItemDocument => ({
  key: `${series}/`,
  kind: "image",
  series_instance_uid: series,
  stack: null,
  series_number: 1,
  modality: "CT",
  label: series,
  detail: "",
  count: 1,
  thumbnail: null,
  object: null,
});

const contents = (uid: string, name: string): StudyContents => ({
  study: {
    study_instance_uid: uid,
    patient: { name, patient_id: name, identity_conflict: false },
    study_date: null,
    study_time: null,
    accession_number: null,
    description: null,
    modalities: ["CT"],
    department: null,
    number_of_series: 1,
    number_of_instances: 1,
    thumbnail: null,
  },
  items: [item(`${uid}.1`), item(`${uid}.2`)],
  related: [],
});

const STUDIES = new Map([
  ["1", contents("1", "Ada")],
  ["2", contents("2", "Ben")],
]);

const state = (study: string, patient: string, series = `${study}.1`): SharedState => ({
  ...BEFORE_THE_FIRST,
  study,
  patient,
  panes: [{ study, series, stack: null, view: null }],
});

const WITHHELD: SharedState = { ...BEFORE_THE_FIRST, panes: [{ withheld: true }] };

/** A page without a browser: what happens to it is written down in order. */
class PageOnPaper implements Stage {
  readonly done: string[] = [];
  readonly client = null as never;
  readonly shelf = new StudyShelf(() => undefined);
  places: readonly Place[] = [null];
  active = 0;
  pane = () => null;
  activate = () => undefined;
  sharedChanged = () => undefined;

  blank(): void {
    this.places = [null];
    this.shelf.put(null);
    this.done.push("blank");
  }

  async name(named: StudyContents | null): Promise<void> {
    this.shelf.put(named);
    this.done.push(`name ${named?.study.patient.name ?? "nobody"}`);
  }

  async place(places: readonly Place[]): Promise<void> {
    this.places = places;
    this.done.push(`hang ${places.map((place) => (place && typeof place !== "string" ? place.item.key : place)).join()}`);
  }
}

async function fetchContents(uid: string): Promise<StudyContents> {
  const found = STUDIES.get(uid);
  if (!found) throw new ApiError(404, "", "");
  return found;
}

describe("S17 in a window", () => {
  it("S17: blanks at once, then names, then hangs", async () => {
    const page = new PageOnPaper();
    const scenes = new SharedScenes(page, fetchContents);
    await scenes.show(state("1", "a"));
    const change = scenes.show(state("2", "b"));
    expect(page.done.at(-1)).toBe("blank"); // before anything was waited for
    expect(scenes.isBlank).toBe(true);
    expect(await change).toBe(true);
    expect(page.done.slice(-3)).toEqual(["blank", "name Ben", "hang 2.1/"]);
    expect(scenes.log.slice(-2).map(([what]) => what)).toEqual(["blank", "name"]);
  });

  it("doesn't blank for another series of the same patient", async () => {
    const page = new PageOnPaper();
    const scenes = new SharedScenes(page, fetchContents);
    await scenes.show(state("1", "a"));
    page.done.length = 0;
    await scenes.show(state("1", "a", "1.2"));
    expect(page.done).toEqual(["hang 1.2/"]);
  });

  it("S17: a patient that comes late is not shown any more", async () => {
    const answers: (() => void)[] = [];
    const page = new PageOnPaper();
    const scenes = new SharedScenes(page, async (uid) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return fetchContents(uid);
    });
    const first = scenes.show(state("1", "a"));
    const second = scenes.show(state("2", "b"));
    answers[1]?.();
    expect(await second).toBe(true);
    answers[0]?.();
    expect(await first).toBe(false);
    expect(page.done).toEqual(["blank", "blank", "name Ben", "hang 2.1/"]);
  });

  it("S17: what is withheld blanks too, and names nobody", async () => {
    const page = new PageOnPaper();
    const scenes = new SharedScenes(page, fetchContents);
    await scenes.show(state("1", "a"));
    await scenes.show(WITHHELD);
    expect(page.done.slice(-3)).toEqual(["blank", "name nobody", "hang withheld"]);
    expect(page.shelf.own).toBeNull();
  });

  it("where the presenter's study is withheld, the banner names the patient of what isn't", async () => {
    const page = new PageOnPaper();
    await new SharedScenes(page, fetchContents).show({ ...state("2", "b"), study: null, patient: null });
    expect(page.done).toEqual(["blank", "name Ben", "hang 2.1/"]);
  });

  it("after the end, a study that was seen by invitation alone leaves the screen", async () => {
    const page = new PageOnPaper();
    let isInvited = true;
    const scenes = new SharedScenes(page, (uid) => fetchContents(isInvited ? uid : "gone"));
    await scenes.show(state("1", "a"));
    expect(await scenes.mayStay()).toBe(true);
    isInvited = false;
    expect(await scenes.mayStay()).toBe(false);
    expect(page.done.at(-1)).toBe("blank");
    expect(page.shelf.own).toBeNull();
  });
});
