/**
 * The worker's side of the stream: one socket, its credit, its decoding; reconnects by itself and says so.
 *
 * It keeps no views: after a reconnection the page subscribes again.
 */

import type { OpenedDocument } from "./documents";
import { decode, LoopStore } from "./loop_store";
import { FromClient, FromServer, packControl, parseControl, parseHeader, parsePrefix, SUBPROTOCOL, WireError } from "./wire";
import type {
  EventsDocument,
  FaultDocument,
  FromWorker,
  MovedDocument,
  PeopleDocument,
  SharedDocument,
  TileWish,
  ToSharedWorker,
  ToWorker,
} from "./worker_messages";

const CREDIT_STEP = 4;
/** Beyond the 8 that every socket begins with: enough for a slow line, still a bound. */
const EXTRA_CREDIT = 8;
const LOOP_BYTES = 160_000_000;
const BACKOFF_MS = [250, 500, 1000, 2000, 4000, 8000];
const PING_EVERY_MS = 10_000;
const SILENCE_MS = 30_000;
const CLOCK_SAMPLES = 3;
/** Close code after which trying again is of no use: signed out (docs/stream.md). Changed rights (4403) ask for a new connection. */
const SIGNED_OUT = 4401;

export type Post = (message: FromWorker, transfer?: Transferable[]) => void;

export class StreamSocket {
  private socket: WebSocket | null = null;
  private url = "";
  private attempts = 0;
  private spent = 0;
  private heardAt = 0;
  private readonly loops = new LoopStore(LOOP_BYTES);
  private readonly tiles = new Map<string, TileWish>();

  constructor(private readonly post: Post) {
    setInterval(() => this.beat(), PING_EVERY_MS);
  }

  handle(message: ToWorker): void {
    switch (message.kind) {
      case "connect":
        this.url = message.url;
        this.connect();
        break;
      case "subscribe":
        this.forget(message.viewport);
        this.send(FromClient.subscribe, message.viewport, { epoch: message.epoch, target: message.target });
        break;
      case "unsubscribe":
        this.forget(message.viewport);
        this.send(FromClient.unsubscribe, message.viewport, {});
        break;
      case "view":
        this.send(FromClient.view, message.viewport, { sequence: message.sequence, index: message.index, view: message.view });
        break;
      case "loop":
        this.loops.expect(message.viewport, message.key, message.sequence, message.views.length);
        this.send(FromClient.queue, message.viewport, { sequence: message.sequence, views: message.views });
        break;
      case "decode":
        void this.decodeStored(message.viewport, message.index, message.ordinal);
        break;
      case "cancel":
        this.send(FromClient.cancel, message.viewport, {});
        break;
      case "tiles":
        this.askForTiles(message.viewport, message.tiles);
        break;
      case "cancelTiles":
        for (const sequence of message.sequences) this.tiles.delete(`${message.viewport}/${sequence}`);
        this.send(FromClient.cancel, message.viewport, { tiles: message.sequences });
        break;
      case "shown":
        this.send(FromClient.shown, message.viewport, { sequence: message.sequence });
        break;
      default:
        this.handleShared(message);
    }
  }

  private handleShared(message: ToSharedWorker): void {
    switch (message.kind) {
      case "join":
        this.send(FromClient.join, 0, message.wish);
        // Loops that play together need the server's clock: the best of a few round trips.
        for (let more = 0; more < CLOCK_SAMPLES; more++) this.ping();
        break;
      case "leave":
        this.send(FromClient.leave, 0, {});
        break;
      case "act":
        this.send(FromClient.act, 0, { request: message.request, event: message.event });
        break;
      case "motion":
        this.send(FromClient.motion, 0, message.motion);
        break;
      case "standing":
        this.send(FromClient.standing, 0, { number: message.number, hash: message.hash, condition: message.condition });
        break;
    }
  }

