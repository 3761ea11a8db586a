/**
 * Messages from one process to another: a connected producer into a hub, against `process.send` to a process that counts,
 * in turns within one run. 128-byte messages, as bytes; nobody subscribes: what counts is the way into the hub.
 *
 *     npm run bench:foreign
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHub, type Hub } from '../src/main';
import { connectProducer } from '../src/main/producer';
import { median } from './support/rig';

const ROUNDS = 7;
const MESSAGES = 500_000;
const SENDS = 50_000;
const BYTES = 128;
/** `process.send` queues without limit: so many are under way at most. */
const WINDOW = 1_000;
const TYPESCRIPT = ['-r', 'ts-node/register/transpile-only'];

type Order = 'post' | 'send' | 'end';

/** The other process: does a round when told to. */
async function produce(socket: string): Promise<void> {
  const producer = await connectProducer({ socket });
  const payload = Buffer.alloc(BYTES, 'x');
  const rounds: { [order in Order]: () => void } = {
    post: () => {
      for (let n = 0; n < MESSAGES; n++) producer.postWait('bench', payload);
    },
    send: () => {
      let sent = 0;
      let open = 0;
      const more = () => {
        while (open < WINDOW && sent < SENDS) {
          sent++;
          open++;
          process.send?.(payload, undefined, undefined, () => {
            open--;
            more();
          });
        }
      };
      more();
    },
    end: () => void producer.close().then(() => process.disconnect()),
  };
  process.on('message', (order: Order) => rounds[order]());
  process.send?.('ready');
}

async function postRound(hub: Hub, child: ChildProcess): Promise<number> {
  const target = (await hub.stats()).drained + MESSAGES;
  const start = performance.now();
  child.send('post' satisfies Order);
  while ((await hub.stats()).drained < target) await new Promise((resolve) => setTimeout(resolve, 1));
  return MESSAGES / (performance.now() - start) / 1000;
}

async function sendRound(child: ChildProcess): Promise<number> {
  const start = performance.now();
  await new Promise<void>((resolve) => {
    let received = 0;
    const count = () => {
      if (++received < SENDS) return;
      child.off('message', count);
      resolve();
    };
    child.on('message', count);
    child.send('send' satisfies Order);
  });
  return SENDS / (performance.now() - start) / 1000;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rc-bench-'));
  const socket = path.join(folder, 'hub.sock');
  const hub = await createHub({ producers: { socket } });
  // 'advanced': bytes go as bytes, and not as JSON.
  const child = fork(__filename, [socket], { execArgv: TYPESCRIPT, serialization: 'advanced' });
  await new Promise((resolve) => child.once('message', resolve));
  const posted: number[] = [];
  const sent: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const rates = [await postRound(hub, child), await sendRound(child)];
    if (round === 0) continue; // warm-up
    posted.push(rates[0]);
    sent.push(rates[1]);
  }
  child.send('end' satisfies Order);
  await new Promise((resolve) => child.once('exit', resolve));
  await hub.close();
  rmSync(folder, { recursive: true });
  const range = (rates: number[]) =>
    `${median(rates).toFixed(3)} M/s (${Math.min(...rates).toFixed(3)}–${Math.max(...rates).toFixed(3)})`;
  console.log(`connected producer, process to hub: ${range(posted)}`);
  console.log(`process.send, process to process:   ${range(sent)}`);
  console.log(`${(median(posted) / median(sent)).toFixed(1)} times as many`);
}

if (process.argv[2] === undefined) void main();
else void produce(process.argv[2]);
