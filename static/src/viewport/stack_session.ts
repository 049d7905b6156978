/**
 * One stack, clip or image in a viewport: what was asked, what is on screen, and what may be said about it.
 *
 * What is on screen is a value of its own: bitmap, header, identity and the tables it was looked up in travel together, so
 * that every text is about the picture that is seen (S01).
 */
import type { OpenedDocument } from "../net/documents";
import type { Proof } from "../net/proof";
import type { Channel, ChannelListener, StreamSource } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { Connection, FaultDocument, Target, WireView } from "../net/worker_messages";
import { firstIndex, isLarge, middleOf } from "../state/first_look";
import { IdentityTable, type Refusal } from "../state/identity";
import { lookOfWire } from "../state/look";
import { toShared } from "../state/shared_map";
import type { SharedCine, SharedStackView } from "../state/shared_state";
import { aspectOf, changed, FIRST_VIEW, fitScale, needsPicture, type Size, type StackView, type ViewAction } from "../state/stack_view";
import type { Window } from "../state/windows";
import { CinePlayer, type CineScreen } from "./cine_player";
import { CineSharing } from "./cine_sharing";
import { type Condition, NOT_IN_SERIES, obstacle, READY } from "./condition";
import { Following, type FollowingSession } from "./following";
import { loopViewOf, PictureWishes } from "./picture_wishes";
import { ScreenContent } from "./screen_content";
import type { Followed, OnScreen, SessionScreen } from "./session_screen";

const BUSY = 503;
const BUSY_RETRY_MS = 500;
const SHOWN_EVERY_MS = 500;

export class StackSession implements ChannelListener, CineScreen, FollowingSession {
  private wanted: StackView = FIRST_VIEW;
  cine: CinePlayer | null = null;
  private readonly content = new ScreenContent();
  private readonly channel: Channel;
  private target: Target | null = null;
  private fault: FaultDocument | null = null;
  private line: Connection;
  private drawnSequence = 0;
  private reportedAt = 0;
  private wasPlaying = false;
  /** Sequence numbers below this belong to what was shown before. */
  private firstSequence = 0;
  private likelyFrames = 0;
  readonly wishes: PictureWishes;
  private readonly following = new Following(this);
  private readonly sharing: CineSharing;
  /** The last picture differed from its proof. */
  private isDoubted = false;
  /** The stored frames can't go out as they are: the loop is encoded instead. */
  private isLoopEncoded = false;

  constructor(
    client: StreamSource,
    private readonly screen: SessionScreen,
    private readonly startsPlaying: boolean,
  ) {
    this.channel = client.open(this);
    this.line = client.connection;
    this.sharing = new CineSharing(client.clock);
    this.wishes = new PictureWishes(this.channel, {
      view: () => this.view,
      opened: () => this.opened,
      line: () => client.line,
      usefulSize: () => (this.opened ? this.screen.usefulSize({ width: this.opened.columns, height: this.opened.rows }) : null),
      whenRested: () => this.rest(),
    });
  }

  get view(): StackView {
    return this.wanted;
  }

  /** What is asked for from now on is asked for by the view's look. */
  set view(view: StackView) {
    if (view.look !== this.wanted.look) this.content.looks.changed(this.channel.nextSequence, view.look);
    this.wanted = view;
  }

  get opened(): OpenedDocument | null {
    return this.content.table?.opened ?? null;
  }

  get onScreen(): OnScreen | null {
    return this.content.onScreen;
  }

  get picturesShown(): number {
    return this.content.picturesShown;
  }

  get refusals(): ReadonlyMap<Refusal, number> {
    return this.content.refusals;
  }

  get frameCount(): number {
    return this.opened?.frames.length ?? 0;
  }

