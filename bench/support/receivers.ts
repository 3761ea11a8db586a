/**
 * A process full of peers that only receive: raw sockets with one shared read buffer, so that they cost as little as they can.
 *
 *     receivers.ts PORT COUNT count|latency
 *
 * `count` counts bytes; `latency` also reads the time at the start of every message.
 */
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { FRAME_BYTES, PING_FRAME_BYTES, type ReceiverAnswer, type ReceiverOrder } from './protocol';

const [port, count, mode] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const CONNECTING_AT_ONCE = 100;
/** The first byte of a ping's frame. */
const PING = 0x89;

let bytes = 0;
let latencies = createHistogram();
const shared = Buffer.alloc(256 * 1024);
const sockets: net.Socket[] = [];

function connect(): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = false;
    /** For `latency`: bytes of an unfinished frame. */
    let rest: Buffer = Buffer.alloc(0);
    /** For `count`: bytes that are still to come of an unfinished frame, or those of a ping that came. */
    let skip = 0;
    let ping: Buffer = Buffer.alloc(0);
    /** Counts what came, and answers the pings in it. */
    const count = (buffer: Buffer, length: number): void => {
      bytes += length;
      let at = skip;
      while (at < length) {
        if (ping.length === 0 && buffer[at] !== PING) {
          at += FRAME_BYTES;
          continue;
        }
        const end = Math.min(length, at + PING_FRAME_BYTES - ping.length);
        ping = Buffer.concat([ping, buffer.subarray(at, end)]);
        bytes -= end - at;
        at = end;
        if (ping.length < PING_FRAME_BYTES) break;
        answerPing(socket, ping);
        ping = Buffer.alloc(0);
      }
      skip = at - length;
    };
    const socket = net.connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: shared,
        callback: (length, buffer) => {
          if (!open) {
            open = true;
            if (
              !Buffer.from(buffer.buffer, buffer.byteOffset, length)
                .toString('latin1')
                .startsWith('HTTP/1.1 101')
            )
              reject(new Error('no upgrade'));
            resolve();
          } else {
            if (mode === 'latency') rest = readTimes(socket, rest, buffer as Buffer, length);
            else count(buffer as Buffer, length);
          }
          return true;
        },
      },
    });
    socket.on('error', reject);
    sockets.push(socket);
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET /bench HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
  });
}

/** So a peer's WebSocket stack answers: with a mask of zeros, the payload stays as it is. */
function answerPing(socket: net.Socket, ping: Buffer): void {
  const pong = Buffer.alloc(PING_FRAME_BYTES + 4);
  pong[0] = 0x8a;
  pong[1] = 0x80 | ping[1];
  ping.copy(pong, 6, 2);
  socket.write(pong);
}

function readTimes(socket: net.Socket, rest: Buffer, buffer: Buffer, length: number): Buffer {
  const now = Number(process.hrtime.bigint());
  let data = buffer.subarray(0, length);
  if (rest.length > 0) data = Buffer.concat([rest, data]);
  let offset = 0;
  for (let frameBytes = 0; ; offset += frameBytes) {
    const isPing = data[offset] === PING;
    frameBytes = isPing ? PING_FRAME_BYTES : FRAME_BYTES;
    if (offset + frameBytes > data.length) break;
    if (isPing) answerPing(socket, data.subarray(offset, offset + frameBytes));
    else {
      bytes += FRAME_BYTES;
      latencies.record(Math.max(1, Math.round(now - data.readDoubleLE(offset + 4))));
    }
  }
  return Buffer.from(data.subarray(offset));
}

function answer(message: ReceiverAnswer): void {
  process.send?.(message);
}

process.on('disconnect', () => process.exit());
process.on('message', (order: ReceiverOrder) => {
  if (order.type === 'reset') latencies = createHistogram();
  else if (order.type === 'measure') {
    const { user, system } = process.cpuUsage();
    answer({
      type: 'measured',
      messages: bytes / FRAME_BYTES,
      cpuMs: (user + system) / 1000,
      p50Us: latencies.percentile(50) / 1000,
      p99Us: latencies.percentile(99) / 1000,
      maxUs: latencies.max / 1000,
      samples: latencies.count,
    });
  } else {
    for (const socket of sockets) socket.destroy();
    process.disconnect();
  }
});

async function main(): Promise<void> {
  for (let opened = 0; opened < count; opened += CONNECTING_AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(CONNECTING_AT_ONCE, count - opened) }, connect));
  }
  answer({ type: 'connected' });
}

void main();
