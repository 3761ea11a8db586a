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
import { FRAME_BYTES, type ReceiverAnswer, type ReceiverOrder } from './protocol';

const [port, count, mode] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const CONNECTING_AT_ONCE = 100;

let bytes = 0;
let latencies = createHistogram();
const shared = Buffer.alloc(256 * 1024);
const sockets: net.Socket[] = [];

function connect(): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = false;
    /** Bytes of an unfinished frame, for `latency`. */
    let rest: Buffer = Buffer.alloc(0);
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
            bytes += length;
            if (mode === 'latency') rest = readTimes(rest, buffer as Buffer, length);
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

function readTimes(rest: Buffer, buffer: Buffer, length: number): Buffer {
  const now = Number(process.hrtime.bigint());
  let data = buffer.subarray(0, length);
  if (rest.length > 0) data = Buffer.concat([rest, data]);
  let offset = 0;
  for (; offset + FRAME_BYTES <= data.length; offset += FRAME_BYTES) {
    latencies.record(Math.max(1, Math.round(now - data.readDoubleLE(offset + 4))));
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
