/** The usual way: a thread with ws, fed by postMessage, that calls `send` for every connection. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type WebSocket, WebSocketServer } from 'ws';

/** While some connection has this much to send, the producer is not told to go on: the loop has no other limit. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

const { port, state } = workerData as { port: MessagePort; state: SharedArrayBuffer };
const words = new Int32Array(state);
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, backlog: 4096 });
const peers = new Set<WebSocket>();
server.on('connection', (peer) => {
  peers.add(peer);
  peer.on('close', () => peers.delete(peer));
});

let untold = 0;
let telling = false;

function tellWhenSent(): void {
  for (const peer of peers) {
    if (peer.bufferedAmount > MAX_BUFFERED_BYTES) {
      setTimeout(tellWhenSent, 1);
      return;
    }
  }
  telling = false;
  Atomics.add(words, 1, untold);
  untold = 0;
  Atomics.notify(words, 1);
}

port.on('message', (message: Uint8Array) => {
  const payload = Buffer.from(message.buffer, message.byteOffset, message.length);
  for (const peer of peers) peer.send(payload, { binary: true });
  untold++;
  if (telling) return;
  telling = true;
  setImmediate(tellWhenSent);
});

server.on('listening', () => parentPort?.postMessage((server.address() as { port: number }).port));
