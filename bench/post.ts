/**
 * What `producer.post` costs a producer thread while the service is awake: 128-byte messages, as bytes and as text, to a
 * channel with one peer, at a pace that the service keeps up with.
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

function produce(): void {
  const producer = attachProducer();
  const bytes = new Uint8Array(128).fill(120);
  const text = 'x'.repeat(128);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const costs: Record<string, number[]> = { bytes: [], text: [] };
  let full = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, data] of [
      ['bytes', bytes],
      ['text', text],
    ] as const) {
      let spentMs = 0;
      for (let burst = 0; burst < BURSTS; burst++) {
        const start = performance.now();
        for (let i = 0; i < BURST; i++) if (producer.post('bench', data) !== 'posted') full++;
        spentMs += performance.now() - start;
        Atomics.wait(pause, 0, 0, 1); // the service stays awake: it has not drained the burst yet
      }
      if (round > 0) costs[name].push((spentMs * 1e6) / (BURSTS * BURST));
    }
  }
  parentPort?.postMessage({ bytes: median(costs.bytes), text: median(costs.text), full });
}

async function main(): Promise<void> {
  const hub = await createHub();
  const peer = new WebSocket(`${hub.url}/bench`);
  await new Promise((resolve) => peer.once('open', resolve));
  const worker = new Worker(__filename, {
    workerData: { ringcast: hub.producerHandle() },
    execArgv: TYPESCRIPT,
  });
  const result = await new Promise<{ bytes: number; text: number; full: number }>((resolve) =>
    worker.once('message', resolve),
  );
  console.log('| post of 128 B | median of rounds |');
  console.log('|---|---|');
  console.log(`| bytes | ${result.bytes.toFixed(0)} ns |`);
  console.log(`| text | ${result.text.toFixed(0)} ns |`);
  if (result.full > 0) console.log(`(${result.full} posts were answered 'full')`);
  peer.terminate();
  await hub.close();
}

if (isMainThread) void main();
else produce();
