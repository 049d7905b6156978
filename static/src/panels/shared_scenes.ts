/**
 * What hangs in a window of a shared view, changed in the order that S17 asks for.
 *
 * On a change of patient every pane blanks at once, then the banner names the new patient, only then anything hangs. Each change has
 * its turn; whatever comes late from an older one is dropped.
 */
import { ApiError, studyContents } from "../net/api";
import type { StudyContents } from "../net/documents";
import { firstItem } from "../state/hanging";
import { isHung, type SharedPane, type SharedState } from "../state/shared_state";
import { isShown, type Place, patientOf, type Stage, studyOf } from "./shared_stage";

export type LogEntry = readonly ["blank" | "name" | "picture", number];

const LOG_LENGTH = 50;
const AGAIN_MS = 1000;
const NOT_YOURS = [401, 403, 404];

export class SharedScenes {
  /** When panes blanked, the banner named, a picture stood; in milliseconds of `performance.now()`. */
  readonly log: LogEntry[] = [];
  /** Between a change of what hangs and its panes. */
  isPlacing = false;
  /** From the blanking for another patient until something of theirs hangs. */
  isBlank = false;
  /** Whom the page shows, or is about to; null before the first. */
  patient: string | null = null;
  private awaitsPicture = false;
  private turn = 0;

  constructor(
    private readonly stage: Stage,
    private readonly fetchContents: (uid: string) => Promise<StudyContents> = studyContents,
  ) {}

  /** Blank the page if it shows another patient than this state; true if so. */
  blankFor(state: SharedState): boolean {
    const patient = patientOf(state);
    if (patient === this.patient) return false;
    this.blank(patient);
    return true;
  }

  /** Make the page show this state; true once it does, false where a newer change came between. */
  async show(state: SharedState): Promise<boolean> {
    const turn = this.begin();
    this.blankFor(state);
    const [own, wanted] = [this.stage.shelf.own?.study.study_instance_uid ?? null, studyOf(state)];
    if (this.isBlank || own !== wanted) {
      const contents = wanted === null ? null : await this.contentsOf(wanted, turn);
      if (turn !== this.turn || !(await this.named(contents, turn))) return false;
    }
    const places = await Promise.all(state.panes.map((pane) => this.placeOf(pane)));
    return turn === this.turn && this.placed(places, state.active, turn, isShown(this.stage.places, state));
  }

  /** Show the first item of another study, as the presenter; true once it hangs. */
  async present(contents: StudyContents, isOtherPatient: boolean): Promise<boolean> {
    const turn = this.begin();
    if (isOtherPatient) this.blank("");
    if (!(await this.named(contents, turn))) return false;
    const item = firstItem(contents.items);
    return this.placed([item ? this.stage.shelf.hungOf(item, contents.study) : null], 0, turn, false);
  }

  /** Note the first picture after a change of patient, once there is one. */
  watch(): void {
    if (!this.awaitsPicture || this.isBlank || !this.hasPicture()) return;
    this.awaitsPicture = false;
    this.note("picture");
  }

  /** After the end: true where the study on screen is still this person's to see; else it leaves the screen. */
  async mayStay(): Promise<boolean> {
    const turn = this.begin();
    const uid = this.stage.shelf.own?.study.study_instance_uid;
    const contents = uid === undefined || this.isBlank ? null : await this.contentsOf(uid, turn);
    if (turn !== this.turn) return false;
    this.isPlacing = false;
    if (contents !== null) return true;
    this.stage.blank("No longer shown");
    return false;
  }

  /** Drop whatever is on its way. */
  stop(): void {
    this.turn++;
  }

  private begin(): number {
    this.isPlacing = true;
    return ++this.turn;
  }

  private blank(patient: string): void {
    this.patient = patient;
    this.isBlank = this.awaitsPicture = true;
    this.stage.blank("Another patient is coming");
    this.note("blank");
  }

  private async named(contents: StudyContents | null, turn: number): Promise<boolean> {
    await this.stage.name(contents);
    if (turn !== this.turn) return false;
    this.note("name");
    return true;
  }

  private async placed(places: readonly Place[], active: number, turn: number, isThere: boolean): Promise<boolean> {
    if (!isThere) await this.stage.place(places, active);
    if (turn !== this.turn) return false;
    this.isPlacing = this.isBlank = false;
    return true;
  }

  private async placeOf(pane: SharedPane): Promise<Place> {
    if (pane === null) return null;
    if (!isHung(pane)) return "withheld";
    const hung = await this.stage.shelf.find(pane.study, pane.series, pane.stack);
    return hung ? { ...hung, view: pane.view } : "missing";
  }

  /** What a study holds; null where it isn't this person's to see. Asked again for as long as the server can't be reached. */
  private async contentsOf(uid: string, turn: number): Promise<StudyContents | null> {
    while (turn === this.turn) {
      try {
        return await this.fetchContents(uid);
      } catch (error) {
        if (error instanceof ApiError && NOT_YOURS.includes(error.status)) return null;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    return null;
  }

  private hasPicture(): boolean {
    return this.stage.places.some((_, index) => (this.stage.pane(index)?.probe?.header ?? null) !== null);
  }

  private note(what: LogEntry[0]): void {
    this.log.push([what, performance.now()]);
    if (this.log.length > LOG_LENGTH) this.log.shift();
  }
}
