/**
 * One person's part in a shared view: folds the events, notices what is missing or doubled and asks again, sends what the
 * presenter does.
 *
 * Events are numbered; a gap or another hash than the server's is mended by joining again, which answers with the whole state.
 * Motion is not numbered: the newest wins, and what belongs to another hang than ours is dropped (S17).
 */
import {
  fold,
  hashOf,
  type SharedAct,
  type SharedEvent,
  type SharedPaneView,
  type SharedPointer,
  type SharedState,
} from "../state/shared_state";
import type { SharedLine, SharedLineListener } from "./stream_client";
import { FromClient } from "./wire";
import type {
  Connection,
  EventsDocument,
  FaultDocument,
  MotionBody,
  MovedDocument,
  PeopleDocument,
  SharedDocument,
  SharedPerson,
  Standing,
} from "./worker_messages";

const MOTION_EVERY_MS = 1000 / 60;
const STANDING_EVERY_MS = 2000;
/** While events come fast, a report of each would only be noise. */
const STANDING_AT_MOST_EVERY_MS = 500;
const RETRY_MS = 1000;
const GONE = [401, 403, 404];
const LINE_LOST: FaultDocument = { status: 0, sentence: "The line was lost before the server answered" };

export interface SharedListener {
  /** event: the one that led from before to after; null for a snapshot (joined, reconnected, mended). */
  stateChanged(before: SharedState | null, after: SharedState, event: SharedEvent | null): void;
  /** The presenter moved; never what this window moved itself, but what another window of the same person did. */
  moved(moved: MovedDocument): void;
  peopleChanged(people: readonly SharedPerson[]): void;
  connectionChanged(connection: Connection): void;
  /** about 25: not, or no longer, part of it (then key and state are null already); about 27: an `act` was refused. */
  refused(fault: FaultDocument): void;
}

/** What the presenter does, as far as it changed. */
export interface Motion {
  readonly active?: number;
  readonly view?: SharedPaneView;
  readonly pointer?: SharedPointer | null;
}

