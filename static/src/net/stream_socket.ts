/**
 * The worker's side of the stream: one socket, its credit, its decoding; reconnects by itself and says so.
 *
 * It keeps no views: after a reconnection the page subscribes again.
 */

import { type Arrival, expectedMs } from "../state/line_quality";
import type { OpenedDocument } from "./documents";
import { LineKeeper } from "./line_keeper";
import { decode, LoopStore } from "./loop_store";
import { PrefetchStore } from "./prefetch_store";
import { prove } from "./proof";
import { ValueStore } from "./value_store";
import { type AskedView, ViewFlow } from "./view_flow";
import {
  FromClient,
  FromServer,
  type PictureHeader,
  packControl,
  parseControl,
  parseHeader,
  parsePrefix,
  SUBPROTOCOL,
  WireError,
} from "./wire";
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

const LOOP_BYTES = 160_000_000;
const PREFETCH_BYTES = 48_000_000;
const PREFETCHED_AT_ONCE = 2;
/** Values that take longer come too late for the drag that they are for. */
const VALUES_WITHIN_MS = 250;
const BACKOFF_MS = [250, 500, 1000, 2000, 4000, 8000];
const PING_EVERY_MS = 10_000;
const SILENCE_MS = 30_000;
/** Close code after which trying again is of no use: signed out (docs/stream.md). Changed rights (4403) ask for a new connection. */
const SIGNED_OUT = 4401;

export type Post = (message: FromWorker, transfer?: Transferable[]) => void;

export class StreamSocket {
  private socket: WebSocket | null = null;
  private url = "";
  private attempts = 0;
  private heardAt = 0;
  private readonly loops = new LoopStore(LOOP_BYTES);
  private readonly prefetched = new PrefetchStore(PREFETCH_BYTES);
  private readonly tiles = new Map<string, TileWish>();
  private readonly line = new LineKeeper(
    (kind, body) => this.send(kind, 0, body),
    () => this.post({ kind: "line", line: this.line.quality.facts }),
  );
  private readonly views = new ViewFlow(this.line.quality, ({ viewport, sequence, index, view }) =>
    this.send(FromClient.view, viewport, { sequence, index, view }),
  );
  private readonly values = new ValueStore((header, bitmap) => this.post({ kind: "picture", header, bitmap, proof: "matches" }, [bitmap]));
  /** When tiles or a queue were last asked for. */
  private queuedAt = 0;

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
        this.show(message, message.isPassing);
        break;
      case "prefetch":
        this.prefetched.want(message);
        this.fetchAhead();
        break;
      case "lead":
        this.views.leading = message.viewport;
        break;
      case "loop":
        this.queuedAt = performance.now();
        this.values.cancelled(message.viewport);
        this.loops.expect(message.viewport, message.key, message.sequence, message.views.length);
        this.send(FromClient.queue, message.viewport, { sequence: message.sequence, views: message.views });
        break;
      case "decode":
        void this.decodeStored(message.viewport, message.index, message.ordinal);
        break;
      case "cancel":
        this.values.cancelled(message.viewport);
        this.prefetched.forget(message.viewport);
        this.views.forget(message.viewport);
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
        this.line.measure(performance.now());
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
      this.heardAt = performance.now();
      this.line.opened(this.heardAt);
      this.say("open");
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
    if (kind !== FromServer.picture && kind !== FromServer.tile && kind !== FromServer.pong) this.line.quality.heard(this.heardAt);
    switch (kind) {
      case FromServer.picture:
        return this.receivePicture(message);
      case FromServer.tile:
        return this.receiveTile(message);
      case FromServer.opened:
        this.receiveOpened(viewport, parseControl<OpenedDocument>(message));
        return;
      case FromServer.fault:
        this.receiveFault(viewport, parseControl<FaultDocument>(message));
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

  private receiveOpened(viewport: number, opened: OpenedDocument): void {
    this.values.opened(viewport, opened);
    this.post({ kind: "opened", viewport, opened });
  }

  private receiveFault(viewport: number, fault: FaultDocument): void {
    if (fault.sequence !== undefined) {
      if (this.values.failed(viewport, fault.sequence)) return this.goOn(); // the server's pictures will do
      if (this.prefetched.failed(viewport, fault.sequence)) return this.fetchAhead(); // nobody has asked for it yet
      this.views.done(viewport, fault.sequence);
    }
    this.post({ kind: "fault", viewport, fault });
    this.goOn();
  }

  private async receivePicture(message: ArrayBuffer): Promise<void> {
    try {
      const header = parseHeader(message);
      if (this.values.expects(header)) {
        this.line.came(this.queuedArrival(header, message.byteLength));
        return await this.values.keep(header, message);
      }
      this.measured(header, message.byteLength);
      const purpose = this.loops.purpose(header);
      if (purpose === "stale") return;
      if (purpose === "loop") {
        const evicted = this.loops.keep(header, message);
        this.post({ kind: "buffered", viewport: header.viewport, epoch: header.epoch, index: header.index, evicted });
        return;
      }
      if (this.prefetched.expects(header)) return this.keepForLater(header, message);
      await this.postPicture(header, message);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.post({ kind: "broken", viewport: parsePrefix(message).viewport, sequence: 0, what: "picture", why: "damaged" });
    } finally {
      this.line.taken();
      this.goOn();
    }
  }

  /** What differs from its proof never gets to the page: it is compared first (rule S05). */
  private async postPicture(header: PictureHeader, message: ArrayBuffer): Promise<void> {
    const { viewport, sequence } = header;
    try {
      const bitmap = await decode(header, message);
      const proof = await prove(header, message, bitmap);
      if (proof !== "differs") return this.post({ kind: "picture", header, bitmap, proof }, [bitmap]);
      bitmap.close();
      this.prefetched.reject(viewport, header.index);
      this.post({ kind: "broken", viewport, sequence, what: "picture", why: "differs" });
    } catch {
      this.post({ kind: "broken", viewport, sequence, what: "picture", why: "damaged" });
    }
  }

  /** A picture that is here already answers a view at once, under the number that the view has. */
  private show(asked: AskedView, isPassing: boolean): void {
    const found = this.prefetched.use(asked.viewport, asked.index, asked.view);
    if (found) {
      this.views.replace(asked.viewport);
      void this.postPicture({ ...found.header, sequence: asked.sequence }, found.message);
      return;
    }
    const worth = this.values.worth(asked, isPassing);
    if (isPassing && this.values.paint(asked)) return this.views.replace(asked.viewport);
    if (this.views.isIdle) this.line.measureIfStale(performance.now());
    this.views.ask(asked, isPassing, performance.now());
    if (worth > 0) this.askForValues(asked, worth);
  }

  /** The next pictures of a drag are made here, where the line brings what that needs in time. */
  private askForValues(asked: AskedView, bytes: number): void {
    const { facts } = this.line.quality;
    const isFast = facts.bytesPerMs !== null && facts.roundTripMs !== null && expectedMs(facts, bytes) < VALUES_WITHIN_MS;
    if (!isFast || this.prefetched.isComing) return;
    const { viewport, sequence, index, view } = this.values.want(asked);
    this.queuedAt = performance.now();
    this.send(FromClient.queue, viewport, { sequence, views: [{ index, view }] });
  }

  private keepForLater(header: PictureHeader, message: ArrayBuffer): void {
    const kept = this.prefetched.keep(header, message);
    if (!kept) return;
    this.post({ kind: "prefetched", viewport: header.viewport, key: kept.key, index: header.index });
    for (const { viewport, index } of kept.gone) this.post({ kind: "unfetched", viewport, index });
  }

  /** What is fetched ahead gives way to whatever somebody waits for. */
  private fetchAhead(): void {
    if (this.socket?.readyState !== WebSocket.OPEN || !this.views.isIdle || this.tiles.size > 0) return;
    if (this.prefetched.isComing || this.values.isComing) return;
    const [first, ...others] = this.prefetched.next(PREFETCHED_AT_ONCE);
    if (!first) return;
    this.queuedAt = performance.now();
    const views = [first, ...others].map(({ index, view }) => ({ index, view }));
    this.send(FromClient.queue, first.viewport, { sequence: first.sequence, views });
  }

  private goOn(): void {
    this.views.sendWaiting(performance.now());
    this.fetchAhead();
  }

  private measured(header: PictureHeader, bytes: number): void {
    this.line.came(this.views.arrived(header, bytes, performance.now()) ?? this.queuedArrival(header, bytes));
  }

  private queuedArrival(header: PictureHeader, bytes: number): Arrival {
    const serverMs = (header.renderMicroseconds + header.encodeMicroseconds) / 1000;
    return { askedAtMs: this.queuedAt, arrivedAtMs: performance.now(), bytes, serverMs };
  }

  private async receiveTile(message: ArrayBuffer): Promise<void> {
    try {
      const header = parseHeader(message);
      this.measured(header, message.byteLength);
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
        this.post({ kind: "broken", viewport: header.viewport, sequence: header.sequence, what: "tile", why: "damaged" });
      }
    } finally {
      this.line.taken();
      this.goOn();
    }
  }

