/** One window's part in a shared view: what the presenter does is told, what the others see is applied. */
import type { StudyContents } from "../net/documents";
import { type Motion, SharedClient, type SharedListener } from "../net/shared_client";
import type { Connection, FaultDocument, MovedDocument, SharedPerson, Standing } from "../net/worker_messages";
import { nameInWords } from "../state/person";
import { isHung, type SharedEvent, type SharedPaneView, type SharedPointer, type SharedState } from "../state/shared_state";
import { SharedScenes } from "./shared_scenes";
import { hidesSomething, isShown, panesOf, patientOf, type Stage } from "./shared_stage";
import { StandingWatch } from "./shared_standing";
import { nameOf, type SharedFacts, TAKE_OVER_AFTER_MS } from "./shared_words";

const LOOK_EVERY_MS = 100;
const TROUBLE_FOR_MS = 6000;
/** A look of ours that comes so long after our last movement is of another window of ours. */
const OWN_LOOK_WITHIN_MS = 1500;
/** A look is a little older than the motion that overtook it: it counts once nothing has moved for this long. */
const SETTLED_AFTER_MS = 250;

export class SharedSession implements SharedListener {
  readonly client: SharedClient;
  facts: SharedFacts;
  private readonly scenes: SharedScenes;
  private readonly standing: StandingWatch;
  private phase: SharedFacts["phase"] = "joining";
  private isElsewhere = false;
  private mayStay = true;
  private trouble = "";
  private isTelling = false;
  private tellAgain = false;
  private toldAt = -Infinity;
  /** The presenter's last movement in each pane, and when it came. */
  private readonly movements = new Map<number, { readonly view: SharedPaneView; readonly at: number }>();
  private readonly timers = new Map<string, number>();
  private readonly looking: number;

  /** leads: what this window shows is what counts; it shows already what the view was opened with. */
  constructor(
    private readonly stage: Stage,
    readonly key: string,
    private leads: boolean,
  ) {
    this.scenes = new SharedScenes(stage);
    this.standing = new StandingWatch(stage);
    this.client = new SharedClient(stage.client, this);
    this.facts = this.factsNow();
    this.looking = window.setInterval(() => this.look(), LOOK_EVERY_MS);
    this.client.join(key);
  }

  get isPresenter(): boolean {
    return this.phase === "in" && this.client.isPresenter;
  }

  get isOver(): boolean {
    return this.phase === "ended" || this.phase === "removed";
  }

  /** For `window.viewbox.shared`. */
  get probe(): object {
    const patient = this.stage.shelf.own?.study.patient;
    return {
      number: this.client.state?.number ?? 0,
      hash: this.client.hash,
      presenter: this.facts.presenter,
      role: this.phase !== "in" ? "none" : this.isPresenter ? "presenter" : "follower",
      condition: this.standing.condition,
      patient: patient ? nameInWords(patient.name) : "",
      log: [...this.scenes.log],
    };
  }

  leave(): void {
    this.client.leave();
    this.close();
  }

  /** Stop all that goes on by itself. */
  close(): void {
    clearInterval(this.looking);
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.scenes.stop();
    this.hidePointers();
  }

  // What the person does in this window.

  /** Something was hung, or the layout changed, by this person's hand. */
  hungByHand(): void {
    if (this.isPresenter) void this.tellHang();
    else this.goElsewhere();
  }

  viewMoved(index: number, view: SharedPaneView, byHand: boolean): void {
    if (!this.isPresenter) {
      if (byHand) this.goElsewhere();
    } else if (!this.isTelling && !this.scenes.isPlacing) this.tell(index, { view, active: this.stage.active });
  }

  pointerMoved(index: number, pointer: SharedPointer | null): void {
    if (this.isPresenter && !this.isTelling) this.client.motion(index, { pointer });
  }

  activated(index: number): void {
    const view = this.stage.pane(index)?.sharedView();
    if (this.isPresenter && !this.isTelling) this.tell(index, { active: index, ...(view ? { view } : {}) });
  }

  /** Show the first item of another study to everyone. */
  async present(contents: StudyContents, isOtherPatient: boolean): Promise<void> {
    if (this.isPresenter && (await this.scenes.present(contents, isOtherPatient))) await this.tellHang();
  }

  /** Leave the presenter's side: from now on this window is its person's own. */
  goElsewhere(): void {
    if (this.phase !== "in" || this.isPresenter || this.isElsewhere || this.scenes.isBlank) return;
    this.isElsewhere = true;
    this.hidePointers();
    this.changed();
  }

