/** Loops side by side that play in step, beat for beat (S08): what one does, all do. */
import { beatOf, beatsOf, indexInStep, indexOf } from "../state/cine_clock";
import type { ViewAction } from "../state/stack_view";
import type { CinePlayer } from "../viewport/cine_player";
import type { Condition } from "../viewport/condition";

/** A viewport's loop, as its session has it. */
export interface SteppedLoop {
  readonly cine: CinePlayer | null;
  readonly opened: { readonly study_instance_uid: string } | null;
  readonly view: { readonly index: number };
  readonly condition: Condition;
  readonly isFollowing: boolean;
  togglePlay(): void;
  act(action: ViewAction): void;
}

type Member = SteppedLoop & { readonly cine: CinePlayer };

/** Loops that aren't ready by then join later, in phase. */
const GATHER_MS = 3000;

export class InStep {
  /** As a person has chosen; null: in step where all are loops of one stress test. */
  private chosen: boolean | null = null;
  private members: readonly Member[] = [];
  /** Theirs; a viewport may have another by now, or none. */
  private players: readonly CinePlayer[] = [];
  /** What each member was last seen to do. */
  private seen: readonly string[] = [];
  /** Since when members have stood at their frames until all are filled; null: they don't. */
  private gatheredAt: number | null = null;
  private startMs = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isActing = false;

  get isOn(): boolean {
    return this.members.length > 1;
  }

  /** Turn it on or off, for loops that are side by side now. */
  toggle(loops: readonly (SteppedLoop | null)[], active: number): void {
    this.chosen = !this.isOn;
    this.moved(loops, active);
  }

  /** A loop has moved, or others hang. active: the loop that has a hand on it. */
  moved(loops: readonly (SteppedLoop | null)[], active: number): void {
    if (this.isActing) return;
    this.isActing = true;
    try {
      const able = loops.filter(isAble);
      const wanted = able.length > 1 && (this.chosen ?? isOneTest(able));
      if (wanted) this.keepTogether(able, able.indexOf(loops[active] as Member));
      else this.release();
    } finally {
      this.isActing = false;
    }
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private keepTogether(members: readonly Member[], active: number): void {
    const players = members.map((one) => one.cine);
    const isAnew = players.length !== this.players.length || players.some((one, place) => one !== this.players[place]);
    const before = this.seen;
    for (const one of this.players) if (!players.includes(one)) alone(one);
    this.members = members;
    this.players = players;
    const isRetimed = this.retime(members);
    const cause = isAnew ? null : causeOf(members, before, active);
    const isToPlay = cause ? cause.cine.isPlaying : members.some((one) => one.cine.isPlaying);
    if (!isToPlay) this.stand(members, cause);
    else if (isAnew || isRetimed || cause) this.gather(members, cause ?? members.find((one) => one.cine.isPlaying) ?? null);
    else if (this.gatheredAt !== null) this.goTogether(members);
    this.seen = members.map(doing);
  }

  /** Every beat lasts as long as one of the first loop does. */
  private retime(members: readonly Member[]): boolean {
    const [first] = members;
    if (!first) return false;
    const { cine, clipLength, playback } = first.cine;
    const beatMs = beatOf(beatsOf(cine, clipLength, playback));
    const late = members.filter((one) => one.cine.playback.beatMs !== beatMs);
    for (const one of late) one.cine.usePlayback({ ...one.cine.playback, beatMs });
    return late.length > 0;
  }

  /** All play from the phase that `from` has, once all are filled. */
  private gather(members: readonly Member[], from: Member | null): void {
    if (!from) return;
    const index = from.cine.playingIndex ?? from.view.index;
    const { speed } = from.cine;
    this.startMs = from.cine.phaseOf(index);
    this.gatheredAt = performance.now();
    for (const one of members) one.cine.playAlong(indexInStep(from.cine.clock, index, one.cine.clock), null, speed);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.goTogether(this.members.filter(isAble)), GATHER_MS);
    this.goTogether(members);
  }

  private goTogether(members: readonly Member[]): void {
    const now = performance.now();
    if (this.gatheredAt === null) return;
    const isLate = now - this.gatheredAt >= GATHER_MS;
    if (!isLate && !members.every((one) => one.cine.isFilled(now))) return;
    this.gatheredAt = null;
    clearTimeout(this.timer);
    for (const { cine } of members) cine.playAlong(indexOf(cine.clock, 0), now - this.startMs / cine.speed, cine.speed);
  }

  /** All stand, at one phase where one was stepped. */
  private stand(members: readonly Member[], cause: Member | null): void {
    this.gatheredAt = null;
    clearTimeout(this.timer);
    for (const one of members) if (one.cine.isPlaying) one.togglePlay();
    const index = cause?.view.index;
    if (!cause || index === undefined || !cause.cine.clock.steps.includes(index)) return;
    for (const one of members) {
      const same = indexInStep(cause.cine.clock, index, one.cine.clock);
      if (one !== cause && one.view.index !== same) one.act({ kind: "go", index: same });
    }
  }

  private release(): void {
    clearTimeout(this.timer);
    this.gatheredAt = null;
    for (const one of this.players) alone(one);
    this.members = [];
    this.players = [];
    this.seen = [];
  }
}

/** Why loops can't play in step; "" where they can. */
export function whyNotInStep(loops: readonly (SteppedLoop | null)[]): string {
  if (loops.some((loop) => loop?.isFollowing)) return "The presenter's loops are followed";
  const count = loops.filter(isAble).length;
  if (count > 1) return "";
  return count === 1 ? "There is one clip only" : "There is no clip";
}

function isAble(loop: SteppedLoop | null): loop is Member {
  if (!loop?.cine || loop.isFollowing) return false;
  return loop.condition.kind === "ready" || loop.condition.kind === "partial";
}

function isOneTest(members: readonly Member[]): boolean {
  const study = members[0]?.opened?.study_instance_uid;
  return members.every((one) => one.cine.cine.stage && one.opened?.study_instance_uid === study);
}

/** Its own time again; it plays on by itself. */
function alone(cine: CinePlayer): void {
  cine.usePlayback({ ...cine.playback, beatMs: null });
}

function doing({ cine, view }: Member): string {
  const { isPlaying, speed, playback } = cine;
  return JSON.stringify([isPlaying, speed, playback.first, playback.last, isPlaying ? null : view.index]);
}

/** The member that does something else than before: the one with a hand on it, if it is one of them. */
function causeOf(members: readonly Member[], seen: readonly string[], active: number): Member | null {
  const moved = members.filter((one, place) => doing(one) !== seen[place]);
  const first = members[active];
  return first && moved.includes(first) ? first : (moved[0] ?? null);
}
