/** The servers that ringcast brings along, each in a process of its own, by peers of the library ws. */
import { randomBytes } from 'node:crypto';
import type { ReferenceTarget } from '../../src/main/load/options';
import type { Timetable } from '../../src/shared/load/generator';
import { monotonicNs } from '../../src/shared/load/monotonic';
import { Mode } from '../../src/shared/load/plan';
import { ProbeWriter } from '../../src/shared/load/probe-writer';
import { STAGES } from '../../src/shared/load/result';
import { endAll, until } from '../support/hubs';
import { testOnLinux } from '../support/platform';
import { Program } from '../support/program';
import { lives, startTarget, untilGone } from '../support/targets';
import { type Seen, WsPeer } from '../support/ws-peer';

afterEach(endAll);

const text = (data: string): Seen => ({ data: Buffer.from(data), binary: false });
const bytes = (data: Buffer): Seen => ({ data, binary: true });
const send = (peer: WsPeer, { data, binary }: Seen) => peer.ws.send(data, { binary });

/** Of every kind and size that frames have. */
const MESSAGES: Seen[] = [
  text('Grüße, 世界 🎏'),
  text(''),
  bytes(Buffer.alloc(0)),
  bytes(Buffer.from([0xff, 0x00, 0xfe])),
  bytes(randomBytes(126)),
  bytes(randomBytes(60_000)),
];

describe.each<ReferenceTarget>(['ringcast', 'ws-loop', 'ws-broadcastchannel'])('%s', (name) => {
  test('gives what a connection sends to all of its path, to itself too, and to no other', async () => {
    const { target } = await startTarget({ target: name, mode: Mode.BROADCAST });
    const peers = [await WsPeer.open(target.url), await WsPeer.open(target.url)];
    const elsewhere = await WsPeer.open(target.url.replace('/bench', '/other'));
    for (const message of MESSAGES) send(peers[0]!, message);
    for (const peer of peers) expect(await peer.received(MESSAGES.length)).toEqual(MESSAGES);
    send(elsewhere, text('the only one'));
    expect(await elsewhere.received(1)).toEqual([text('the only one')]);
  });
});

test('socket.io: an event goes to all of its namespace, with its arguments', async () => {
  const { target } = await startTarget({ target: 'socket.io' });
  const url = new URL('/socket.io/?EIO=4&transport=websocket', target.url).href;
  const peers = [await WsPeer.open(url), await WsPeer.open(url)];
  for (const peer of peers) {
    await peer.received(1);
    peer.ws.send('40/bench,');
    await peer.received(2);
  }
  peers[0]!.ws.send('42/bench,["message","hi",7]');
  for (const peer of peers) expect((await peer.received(3))[2]).toEqual(text('42/bench,["message","hi",7]'));
});

describe('echo', () => {
  test('gives each connection what it sent, in order, and nobody else', async () => {
    const { target } = await startTarget({ target: 'echo' });
    const peers = [await WsPeer.open(target.url), await WsPeer.open(target.url)];
    const own = peers.map((_peer, number) => [
      ...MESSAGES,
      ...Array.from({ length: 500 }, (_, at) => text(`${number}: ${at}`)),
    ]);
    for (let at = 0; at < own[0]!.length; at++)
      for (const [number, peer] of peers.entries()) send(peer, own[number]![at]!);
    for (const [number, peer] of peers.entries())
      expect(await peer.received(own[number]!.length)).toEqual(own[number]);
  });

  test('waits for a peer that reads slowly, and loses nothing', async () => {
    const { target } = await startTarget({ target: 'echo' });
    const peer = await WsPeer.open(target.url);
    const message = bytes(randomBytes(2 ** 20));
    peer.ws.pause();
    for (let sent = 0; sent < 24; sent++) send(peer, message);
    await until(() => peer.ws.bufferedAmount > 0, 'more is under way than the kernels take');
    peer.ws.resume();
    const seen = await peer.received(24);
    expect(seen.every(({ data, binary }) => binary && data.equals(message.data))).toBe(true);
  });

  test('gives the channel of a peer that has gone to the next one, and nothing of what was said there', async () => {
    const { target } = await startTarget({ target: 'echo' });
    for (let round = 0; round < 5; round++) {
      const peer = await WsPeer.open(target.url);
      send(peer, text(`round ${round}`));
      expect(await peer.received(1)).toEqual([text(`round ${round}`)]);
      for (let more = 0; more < 50; more++) send(peer, text('never read'));
      peer.ws.terminate();
    }
  });
});

