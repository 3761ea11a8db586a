/**
 * A server that does as little as can be: it opens WebSockets, and writes frames that were made before, the same to each connection
 * of a path. Its messages carry stamps. Orders come over the channel to its parent.
 */
import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { monotonicNs } from '../../src/shared/load/monotonic';
import { ProbeWriter } from '../../src/shared/load/probe-writer';
import type { FrameServerOrder } from './load-protocol';

const HEAD = /^GET (\S+) [\s\S]*sec-websocket-key: *(\S+)/i;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
export const PAYLOAD_BYTES = 128;

const writer = new ProbeWriter(
  {
    sizes: [{ minBytes: PAYLOAD_BYTES, maxBytes: PAYLOAD_BYTES, weight: 1 }],
    text: false,
    fill: { kind: 'random' },
    template: undefined,
  },
  1,
);
const sockets = new Map<string, Socket[]>();
const sequences = new Map<string, number>();
let timer: NodeJS.Timeout | undefined;

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', (bytes) => {
    const [, path, key] = HEAD.exec(bytes.toString('latin1'))!;
    const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.resume();
    sockets.set(path, [...(sockets.get(path) ?? []), socket]);
  });
});

/** So many messages as one piece. */
function frames(path: string, count: number): Buffer {
  const first = sequences.get(path) ?? 0;
  sequences.set(path, first + count);
  const now = monotonicNs();
  const pieces = Array.from({ length: count }, (_, i) => [
    Buffer.from([0x82, 126, PAYLOAD_BYTES >> 8, PAYLOAD_BYTES & 0xff]),
    Buffer.from(writer.write(0, first + i, now, now)),
  ]);
  return Buffer.concat(pieces.flat());
}

process.on('message', ({ path, everyMs, batch }: FrameServerOrder) => {
  clearInterval(timer);
  if (batch === 0) return;
  timer = setInterval(() => {
    const piece = frames(path, batch);
    for (const socket of sockets.get(path) ?? []) socket.write(piece);
  }, everyMs);
});
process.on('disconnect', () => process.exit());
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  process.send!({ port: (server.address() as AddressInfo).port });
});
