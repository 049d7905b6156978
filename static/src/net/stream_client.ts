/** The page's side of the stream: viewports as channels that survive a lost connection. */
import { type LineFacts, UNKNOWN_LINE } from "../state/line_quality";
import { ServerClock } from "../state/server_clock";
import type { OpenedDocument } from "./documents";
import type { Proof } from "./proof";
import { FromClient, type PictureHeader } from "./wire";
import type {
  Connection,
  EventsDocument,
  FaultDocument,
  FromWorker,
  MovedDocument,
  PeopleDocument,
  SharedDocument,
  Target,
  TileWish,
  ToSharedWorker,
  ToWorker,
  WireView,
} from "./worker_messages";

/** What a viewport hears. Every bitmap is the listener's to close. */
export interface ChannelListener {
  whenOpened(opened: OpenedDocument): void;
  picture(header: PictureHeader, bitmap: ImageBitmap, proof: Proof): void;
  frame?(header: PictureHeader, bitmap: ImageBitmap, ordinal: number): void;
  buffered?(epoch: number, index: number, evicted: readonly number[]): void;
  /** A picture that was asked for ahead is at hand, or is no longer. key: keyOf the view. */
  prefetched?(key: string, index: number): void;
  unfetched?(index: number): void;
  tile?(header: PictureHeader, bitmap: ImageBitmap): void;
  broken(what: "picture" | "tile", sequence: number, why: "damaged" | "differs"): void;
  whenFault(fault: FaultDocument): void;
  whenConnection(state: Connection): void;
}

export interface Channel {
  readonly epoch: number;
  /** The sequence number that the next picture will have. */
  readonly nextSequence: number;
  /** Show another series, with a new epoch: nothing of the old one will be taken any more. */
  subscribe(target: Target): void;
  /** Ask for a picture; returns its sequence number. isPassing: it may wait on a slow line, and be replaced by a newer one. */
  view(index: number, view: WireView, isPassing?: boolean): number;
  /** Fetch pictures that will probably be wanted, in this order. */
  prefetch(indices: readonly number[], view: WireView): void;
  /** A person works here: its pictures come first. */
  lead(): void;
  loop(key: string, indices: readonly number[], view: WireView): void;
  decode(index: number, ordinal: number): void;
  cancel(): void;
  tiles(wishes: readonly Omit<TileWish, "sequence">[]): number[];
  cancelTiles(sequences: readonly number[]): void;
  shown(sequence: number): void;
  close(): void;
}

/** What viewports need of a stream. */
export interface StreamSource {
  readonly connection: Connection;
  readonly roundTripMs: number | null;
  /** What the line carries, as measured. */
  readonly line: LineFacts;
  readonly clock: ServerClock;
  open(listener: ChannelListener): Channel;
}

/** What a shared view hears of the socket. */
export interface SharedLineListener {
  shared(shared: SharedDocument): void;
  events(events: EventsDocument): void;
  moved(moved: MovedDocument): void;
  peopleChanged(people: PeopleDocument): void;
  fault(fault: FaultDocument): void;
  connectionChanged(connection: Connection): void;
}

/** What a shared view needs of a stream. */
export interface SharedLine {
  readonly connection: Connection;
  readonly clock: ServerClock;
  listen(listener: SharedLineListener): void;
  send(message: ToSharedWorker): void;
}

/** Kinds about which a fault is the shared view's, not a viewport's. */
const ABOUT_SHARED: readonly (number | undefined)[] = [
  FromClient.join,
  FromClient.leave,
  FromClient.act,
  FromClient.motion,
  FromClient.standing,
];

/** The worker's side, as far as the page uses it. */
export interface WorkerPort {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  postMessage(message: ToWorker): void;
}

interface ChannelState {
  readonly viewport: number;
  readonly listener: ChannelListener;
  epoch: number;
  sequence: number;
  target: Target | null;
}

export class StreamClient implements StreamSource, SharedLine {
  /** The last measured round trip, or null before the first. */
  roundTripMs: number | null = null;
  line: LineFacts = UNKNOWN_LINE;
  /** Pictures that came before anyone asked for them. */
  fetchedAhead = 0;
  connection: Connection = "connecting";
  readonly clock = new ServerClock();
  /** Called once the person is signed out. */
  whenRefused: () => void = () => undefined;
  private readonly channels = new Map<number, ChannelState>();
  private sharing: SharedLineListener | null = null;
  private nextViewport = 1;
  private nextEpoch = 1;
  private leading = 0;

  constructor(
    private readonly worker: WorkerPort,
    url: string,
    /** Called when the socket can't be opened at all, which may mean that the session has ended. */
    private readonly isSignedIn: () => Promise<boolean>,
  ) {
    worker.onmessage = (event) => this.receive(event.data);
    this.post({ kind: "connect", url });
  }

  listen(listener: SharedLineListener): void {
    this.sharing = listener;
  }

  send(message: ToSharedWorker): void {
    this.post(message);
  }

