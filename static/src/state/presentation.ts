/** Which frames a presentation state, or a part of one, is about. Pure. */
import type { AppliesTo, AreaDocument, PresentationDocument } from "../net/presentation_documents";

/** A frame as states name it. */
export interface NamedFrame {
  readonly sopInstanceUid: string;
  /** From 1. */
  readonly frameNumber: number;
}

/** True where any of the references includes the frame; null is all that the state is about. */
export function includes(appliesTo: AppliesTo, { sopInstanceUid, frameNumber }: NamedFrame): boolean {
  if (appliesTo === null) return true;
  return appliesTo.some(({ sop_instance_uid, frames }) => sop_instance_uid === sopInstanceUid && (frames?.includes(frameNumber) ?? true));
}

/** The first frame that the state is about, as a place in `frames`; null where it is about none. */
export function firstPlace(state: PresentationDocument, frames: readonly NamedFrame[]): number | null {
  const found = frames.findIndex((frame) => includes(state.applies_to, frame));
  return found < 0 ? null : found;
}

/** The displayed area of a frame; null where the state has none for it. */
export function areaOf(state: PresentationDocument, frame: NamedFrame): AreaDocument | null {
  return state.geometry.areas.find((area) => includes(area.applies_to, frame)) ?? null;
}
