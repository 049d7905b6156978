/** What the menu of looks offers for a stack: states to show it by, what can be switched, its own windows, its key images. Pure. */
import type { ItemDocument, KeyNote, OpenedDocument } from "../net/documents";
import type { PictureHeader } from "../net/wire";
import type { Look } from "./look";

export interface StateOffered {
  readonly uid: string;
  readonly label: string;
  readonly detail: string;
  /** Why it can't be used; "" where it can. */
  readonly why: string;
}

export type SwitchKind = "overlays" | "shutter" | "subtraction" | "icc";

export interface SwitchOffered {
  readonly kind: SwitchKind;
  readonly words: string;
  readonly isOn: boolean;
}

/** One of the image's own windows or VOI LUTs, by its number. */
export interface VoiOffered {
  readonly voi: number;
  readonly words: string;
}

export interface LooksOffered {
  readonly look: Look;
  readonly states: readonly StateOffered[];
  readonly switches: readonly SwitchOffered[];
  readonly vois: readonly VoiOffered[];
  /** The VOI function can be chosen. */
  readonly hasFunction: boolean;
  readonly keyNotes: readonly KeyNote[];
}

/** header: of the picture on screen; what it says it has can be switched, whatever else is known. */
export function looksOffered(opened: OpenedDocument, header: PictureHeader | null, look: Look, item: ItemDocument | null): LooksOffered {
  const ofItem = item !== null && isItemOf(item, opened) ? item : null;
  return {
    look,
    states: (ofItem?.presentations ?? []).map(stateOffered),
    switches: switchesOf(opened, header, look),
    vois: look.presentation === null && !opened.colour ? voisOf(opened) : [],
    hasFunction: header !== null && header.windowCenter !== null && !opened.colour,
    keyNotes: ofItem?.key_notes ?? [],
  };
}

/** True where there is anything to choose. */
export function hasChoices(looks: LooksOffered | null): looks is LooksOffered {
  if (!looks) return false;
  return looks.states.length + looks.switches.length + looks.vois.length + looks.keyNotes.length > 0 || looks.hasFunction;
}

/** What the button says: the state that is chosen, or "Looks". */
export function looksTitle(looks: LooksOffered | null): string {
  return looks?.states.find(({ uid }) => uid === looks.look.presentation)?.label ?? "Looks";
}

/** An item of the tray and an opened stack are the same thing. */
export function isItemOf(item: ItemDocument, opened: OpenedDocument): boolean {
  return item.series_instance_uid === opened.series_instance_uid && (item.stack === null || item.stack === (opened.stack ?? null));
}

/** Name one of the image's own windows, or VOI LUTs after them. */
export function voiInWords(opened: OpenedDocument, voi: number): string {
  const window = opened.windows[voi];
  if (window) return window.explanation?.trim() || `Window ${voi + 1}`;
  const place = voi - opened.windows.length;
  return opened.chain?.voi_luts[place]?.trim() || `VOI LUT ${place + 1}`;
}

function stateOffered(state: NonNullable<ItemDocument["presentations"]>[number]): StateOffered {
  const { frames, of } = state.applies_to;
  const about = frames === of ? "" : `${frames} of ${of} images`;
  const detail = [state.description, state.creator, dayOf(state.created), about].filter(Boolean).join(" · ");
  return { uid: state.sop_instance_uid, label: state.label, detail, why: state.is_applied ? "" : state.reason || "not applied" };
}

/** "20260102030405" → "2026-01-02". */
function dayOf(created: string): string {
  return /^\d{8}/.test(created) ? `${created.slice(0, 4)}-${created.slice(4, 6)}-${created.slice(6, 8)}` : "";
}

function switchesOf(opened: OpenedDocument, header: PictureHeader | null, look: Look): SwitchOffered[] {
  const { chain } = opened;
  const found: SwitchOffered[] = [];
  const labels = (chain?.overlays ?? []).map((label) => label.trim()).filter(Boolean);
  if (look.presentation !== null) found.push({ kind: "overlays", words: "Overlays and graphics", isOn: look.overlays });
  else if (chain?.overlays.length || header?.overlaysDrawn || !look.overlays) {
    found.push({ kind: "overlays", words: ["Overlays", ...new Set(labels)].join(" · "), isOn: look.overlays });
  }
  if (chain?.shutter || header?.shutterApplied || !look.shutter) found.push({ kind: "shutter", words: "Shutter", isOn: look.shutter });
  if (chain?.subtraction || header?.subtracted || look.subtraction !== null) {
    found.push({ kind: "subtraction", words: "Mask subtraction", isOn: isSubtracting(opened, header, look) });
  }
  if (chain?.colour_profile || header?.colourManaged || !look.icc) {
    const name = chain?.colour_profile;
    found.push({ kind: "icc", words: name ? `Colours by ICC · ${name}` : "Colours by ICC", isOn: look.icc });
  }
  return found;
}

/** What is asked for, where it was asked; else what the picture says. */
function isSubtracting(opened: OpenedDocument, header: PictureHeader | null, look: Look): boolean {
  return look.subtraction ?? header?.subtracted ?? opened.chain?.subtraction === "recommended";
}

function voisOf(opened: OpenedDocument): VoiOffered[] {
  const count = opened.windows.length + (opened.chain?.voi_luts.length ?? 0);
  if (count < 2 && !opened.chain?.voi_luts.length) return [];
  return Array.from({ length: count }, (_, voi) => ({ voi, words: voiInWords(opened, voi) }));
}