  goBack(): void {
    if (!this.isElsewhere || !this.client.state) return;
    this.isElsewhere = false;
    this.show(this.client.state);
  }

  async handOver(person: string): Promise<void> {
    if (isRefusal(await this.client.act({ kind: "hand_over", presenter: person }))) this.complain("could not be handed over");
  }

  async takeOver(): Promise<void> {
    const { state, you } = this.client;
    if (!state) return;
    const fault = await this.client.act({ kind: "take_over", presenter: you, from: state.presenter });
    if (isRefusal(fault)) this.complain("could not be taken over");
  }

  // SharedListener

  stateChanged(before: SharedState | null, after: SharedState, event: SharedEvent | null): void {
    if (after.ended) return this.over("ended");
    const isPresenter = after.presenter === this.client.you;
    this.phase = "in";
    if (before?.presenter !== after.presenter) this.hidePointers();
    if (event === null) this.resume(after, isPresenter);
    else if (event.kind === "hang" || event.kind === "opened") this.hangCame(after, event);
    else if (event.kind === "look") this.lookCame(event);
    else if (isPresenter) this.beginToPresent(after);
    else if (!this.isElsewhere && !this.scenes.isPlacing) this.follow(); // who presented before follows from here on
    if (!isPresenter) this.leads = false;
    this.changed();
  }

  moved({ pane, active, view, pointer }: MovedDocument): void {
    if (view) this.movements.set(pane, { view, at: performance.now() });
    if (this.isElsewhere || this.scenes.isPlacing) return;
    if (active !== this.stage.active) this.stage.activate(active);
    if (view) this.stage.pane(pane)?.follow(view, true);
    if (pointer === undefined) return;
    const name = nameOf(this.facts, this.facts.presenter);
    for (const index of this.stage.places.keys()) this.stage.pane(index)?.showPointer(index === pane ? pointer : null, name);
  }

  peopleChanged(_people: readonly SharedPerson[]): void {
    const absent_ms = this.client.presenterAbsentMs;
    if (absent_ms !== null) {
      this.hidePointers();
      this.later("absent", Math.max(0, TAKE_OVER_AFTER_MS - absent_ms) + 20, () => this.changed());
    }
    this.changed();
  }

  connectionChanged(_connection: Connection): void {
    this.hidePointers();
    this.changed();
  }

  refused(_fault: FaultDocument): void {
    if (this.client.key === null) this.over("removed");
  }

  // Telling

  private tell(index: number, motion: Motion): void {
    this.leads = true;
    this.toldAt = performance.now();
    this.client.motion(index, motion);
  }

  private tellViews(): void {
    for (const index of this.stage.places.keys()) {
      const view = this.stage.pane(index)?.sharedView();
      if (view) this.tell(index, { view, active: this.stage.active });
    }
  }

  /** Tell what hangs; while one telling is on its way, only the newest waits. */
  private async tellHang(): Promise<void> {
    this.tellAgain = this.leads = true;
    if (this.isTelling) return;
    this.isTelling = true;
    let fault: FaultDocument | null = null;
    while (this.tellAgain && fault === null) {
      this.tellAgain = false;
      const study = this.stage.shelf.own?.study.study_instance_uid ?? null;
      const panes = panesOf(this.stage, this.client.state?.panes ?? []);
      fault = await this.client.act({ kind: "hang", study, active: this.stage.active, panes });
    }
    this.isTelling = false;
    if (!isRefusal(fault)) return; // after a lost line, what hangs is told once it stands again
    this.leads = false;
    this.complain("this could not be shown to the others");
    if (this.client.state) this.show(this.client.state);
  }

  // Applying

  /** A snapshot: joined, reconnected, or mended. */
  private resume(state: SharedState, isPresenter: boolean): void {
    if (!isPresenter || !this.leads) {
      if (!this.isElsewhere || patientOf(state) !== this.scenes.patient) this.show(state);
      return;
    }
    this.scenes.patient ??= patientOf(state);
    if (isShown(this.stage.places, state)) this.tellViews();
    else void this.tellHang();
  }

  private hangCame(state: SharedState, event: SharedEvent): void {
    this.movements.clear();
    if (event.request !== undefined) {
      this.scenes.patient = patientOf(state);
      if (!this.tellAgain) this.tellViews();
      return;
    }
    this.leads = false;
    if (!this.isElsewhere || patientOf(state) !== this.scenes.patient) this.show(state);
  }

