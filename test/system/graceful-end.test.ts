/** The end of a daemon under load: everything that was acknowledged is sent, and it ends in time. */
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type ConnectedProducer, connectProducer } from '../../src/main/producer';
import { DaemonFolder, endDaemons, ended, lives } from '../support/daemons';
import { endAll, until, whenOver } from '../support/hubs';
import { ProducerProcess } from '../support/processes';
import { RawPeer, WsPeer } from '../support/ws-peer';

afterEach(async () => {
  await endAll();
  await endDaemons();
});

const DEADLINE_MS = 6_000;
/** So many of a load: good peers, and two bad ones beside. */
const GOOD = 998;
const CONNECTING_AT_ONCE = 50;

async function open(url: string, count: number): Promise<WsPeer[]> {
  const peers: WsPeer[] = [];
  while (peers.length < count) {
    const next = Math.min(CONNECTING_AT_ONCE, count - peers.length);
    peers.push(...(await Promise.all(Array.from({ length: next }, () => WsPeer.open(url)))));
  }
  return peers;
}

/** Asks over the control socket. */
async function get(folder: DaemonFolder, path: string): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    request({ socketPath: folder.control, path }, async (response) => {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
    })
      .on('error', reject)
      .end();
  });
}

async function startDaemon(folder: DaemonFolder, settings: object = {}) {
  writeFileSync(folder.file('x.json'), JSON.stringify({ closeDeadlineMs: DEADLINE_MS, ...settings }));
  return folder.start('--config', folder.file('x.json'), '--socket', folder.file('p.sock'));
}

/** A connected process of this test's own, with a steady stream until the hub ends. @returns its producer */
async function busyProducer(folder: DaemonFolder, name: string): Promise<ConnectedProducer> {
  const producer = await connectProducer({ socket: folder.file('p.sock'), reconnect: false });
  whenOver(() => producer.close({ deadlineMs: 0 }));
  let number = 0;
  const timer = setInterval(() => {
    if (producer.post('ticks', `${name}:${number}`) === 'posted') number++;
  }, 10);
  whenOver(() => clearInterval(timer));
  return producer;
}

/** Which of a producer's numbers a peer got: how many, if they are 0, 1, 2, … without a gap. */
function countOf(peer: WsPeer, name: string): number {
  const numbers = peer.texts
    .filter((text) => text.startsWith(`${name}:`))
    .map((text) => Number(text.slice(name.length + 1)));
  const misplaced = numbers.findIndex((number, at) => number !== at);
  if (misplaced >= 0) throw new Error(`${name}:${numbers[misplaced]} came as number ${misplaced}`);
  return numbers.length;
}

describe('a daemon that ends under load', () => {
  test('sends all that was acknowledged to 998 of 1,000 peers, closes them with 1001, and ends in time', async () => {
    const folder = new DaemonFolder();
    const { pid, url, port } = await startDaemon(folder);
    const good = await open(`${url}/ticks`, GOOD);
    const mute = await RawPeer.open(port, '/ticks');
    const slow = await RawPeer.open(port, '/ticks');
    mute.socket.pause();
    slow.socket.pause();
    const sips = setInterval(() => slow.socket.read(64), 100);
    whenOver(() => clearInterval(sips));
    const producers = { one: await busyProducer(folder, 'one'), two: await busyProducer(folder, 'two') };
    const flows = () => Object.values(producers).every((producer) => producer.stats().acknowledged > 20);
    await until(() => flows() && good.every((peer) => peer.seen.length > 20), 'messages flow');
    process.kill(pid, 'SIGTERM');
    const began = performance.now();
    const codes = await Promise.all(good.map(({ closed }) => closed.then(({ code }) => code)));
    await ended(pid);
    const tookMs = performance.now() - began;
    expect(new Set(codes)).toEqual(new Set([1001]));
    expect(tookMs).toBeLessThan(DEADLINE_MS + 1_000);
    for (const [name, producer] of Object.entries(producers)) {
      const { acknowledged } = producer.stats();
      // What was in the ring when it closed is sent, also if the answer came too late to be counted there.
      for (const peer of good) expect(countOf(peer, name)).toBeGreaterThanOrEqual(acknowledged);
    }
    expect(folder.read('x.log')).toMatch(/notice ended\n$/);
  }, 120_000);

  test('tells its peers that it comes back, if it is restarted', async () => {
    const folder = new DaemonFolder();
    const { url } = await startDaemon(folder);
    const peer = await WsPeer.open(url);
    expect((await folder.tell('restart', '--quiet')).code).toBe(0);
    expect(await peer.closed).toEqual({ code: 1012, reason: 'the hub restarts' });
  });

  test('is alive but not ready while it closes, and answers newcomers 503', async () => {
    const folder = new DaemonFolder();
    const { pid, url, port } = await startDaemon(folder);
    expect(await get(folder, '/readyz')).toEqual({ status: 200, body: { ready: true, reason: null } });
    expect(await get(folder, '/livez')).toEqual({ status: 200, body: { live: true } });
    const mute = await RawPeer.open(port);
    mute.socket.pause(); // answers no close frame
    process.kill(pid, 'SIGTERM');
    await folder.logs('notice closing');
    expect(await get(folder, '/readyz')).toEqual({ status: 503, body: { ready: false, reason: 'closing' } });
    expect(await get(folder, '/livez')).toEqual({ status: 200, body: { live: true } });
    expect((await folder.tell('status')).code).toBe(5);
    await expect(WsPeer.open(url)).rejects.toThrow('503');
    await ended(pid);
  });

  test('spreads its close frames as it is told', async () => {
    const folder = new DaemonFolder();
    const { pid, url } = await startDaemon(folder, { closeSpreadMs: 1_000 });
    const peers = await open(url, 5);
    const times: number[] = [];
    for (const { closed } of peers) void closed.then(() => times.push(performance.now()));
    process.kill(pid, 'SIGTERM');
    await Promise.all(peers.map(({ closed }) => closed));
    await ended(pid);
    await until(() => times.length === 5, 'all times are known');
    expect(times[4] - times[0]).toBeGreaterThan(900);
    expect(await Promise.all(peers.map(({ closed }) => closed))).toEqual(
      Array(5).fill({ code: 1001, reason: 'the hub closes' }),
    );
  });

  test('a producer of another process loses nothing that was acknowledged', async () => {
    const folder = new DaemonFolder();
    const { pid, url } = await startDaemon(folder);
    const peer = await WsPeer.open(`${url}/ticks`);
    const producer = await ProducerProcess.connect({ socket: folder.file('p.sock'), reconnect: false });
    const answer = producer.does<{ result: string }>('postSlowly', {
      channel: 'ticks',
      name: 'far',
      from: 0,
      to: 1_000_000,
      batch: 100,
      restMs: 1,
    });
    await peer.received(1_000);
    process.kill(pid, 'SIGTERM');
    expect((await answer).result).toBe('closed');
    await peer.closed;
    const { acknowledged } = await producer.stats();
    expect(acknowledged).toBeGreaterThanOrEqual(1_000);
    expect(countOf(peer, 'far')).toBeGreaterThanOrEqual(acknowledged);
    await ended(pid);
    expect(lives(pid)).toBe(false);
  });
});