  private connect(): void {
    const socket = new WebSocket(this.url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.say("connecting");
    socket.onopen = () => {
      this.attempts = 0;
      this.spent = 0;
      this.heardAt = performance.now();
      this.send(FromClient.credit, 0, { pictures: EXTRA_CREDIT });
      this.say("open");
      this.ping();
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      this.heardAt = performance.now();
      void this.receive(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (event.code === SIGNED_OUT) {
        this.say("refused");
        return;
      }
      this.say("lost");
      const wait = BACKOFF_MS[Math.min(this.attempts++, BACKOFF_MS.length - 1)] ?? 8000;
      setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
    };
  }

  private async receive(message: ArrayBuffer): Promise<void> {
    const { kind, viewport } = parsePrefix(message);
    switch (kind) {
      case FromServer.picture:
        return this.receivePicture(message);
      case FromServer.tile:
        return this.receiveTile(message);
      case FromServer.opened:
        this.post({ kind: "opened", viewport, opened: parseControl<OpenedDocument>(message) });
        return;
      case FromServer.fault:
        this.post({ kind: "fault", viewport, fault: parseControl<FaultDocument>(message) });
        return;
      case FromServer.pong:
        this.postRoundTrip(parseControl(message));
        return;
      case FromServer.shared:
        this.post({ kind: "shared", shared: parseControl<SharedDocument>(message) });
        return;
      case FromServer.events:
        this.post({ kind: "events", events: parseControl<EventsDocument>(message) });
        return;
      case FromServer.moved:
        this.post({ kind: "moved", moved: parseControl<MovedDocument>(message) });
        return;
      case FromServer.people:
        this.post({ kind: "people", people: parseControl<PeopleDocument>(message) });
        return;
    }
  }

  private async receivePicture(message: ArrayBuffer): Promise<void> {
    try {
      const header = parseHeader(message);
      const purpose = this.loops.purpose(header);
      if (purpose === "stale") return;
      if (purpose === "loop") {
        const evicted = this.loops.keep(header, message);
        this.post({ kind: "buffered", viewport: header.viewport, epoch: header.epoch, index: header.index, evicted });
        return;
      }
      try {
        const bitmap = await decode(header, message);
        this.post({ kind: "picture", header, bitmap }, [bitmap]);
      } catch {
        this.post({ kind: "broken", viewport: header.viewport, sequence: header.sequence, what: "picture" });
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.post({ kind: "broken", viewport: parsePrefix(message).viewport, sequence: 0, what: "picture" });
    } finally {
      this.spend();
    }
  }

  private async receiveTile(message: ArrayBuffer): Promise<void> {
    try {
      const header = parseHeader(message);
      const key = `${header.viewport}/${header.sequence}`;
      const wish = this.tiles.get(key);
      this.tiles.delete(key);
      if (!wish) return; // given up meanwhile
      try {
        const bitmap =
          header.fidelity === "absent" || header.codec === "none"
            ? absentTile(wish.columns, wish.rows)
            : await decode(header, message, wish.columns, wish.rows);
        this.post({ kind: "tile", header, bitmap }, [bitmap]);
      } catch {
        this.post({ kind: "broken", viewport: header.viewport, sequence: header.sequence, what: "tile" });
      }
    } finally {
      this.spend();
    }
  }

  private async decodeStored(viewport: number, index: number, ordinal: number): Promise<void> {
    const stored = this.loops.get(viewport, index);
    if (!stored) return;
    try {
      const bitmap = await decode(stored.header, stored.message);
      this.post({ kind: "frame", header: stored.header, bitmap, ordinal }, [bitmap]);
    } catch {
      this.post({ kind: "broken", viewport, sequence: stored.header.sequence, what: "picture" });
    }
  }

  private askForTiles(viewport: number, tiles: readonly TileWish[]): void {
    for (const tile of tiles) this.tiles.set(`${viewport}/${tile.sequence}`, tile);
    const asked = tiles.map(({ sequence, level, column, row }) => ({ sequence, level, column, row }));
    this.send(FromClient.tiles, viewport, { tiles: asked });
  }

  /** Credit goes back once a picture is decoded, so that a slow browser is never sent more than it can take. */
  private spend(): void {
    if (++this.spent < CREDIT_STEP) return;
    this.send(FromClient.credit, 0, { pictures: this.spent });
    this.spent = 0;
  }

  private forget(viewport: number): void {
    this.loops.forget(viewport);
    for (const key of this.tiles.keys()) if (key.startsWith(`${viewport}/`)) this.tiles.delete(key);
  }

  private beat(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.heardAt > SILENCE_MS) this.socket.close();
    else this.ping();
  }

  private postRoundTrip(pong: { readonly t: number; readonly server_time: number }): void {
    const milliseconds = performance.now() - pong.t;
    this.post({ kind: "roundTrip", milliseconds, serverTimeMs: pong.server_time * 1000, heardAtMs: Date.now() });
  }

  private ping(): void {
    this.send(FromClient.ping, 0, { t: performance.now() });
  }

  private send(kind: number, viewport: number, body: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(packControl(kind, viewport, body));
  }

  private say(state: "connecting" | "open" | "lost" | "refused"): void {
    this.post({ kind: "connection", state });
  }
}

/** A tile that was never scanned or isn't there: grey with a hatch, so that it can't be taken for glass (S11). */
function absentTile(columns: number, rows: number): ImageBitmap {
  const canvas = new OffscreenCanvas(Math.max(1, columns), Math.max(1, rows));
  const context = canvas.getContext("2d");
  if (context) {
    context.fillStyle = "#2a2d33";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = "#555b65";
    context.lineWidth = 2;
    for (let x = -canvas.height; x < canvas.width; x += 24) {
      context.beginPath();
      context.moveTo(x, canvas.height);
      context.lineTo(x + canvas.height, 0);
      context.stroke();
    }
  }
  return canvas.transferToImageBitmap();
}