  private lookCame({ pane }: SharedEvent & { kind: "look" }): void {
    const isOwn = this.isPresenter && performance.now() - this.toldAt < OWN_LOOK_WITHIN_MS;
    if (!isOwn) this.settle(pane);
  }

  /** What the events say of a pane counts, once no motion overtakes them any more. */
  private settle(pane: number): void {
    if (this.isElsewhere || this.scenes.isPlacing) return;
    const wait_ms = (this.movements.get(pane)?.at ?? -Infinity) + SETTLED_AFTER_MS - performance.now();
    if (wait_ms > 0) return this.later(`settle ${pane}`, wait_ms, () => this.settle(pane));
    this.movements.delete(pane);
    this.follow();
  }

  /** What the one before moved last may not have become an event: what is seen here is told. */
  private beginToPresent(state: SharedState): void {
    this.leads = true;
    if (this.isElsewhere) {
      this.isElsewhere = false;
      this.show(state);
    } else if (!this.scenes.isPlacing) this.tellViews();
  }

  private show(state: SharedState): void {
    if (this.scenes.blankFor(state)) {
      this.isElsewhere = false;
      this.movements.clear();
    }
    void this.scenes.show(state).then((isShownNow) => {
      if (isShownNow) this.follow();
      this.look();
      this.changed();
    });
    this.look(); // so that the new state isn't reported as seen
    this.changed();
  }

  /** Look as the presenter looks now, in every pane. */
  private follow(): void {
    const { state } = this.client;
    if (!state) return;
    if (state.active !== this.stage.active) this.stage.activate(state.active);
    state.panes.forEach((pane, index) => {
      const motion = this.movements.get(index);
      if (isHung(pane)) this.stage.pane(index)?.follow(motion?.view ?? pane.view, motion !== undefined);
    });
  }

  // The end

  private over(phase: "ended" | "removed"): void {
    if (this.isOver) return;
    this.facts = this.factsNow();
    this.phase = phase;
    this.hidePointers();
    this.client.leave();
    this.changed();
    void this.scenes.mayStay().then((mayStay) => {
      this.mayStay = mayStay;
      this.changed();
    });
  }

  // Watching

  private look(): void {
    if (this.phase !== "in") return;
    this.scenes.watch();
    const isNew = this.standing.look(this.knownStanding());
    this.client.standing(this.standing.condition);
    if (isNew) this.changed();
  }

  private knownStanding(): Standing | null {
    if (this.scenes.isBlank) return "blank";
    if (this.isElsewhere) return "elsewhere";
    if (hidesSomething(this.client.state) || this.stage.places.includes("missing")) return "withheld";
    return this.scenes.isPlacing ? "loading" : null;
  }

  private hidePointers(): void {
    for (const index of this.stage.places.keys()) this.stage.pane(index)?.showPointer(null, "");
  }

  /** Say for a while what didn't work. */
  complain(words: string): void {
    this.trouble = words;
    this.later("trouble", TROUBLE_FOR_MS, () => {
      this.trouble = "";
      this.changed();
    });
    this.changed();
  }

  /** One timer a purpose: a later wish replaces an earlier. */
  private later(purpose: string, wait_ms: number, act: () => void): void {
    clearTimeout(this.timers.get(purpose));
    this.timers.set(purpose, window.setTimeout(act, wait_ms));
  }

  private changed(): void {
    const facts = this.factsNow();
    if (JSON.stringify(facts) === JSON.stringify(this.facts)) return;
    this.facts = facts;
    this.stage.sharedChanged();
  }

  /** After the end the client knows nothing any more: who was there stays as it was. */
  private factsNow(): SharedFacts {
    const { client, phase, isElsewhere, mayStay, trouble } = this;
    const own = { key: this.key, phase, isElsewhere, mayStay, trouble };
    if (this.isOver) return { ...this.facts, ...own };
    return {
      ...own,
      you: client.you,
      openedBy: client.openedBy,
      presenter: client.state?.presenter ?? "",
      people: client.people,
      isLineLost: phase === "in" && client.connection !== "open",
      isWithheld: hidesSomething(client.state),
      presenterAbsent_ms: client.presenterAbsentMs,
    };
  }
}

/** A lost line is none: the strip says it already. */
function isRefusal(fault: FaultDocument | null): boolean {
  return fault !== null && fault.status !== 0;
}
