/** What a session does while it looks as someone else looks; what isn't open yet is followed once it is. */
import type { OpenedDocument } from "../net/documents";
import { isLarge } from "../state/first_look";
import { fromShared } from "../state/shared_map";
import type { SharedCine, SharedStackView } from "../state/shared_state";
import type { Size, StackView } from "../state/stack_view";
import type { CinePlayer } from "./cine_player";
import { type PictureWishes, REST_MS } from "./picture_wishes";
import type { Followed, OnScreen } from "./session_screen";

const OPEN_ANEW_EVERY_MS = 3000;

/** The session, as far as following changes it. */
export interface FollowingSession {
  view: StackView;
  readonly opened: OpenedDocument | null;
  readonly onScreen: OnScreen | null;
  readonly cine: CinePlayer | null;
  readonly wishes: PictureWishes;
  viewportSize(): Size;
  pauseCine(): void;
  playAlong(player: CinePlayer, index: number, cine: SharedCine): void;
  /** Nothing that was asked for until now may be shown. */
  blankAll(): void;
  /** The series may have grown since it was opened here. */
  openAnew(): void;
  redraw(): void;
}

export class Following {
  /** The frame that is followed isn't in the series as it is open here (S01). */
  isAbsent = false;
  private followed: Followed | null = null;
  private movedAt = -Infinity;
  private openedAnewAt = -Infinity;

  constructor(private readonly session: FollowingSession) {}

  /** null: nobody is followed. */
  get view(): SharedStackView | null {
    return this.followed?.view ?? null;
  }

  begin(followed: Followed | null): void {
    this.followed = followed;
  }

  follow(followed: Followed): void {
    this.followed = followed;
    if (followed.isMoving) this.movedAt = performance.now();
    this.apply();
  }

  nobody(): void {
    this.followed = null;
    this.isAbsent = false;
  }

  /** Show what is followed as it is now. */
  apply(): void {
    const { session, followed } = this;
    const { opened } = session;
    if (!opened || !followed) return;
    const before = session.view.index;
    const after = fromShared(followed.view, session.viewportSize(), opened);
    if (!after) return this.absent();
    this.isAbsent = false;
    session.view = after;
    const { cine } = followed.view;
    if (session.cine && cine?.playing) this.playAlong(session.cine, cine, before);
    else this.standStill(opened, followed.isMoving);
    session.redraw();
  }

  /** Nothing may stand for the frame that someone else sees (S01); pictures that are under way may not either. */
  private absent(): void {
    const { session } = this;
    session.pauseCine();
    session.wishes.forget();
    this.isAbsent = true;
    session.blankAll();
    const now = performance.now();
    if (now - this.openedAnewAt >= OPEN_ANEW_EVERY_MS) {
      this.openedAnewAt = now;
      session.openAnew();
    }
    session.redraw();
  }

  private playAlong(player: CinePlayer, cine: SharedCine, indexOnScreen: number): void {
    const { session } = this;
    const { index } = session.view;
    if (player.isPlaying) session.view = { ...session.view, index: indexOnScreen };
    session.wishes.forget();
    session.playAlong(player, index, cine);
  }

  /** The picture of the followed view: quick while it moves or just has moved, the whole truth once it rests. */
  private standStill(opened: OpenedDocument, isMoving: boolean): void {
    const { session } = this;
    session.pauseCine();
    if (session.wishes.isWholeAsked) return;
    const isQuick = isMoving || performance.now() - this.movedAt < REST_MS || (!session.onScreen && isLarge(opened));
    if (isQuick) session.wishes.quickUnlessAsked();
    else session.wishes.whole();
  }
}