test('sink: answers nothing, and says exactly what came', async () => {
  const { target, plan } = await startTarget({ target: 'sink', clients: 2 });
  const peer = await WsPeer.open(target.url);
  const probes = new ProbeWriter(plan.payload, 1);
  for (const sequence of [0, 1, 2, 5, 4, 4])
    peer.ws.send(probes.write(1, sequence, monotonicNs(), monotonicNs()));
  const published = { 0: 0, 1: 7 };
  await until(async () => (await target.report?.(published))?.sink?.received === 5, 'all came');
  expect((await target.report?.(published))?.sink).toMatchObject({
    received: 5,
    lost: 2,
    duplicated: 1,
    reordered: 1,
    corrupt: 0,
  });
  expect(peer.seen).toEqual([]);
});

describe('a hub', () => {
  const OPTIONS = { publishers: 2, ratePerSecond: 500, durationMs: 400, warmupMs: 100 };

  test('publishes by the timetable from threads of its process, and says how long messages stayed where', async () => {
    const { target, plan } = await startTarget(OPTIONS);
    await target.publishing?.prepare(plan, { from: 0, to: plan.publishers });
    const peers = [await WsPeer.open(target.url), await WsPeer.open(target.url)];
    await target.begin(timetable());
    for (const peer of peers) await peer.received(250);
    await target.publishing?.stop();
    await until(async () => (await target.report?.())?.hub?.pending === 0, 'all is written');
    const snapshot = await target.publishing!.snapshot();
    const { hub } = (await target.report?.())!;
    expect(snapshot.published).toEqual({ 0: 125, 1: 125 });
    expect(snapshot.counters).toMatchObject({
      scheduled: 250,
      published: 250,
      publishedMeasured: 200,
      refused: 0,
    });
    expect(snapshot.histograms.scheduleLag.count).toBe(200);
    expect(hub).toMatchObject({ addressed: 500, sent: 500, refused: 0 });
    expect(STAGES.map((stage) => hub!.stages[stage].count)).toEqual([200, 200, 400, 400]);
  });

  test('takes the time of all its stages for what its clients see of it', async () => {
    const { target, plan } = await startTarget(OPTIONS);
    await target.publishing?.prepare(plan, { from: 0, to: plan.publishers });
    const peer = await WsPeer.open(target.url);
    let [delivered, count] = [0, 0];
    const window = timetable();
    peer.ws.on('message', (data: Buffer) => {
      if (data.readDoubleLE(16) < window.measureFromNs) return;
      delivered += monotonicNs() - data.readDoubleLE(24);
      count++;
    });
    await target.begin(window);
    await peer.received(250);
    const { hub } = (await target.report?.())!;
    const stages = STAGES.reduce((sum, stage) => sum + hub!.stages[stage].meanNs!, 0);
    // The rest is the way through the kernel to this process, however busy it is; and a write is over when the peer has it, or later.
    expect(count).toBe(200);
    expect(hub!.stages.ringWait.meanNs).toBeLessThan(delivered / count);
    expect(stages - hub!.stages.write.meanNs!).toBeLessThan(delivered / count);
  });

  test('that a stop finds in the middle of a test leaves no process', async () => {
    const { target, plan } = await startTarget({ ...OPTIONS, durationMs: 60_000 });
    await target.publishing?.prepare(plan, { from: 0, to: plan.publishers });
    const peer = await WsPeer.open(target.url);
    await target.begin(timetable(60_000));
    await peer.received(10);
    await target.stop();
    await peer.closed;
    expect(lives(target.pid!)).toBe(false);
  });

  test('that dies says so', async () => {
    const { target } = await startTarget(OPTIONS);
    process.kill(target.pid!, 'SIGKILL');
    await expect(target.failed).rejects.toThrow('the server was killed by SIGKILL');
    await expect(target.report?.()).rejects.toThrow('the server was killed by SIGKILL');
    expect(target.sample()).toBeNull();
  });

  testOnLinux('tells what it has cost', async () => {
    const { target } = await startTarget(OPTIONS);
    const sample = target.sample()!;
    expect(sample.cpuMs).toBeGreaterThan(0);
    expect(sample.rssBytes).toBeGreaterThan(20 * 2 ** 20);
  });

  /** Of `OPTIONS`. */
  function timetable(durationMs = OPTIONS.durationMs): Timetable {
    const startNs = monotonicNs() + 20e6;
    const measureFromNs = startNs + OPTIONS.warmupMs * 1e6;
    return { startNs, measureFromNs, measureToNs: measureFromNs + durationMs * 1e6 };
  }
});

testOnLinux('a server ends when the process that started it is killed', async () => {
  const parent = new Program('test/wire/programs/target-parent.cjs');
  const [, pid] = await parent.prints(/^(\d+)\n/m, 'stdout');
  expect(lives(Number(pid))).toBe(true);
  parent.process.kill('SIGKILL');
  await parent.ended;
  await untilGone(Number(pid));
});
