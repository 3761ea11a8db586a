/**
 * What the load generator costs: CPU for each message of 128 bytes that a client receives, in batches and one by one, against `ws`
 * clients in turns within one run; the time to connect, and the memory of a peer that idles.
 *
 * One by one it is measured twice. At a low rate each message wakes the thread up: the kernel's work for that, and Node's for a
 * turn of its loop, are most of what it costs, with any client. In a thread that is busy many sockets are readable when it
 * looks, and share both.
 *
 *     npm run bench:generator -- [rounds] [peers that idle]        (default 5 and 10000)
 *
 * `sink` and `ws` are the clients of a load thread: each message is read, its stamp checked, accounted for and recorded.
 * `ws alone` only counts messages: no load test could do less with it. `floor` counts the bytes that Node's sockets read.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import {
  CLIENT_KINDS,
  type ClientKind,
  type ClientReading,
  type FrameServerOrder,
} from './support/load-protocol';
import { median, sleep } from './support/rig';

const CLIENTS = 200;
const WINDOW_MS = 1_500;
const WARM_UP_MS = 2_000;
const SETTLE_MS = 2_000;
/** What a process with hardly any peers needs is not the peers'. */
const FEW_PEERS = 100;
const NAMES: Record<ClientKind, string> = { sink: 'sink', ws: 'ws', bare: 'ws alone', floor: 'floor' };
interface Way {
  name: string;
  batch: number;
  everyMs: number;
  /** The client looks at its sockets only now and then, so that all of them have something when it does. */
  held: boolean;
}

/** The rates are such that no client is saturated. What a client that is will find is what the one that was held does. */
const WAYS: Way[] = [
  { name: '256 in one read', batch: 256, everyMs: 400, held: false },
  { name: '32 in one read', batch: 32, everyMs: 50, held: false },
  { name: 'one by one, all sockets in one poll', batch: 1, everyMs: 20, held: true },
  { name: 'one by one, each as it comes', batch: 1, everyMs: 10, held: false },
];
const children: ChildProcess[] = [];

function start(file: string, args: string[]): ChildProcess {
  const execArgv = file.endsWith('.ts') ? ['-r', 'ts-node/register/transpile-only'] : ['--expose-gc'];
  const child = fork(path.join(__dirname, 'support', file), args, { execArgv });
  children.push(child);
  child.on('exit', (code) => code !== null && code !== 0 && endWith(new Error(`${file} ended with ${code}`)));
  return child;
}

async function told<T>(child: ChildProcess): Promise<T> {
  const [answer] = await once(child, 'message');
  return answer as T;
}

async function read(child: ChildProcess, what: 'cpu' | 'memory' = 'cpu'): Promise<ClientReading> {
  child.send(what);
  return told(child);
}

interface Cost {
  cpuUs: number;
  userUs: number;
}

/** CPU for each message, of one window. */
async function measure(
  server: ChildProcess,
  client: ChildProcess,
  order: FrameServerOrder,
  held: boolean,
  windowMs: number,
): Promise<Cost> {
  client.send(held ? 'hold' : 'release');
  server.send(order);
  await sleep(200);
  const before = await read(client);
  await sleep(windowMs);
  const after = await read(client);
  server.send({ ...order, batch: 0 } satisfies FrameServerOrder);
  client.send('release');
  await sleep(200);
  if (after.faults > 0) throw new Error(`${after.faults} messages were not as they should be`);
  const received = after.received - before.received;
  return {
    cpuUs: (after.cpuUs - before.cpuUs) / received,
    userUs: (after.userUs - before.userUs) / received,
  };
}

async function costs(server: ChildProcess, url: string, rounds: number): Promise<void> {
  const clients = new Map<ClientKind, ChildProcess>();
  for (const kind of CLIENT_KINDS) {
    clients.set(kind, start('load-clients.cjs', [kind, `${url}${kind}`, String(CLIENTS)]));
    await told(clients.get(kind)!);
  }
  console.log(
    `CPU for each message received (of it, not in the kernel), 128 B, medians of ${rounds} rounds\n`,
  );
  console.log(
    '| way | sink | ws | ws alone | floor | ws / sink | ws alone / sink | ws / sink, both above the floor |\n|---|---|---|---|---|---|---|---|',
  );
  for (const { name, batch, everyMs, held } of WAYS) {
    const samples: Record<ClientKind, Cost[]> = { sink: [], ws: [], bare: [], floor: [] };
    for (let round = 0; round <= rounds; round++) {
      for (const [kind, client] of clients) {
        const order = { path: `/${kind}`, everyMs, batch };
        const cost = await measure(server, client, order, held, round === 0 ? WARM_UP_MS : WINDOW_MS);
        if (round === 0) continue; // warm-up of the compiler
        samples[kind].push(cost);
        console.error(`${name}  round ${round}  ${NAMES[kind].padEnd(8)} ${shown(cost)}`);
      }
    }
    const [sink, ws, bare, floor] = CLIENT_KINDS.map((kind) => medianOf(samples[kind]));
    const above = (ws.cpuUs - floor.cpuUs) / (sink.cpuUs - floor.cpuUs);
    const ratios = [ws.cpuUs / sink.cpuUs, bare.cpuUs / sink.cpuUs, above].map(
      (one) => `${one.toFixed(1)} ×`,
    );
    console.log(`| ${[name, ...[sink, ws, bare, floor].map(shown), ...ratios].join(' | ')} |`);
  }
  for (const client of clients.values()) client.kill();
}

function medianOf(costs: Cost[]): Cost {
  return {
    cpuUs: median(costs.map(({ cpuUs }) => cpuUs)),
    userUs: median(costs.map(({ userUs }) => userUs)),
  };
}

function shown({ cpuUs, userUs }: Cost): string {
  return `${cpuUs.toFixed(2)} µs (${userUs.toFixed(2)})`;
}

async function idle(url: string, peers: number): Promise<void> {
  const few = await connected(url, FEW_PEERS);
  const many = await connected(url, peers);
  const kib = (many.rssBytes - few.rssBytes) / (peers - FEW_PEERS) / 1_024;
  console.log(
    `\n${many.connected} peers connected in ${(many.connectMs / 1_000).toFixed(1)} s, ${kib.toFixed(2)} KiB of the generator each`,
  );
}

async function connected(url: string, peers: number): Promise<ClientReading & { connectMs: number }> {
  const client = start('load-clients.cjs', ['sink', `${url}idle-${peers}`, String(peers)]);
  const { connectMs } = await told<{ connectMs: number }>(client);
  await sleep(SETTLE_MS);
  const reading = await read(client, 'memory');
  client.kill();
  return { ...reading, connectMs };
}

function endWith(error: unknown): void {
  if (error !== undefined) console.error(error);
  for (const child of children) child.kill();
  process.exit(error === undefined ? 0 : 1);
}

async function main(): Promise<void> {
  const [rounds = 5, peers = 10_000] = process.argv.slice(2).map(Number);
  const server = start('frame-server.ts', []);
  const { port } = await told<{ port: number }>(server);
  const url = `ws://127.0.0.1:${port}/`;
  if (rounds > 0) await costs(server, url, rounds);
  if (peers > 0) await idle(url, peers);
}

main().then(() => endWith(undefined), endWith);