  get condition(): Condition {
    const inTheWay = obstacle(this.line, this.fault);
    if (inTheWay) return inTheWay;
    if (!this.target) return { kind: "empty", words: "Choose a series" };
    if (this.following.isAbsent) return NOT_IN_SERIES;
    if (!this.onScreen) return { kind: "loading", words: this.line === "lost" ? "Connection lost, trying again" : "Loading" };
    if (this.line !== "open") return { kind: "partial", words: "Connection lost, trying again; this is the last picture" };
    if (this.cine?.isBuffering) {
      return { kind: "partial", words: `Loading the loop: ${this.cine.bufferedCount} of ${this.cine.frameCount} frames` };
    }
    return READY;
  }

  get refusedCount(): number {
    return this.content.refusedCount;
  }

  get isFollowing(): boolean {
    return this.following.view !== null;
  }

  /**
   * Show another series. The glass is blank until its first picture.
   *
   * likelyFrames: how long the stack is said to be; its first picture is then asked for at once, without waiting for `opened`.
   * followed: what of it to show first.
   */
  show(target: Target, likelyFrames = 0, followed: Followed | null = null): void {
    this.clear();
    this.target = target;
    this.following.begin(followed);
    this.channel.subscribe(target);
    this.firstSequence = this.channel.nextSequence;
    this.likelyFrames = likelyFrames;
    this.askEarly();
    this.redraw();
  }

  act(action: ViewAction): void {
    if (!this.opened) return;
    this.followNobody();
    const before = this.view;
    this.view = changed(before, action, this.frameCount);
    if (action.kind === "scroll" || action.kind === "go") this.pauseCine();
    if (needsPicture(before, this.view)) this.wishes.ahead.moved(before.index, this.view.index);
    if (needsPicture(before, this.view) || !this.onScreen) this.ask(true);
    else this.screen.draw();
    this.screen.changed();
    this.screen.moved("hand");
  }

  /** A person works here: of several viewports this one's pictures come first. */
  lead(): void {
    this.channel.lead();
  }

  /** Look as someone else looks, until the person's own hand moves something. What isn't open yet is followed once it is. */
  follow(view: SharedStackView, isMoving: boolean): void {
    this.following.follow({ view, isMoving });
  }

  /** How it is looked at; what was asked for, not what has come. Null before the series is open. */
  sharedView(): SharedStackView | null {
    const { opened, cine } = this;
    if (!opened) return null;
    const view = { ...this.view, index: cine?.anchor?.index ?? this.view.index };
    return toShared({ view, viewport: this.screen.viewportSize(), opened }, cine && this.sharing.cineOf(cine));
  }

  /** The glass has another size than `from`: the same pixel stays in its middle. */
  resized(from: Size): void {
    const { opened } = this;
    if (!opened) return;
    const scaleIn = (size: Size) => fitScale(size, { width: opened.columns, height: opened.rows }, aspectOf(opened), this.view.orientation);
    const factor = scaleIn(this.screen.viewportSize()) / scaleIn(from);
    const { pan } = this.view;
    if (factor === Number.POSITIVE_INFINITY)
      this.following.apply(); // it had no size until now
    else if (factor > 0) this.view = { ...this.view, pan: { x: pan.x * factor, y: pan.y * factor } };
  }

  /** The window that is on screen, where a drag begins; null where there is none to change. */
  windowOnScreen(): Window | null {
    const header = this.onScreen?.header;
    if (!header || header.windowCenter === null || header.windowWidth === null) return null;
    return [header.windowCenter, header.windowWidth];
  }

  togglePlay(): void {
    if (!this.cine) return;
    this.followNobody();
    if (this.cine.isPlaying) {
      this.pauseCine();
      this.ask(false);
    } else this.play();
    this.screen.changed();
    this.screen.moved("hand");
  }

  /** Play the loop otherwise: its speed, its part. */
  changeLoop(change: (player: CinePlayer) => void): void {
    if (!this.cine) return;
    this.followNobody();
    change(this.cine);
    this.screen.moved("hand");
  }

  close(): void {
    this.clear();
    this.channel.close();
  }