  open(listener: ChannelListener): Channel {
    const state: ChannelState = { viewport: this.nextViewport++, listener, epoch: 0, sequence: 1, target: null };
    this.channels.set(state.viewport, state);
    const { viewport } = state;
    return {
      get epoch() {
        return state.epoch;
      },
      get nextSequence() {
        return state.sequence;
      },
      subscribe: (target) => {
        state.target = target;
        this.subscribe(state);
      },
      view: (index, view, isPassing = false) => {
        const sequence = state.sequence++;
        this.post({ kind: "view", viewport, sequence, index, view, isPassing });
        return sequence;
      },
      prefetch: (indices, view) => {
        const sequence = state.sequence;
        state.sequence += indices.length;
        this.post({ kind: "prefetch", viewport, sequence, view, indices });
      },
      lead: () => {
        if (this.leading !== viewport) this.post({ kind: "lead", viewport });
        this.leading = viewport;
      },
      loop: (key, indices, view) => {
        const sequence = state.sequence;
        state.sequence += indices.length;
        this.post({ kind: "loop", viewport, sequence, key, views: indices.map((index) => ({ index, view })) });
      },
      decode: (index, ordinal) => this.post({ kind: "decode", viewport, index, ordinal }),
      cancel: () => this.post({ kind: "cancel", viewport }),
      tiles: (wishes) => {
        const tiles = wishes.map((wish) => ({ ...wish, sequence: state.sequence++ }));
        this.post({ kind: "tiles", viewport, tiles });
        return tiles.map((tile) => tile.sequence);
      },
      cancelTiles: (sequences) => this.post({ kind: "cancelTiles", viewport, sequences }),
      shown: (sequence) => this.post({ kind: "shown", viewport, sequence }),
      close: () => {
        this.channels.delete(viewport);
        this.post({ kind: "unsubscribe", viewport });
      },
    };
  }

  private subscribe(state: ChannelState): void {
    if (!state.target) return;
    state.epoch = this.nextEpoch++;
    this.post({ kind: "subscribe", viewport: state.viewport, epoch: state.epoch, target: state.target });
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case "connection":
        return this.connectionChanged(message.state);
      case "roundTrip":
        this.roundTripMs = message.milliseconds;
        this.clock.note(message.serverTimeMs, message.heardAtMs, message.milliseconds);
        return;
      case "line":
        this.line = message.line;
        return;
      case "prefetched":
        this.fetchedAhead += 1;
        return this.channels.get(message.viewport)?.listener.prefetched?.(message.key, message.index);
      case "unfetched":
        return this.channels.get(message.viewport)?.listener.unfetched?.(message.index);
      case "opened": {
        const state = this.channels.get(message.viewport);
        if (state && message.opened.epoch === state.epoch) state.listener.whenOpened(message.opened);
        return;
      }
      case "shared":
        return this.sharing?.shared(message.shared);
      case "events":
        return this.sharing?.events(message.events);
      case "moved":
        return this.sharing?.moved(message.moved);
      case "people":
        return this.sharing?.peopleChanged(message.people);
      case "fault":
        if (ABOUT_SHARED.includes(message.fault.about)) return this.sharing?.fault(message.fault);
        for (const state of this.concerned(message.viewport)) state.listener.whenFault(message.fault);
        return;
      case "buffered":
        this.channels.get(message.viewport)?.listener.buffered?.(message.epoch, message.index, message.evicted);
        return;
      case "broken":
        this.channels.get(message.viewport)?.listener.broken(message.what, message.sequence, message.why);
        return;
      case "picture":
        return this.hand(message.header, message.bitmap, (listener) => listener.picture(message.header, message.bitmap, message.proof));
      case "frame":
        return this.hand(message.header, message.bitmap, (listener) => listener.frame?.(message.header, message.bitmap, message.ordinal));
      case "tile":
        return this.hand(message.header, message.bitmap, (listener) => listener.tile?.(message.header, message.bitmap));
    }
  }

  private hand(header: PictureHeader, bitmap: ImageBitmap, to: (listener: ChannelListener) => void): void {
    const state = this.channels.get(header.viewport);
    if (state) to(state.listener);
    else bitmap.close();
  }

  /** Viewport 0 means the socket as a whole. */
  private concerned(viewport: number): ChannelState[] {
    const one = this.channels.get(viewport);
    return one ? [one] : viewport === 0 ? [...this.channels.values()] : [];
  }

  private connectionChanged(state: Connection): void {
    this.connection = state;
    this.sharing?.connectionChanged(state);
    if (state === "open") for (const channel of this.channels.values()) this.subscribe(channel);
    for (const channel of this.channels.values()) channel.listener.whenConnection(state);
    if (state === "lost") void this.checkSession();
    if (state === "refused") this.whenRefused();
  }

  private async checkSession(): Promise<void> {
    const signedIn = await this.isSignedIn().catch(() => true);
    if (!signedIn) this.connectionChanged("refused");
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }
}

/** Start the worker and connect it to this page's server. */
export function connectStream(isSignedIn: () => Promise<boolean>): StreamClient {
  const worker = new Worker(new URL("../workers/stream.ts", import.meta.url), { type: "module" });
  const url = new URL("/ws/stream", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return new StreamClient(worker, url.href, isSignedIn);
}
