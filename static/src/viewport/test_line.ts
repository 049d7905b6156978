/** A session at the end of a line whose other end a test holds; for tests alone. */
import type { OpenedDocument } from "../net/documents";
import type { Proof } from "../net/proof";
import { StreamClient, type WorkerPort } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { FromWorker, ToWorker } from "../net/worker_messages";
import type { Size } from "../state/stack_view";
import { openedOf } from "../state/test_documents";
import { headerOf } from "../state/test_headers";
import { StackSession } from "./stack_session";

/** The worker's end of the line: what the page sent, and a way to answer as the worker would. */
export class Line implements WorkerPort {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null = null;
  readonly sent: ToWorker[] = [];
  readonly closed: string[] = [];
  postMessage(message: ToWorker): void {
    this.sent.push(message);
  }
  say(message: FromWorker): void {
    this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }
  open(): void {
    this.say({ kind: "connection", state: "open" });
  }
  get epoch(): number {
    return this.sent.flatMap((message) => (message.kind === "subscribe" ? [message.epoch] : [])).at(-1) ?? 0;
  }
  get lastView(): Extract<ToWorker, { kind: "view" }> {
    const view = this.sent.findLast((message) => message.kind === "view");
    if (view?.kind !== "view") throw new Error("no view was asked for");
    return view;
  }
  opened(change: Partial<OpenedDocument> = {}): void {
    this.say({ kind: "opened", viewport: 1, opened: openedOf({ epoch: this.epoch, ...change }) });
  }
  picture(name: string, change: Partial<PictureHeader>, proof: Proof = "matches"): void {
    const bitmap = { close: () => this.closed.push(name) } as unknown as ImageBitmap;
    this.say({ kind: "picture", header: headerOf({ epoch: this.epoch, ...change }), bitmap, proof });
  }
  differs(sequence: number): void {
    this.say({ kind: "broken", viewport: 1, sequence, what: "picture", why: "differs" });
  }
}

export interface Tried {
  readonly line: Line;
  readonly stack: StackSession;
  /** "patient/index" of each drawing, null for a blank glass. */
  readonly drawn: (string | null)[];
  /** What the session said of its own movement. */
  readonly moves: ("hand" | "itself")[];
  readonly glass: { size: Size };
}

export function session(useful: readonly [number, number] | null = null): Tried {
  const line = new Line();
  const drawn: (string | null)[] = [];
  const moves: ("hand" | "itself")[] = [];
  const glass = { size: { width: 512, height: 512 } };
  const screen = {
    draw: () => drawn.push(stack.onScreen ? `${stack.onScreen.opened.patient.patient_id}/${stack.onScreen.identified.index}` : null),
    changed: () => undefined,
    usefulSize: () => useful,
    viewportSize: () => glass.size,
    moved: (cause: "hand" | "itself") => moves.push(cause),
  };
  const client = new StreamClient(line, "ws://x/ws/stream", async () => true);
  const stack: StackSession = new StackSession(client, screen, false);
  line.open();
  return { line, stack, drawn, moves, glass };
}
