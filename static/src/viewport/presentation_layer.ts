/** Presentation states over a picture: their graphics, how they lay it, and the words on how it is shown (S01, S05). */
import { html, nothing, type TemplateResult } from "lit";
import { ApiError, presentationState } from "../net/api";
import type { ItemDocument, KeyNote } from "../net/documents";
import type { AreaDocument, PresentationDocument } from "../net/presentation_documents";
import { keyWords, nextKeyPlace } from "../state/key_images";
import { lookWords } from "../state/look_words";
import { isItemOf } from "../state/looks_offered";
import type { Placement } from "../state/presentation_geometry";
import type { Size } from "../state/stack_view";
import type { Command } from "../tools/keys";
import type { GlassHost, GlassLayer, GlassScene } from "./glass_layer";
import { lookNotes } from "./look_notes";
import type { ShownState } from "./presentation_view";

/** By which state and area the picture was laid, how, and on a glass of which size. */
interface Placed {
  readonly by: AreaDocument | PresentationDocument;
  readonly at: Placement;
  readonly size: Size;
}

type LookCommand = Extract<Command, { kind: "look" }>;

export class PresentationLayer implements GlassLayer {
  private readonly known = new Map<string, ShownState>();
  private readonly asked = new Set<string>();
  /** The state that was chosen last; its document may still be on its way. */
  private chosen: string | null = null;
  private placed: Placed | null = null;
  /** The person hasn't moved it since. */
  private isAsPlaced = false;
  private problem = "";

  constructor(private readonly host: GlassHost) {}

  render(scene: GlassScene): TemplateResult {
    const { header, look } = scene.shown;
    const state = look?.presentation ? (this.known.get(look.presentation) ?? null) : null;
    const shown = header.presented ? state : null;
    const graphics = shown && look?.overlays ? shown.graphics(scene) : nothing;
    const words = [...lookWords(scene.shown, state?.state.label ?? ""), ...(shown?.words(scene) ?? [])];
    const keys = keyWords(this.notesOf(scene), scene.shown.identified.index);
    const caveats = [...(this.problem ? [this.problem] : []), ...(shown?.state.notes ?? [])];
    return html`${graphics}${lookNotes({ scene, words, keys, caveats })}`;
  }

  pictureChanged(scene: GlassScene | null): void {
    const uid = scene?.shown.header.presented ? scene.shown.look?.presentation : null;
    if (!scene || !uid) return;
    const state = this.known.get(uid);
    if (!state) return void this.learn(uid);
    const { placed } = this;
    if (!placed || placed.by !== state.laidBy(scene)) return this.place(state, scene);
    if (isSameSize(placed.size, scene.size)) this.isAsPlaced = isSamePlace(placed.at, scene.view);
    else if (this.isAsPlaced) this.place(state, scene);
  }

  private place(state: ShownState, scene: GlassScene): void {
    const at = state.placement(scene);
    this.placed = { by: state.laidBy(scene), at, size: scene.size };
    this.isAsPlaced = true;
    if (!this.host.isFollowing) this.host.perform({ kind: "place", ...at });
  }

  command(command: Command): boolean {
    if (command.kind === "key-image") return this.goToKeyImage(command.by, command.selection);
    if (command.kind === "reset") this.choose(null);
    if (command.kind !== "look" || command.look.presentation === undefined) return false;
    const uid = command.look.presentation;
    this.choose(uid);
    if (uid === null) return false;
    const state = this.known.get(uid);
    if (!state) void this.fetch(uid, command);
    else this.goWhereItIsAbout(state);
    return !state;
  }

  close(): void {
    this.chosen = null;
  }

  private choose(uid: string | null): void {
    this.chosen = uid;
    this.placed = null;
    this.problem = "";
  }

  /** Its geometry is known before its picture comes: nothing jumps. */
  private async fetch(uid: string, command: LookCommand): Promise<void> {
    const { item } = this.host;
    const isStillWanted = () => this.chosen === uid && this.host.item === item;
    try {
      await this.read(uid);
      if (isStillWanted()) this.host.perform(command);
    } catch (error) {
      if (!isStillWanted()) return;
      this.problem = error instanceof ApiError ? `Presentation not shown: ${error.message}` : "Presentation not shown: no answer";
      this.host.requestUpdate();
    }
  }

  /** Someone who is followed has chosen it: it is asked for already, its words and graphics come when they are here. */
  private async learn(uid: string): Promise<void> {
    if (this.asked.has(uid)) return;
    this.asked.add(uid);
    try {
      await this.read(uid);
      this.host.requestUpdate();
    } catch (error) {
      if (!(error instanceof ApiError)) this.asked.delete(uid); // no answer: the next picture asks again
    }
  }

  private async read(uid: string): Promise<void> {
    const [state, { ShownState }] = await Promise.all([presentationState(uid), import("./presentation_view")]);
    this.known.set(uid, new ShownState(state));
  }

  /** A state about other frames than the one on screen is shown where it begins. */
  private goWhereItIsAbout(state: ShownState): void {
    const { scene } = this.host;
    const index = scene && state.beginsAt(scene);
    if (index !== null) this.host.perform({ kind: "go", index });
  }

  private goToKeyImage(by: 1 | -1, selection?: string): boolean {
    const { scene } = this.host;
    const notes = scene ? this.notesOf(scene).filter((note) => !selection || note.sop_instance_uid === selection) : [];
    const index = scene && nextKeyPlace(notes, scene.view.index, by);
    if (index !== null) this.host.perform({ kind: "go", index });
    return true;
  }

  private notesOf({ shown }: GlassScene): readonly KeyNote[] {
    const item: ItemDocument | null = this.host.item;
    return item && isItemOf(item, shown.opened) ? (item.key_notes ?? []) : [];
  }
}

function isSameSize(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

function isSamePlace(one: Placement, { orientation, zoom, pan }: Placement): boolean {
  const isTurnedAlike = one.orientation.turns === orientation.turns && one.orientation.mirrored === orientation.mirrored;
  return isTurnedAlike && one.zoom === zoom && one.pan.x === pan.x && one.pan.y === pan.y;
}
