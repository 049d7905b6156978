/**
 * What the two panes of a page know of each other: the picture on screen in each, for reference lines, and how they scroll together.
 *
 * Everything that is said or drawn is about pictures on screen (S01); only where to go next is asked of frames that are yet to come.
 */
import { nothing, type TemplateResult } from "lit";
import { NO_OFFSET } from "../state/linked_scroll";
import {
  bondOf,
  followed,
  isSameStack,
  type LinkWords,
  linkWords,
  offsetOf,
  type PaneLink,
  type PaneShown,
  pairName,
  type SideFacts,
  turnWords,
} from "../state/pane_link";
import type { GlassScene } from "./glass_layer";
import { lineView } from "./reference_line";

type PlaceIndex = 0 | 1;

/** What the page does for its panes. */
export interface Sides {
  /** Go to a frame, as by the person's own hand. */
  go(place: PlaceIndex, index: number): void;
  /** How the panes stand to each other is someone else's doing: nothing is said of a link. */
  isFollowing(): boolean;
  /** It looks as someone else does or did, and nobody's hand has moved it since. */
  isLed(place: PlaceIndex): boolean;
  /** What the toolbar says has changed. */
  changed(): void;
}

const ALONE = "There is only one picture";
const FOLLOWING = "Both panes follow the presenter";

/** One pane's place beside the other. */
export class Seat {
  shown: PaneShown | null = null;
  private readonly watchers = new Set<() => void>();

  constructor(
    readonly place: PlaceIndex,
    private readonly sides: SideBySide,
  ) {}

  /** The picture in the other pane, where its reference line is wanted. */
  get crossing(): PaneShown | null {
    return this.sides.facts.hasLines ? this.sides.seats[this.place === 0 ? 1 : 0].shown : null;
  }

  /** The line that the other pane's picture cuts into this one. */
  line(scene: GlassScene): TemplateResult | typeof nothing {
    return this.crossing ? lineView(scene, this.crossing) : nothing;
  }

  /** What to say of the two panes, in both. */
  get words(): { readonly link: LinkWords | null; readonly turn: LinkWords | null } {
    return this.sides.words;
  }

  /** Another picture is on screen here; null: none. */
  show(shown: PaneShown | null): void {
    const before = this.shown;
    const isSame = before?.opened === shown?.opened && before?.index === shown?.index && before?.orientation === shown?.orientation;
    if (isSame) return;
    this.shown = shown;
    this.sides.shownChanged(this.place);
  }

  /** Nothing hangs here any more. */
  leave(): void {
    this.show(null);
    this.sides.forget();
  }

  toggleLink(): void {
    this.sides.toggleLink(this.place);
  }

  /** Have `changed` called when what can be seen from here is another. */
  watch(changed: () => void): void {
    this.watchers.add(changed);
  }

  unwatch(changed: () => void): void {
    this.watchers.delete(changed);
  }

  tell(): void {
    for (const changed of this.watchers) changed();
  }
}

export class SideBySide {
  readonly seats: readonly [Seat, Seat] = [new Seat(0, this), new Seat(1, this)];
  private hasLines = true;
  /** What the person chose last holds for what hangs next. */
  private isWished = true;
  private link: PaneLink = { isOn: false, offset: NO_OFFSET };
  private pair = "";
  private asked: [number | null, number | null] = [null, null];
  private isLeading = false;
  private lastFacts = "";

  constructor(private readonly sides: Sides) {}

  get facts(): SideFacts {
    const both = this.both();
    const whyNot = this.sides.isFollowing() ? FOLLOWING : both ? bondOf(both[0].opened, both[1].opened).why : ALONE;
    return { hasLines: this.hasLines, isLinked: this.link.isOn && whyNot === "", whyNot };
  }

  get words(): { readonly link: LinkWords | null; readonly turn: LinkWords | null } {
    const both = this.both();
    return { link: both && !this.sides.isFollowing() ? linkWords(this.link, both) : null, turn: both && turnWords(both) };
  }

  toggleLines(): void {
    this.hasLines = !this.hasLines;
    this.tell();
  }

  /** leader: the pane that stays where it is. */
  toggleLink(leader: number): void {
    const both = this.both();
    if (!both || this.facts.whyNot) return;
    this.isWished = !this.link.isOn;
    this.link = { isOn: this.isWished, offset: offsetOf(both) };
    this.follow(leader === 1 ? 1 : 0);
    this.tell();
  }

  /** A pane is looked at otherwise. byHand: by the person's own hand, which takes the other pane along. */
  moved(place: number, index: number, byHand: boolean): void {
    if (place !== 0 && place !== 1) return;
    const before = this.asked[place];
    this.asked[place] = index;
    if (!byHand || this.isLeading || index === before) return;
    this.settleAfterFollowing(place);
    this.follow(place);
  }

  /** The picture in a pane is another: so is what is drawn and said in both. */
  shownChanged(place: PlaceIndex): void {
    if (!this.seats[place].shown) this.asked[place] = null;
    this.pairUp(place);
    this.tell();
  }

  /** What hangs next is a pair of its own. */
  forget(): void {
    this.pair = "";
  }

  /** Another pair of series: linked as the person wishes, and where the patient's space says how, at once. */
  private pairUp(newest: PlaceIndex): void {
    const both = this.both();
    if (!both) return;
    const [one, other] = both;
    const pair = pairName(one.opened, other.opened);
    if (pair === this.pair) return;
    this.pair = pair;
    this.link = { isOn: this.isWished && !isSameStack(one.opened, other.opened), offset: offsetOf(both) };
    if (!this.sides.isFollowing() && !this.sides.isLed(newest)) this.follow(newest === 0 ? 1 : 0);
  }

  /** While someone else was followed, the panes may have come to stand otherwise to each other. */
  private settleAfterFollowing(place: PlaceIndex): void {
    const both = this.both();
    if (both && this.sides.isLed(place === 0 ? 1 : 0)) this.link = { ...this.link, offset: offsetOf(both) };
  }

  /** Take the other pane to where this one is. */
  private follow(leader: PlaceIndex): void {
    const both = this.both();
    const index = this.asked[leader] ?? both?.[leader].index;
    if (!both || index === undefined) return;
    const wanted = followed(this.link, [both[0].opened, both[1].opened], leader, index);
    const other = leader === 0 ? 1 : 0;
    if (wanted === null || wanted === (this.asked[other] ?? both[other].index)) return;
    this.isLeading = true;
    this.sides.go(other, wanted);
    this.isLeading = false;
  }

  private both(): readonly [PaneShown, PaneShown] | null {
    const [one, other] = [this.seats[0].shown, this.seats[1].shown];
    return one && other && [one, other];
  }

  /** Say anew what is to be said. */
  tell(): void {
    for (const seat of this.seats) seat.tell();
    const facts = JSON.stringify(this.facts);
    if (facts !== this.lastFacts) this.sides.changed();
    this.lastFacts = facts;
  }
}
