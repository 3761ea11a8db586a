/**
 * What `producer.post` costs a producer thread: 128-byte messages, as bytes and as text, to a channel with one peer, in
 * bursts. The first post of a burst finds the service asleep and wakes it; the others find it awake, and are timed apart.
 *
 *     npm run bench:post
 */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { WebSocket } from 'ws';
import { createHub } from '../src/main';
import { attachProducer } from '../src/shared/producer';
import { median } from './support/rig';

const ROUNDS = 15;
const BURSTS = 300;
const BURST = 500;
const TYPESCRIPT = ['-r', 'ts-node/register/transpile-only'];

/** Nanoseconds a post. */
type Costs = Record<'bytes' | 'text' | 'wakeUp', number[]>;

interface Result {
  costs: Costs;
  full: number;
}

function produce(): void {
  const producer = attachProducer();
  const bytes = new Uint8Array(128).fill(120);
  const text = 'x'.repeat(128);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const costs: Costs = { bytes: [], text: [], wakeUp: [] };
  let full = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, data] of [
      ['bytes', bytes],
      ['text', text],
    ] as const) {
      for (let burst = 0; burst < BURSTS; burst++) {
        const start = performance.now();
        if (producer.post('bench', data) !== 'posted') full++;
        const awake = performance.now();
        for (let i = 0; i < BURST; i++) if (producer.post('bench', data) !== 'posted') full++;
        const end = performance.now();
        if (round > 0) {
          costs.wakeUp.push((awake - start) * 1e6);
          costs[name].push(((end - awake) * 1e6) / BURST);
        }
        Atomics.wait(pause, 0, 0, 1); // the service drains the burst and falls asleep
      }
    }
  }
  parentPort?.postMessage({ costs, full } satisfies Result);
}

async function main(): Promise<void> {
  const hub = await createHub();
  const peer = new WebSocket(`${hub.url}/bench`);
  await new Promise((resolve) => peer.once('open', resolve));
  const worker = new Worker(__filename, {
    workerData: { ringcast: hub.producerHandle() },
    execArgv: TYPESCRIPT,
  });
  const { costs, full } = await new Promise<Result>((resolve) => worker.once('message', resolve));
  const row = (what: string, ns: number[]) => {
    const sorted = ns.sort((a, b) => a - b);
    const ninetieth = sorted[Math.floor(sorted.length * 0.9)];
    console.log(`| ${what} | ${median(sorted).toFixed(0)} ns | ${ninetieth.toFixed(0)} ns |`);
  };
  console.log(`| post of 128 B | median of ${ROUNDS * BURSTS} bursts | p90 |`);
  console.log('|---|---|---|');
  row('bytes, service awake', costs.bytes);
  row('text, service awake', costs.text);
  row('a post that wakes the service', costs.wakeUp);
  if (full > 0) console.log(`(${full} posts were answered 'full')`);
  peer.terminate();
  await hub.close();
}

if (isMainThread) void main();
else produce();
