/**
 * The stream's messages as values (docs/stream.md): little-endian, one binary WebSocket message each.
 *
 * Every message begins with 8 bytes: "VB", version, kind, viewport (u16), two reserved zero bytes. Control kinds carry a
 * JSON object after them; pictures and tiles have a header of 144 bytes, then the encoded bytes.
 */

export const VERSION = 1;
export const SUBPROTOCOL = "viewbox.1";
export const PREFIX_BYTES = 8;
export const HEADER_BYTES = 144;

/** Kinds that the server sends. */
export const FromServer = {
  picture: 1,
  tile: 2,
  opened: 32,
  fault: 33,
  pong: 34,
  hello: 35,
  status: 36,
  shared: 37,
  events: 38,
  moved: 39,
  people: 40,
} as const;

/** Kinds that a client sends. */
export const FromClient = {
  subscribe: 16,
  view: 17,
  queue: 18,
  credit: 19,
  cancel: 20,
  unsubscribe: 21,
  tiles: 22,
  shown: 23,
  ping: 24,
  join: 25,
  leave: 26,
  act: 27,
  motion: 28,
  standing: 29,
} as const;

export type Codec = "none" | "jpeg" | "png" | "values";
export type DigestKind = "none" | "levels" | "encoded" | "payload";
export type Fidelity = "lossless" | "lossy" | "stored" | "absent";

/** What a picture or tile is, in its own words: the only source of what the page says about it (S01). */
export interface PictureHeader {
  readonly kind: "picture" | "tile";
  readonly viewport: number;
  readonly codec: Codec;
  /** JPEG quality 1..100, or 0 where it means nothing. */
  readonly quality: number;
  readonly epoch: number;
  readonly sequence: number;
  /** Position in the stack, from 0. */
  readonly index: number;
  /** Frame of the instance, from 1. */
  readonly frameNumber: number;
  /** First 16 bytes of SHA-256 of the SOP Instance UID, as 32 hexadecimal digits. */
  readonly instanceDigest: string;
  readonly viewHash: string;
  /** Size as encoded, and of the stored frame. */
  readonly width: number;
  readonly height: number;
  readonly sourceColumns: number;
  readonly sourceRows: number;
  /** The window that was applied, or null where none was. */
  readonly windowCenter: number | null;
  readonly windowWidth: number | null;
  readonly fidelity: Fidelity;
  readonly sourceLossy: boolean;
  readonly sourceRatio: number | null;
  readonly inverted: boolean;
  readonly reduced: boolean;
  /** Colours were taken through the image's ICC profile. */
  readonly colourManaged: boolean;
  readonly overlaysDrawn: boolean;
  readonly shutterApplied: boolean;
  /** A mask was subtracted; the window is one of differences. */
  readonly subtracted: boolean;
  /** There is an ICC profile that was not used. */
  readonly profileUnused: boolean;
  /** The image says that it shows colours, and has no palette of them: it is grey. */
  readonly paletteMissing: boolean;
  /** A presentation state is applied. */
  readonly presented: boolean;
  readonly renderMicroseconds: number;
  readonly encodeMicroseconds: number;
  readonly tileColumn: number;
  readonly tileRow: number;
  /** Pyramid level, 0 = full resolution. */
  readonly level: number;
  readonly payloadBytes: number;
  /** What the digest is of (docs/stream.md section 5): levels and payload by SHA-256, levels before a lossy encoding by XXH3. */
  readonly digestKind: DigestKind;
  /** Hexadecimal; "" where there is none. */
  readonly digest: string;
  /** SHA-256 of the levels when lossless, else "". */
  readonly levelsDigest: string;
}

const CODECS: readonly Codec[] = ["none", "jpeg", "png", "values"];
const DIGESTS: readonly DigestKind[] = ["none", "levels", "encoded", "payload"];
const DIGEST_BYTES = { none: 0, levels: 32, encoded: 8, payload: 32 } as const;
const FIDELITIES: readonly Fidelity[] = ["lossless", "lossy", "stored", "absent"];

/** A message that isn't as documented. */
export class WireError extends Error {}

