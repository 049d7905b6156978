import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StreamSocket } from "./stream_socket";
import { FromClient, FromServer, HEADER_BYTES, packControl, parseControl, parsePrefix } from "./wire";
import type { FromWorker, WireView } from "./worker_messages";

const VIEW: WireView = { window: null, invert: false, size: null, codec: "jpeg", quality: 60 };
const WHOLE: WireView = { ...VIEW, codec: "auto" };

interface Said {
  readonly kind: number;
  readonly viewport: number;
  readonly body: Record<string, unknown>;
}

/** The server's end of a WebSocket. */
class Peer {
  static readonly OPEN = 1;
  static now: Peer;
  readyState = 0;
  binaryType = "";
  onopen: () => void = () => undefined;
  onmessage: (event: { data: ArrayBuffer }) => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;
  readonly heard: Said[] = [];
  constructor() {
    Peer.now = this;
  }
  send(message: Uint8Array<ArrayBuffer>): void {
    const { kind, viewport } = parsePrefix(message.buffer);
    this.heard.push({ kind, viewport, body: parseControl(message.buffer) });
    if (kind === FromClient.ping) this.say(FromServer.pong, 0, { ...parseControl<object>(message.buffer), server_time: 0 });
  }
  close(): void {
    this.readyState = 3;
    this.onclose({ code: 1006 });
  }
  open(): void {
    this.readyState = Peer.OPEN;
    this.onopen();
  }
  say(kind: number, viewport: number, body: object): void {
    this.onmessage({ data: packControl(kind, viewport, body).buffer });
  }
  /** A picture without pixels: the header is what counts here. */
  picture(viewport: number, sequence: number, index = 0, bytes = 10_000): Promise<void> {
    const message = new Uint8Array(HEADER_BYTES + bytes);
    const fields = new DataView(message.buffer);
    message.set([0x56, 0x42, 1, FromServer.picture, viewport, 0, 2]);
    fields.setUint32(12, sequence, true);
    fields.setUint32(16, index, true);
    fields.setUint32(108, bytes, true);
    this.onmessage({ data: message.buffer });
    return vi.advanceTimersByTimeAsync(0).then(() => undefined);
  }
  of(kind: number): Said[] {
    return this.heard.filter((one) => one.kind === kind);
  }
}

let told: FromWorker[];
let socket: StreamSocket;
const toldOf = <Kind extends FromWorker["kind"]>(kind: Kind) =>
  told.filter((one): one is Extract<FromWorker, { kind: Kind }> => one.kind === kind);
