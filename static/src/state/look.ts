/** What of an image is drawn, and by which of its own or others' instructions; all of it is the server's to do. Pure. */

const VOI_FUNCTIONS = ["LINEAR", "LINEAR_EXACT", "SIGMOID"] as const;

export interface Look {
  /** SOP Instance UID of the presentation state that it is shown by; null: as stored. */
  readonly presentation: string | null;
  readonly overlays: boolean;
  readonly shutter: boolean;
  /** null: as the image recommends. */
  readonly subtraction: boolean | null;
  readonly icc: boolean;
  /** Which of the image's own windows, then VOI LUTs, is used where no window is chosen; null: the first. */
  readonly voi: number | null;
  /** null: the image's own. */
  readonly voiFunction: (typeof VOI_FUNCTIONS)[number] | null;
}

/** As the server shows an image that is asked for without a word. */
export const FIRST_LOOK: Look = {
  presentation: null,
  overlays: true,
  shutter: true,
  subtraction: null,
  icc: true,
  voi: null,
  voiFunction: null,
};

/** A look as the stream takes it (docs/stream.md section 3): what is as usual is left out. */
export interface WireLook {
  readonly presentation?: string;
  readonly overlays?: boolean;
  readonly shutter?: boolean;
  readonly subtraction?: boolean;
  readonly icc?: boolean;
  readonly voi?: number;
  readonly voi_function?: string;
}

/** Return the look that was written so. */
export function lookOfWire(wire: WireLook = {}): Look {
  const voiFunction = VOI_FUNCTIONS.find((name) => name === wire.voi_function) ?? null;
  return {
    presentation: wire.presentation ?? null,
    overlays: wire.overlays ?? true,
    shutter: wire.shutter ?? true,
    subtraction: wire.subtraction ?? null,
    icc: wire.icc ?? true,
    voi: wire.voi ?? null,
    voiFunction,
  };
}

/** True where both say the same. */
export function isSameLook(one: Look, other: Look): boolean {
  return one === other || JSON.stringify(wireLook(one)) === JSON.stringify(wireLook(other));
}

export function wireLook(look: Look): WireLook {
  return {
    ...(look.presentation === null ? {} : { presentation: look.presentation }),
    ...(look.overlays ? {} : { overlays: false }),
    ...(look.shutter ? {} : { shutter: false }),
    ...(look.subtraction === null ? {} : { subtraction: look.subtraction }),
    ...(look.icc ? {} : { icc: false }),
    ...(look.voi === null ? {} : { voi: look.voi }),
    ...(look.voiFunction === null ? {} : { voi_function: look.voiFunction }),
  };
}
