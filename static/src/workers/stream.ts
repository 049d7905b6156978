/** The module worker that owns the stream's socket and decodes its pictures. */
import { StreamSocket } from "../net/stream_socket";
import type { FromWorker, ToWorker } from "../net/worker_messages";

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
};
const socket = new StreamSocket((message, transfer) => scope.postMessage(message, transfer ?? []));
scope.onmessage = (event) => socket.handle(event.data);
