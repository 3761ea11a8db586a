/**
 * A broadcast storm: one channel, many subscribers, and what everybody else feels of it.
 *
 *     npm run bench:storm -- [subscribers] [bytes] [messages per second]     (default 5000 1024 20)
 *
 * Prints how late the event loop of the service thread comes round, and how long a new handshake takes, quiet and in the
 * storm. The receivers share the machine with the hub: so much they take from it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { WebSocket } from 'ws';
import { sleep } from './support/rig';

const WATCH_MS = 5_000;

interface Delays {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

async function answer<T>(child: ChildProcess, name?: string): Promise<T> {
  if (name !== undefined) child.send({ name });
  const [said] = (await once(child, 'message')) as [{ answer: T }];
  return said.answer;
}

/** How long a handshake takes, again and again for a while, in ms, shortest first. */
async function handshakes(port: number): Promise<number[]> {
  const took: number[] = [];
  for (const end = performance.now() + WATCH_MS; performance.now() < end; await sleep(20)) {
    const start = performance.now();
    const ws = new WebSocket(`ws://127.0.0.1:${port}/other`, { perMessageDeflate: false });
    await once(ws, 'open');
    took.push(performance.now() - start);
    ws.terminate();
  }
  return took.sort((one, other) => one - other);
}

async function watch(hub: ChildProcess, port: number, what: string): Promise<void> {
  const before = (await answer<{ sent: number }>(hub, 'stats')).sent;
  const took = await handshakes(port);
  const { p50Ms, p99Ms, maxMs } = await answer<Delays>(hub, 'delays');
  const sent = ((await answer<{ sent: number }>(hub, 'stats')).sent - before) / (WATCH_MS / 1_000);
  const at = (share: number) => took[Math.floor(share * (took.length - 1))].toFixed(1);
  const late = [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(1)).join(' / ');
  console.log(
    `| ${what} | ${Math.round(sent)} | ${late} | ${at(0.5)} / ${at(0.99)} / ${at(1)} | ${took.length} |`,
  );
}

async function main(): Promise<void> {
  const [subscribers = 5_000, bytes = 1_024, ratePerSecond = 20] = process.argv.slice(2).map(Number);
  const hub = fork(
    path.join(__dirname, 'support', 'storm-hub.cjs'),
    [JSON.stringify({ ratePerSecond, bytes })],
    {
      execArgv: [],
    },
  );
  const port = await answer<number>(hub);
  const peers = fork(
    path.join(__dirname, 'support', 'receivers.ts'),
    [String(port), String(subscribers), 'count'],
    { execArgv: ['-r', 'ts-node/register/transpile-only'] },
  );
  await once(peers, 'message');
  console.log(`${subscribers} subscribers, ${bytes} B, ${ratePerSecond} messages/s\n`);
  console.log(
    '| | deliveries/s | loop late, ms: p50 / p99 / max | handshake, ms: p50 / p99 / max | handshakes |',
  );
  console.log('|---|---|---|---|---|');
  await answer(hub, 'calm');
  await watch(hub, port, 'quiet');
  await answer(hub, 'storm');
  await watch(hub, port, 'storm');
  for (const child of [peers, hub]) child.disconnect();
}

void main();
