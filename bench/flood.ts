/**
 * `npm run bench:flood`: what three producers at 100 messages a second wait while a fourth floods, with its whole lane and
 * with a part of it, next to what they wait when it is quiet.
 *
 * The way of a message is measured: from before its post to the peer, in this process. The flood's channel has no peer.
 */
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import WebSocket from 'ws';
import { createHub } from '../src/main';

const SECONDS = Number(process.argv[2] ?? 10);
const ROUNDS = Number(process.argv[3] ?? 3);
const PRODUCERS = 3;
const MESSAGES = SECONDS * PRODUCERS * 100;
const SMALL_LANE_BYTES = 16_384;

const at = (sorted: number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

async function measure(flood: { laneBytes: number | undefined } | undefined): Promise<number[]> {
  const hub = await createHub();
  const latencies: number[] = [];
  const peer = new WebSocket(`${hub.url}/ticks`);
  await new Promise((resolve) => peer.once('open', resolve));
  const start = (workerData: object) =>
    new Worker(path.join(__dirname, 'support', 'flood-thread.ts'), {
      workerData: { ringcast: hub.producerHandle(), ...workerData },
      execArgv: ['-r', 'ts-node/register/transpile-only'],
    });
  const workers = Array.from({ length: PRODUCERS }, (_, seat) =>
    start({ everyMs: 10, offsetMs: (10 * seat) / PRODUCERS }),
  );
  if (flood !== undefined) workers.push(start({ laneBytes: flood.laneBytes }));
  await Promise.all(workers.map((worker) => once(worker, 'message'))); // each has posted for a while
  await new Promise<void>((resolve) => {
    peer.on('message', (data: Buffer) => {
      latencies.push(Number(process.hrtime.bigint() - data.readBigInt64LE(0)) / 1_000);
      if (latencies.length === MESSAGES) resolve();
    });
  });
  peer.terminate();
  await Promise.all(workers.map((worker) => worker.terminate()));
  await hub.close({ deadlineMs: 0 });
  return latencies;
}

async function main(): Promise<void> {
  const ways = [
    { name: 'quiet', flood: undefined },
    { name: 'a flood, whole lane (1 MiB)', flood: { laneBytes: undefined } },
    { name: `a flood, laneBytes ${SMALL_LANE_BYTES}`, flood: { laneBytes: SMALL_LANE_BYTES } },
  ];
  const figures = ways.map(() => [] as number[]);
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, { flood }] of ways.entries()) figures[index].push(...(await measure(flood)));
  const quiet = at(
    [...figures[0]].sort((a, b) => a - b),
    0.99,
  );
  for (const [index, { name }] of ways.entries()) {
    const sorted = figures[index].sort((a, b) => a - b);
    const p99 = at(sorted, 0.99);
    console.log(
      `${name.padEnd(30)} ${sorted.length} messages, p50 ${at(sorted, 0.5).toFixed(0)} µs, p99 ${p99.toFixed(0)} µs, max ${sorted[sorted.length - 1].toFixed(0)} µs, p99 ${(p99 / quiet).toFixed(2)} × quiet`,
    );
  }
}

void main();
