/** Which picture is which (S01): a picture belongs to a viewport only if the viewport's current subscription says so. */
import type { FrameDocument, InstanceDocument, OpenedDocument } from "../net/documents";
import type { PictureHeader } from "../net/wire";

export type Refusal = "other epoch" | "other instance" | "other frame" | "superseded";

export interface Identified {
  readonly frame: FrameDocument;
  readonly instance: InstanceDocument;
  /** Position in the stack, from 0. */
  readonly index: number;
}

/** The tables of one subscription, ready to look pictures up in. */
export class IdentityTable {
  private readonly indexOfFrame = new Map<string, number>();
  private readonly digests: ReadonlySet<string>;

  constructor(readonly opened: OpenedDocument) {
    this.digests = new Set(opened.instances.map((instance) => instance.digest));
    opened.frames.forEach((frame, index) => {
      const digest = opened.instances[frame.instance]?.digest;
      if (digest) this.indexOfFrame.set(`${digest}/${frame.frame_number}`, index);
    });
  }

  /** Look a picture up by its own instance digest and frame number; what was asked for plays no part. */
  identify(header: PictureHeader): Identified | Refusal {
    if (header.epoch !== this.opened.epoch) return "other epoch";
    if (!this.digests.has(header.instanceDigest)) return "other instance";
    const index = this.indexOfFrame.get(`${header.instanceDigest}/${header.frameNumber}`);
    const frame = index === undefined ? undefined : this.opened.frames[index];
    const instance = frame && this.opened.instances[frame.instance];
    if (index === undefined || !frame || !instance || index !== header.index) return "other frame";
    return { frame, instance, index };
  }

  /** A tile belongs to the slide when its epoch and instance do. */
  refuseTile(header: PictureHeader): Refusal | null {
    if (header.epoch !== this.opened.epoch) return "other epoch";
    return this.digests.has(header.instanceDigest) ? null : "other instance";
  }
}