export class SharedClient implements SharedLineListener {
  /** Of the view that is joined or being joined. */
  key: string | null = null;
  /** null until the first snapshot. */
  state: SharedState | null = null;
  /** Of our own state, as we hash it. */
  hash = "";
  people: readonly SharedPerson[] = [];
  /** Usernames: of this person, and of whoever opened the view. */
  you = "";
  openedBy = "";
  /** How often a gap or another hash made us join again. */
  mended = 0;
  private absentSinceMs: number | null = null;
  /** The last `opened` or `hang` has this number at least; exactly this where it came as an event. */
  private hangNumber = 0;
  /** Joined and not yet answered: events that come before belong to what went before. */
  private isAwaited = false;
  private mendedAt = -Infinity;
  private nextRequest = 1;
  private readonly requests = new Map<number, (fault: FaultDocument | null) => void>();
  private readonly motions = new Map<number, MotionBody>();
  private motionTimer: ReturnType<typeof setTimeout> | undefined;
  private movedAt = -Infinity;
  private condition: Standing | null = null;
  private standingTimer: ReturnType<typeof setTimeout> | undefined;
  private stoodAt = -Infinity;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly line: SharedLine,
    private readonly listener: SharedListener,
  ) {
    line.listen(this);
  }

  get connection(): Connection {
    return this.line.connection;
  }

  /** The line stands and the state is the server's: false from a lost line to the next snapshot. */
  get isCurrent(): boolean {
    return this.state !== null && !this.isAwaited && this.connection === "open";
  }

  get isPresenter(): boolean {
    return this.state !== null && !this.state.ended && this.state.presenter === this.you;
  }

  /** For how long nobody has seen the presenter, as of now; null while the presenter is there. */
  get presenterAbsentMs(): number | null {
    return this.absentSinceMs === null ? null : Date.now() - this.absentSinceMs;
  }

  /** Join; a second view leaves the first. The answer comes as `stateChanged`, or as `refused`. */
  join(key: string): void {
    this.forget();
    this.key = key;
    this.ask();
  }

  leave(): void {
    if (this.key === null) return;
    this.forget();
    this.line.send({ kind: "leave" });
  }

  /** Ask for a numbered event. Resolves once it has come, with null, or with why it hasn't; never rejects. */
  act(event: SharedAct): Promise<FaultDocument | null> {
    if (!this.isCurrent) return Promise.resolve(LINE_LOST);
    const request = this.nextRequest++;
    this.motions.clear(); // of what hangs until now
    this.line.send({ kind: "act", request, event });
    return new Promise((resolve) => this.requests.set(request, resolve));
  }

  /**
   * Tell the followers what moved, at most 60 times a second and the newest alone; nothing where someone else presents.
   *
   * After a `hang` of our own has come back, tell the views of all panes: what was told before it was dropped.
   */
  motion(pane: number, motion: Motion): void {
    if (!this.isPresenter || !this.isCurrent || !this.state) return;
    const before = this.motions.get(pane);
    this.motions.set(pane, { ...before, ...motion, pane, number: this.state.number });
    if (this.motionTimer !== undefined) return;
    const wait = Math.max(0, this.movedAt + MOTION_EVERY_MS - performance.now());
    if (wait === 0) this.sendMotions();
    else this.motionTimer = setTimeout(() => this.sendMotions(), wait);
  }

  /** Say how we keep up: at once where it changed, else every two seconds. */
  standing(condition: Standing): void {
    const isNew = condition !== this.condition;
    this.condition = condition;
    if (isNew) this.sendStanding();
  }

  // SharedLineListener
  shared(shared: SharedDocument): void {
    if (shared.key !== this.key) return;
    const before = this.state;
    this.isAwaited = false;
    this.you = shared.you;
    this.openedBy = shared.opened_by;
    this.motions.clear();
    this.take(shared.state);
    this.takePeople(shared);
    for (const request of shared.requests ?? []) this.answer(request, null);
    this.listener.stateChanged(before, shared.state, null);
    if (this.key === null) return; // the listener left
    this.listener.peopleChanged(this.people);
    this.sendStanding();
  }

  events({ events, hash }: EventsDocument): void {
    if (!this.state || this.isAwaited) return;
    for (const event of events) {
      const before: SharedState | null = this.state;
      if (!before) return; // a listener left meanwhile
      const after = fold(before, event);
      if (after === "gap") return this.mend();
      if (after !== "repeat") {
        if (event.kind === "hang" || event.kind === "opened") {
          this.hangNumber = event.number;
          this.motions.clear();
        }
        this.take(after);
        this.listener.stateChanged(before, after, event);
      }
      if (event.request !== undefined) this.answer(event.request, null);
    }
    if (events.at(-1)?.number !== this.state?.number) return;
    if (hash !== this.hash) return this.mend();
    this.standAgain();
  }

  moved(moved: MovedDocument): void {
    const { state } = this;
    if (!state || this.isAwaited || moved.by !== state.presenter) return;
    // A snapshot doesn't say which event hung what it shows: not one that came after it, nor one before another movement's.
    if (moved.number < this.hangNumber || moved.number > state.number) return;
    this.hangNumber = moved.number;
    this.listener.moved(moved);
  }

  peopleChanged(people: PeopleDocument): void {
    if (this.key === null) return;
    this.takePeople(people);
    this.listener.peopleChanged(this.people);
  }

  fault(fault: FaultDocument): void {
    if (fault.about === FromClient.join && this.key !== null) {
      if (!GONE.includes(fault.status)) {
        clearTimeout(this.retryTimer);
        this.retryTimer = setTimeout(() => this.ask(), RETRY_MS);
        return;
      }
      this.forget();
    }
    if (fault.about === FromClient.act && fault.sequence !== undefined) this.answer(fault.sequence, fault);
    this.listener.refused(fault);
  }

  connectionChanged(connection: Connection): void {
    if (connection !== "open") {
      this.motions.clear();
      this.isAwaited = true;
      this.answerAll(LINE_LOST);
    } else if (this.key !== null && !this.state?.ended) this.ask();
    this.listener.connectionChanged(connection);
  }

  private ask(): void {
    if (this.key === null) return;
    this.isAwaited = true;
    const had = this.state ? { number: this.state.number, hash: this.hash } : {};
    this.line.send({ kind: "join", wish: { key: this.key, ...had } });
  }

  /** Another state than the server's: take the whole again; a mistake that stays is not asked about without end. */
  private mend(): void {
    const now = performance.now();
    if (now - this.mendedAt < RETRY_MS) {
      clearTimeout(this.retryTimer);
      this.retryTimer = setTimeout(() => this.mend(), RETRY_MS);
      return;
    }
    this.mendedAt = now;
    this.mended += 1;
    this.ask();
  }

  private take(state: SharedState): void {
    this.state = state;
    this.hash = hashOf(state);
  }

  private takePeople({ people, presenter_absent_ms }: PeopleDocument): void {
    this.people = people;
    this.absentSinceMs = presenter_absent_ms === null ? null : Date.now() - presenter_absent_ms;
  }

  private sendMotions(): void {
    this.motionTimer = undefined;
    if (this.motions.size === 0) return;
    this.movedAt = performance.now();
    const t = Math.round(this.line.clock.now());
    for (const motion of this.motions.values()) this.line.send({ kind: "motion", motion: { ...motion, t } });
    this.motions.clear();
  }

  /** Report a new number soon, but not each. */
  private standAgain(): void {
    if (this.condition === null) return;
    const wait = this.stoodAt + STANDING_AT_MOST_EVERY_MS - performance.now();
    if (wait <= 0) return this.sendStanding();
    clearTimeout(this.standingTimer);
    this.standingTimer = setTimeout(() => this.sendStanding(), wait);
  }

  private sendStanding(): void {
    clearTimeout(this.standingTimer);
    this.standingTimer = undefined;
    if (this.key === null || this.condition === null) return;
    this.standingTimer = setTimeout(() => this.sendStanding(), STANDING_EVERY_MS);
    if (!this.isCurrent || !this.state || this.state.ended) return;
    this.stoodAt = performance.now();
    this.line.send({ kind: "standing", number: this.state.number, hash: this.hash, condition: this.condition });
  }

  private answer(request: number, fault: FaultDocument | null): void {
    this.requests.get(request)?.(fault);
    this.requests.delete(request);
  }

  private answerAll(fault: FaultDocument | null): void {
    for (const request of [...this.requests.keys()]) this.answer(request, fault);
  }

  private forget(): void {
    clearTimeout(this.motionTimer);
    clearTimeout(this.standingTimer);
    clearTimeout(this.retryTimer);
    this.motionTimer = undefined;
    this.motions.clear();
    this.answerAll(LINE_LOST);
    this.key = null;
    this.state = null;
    this.hash = "";
    this.people = [];
    this.absentSinceMs = null;
    this.hangNumber = 0;
    this.isAwaited = false;
    this.condition = null;
  }
}
