/**
 * One long message received in fragments, in one frame and in a million tiny ones: by a handler in the service thread, and by
 * the application's event. Prints how fast, and by how much the memory of the hub's process grew: it must not grow with the
 * message.
 *
 *     npm run bench:fragments -- [MiB in one frame] [tiny frames]        (default 1024 and 1000000)
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';

const MiB = 2 ** 20;
/** What the sender hands to the kernel at once. */
const CHUNK_BYTES = 256 * 1024;
const TINY_PAYLOAD = Buffer.from('tiny!');
const MASK = Buffer.from([0x12, 0x34, 0x56, 0x78]);

interface Report {
  messageBytes: number;
  pieces: number;
  rssBytes: number;
  peakRssBytes: number;
}

interface Message {
  what: string;
  chunks(): Iterable<Buffer>;
  bytes: number;
  frames: number;
}

class Hub {
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(): Promise<Hub> {
    const child = fork(path.join(__dirname, 'support', 'fragments-hub.cjs'), { execArgv: [] });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new Hub(child, port);
  }

  /** The handler's counts and the memory now; the peak is that since the last call. */
  async report(): Promise<Report> {
    this.#process.send('report');
    const [report] = (await once(this.#process, 'message')) as [Report];
    return report;
  }

  end(): void {
    this.#process.disconnect();
  }
}

function header(first: number, payloadBytes: number): Buffer {
  if (payloadBytes < 126) return Buffer.concat([Buffer.from([first, 0x80 | payloadBytes]), MASK]);
  const bytes = Buffer.alloc(10);
  bytes[0] = first;
  bytes[1] = 0xff;
  bytes.writeBigUInt64BE(BigInt(payloadBytes), 2);
  return Buffer.concat([bytes, MASK]);
}

function* inOneFrame(payloadBytes: number): Generator<Buffer> {
  yield header(0x82, payloadBytes);
  const chunk = Buffer.alloc(CHUNK_BYTES, 'some bytes that are masked');
  for (let left = payloadBytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
}

function* inTinyFrames(frames: number): Generator<Buffer> {
  const more = Buffer.concat([header(0x00, TINY_PAYLOAD.length), TINY_PAYLOAD]);
  const atOnce = Math.floor(CHUNK_BYTES / more.length);
  const chunk = Buffer.concat(Array<Buffer>(atOnce).fill(more));
  yield Buffer.concat([header(0x02, TINY_PAYLOAD.length), TINY_PAYLOAD]);
  for (let left = frames - 2; left > 0; left -= atOnce) yield chunk.subarray(0, left * more.length);
  yield Buffer.concat([header(0x80, TINY_PAYLOAD.length), TINY_PAYLOAD]);
}

async function connect(port: number, channel: string): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(
    `GET /${channel} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await once(socket, 'data');
  return socket;
}

/** @returns how long it took until the hub's answer to the whole message, in seconds */
async function send(socket: net.Socket, chunks: Iterable<Buffer>): Promise<number> {
  const began = performance.now();
  const answered = once(socket, 'data');
  for (const chunk of chunks) if (!socket.write(chunk)) await once(socket, 'drain');
  await answered;
  return (performance.now() - began) / 1_000;
}

const mib = (bytes: number): string => `${(bytes / MiB).toFixed(1)} MiB`;

/** Sends one message, and prints what it cost the hub. */
async function measure(hub: Hub, socket: net.Socket, taker: string, message: Message): Promise<void> {
  const before = await hub.report();
  const seconds = await send(socket, message.chunks());
  const after = await hub.report();
  if (after.messageBytes !== message.bytes)
    throw new Error(`${after.messageBytes} bytes came, not ${message.bytes}`);
  const rate =
    message.frames === 1
      ? `${(message.bytes / MiB / seconds).toFixed(0)} MiB/s`
      : `${(message.frames / seconds / 1e6).toFixed(2)} M frames/s`;
  const growth = [after.peakRssBytes, after.rssBytes].map((bytes) => mib(bytes - before.rssBytes));
  console.log(
    `| ${taker} | ${message.what} | ${seconds.toFixed(2)} s | ${rate} | ${after.pieces} | ${mib(before.rssBytes)} | ${growth.join(' | ')} |`,
  );
}

async function main(): Promise<void> {
  const mebibytes = Number(process.argv[2] ?? 1_024);
  const frames = Number(process.argv[3] ?? 1_000_000);
  const messages: Message[] = [
    {
      what: `${mebibytes} MiB in one frame`,
      chunks: () => inOneFrame(mebibytes * MiB),
      bytes: mebibytes * MiB,
      frames: 1,
    },
    {
      what: `${frames} frames of ${TINY_PAYLOAD.length} bytes`,
      chunks: () => inTinyFrames(frames),
      bytes: frames * TINY_PAYLOAD.length,
      frames,
    },
  ];
  console.log(
    '| taken by | message | time | rate | pieces | RSS before | highest, above that | after, above that |',
  );
  console.log('|---|---|---|---|---|---|---|---|');
  for (const taker of ['handler', 'application']) {
    const hub = await Hub.start();
    const socket = await connect(hub.port, taker);
    // A first, short message of each kind: code is compiled and buffers are there.
    await send(socket, inOneFrame(64 * MiB));
    await send(socket, inTinyFrames(100_000));
    for (const message of messages) await measure(hub, socket, taker, message);
    socket.destroy();
    hub.end();
  }
}

void main();