  whenOpened(opened: OpenedDocument): void {
    const isSame = this.opened?.series_instance_uid === opened.series_instance_uid && this.opened?.stack === opened.stack;
    this.content.table = new IdentityTable(opened);
    this.fault = null;
    this.drawnSequence = 0;
    if (isSame) return this.openedAgain();
    this.view = { ...FIRST_VIEW, index: firstIndex(opened) };
    if (opened.cine && opened.frames.length > 1) this.cine = new CinePlayer(opened.cine, opened.frames.length, this.channel, this);
    if (this.isFollowing) return this.openedToFollow();
    if (this.cine && this.startsPlaying && opened.kind === "clip") this.play();
    const isAsked = this.wishes.isWholeAsked && !this.cine;
    if (!this.cine?.isPlaying && !isAsked) this.ask(isLarge(opened));
    this.screen.changed();
    this.screen.moved("itself");
  }

  picture(header: PictureHeader, bitmap: ImageBitmap, proof: Proof): void {
    if (this.cine?.isPlaying || header.sequence <= this.drawnSequence) {
      bitmap.close();
      return;
    }
    if (!this.take(header, bitmap, proof)) return;
    this.isDoubted = false;
    this.drawnSequence = header.sequence;
    this.fault = null;
    this.wishes.arrived(header);
    this.redraw();
  }

  prefetched(key: string, index: number): void {
    this.wishes.ahead.arrived(key, index);
  }

  unfetched(index: number): void {
    this.wishes.ahead.gone(index);
  }

  buffered(epoch: number, index: number, evicted: readonly number[]): void {
    if (epoch === this.channel.epoch) this.cine?.keep(index, evicted);
  }

  frame(header: PictureHeader, bitmap: ImageBitmap, ordinal: number): void {
    if (this.cine) this.cine.decoded(header, bitmap, ordinal);
    else bitmap.close();
  }

  drawFrame(header: PictureHeader, bitmap: ImageBitmap): boolean {
    if (!this.take(header, bitmap, "none")) return false;
    this.view = { ...this.view, index: this.onScreen?.identified.index ?? this.view.index };
    if (header.fidelity === "lossless" && !this.isLoopEncoded) {
      this.isLoopEncoded = true;
      this.cine?.useView(this.loopView());
    }
    this.redraw();
    this.keepInPhase();
    return true;
  }

  cineChanged(): void {
    this.screen.changed();
    this.keepInPhase();
  }

  /** Of others with us, or of ours with them. */
  private keepInPhase(): void {
    const isAnchoredAnew = this.sharing.isAnchoredAnew(this.cine);
    if (this.isFollowing) this.sharing.keepInPhase(this.cine);
    else if (isAnchoredAnew) this.screen.moved("itself");
  }

  /** What differs from its proof isn't shown; it is asked for once more. */
  broken(_what: "picture" | "tile", sequence: number, why: "damaged" | "differs"): void {
    if (why === "damaged") return this.failed({ status: 500, sentence: "This picture arrived damaged" });
    if (sequence < Math.max(this.drawnSequence, this.firstSequence)) return;
    if (this.isDoubted) return this.failed({ status: 500, sentence: "This picture does not match its proof" });
    this.isDoubted = true;
    this.wishes.whole();
  }

  whenFault(fault: FaultDocument): void {
    if (fault.epoch !== undefined && fault.epoch !== this.channel.epoch) return;
    if (fault.sequence !== undefined && fault.sequence < Math.max(this.drawnSequence, this.firstSequence)) return;
    if (fault.status === BUSY) {
      // The server has too much to do just now: what is on screen stays, and is asked for again.
      this.wishes.againIn(BUSY_RETRY_MS);
      return;
    }
    this.failed(fault);
  }

  whenConnection(state: Connection): void {
    this.line = state;
    if (state === "open" && !this.opened) this.askEarly();
    if (state === "refused") {
      // Nothing of a patient stays on a screen whose person has left.
      this.cine?.stop();
      this.content.blank();
      this.screen.draw();
    }
    this.screen.changed();
  }