/** Return kind and viewport of any message. */
export function parsePrefix(message: ArrayBuffer): { kind: number; viewport: number } {
  if (message.byteLength < PREFIX_BYTES) throw new WireError("message shorter than its prefix");
  const view = new DataView(message);
  if (view.getUint8(0) !== 0x56 || view.getUint8(1) !== 0x42 || view.getUint8(2) !== VERSION) {
    throw new WireError("not a message of this protocol version");
  }
  return { kind: view.getUint8(3), viewport: view.getUint16(4, true) };
}

/** Return the JSON object of a control message; its shape is the sender's promise, checked where it is used. */
export function parseControl<Body>(message: ArrayBuffer): Body {
  const text = new TextDecoder().decode(new Uint8Array(message, PREFIX_BYTES));
  return JSON.parse(text || "{}") as Body;
}

/** Return the header of a picture or tile. */
export function parseHeader(message: ArrayBuffer): PictureHeader {
  const { kind, viewport } = parsePrefix(message);
  if (kind !== FromServer.picture && kind !== FromServer.tile) throw new WireError("not a picture");
  if (message.byteLength < HEADER_BYTES) throw new WireError("picture shorter than its header");
  const view = new DataView(message);
  const payloadBytes = view.getUint32(108, true);
  if (message.byteLength !== HEADER_BYTES + payloadBytes) throw new WireError("picture of another length than it says");
  const codec = CODECS[view.getUint8(6)];
  const fidelity = FIDELITIES[view.getUint8(80)];
  const digestKind = DIGESTS[view.getUint8(105)];
  if (!codec || !fidelity || !digestKind) throw new WireError("unknown codec, fidelity or kind of digest");
  const digest = hexOf(message, 112, DIGEST_BYTES[digestKind]);
  const flags = view.getUint16(82, true);
  return {
    kind: kind === FromServer.picture ? "picture" : "tile",
    viewport,
    codec,
    quality: view.getUint8(7),
    epoch: view.getUint32(8, true),
    sequence: view.getUint32(12, true),
    index: view.getUint32(16, true),
    frameNumber: view.getUint32(20, true),
    instanceDigest: hexOf(message, 24, 16),
    viewHash: hexOf(message, 40, 16),
    width: view.getUint32(56, true),
    height: view.getUint32(60, true),
    sourceColumns: view.getUint32(64, true),
    sourceRows: view.getUint32(68, true),
    windowCenter: finiteOrNull(view.getFloat32(72, true)),
    windowWidth: finiteOrNull(view.getFloat32(76, true)),
    fidelity,
    sourceLossy: view.getUint8(81) !== 0,
    sourceRatio: finiteOrNull(view.getFloat32(84, true)),
    inverted: (flags & 1) !== 0,
    reduced: (flags & 2) !== 0,
    colourManaged: (flags & 4) !== 0,
    overlaysDrawn: (flags & 8) !== 0,
    shutterApplied: (flags & 16) !== 0,
    subtracted: (flags & 32) !== 0,
    profileUnused: (flags & 64) !== 0,
    presented: (flags & 128) !== 0,
    paletteMissing: (flags & 256) !== 0,
    renderMicroseconds: view.getUint32(88, true),
    encodeMicroseconds: view.getUint32(92, true),
    tileColumn: view.getUint32(96, true),
    tileRow: view.getUint32(100, true),
    level: view.getUint8(104),
    payloadBytes,
    digestKind,
    digest,
    levelsDigest: digestKind === "levels" ? digest : "",
  };
}

/** Return the encoded bytes of a picture or tile, as a view into the message. */
export function payloadOf(message: ArrayBuffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(message, HEADER_BYTES);
}

/** Return a control message. */
export function packControl(kind: number, viewport: number, body: object): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(body));
  const message = new Uint8Array(PREFIX_BYTES + json.length);
  message.set([0x56, 0x42, VERSION, kind, viewport & 0xff, viewport >> 8]);
  message.set(json, PREFIX_BYTES);
  return message;
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function hexOf(buffer: ArrayBuffer, offset: number, length: number): string {
  let text = "";
  for (const byte of new Uint8Array(buffer, offset, length)) text += byte.toString(16).padStart(2, "0");
  return text;
}