  private async decodeStored(viewport: number, index: number, ordinal: number): Promise<void> {
    const stored = this.loops.get(viewport, index);
    if (!stored) return;
    try {
      const bitmap = await decode(stored.header, stored.message);
      this.post({ kind: "frame", header: stored.header, bitmap, ordinal }, [bitmap]);
    } catch {
      this.post({ kind: "broken", viewport, sequence: stored.header.sequence, what: "picture", why: "damaged" });
    }
  }

  private askForTiles(viewport: number, tiles: readonly TileWish[]): void {
    this.queuedAt = performance.now();
    for (const tile of tiles) this.tiles.set(`${viewport}/${tile.sequence}`, tile);
    const asked = tiles.map(({ sequence, level, column, row }) => ({ sequence, level, column, row }));
    this.send(FromClient.tiles, viewport, { tiles: asked });
  }

  private forget(viewport: number): void {
    this.loops.forget(viewport);
    this.prefetched.forget(viewport);
    this.values.forget(viewport);
    this.views.forget(viewport);
    for (const key of this.tiles.keys()) if (key.startsWith(`${viewport}/`)) this.tiles.delete(key);
  }

  private beat(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const now = performance.now();
    // A large picture on a slow line is silent for as long as it takes.
    const patience = SILENCE_MS + 2 * expectedMs(this.line.quality.facts, this.views.bytesUnderWay);
    if (now - this.heardAt > patience) this.socket.close();
    else this.line.ping(now);
  }

  private postRoundTrip(pong: { readonly t: number; readonly server_time: number }): void {
    const milliseconds = this.line.pong(pong.t, performance.now());
    this.post({ kind: "roundTrip", milliseconds, serverTimeMs: pong.server_time * 1000, heardAtMs: Date.now() });
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