  private take(header: PictureHeader, bitmap: ImageBitmap, proof: Proof): boolean {
    const isTaken = this.content.take(header, bitmap, proof);
    if (isTaken) this.report(header.sequence);
    else this.screen.changed();
    return isTaken;
  }

  /** The line was lost meanwhile: what was asked for before will not come. */
  private openedAgain(): void {
    this.wishes.startAnew();
    this.cine?.reconnected();
    if (this.isFollowing) return this.following.apply();
    if (!this.cine?.isPlaying) this.ask(false);
    this.screen.changed();
  }

  /** What was asked for before the tables were here is taken only if it was the right frame: no flash of another. */
  private openedToFollow(): void {
    const early = this.channel.nextSequence - 1;
    const isAnyAsked = this.wishes.isAnyAsked;
    this.following.apply();
    if (isAnyAsked && this.channel.nextSequence - 1 > early) this.drawnSequence = Math.max(this.drawnSequence, early);
  }

  private followNobody(): void {
    this.following.nobody();
    this.sharing.alone();
  }

  // FollowingSession
  viewportSize(): Size {
    return this.screen.viewportSize();
  }

  redraw(): void {
    this.screen.draw();
    this.screen.changed();
  }

  blankAll(): void {
    this.drawnSequence = this.channel.nextSequence - 1;
    this.content.blank();
  }

  openAnew(): void {
    if (this.target && this.line === "open") this.channel.subscribe(this.target);
  }

  playAlong(player: CinePlayer, index: number, cine: SharedCine): void {
    this.wasPlaying = false;
    player.useView(this.loopView());
    this.sharing.playAlong(player, index, cine);
  }

  /** Nothing may stand for a picture that could not be shown. */
  private failed(fault: FaultDocument): void {
    this.fault = fault;
    this.wishes.forget();
    this.cine?.stop();
    this.content.blank();
    this.redraw();
  }

  /** Ask for the picture of the view: quick while it moves, the whole truth once it rests. */
  private ask(isMoving: boolean): void {
    const cine = this.cine;
    if (cine?.isPlaying) {
      cine.pause();
      this.wasPlaying = true;
    }
    if (isMoving) this.wishes.quick();
    else this.wishes.whole();
  }

  /** Spare the round trip to `opened`: what will be seen first is asked for before the tables are here. */
  private askEarly(): void {
    this.wishes.forget();
    const first = this.following.view;
    if (this.line !== "open" || first?.cine?.playing || (!first && this.likelyFrames < 2)) return;
    const { index, window, invert } = first ?? { ...FIRST_VIEW, index: middleOf(this.likelyFrames) };
    this.view = { ...FIRST_VIEW, index, window, invert, look: lookOfWire(first?.look) };
    this.wishes.whole();
  }

  private rest(): void {
    if (this.wasPlaying) return this.play();
    this.wishes.settle();
  }

  private play(): void {
    this.wasPlaying = false;
    this.wishes.forget();
    this.cine?.useView(this.loopView());
    this.cine?.play(this.view.index, this.onScreen?.identified.index === this.view.index);
  }

  pauseCine(): void {
    if (this.wasPlaying || this.cine?.isPlaying) this.wishes.forget();
    this.wasPlaying = false;
    this.sharing.alone();
    this.cine?.pause();
  }

  private loopView(): WireView {
    return loopViewOf(this.view, this.opened?.lossy.is_lossy === true && !this.isLoopEncoded);
  }

  private report(sequence: number): void {
    const now = performance.now();
    if (now - this.reportedAt < SHOWN_EVERY_MS) return;
    this.reportedAt = now;
    this.channel.shown(sequence);
  }

  private clear(): void {
    this.wishes.startAnew();
    this.followNobody();
    this.wasPlaying = false;
    this.view = FIRST_VIEW;
    this.cine?.stop();
    this.cine = null;
    this.content.table = null;
    this.fault = null;
    this.isDoubted = false;
    this.isLoopEncoded = false;
    this.content.looks.forget(this.channel.nextSequence);
    this.content.blank();
  }
}