const view = (sequence: number, index: number, wire = VIEW, isPassing = true) =>
  socket.handle({ kind: "view", viewport: 1, sequence, index, view: wire, isPassing });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Peer);
  vi.stubGlobal("createImageBitmap", async () => ({ close: () => undefined }));
  told = [];
  socket = new StreamSocket((message) => told.push(message));
  socket.handle({ kind: "connect", url: "ws://x/ws/stream" });
  Peer.now.open();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a socket's flow", () => {
  it("owes the server no more credit than at first, however many pictures come", async () => {
    const granted = () => Peer.now.of(FromClient.credit).reduce((sum, one) => sum + Number(one.body.pictures), 0);
    expect(granted()).toBe(8);
    for (let sequence = 1; sequence <= 50; sequence++) {
      view(sequence, 0);
      await Peer.now.picture(1, sequence);
      expect(granted() - sequence).toBeLessThanOrEqual(8);
    }
    expect(granted() - 50).toBeGreaterThan(4);
  });

  it("keeps two passing views under way here, and sends the newest of the others when one comes", async () => {
    for (let sequence = 1; sequence <= 9; sequence++) view(sequence, 0);
    expect(Peer.now.of(FromClient.view).map((one) => one.body.sequence)).toEqual([1, 2]);
    await Peer.now.picture(1, 1);
    expect(Peer.now.of(FromClient.view).map((one) => one.body.sequence)).toEqual([1, 2, 9]);
    view(10, 0, WHOLE, false);
    expect(Peer.now.of(FromClient.view).at(-1)?.body.sequence).toBe(10);
  });

  it("asks ahead only while nobody waits, and answers from what is here under the number of the view", async () => {
    view(1, 5);
    socket.handle({ kind: "prefetch", viewport: 1, sequence: 2, view: WHOLE, indices: [6, 7, 8] });
    expect(Peer.now.of(FromClient.queue)).toEqual([]);
    await Peer.now.picture(1, 1, 5);
    expect(Peer.now.of(FromClient.queue)).toMatchObject([{ body: { sequence: 2, views: [{ index: 6 }, { index: 7 }] } }]);
    await Peer.now.picture(1, 2, 6);
    expect(toldOf("prefetched")).toMatchObject([{ viewport: 1, index: 6 }]);
    expect(toldOf("picture").length).toBe(1); // nothing that was fetched ahead is shown by itself
    const views = Peer.now.of(FromClient.view).length;
    view(20, 6, WHOLE);
    await vi.advanceTimersByTimeAsync(0);
    expect(toldOf("picture").at(-1)?.header).toMatchObject({ sequence: 20, index: 6 });
    expect(Peer.now.of(FromClient.view).length).toBe(views);
  });

  it("keeps faults of what nobody asked for to itself", async () => {
    socket.handle({ kind: "prefetch", viewport: 1, sequence: 2, view: WHOLE, indices: [6, 7, 8] });
    Peer.now.say(FromServer.fault, 1, { status: 415, sentence: "no", about: FromClient.queue, sequence: 2 });
    await Peer.now.picture(1, 3, 7);
    expect(toldOf("fault")).toEqual([]);
    expect(Peer.now.of(FromClient.queue).at(-1)?.body).toMatchObject({ sequence: 4 });
    view(9, 6);
    Peer.now.say(FromServer.fault, 1, { status: 415, sentence: "no", about: FromClient.view, sequence: 9 });
    expect(toldOf("fault").length).toBe(1);
  });

  it("test_S01_has_nothing_of_another_subscription_or_socket_at_hand", async () => {
    const fetchSix = async () => {
      socket.handle({ kind: "prefetch", viewport: 1, sequence: 2, view: WHOLE, indices: [6] });
      await Peer.now.picture(1, 2, 6);
    };
    await fetchSix();
    socket.handle({ kind: "subscribe", viewport: 1, epoch: 2, target: { series_instance_uid: "2.25.3" } });
    view(10, 6, WHOLE);
    expect(Peer.now.of(FromClient.view).at(-1)?.body.sequence).toBe(10);
    await Peer.now.picture(1, 10, 6);

    for (let sequence = 11; sequence < 20; sequence++) view(sequence, 6);
    const before = Peer.now;
    before.close();
    expect(toldOf("connection").at(-1)?.state).toBe("lost");
    await vi.advanceTimersByTimeAsync(1000);
    expect(Peer.now).not.toBe(before);
    Peer.now.open();
    socket.handle({ kind: "subscribe", viewport: 1, epoch: 3, target: { series_instance_uid: "2.25.3" } });
    expect(Peer.now.of(FromClient.view)).toEqual([]); // what waited belonged to the old socket
    view(20, 6, WHOLE, false);
    expect(Peer.now.of(FromClient.view).map((one) => one.body.sequence)).toEqual([20]);
  });

  it("asks for values once a window is dragged over a measured line, and keeps their refusal to itself", async () => {
    Peer.now.say(FromServer.opened, 1, { epoch: 1, values: true, columns: 512, rows: 512 });
    const drag = (sequence: number) => view(sequence, 0, { ...VIEW, window: [sequence, 400] });
    for (let sequence = 1; sequence <= 4; sequence++) {
      drag(sequence);
      await vi.advanceTimersByTimeAsync(1);
      await Peer.now.picture(1, sequence);
    }
    const [asked, ...more] = Peer.now.of(FromClient.queue);
    expect(asked?.body).toMatchObject({ views: [{ index: 0, view: { codec: "values", window: null, size: null } }] });
    Peer.now.say(FromServer.fault, 1, { status: 415, sentence: "no", about: FromClient.queue, sequence: asked?.body.sequence });
    for (let sequence = 5; sequence <= 8; sequence++) drag(sequence);
    expect([more, toldOf("fault"), Peer.now.of(FromClient.queue).length]).toEqual([[], [], 1]);
    expect(toldOf("picture").length).toBe(4); // the server's pictures go on
  });
});
