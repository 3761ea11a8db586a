/** Producers in other processes: real ones, against a hub in this one. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Hub, HubErrorCode, type HubOptions } from '../../src/main';
import { endAll, startHub, until } from '../support/hubs';
import { BreakingProxy, ProducerProcess, socketFolder } from '../support/processes';
import { Random } from '../support/random';
import { RawPeer, type Seen, WsPeer } from '../support/ws-peer';

afterEach(endAll);

const SEED = Number(process.env.SEED ?? 1);
const socketIn = (folder: string) => path.join(folder, 'hub.sock');
/** Loses nothing: whoever is slow is waited for. */
const LOSSLESS: HubOptions = { channels: { '*': { slow: 'wait' } } };

async function hubWithSocket(
  options: HubOptions = {},
): Promise<{ hub: Hub; socket: string; folder: string }> {
  const folder = socketFolder();
  const socket = socketIn(folder);
  return { hub: await startHub({ ...options, producers: { socket } }), socket, folder };
}

/** With room for one message that is more than the kernels take for a peer that reads nothing. */
const GATED: HubOptions = {
  ring: { laneBytes: 64 * 1024 * 1024, maxProducers: 4 },
  channels: { slow: { slow: 'wait', maxLagBytes: 65_536, maxStallMs: 60_000 }, '*': {} },
};
const MORE_THAN_KERNELS_TAKE = 24 * 1024 * 1024;

/** Shuts the gate of channel `slow` of a `GATED` hub until the peer that is returned reads. */
async function shutGate(hub: Hub): Promise<RawPeer> {
  const raw = await RawPeer.open(hub.port, '/slow');
  raw.socket.pause();
  expect(hub.post('slow', new Uint8Array(MORE_THAN_KERNELS_TAKE))).toBe('posted');
  await until(() => hub.post('slow', 'x') === 'full', 'the gate is shut');
  return raw;
}

/** The numbers behind `name:`, in the order in which they came. */
function numbersOf(seen: Seen[], name: string): number[] {
  const numbers: number[] = [];
  for (const { data } of seen) {
    const text = data.toString();
    if (text.startsWith(`${name}:`)) numbers.push(Number(text.slice(name.length + 1)));
  }
  return numbers;
}

/** All from 0 on, once each and in order. */
function expectComplete(numbers: number[], count: number): void {
  expect(numbers.length).toBe(count);
  expect(numbers.findIndex((number, at) => number !== at)).toBe(-1);
}

const foreignOf = async (hub: Hub) => (await hub.stats()).producers.filter(({ pid }) => pid !== undefined);
const onlyOwnProducer = (hub: Hub) =>
  until(async () => (await hub.stats()).producers.length === 1, 'only the own producer is left');

describe('producers in other processes', () => {
  it('4 of them, 100,000 messages each: every one comes once, and in its order', async () => {
    const { hub, socket } = await hubWithSocket(LOSSLESS);
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const names = ['a', 'b', 'c', 'd'];
    const processes = await Promise.all(names.map(() => ProducerProcess.connect({ socket })));
    const to = 100_000;
    await Promise.all(
      processes.map((each, at) => each.does('postAll', { channel: 'ticks', name: names[at], from: 0, to })),
    );
    await peer.received(4 * to);
    for (const name of names) expectComplete(numbersOf(peer.seen, name), to);
    const ends = await Promise.all(processes.map((each) => each.close()));
    for (const end of ends) expect(end).toMatchObject({ posted: to, acknowledged: to, pending: 0, lost: 0 });
    await onlyOwnProducer(hub);
    expect(await hub.stats()).toMatchObject({ posted: 4 * to, drained: 4 * to, safetyWakeUps: 0 });
  });

  it('get the same answers, limits and errors as threads do, and send text, bytes and nothing at all', async () => {
    const { hub, socket } = await hubWithSocket({ channels: { ticks: {} } });
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const other = await ProducerProcess.connect({ socket });
    expect(await other.does('post', { channel: 'ticks', text: 'grün', key: 'k' })).toBe('posted');
    expect(await other.does('postBinary', { channel: 'ticks', bytes: 'AAH/' })).toBe('posted');
    expect(await other.does('post', { channel: 'ticks', text: '' })).toBe('posted');
    const { maxPayloadBytes } = hub.producer;
    expect(await other.does('post', { channel: 'ticks', text: 'x'.repeat(maxPayloadBytes) })).toBe('posted');
    expect(await other.does('refusalOf', { channel: 'tocks', text: '' })).toMatchObject({
      name: 'RangeError',
    });
    expect(
      await other.does('refusalOf', { channel: 'ticks', text: 'x'.repeat(maxPayloadBytes + 1) }),
    ).toMatchObject({ name: 'RangeError', message: expect.stringContaining(String(maxPayloadBytes)) });
    await peer.received(4);
    expect(peer.seen.slice(0, 3)).toEqual([
      { data: Buffer.from('grün'), binary: false },
      { data: Buffer.from([0, 1, 255]), binary: true },
      { data: Buffer.alloc(0), binary: false },
    ]);
    expect(peer.seen[3].data.equals(Buffer.alloc(maxPayloadBytes, 'x'))).toBe(true);
  });

  it('may have more threads, by a handle: their posts keep one order', async () => {
    const { hub, socket } = await hubWithSocket(LOSSLESS);
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const other = await ProducerProcess.connect({ socket });
    await other.does('takeTurns', { channel: 'ticks', rounds: 2_000 });
    await peer.received(4_000);
    expectComplete(numbersOf(peer.seen, 'turn'), 4_000);
  });

  it('of different processes go out in the order in which the hub read them: what is acknowledged goes first', async () => {
    const { hub, socket } = await hubWithSocket(LOSSLESS);
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const both = [await ProducerProcess.connect({ socket }), await ProducerProcess.connect({ socket })];
    for (let number = 0; number < 100; number++) {
      const each = both[number % 2];
      expect(await each.does('post', { channel: 'ticks', text: `one:${number}` })).toBe('posted');
      await until(async () => (await each.stats()).pending === 0, 'the hub has it');
    }
    await peer.received(100);
    expectComplete(numbersOf(peer.seen, 'one'), 100);
  });

  it('are told what became of a message', async () => {
    const { hub, socket } = await hubWithSocket();
    const peers = [await WsPeer.open(`${hub.url}/orders`), await WsPeer.open(`${hub.url}/orders`)];
    const other = await ProducerProcess.connect({ socket });
    for (let id = 0; id < 3; id++)
      expect(await other.does('tracked', { channel: 'orders', text: `order:${id}`, id })).toBe('posted');
    expect(await other.does('tracked', { channel: 'nobody', text: '', id: 3 })).toBe('posted');
    const all = { addressed: 2, sent: 2, skipped: 0, conflated: 0, abandoned: 0 };
    for (let id = 0; id < 3; id++) expect(await other.does('settled', { id })).toEqual(all);
    expect(await other.does('settled', { id: 3 })).toMatchObject({ addressed: 0, sent: 0 });
    await peers[0].received(3);
  });

  it('are counted at the hub, refused posts too, under the process id that they tell', async () => {
    const { hub, socket } = await hubWithSocket({ ring: { laneBytes: 4096 }, ...LOSSLESS });
    const raw = await RawPeer.open(hub.port, '/slow');
    raw.socket.pause();
    const other = await ProducerProcess.connect({ socket });
    // Once the channel has a number: refused posts are counted under it from then on.
    expect(await other.does('post', { channel: 'slow', text: '' })).toBe('posted');
    await until(async () => (await other.stats()).pending === 0, 'the first is acknowledged');
    const { answers } = await other.does<{ answers: { posted: number; full: number } }>('insist', {
      channel: 'slow',
      bytes: 500,
      attempts: 100_000,
    });
    answers.posted++;
    expect(answers.full).toBeGreaterThan(0);
    await until(async () => (await other.stats()).pending === 0, 'everything is acknowledged');
    await until(async () => (await foreignOf(hub))[0].refused === answers.full, 'refused posts are told');
    expect(await other.stats()).toMatchObject({ posted: answers.posted, refused: answers.full });
    expect(await foreignOf(hub)).toEqual([
      expect.objectContaining({ pid: other.pid, posted: answers.posted, refused: answers.full }),
    ]);
    const stats = await hub.stats();
    expect(stats).toMatchObject({ posted: answers.posted, refused: answers.full });
    expect(stats.channels.slow).toMatchObject({ posted: answers.posted, refused: answers.full });
  });

  it('whose program has nothing more to do end by themselves, when the hub has everything', async () => {
    const { hub, socket } = await hubWithSocket(LOSSLESS);
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const other = await ProducerProcess.connect({ socket });
    await other.does('postAll', { channel: 'ticks', name: 'n', from: 0, to: 20_000 });
    await other.does('rest');
    expect(await other.ended).toEqual([0, null]);
    await peer.received(20_000);
    expectComplete(numbersOf(peer.seen, 'n'), 20_000);
    expect(other.stderr).toBe('');
  });

  it('beyond the lanes of the ring are refused, and come in when one is free', async () => {
    const { hub, socket } = await hubWithSocket({ ring: { maxProducers: 1 } });
    const one = await ProducerProcess.connect({ socket });
    await expect(ProducerProcess.connect({ socket })).rejects.toMatchObject({
      code: HubErrorCode.TOO_MANY_PRODUCERS,
      message: expect.stringContaining('raise ring.maxProducers'),
    });
    await one.close();
    await onlyOwnProducer(hub);
    await ProducerProcess.connect({ socket });
  });
});

describe('back-pressure across processes', () => {
  it('a hub that takes nothing: posts answer full, nothing grows, and what was accepted comes when it goes on', async () => {
    const blocking = path.join(__dirname, 'handlers/blocking.js');
    const { hub, socket, folder } = await hubWithSocket({
      channels: { '*': { slow: 'wait' }, blocks: { handler: blocking } },
    });
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const blocker = await WsPeer.open(`${hub.url}/blocks`);
    const other = await ProducerProcess.connect({ socket });
    const go = path.join(folder, 'go');
    const fast = await ProducerProcess.connect({ socket });
    await fast.close();
    blocker.ws.send(go);
    // The service thread now waits for the file. Its own lane, too, fills up at some time.
    await until(() => hub.post('other', Buffer.alloc(100_000)) === 'full', 'the hub takes nothing');
    const first = await other.does<{ posted: number }>('postUntilRefused', { channel: 'ticks', bytes: 1000 });
    const { answers, grownBytes } = await other.does<{
      answers: { posted: number; full: number; closed: number };
      grownBytes: number;
    }>('insist', { channel: 'ticks', bytes: 1000, attempts: 200_000 });
    // This process's lane and window, and the socket: 1 MiB, 1 MiB and some 0.2 MiB.
    expect((first.posted + answers.posted) * 1000).toBeLessThan(3 * 1024 * 1024);
    expect(answers.full).toBeGreaterThan(190_000);
    expect(grownBytes).toBeLessThan(16 * 1024 * 1024);
    console.log(`${answers.full} posts were refused; the process grew by ${grownBytes >> 10} KiB`);
    writeFileSync(go, '');
    await peer.received(first.posted + answers.posted);
    await until(async () => (await other.stats()).pending === 0, 'everything is acknowledged');
    expect((await other.stats()).acknowledged).toBe(first.posted + answers.posted);
  });

  it('a channel that waits for a slow peer is full in the other process, and no other channel', async () => {
    const { hub, socket } = await hubWithSocket(GATED);
    const raw = await shutGate(hub);
    const peer = await WsPeer.open(`${hub.url}/fast`);
    const other = await ProducerProcess.connect({ socket });
    expect(await other.does('post', { channel: 'slow', text: 'x' })).toBe('full');
    for (let number = 0; number < 100; number++)
      expect(await other.does('post', { channel: 'fast', text: `fast:${number}` })).toBe('posted');
    await peer.received(100);
    expect(await other.does('post', { channel: 'slow', text: 'x' })).toBe('full');
    // Another process that comes meanwhile is told at once.
    const later = await ProducerProcess.connect({ socket });
    expect(await later.does('post', { channel: 'slow', text: 'x' })).toBe('full');
    const waiting = other.does('postWait', { channel: 'slow', text: 'later', timeoutMs: 60_000 });
    raw.socket.resume();
    expect(await waiting).toBe('posted');
    await until(
      async () => (await later.does('post', { channel: 'slow', text: 'x' })) === 'posted',
      'it is open',
    );
  });
});

describe('a process that is killed', () => {
  it('in the middle of messages leaves nothing of them, disturbs nobody, and its lane comes back', async () => {
    const random = new Random(SEED);
    console.log(`seed ${SEED}`);
    const { hub, socket } = await hubWithSocket({ ring: { maxProducers: 3 }, ...LOSSLESS });
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const steady = await ProducerProcess.connect({ socket });
    const to = 1_500;
    const all = steady.does('postSlowly', {
      channel: 'ticks',
      name: 'steady',
      from: 0,
      to,
      batch: 5,
      restMs: 2,
    });
    // Longer than what the socket holds: most of the time a message is half over.
    const bytes = [400_000, 10, 500_000, 3_000];
    for (let kill = 0; kill < 20; kill++) {
      const victim = await ProducerProcess.connect({ socket });
      const seen = peer.seen.length;
      await victim.does('flood', { channel: 'ticks', name: `v${kill}`, bytes });
      await peer.received(seen + 1 + random.below(30));
      await victim.kill();
    }
    expect(await all).toEqual({ posted: to, result: 'posted' });
    await until(() => numbersOf(peer.seen, 'steady').length === to, 'the steady one is through');
    expectComplete(numbersOf(peer.seen, 'steady'), to);
    await until(async () => (await foreignOf(hub)).length === 1, 'only the steady one has a lane');
    let whole = 0;
    for (let kill = 0; kill < 20; kill++) whole += expectWhole(peer.seen, `v${kill}`, bytes);
    console.log(`20 kills, ${whole} messages of the victims came, all whole`);
    expect(whole).toBeGreaterThan(20);
  }, 240_000);

  /** Each message is whole, and none is missing before another. @returns how many there are */
  function expectWhole(seen: Seen[], name: string, bytes: number[]): number {
    let expected = 0;
    for (const { data } of seen) {
      if (!data.subarray(0, 10).toString('latin1').startsWith(`${name}:`)) continue;
      const head = data.indexOf('\n');
      expect(data.toString('latin1', 0, head)).toBe(`${name}:${expected}`);
      const body = data.subarray(head + 17);
      expect(body.length).toBe(bytes[expected % bytes.length]);
      expect(
        createHash('md5')
          .update(body)
          .digest()
          .equals(data.subarray(head + 1, head + 17)),
      ).toBe(true);
      expected++;
    }
    return expected;
  }
});

describe('a connection that breaks', () => {
  it('to the same hub is made again, wherever it breaks: nothing is lost, nothing comes twice', async () => {
    const { hub, socket, folder } = await hubWithSocket(LOSSLESS);
    const proxy = await BreakingProxy.open(path.join(folder, 'proxy.sock'), socket);
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const random = new Random(SEED);
    proxy.breakAfterBytes = 50_001;
    const other = await ProducerProcess.connect({ socket: proxy.path, maxReconnectDelayMs: 5 });
    const to = 100_000;
    const posting = other.does('postSlowly', {
      channel: 'ticks',
      name: 'n',
      from: 0,
      to,
      batch: 500,
      restMs: 1,
    });
    for (let broken = 1; broken < 30; broken++) {
      proxy.breakAfterBytes = 20_000 + random.below(100_000);
      await until(() => proxy.connections > broken, 'it has connected again');
    }
    proxy.breakAfterBytes = 0;
    expect(await posting).toEqual({ posted: to, result: 'posted' });
    const end = await other.close();
    expect(end).toMatchObject({ posted: to, acknowledged: to, lost: 0 });
    expect(end.connections).toBeGreaterThanOrEqual(30);
    await peer.received(to);
    await until(async () => (await hub.stats()).pending === 0, 'nothing pends');
    expectComplete(numbersOf(peer.seen, 'n'), to);
    expect((await hub.stats()).posted).toBe(to);
  });

  it('leaves the fate of a message that the hub has unknown, and says so', async () => {
    const { hub, socket, folder } = await hubWithSocket({
      channels: { '*': { maxLagBytes: 64 * 1024 * 1024 } },
    });
    const proxy = await BreakingProxy.open(path.join(folder, 'proxy.sock'), socket);
    const raw = await RawPeer.open(hub.port, '/slow');
    raw.socket.pause();
    const other = await ProducerProcess.connect({ socket: proxy.path, maxReconnectDelayMs: 5 });
    await other.does('postAll', { channel: 'other', name: 'n', from: 0, to: 10 });
    const more = Buffer.alloc(500_000);
    for (let number = 0; number < 40; number++) await hub.producer.postAsync('slow', more); // than the kernel takes
    expect(await other.does('tracked', { channel: 'slow', text: 'x', id: 1 })).toBe('posted');
    await until(async () => (await other.stats()).pending === 0, 'the hub has it');
    proxy.breakAll();
    expect(await other.does('settled', { id: 1 })).toEqual({ code: HubErrorCode.CONNECTION_LOST });
    // What comes later is answered as ever.
    expect(await other.does('tracked', { channel: 'nobody', text: 'x', id: 2 })).toBe('posted');
    expect(await other.does('settled', { id: 2 })).toMatchObject({ addressed: 0 });
  });

  it('because the hub closes: posts are kept for the next hub, each goes to one of the two', async () => {
    const folder = socketFolder();
    const socket = socketIn(folder);
    const options = { producers: { socket }, ...LOSSLESS };
    const one = await startHub(options);
    const other = await ProducerProcess.connect({ socket, maxReconnectDelayMs: 20 });
    const to = 20_000;
    const posting = other.does('postSlowly', {
      channel: 'ticks',
      name: 'n',
      from: 0,
      to,
      batch: 100,
      restMs: 1,
    });
    await until(async () => (await one.stats()).drained > 1_000, 'the first hub gets some');
    await one.close();
    await until(async () => (await other.stats()).state === 'disconnected', 'it knows');
    const two = await startHub(options);
    expect(await posting).toEqual({ posted: to, result: 'posted' });
    expect(await other.close()).toMatchObject({ posted: to, acknowledged: to, lost: 0, connections: 2 });
    const [before, after] = [(await one.stats()).drained, (await two.stats()).drained];
    expect(before).toBeGreaterThan(1_000);
    expect(before + after).toBe(to);
    expect(await other.does('states')).toEqual([
      ['disconnected', HubErrorCode.CLOSED],
      ['connected', null],
      ['closed', null],
    ]);
    expect(other.stderr).toMatch(
      /warn .*the hub at .* closed; trying to connect again\n[\s\S]*notice .*again\n/,
    );
  });

  it('with no hub to come back to: posts are accepted while there is room, then full; at the deadline they are lost, and counted', async () => {
    const { hub, socket } = await hubWithSocket();
    const other = await ProducerProcess.connect({ socket });
    await other.does('postAll', { channel: 'ticks', name: 'n', from: 0, to: 10 });
    await until(async () => (await other.stats()).pending === 0, 'the hub has them');
    await hub.close();
    await until(async () => (await other.stats()).state === 'disconnected', 'it knows');
    const { posted, result } = await other.does<{ posted: number; result: string }>('postUntilRefused', {
      channel: 'ticks',
      bytes: 1000,
    });
    expect(result).toBe('full');
    expect(posted).toBeGreaterThan(900);
    const end = await other.close({ deadlineMs: 50 });
    expect(end).toMatchObject({
      state: 'closed',
      acknowledged: 10,
      lost: posted,
      posted: posted + 10,
      pending: 0,
    });
    expect(await other.does('post', { channel: 'ticks', text: 'late' })).toBe('closed');
  });

  it('with reconnect: false: posts answer closed, and whoever waits for room learns it', async () => {
    const { hub, socket, folder } = await hubWithSocket(GATED);
    await shutGate(hub);
    const proxy = await BreakingProxy.open(path.join(folder, 'proxy.sock'), socket);
    const other = await ProducerProcess.connect({ socket: proxy.path, reconnect: false });
    await other.does('waitInThread', { channel: 'slow' });
    const waiting = other.does('postAsync', { channel: 'slow', text: 'x', timeoutMs: 60_000 });
    proxy.breakAll();
    expect(await waiting).toBe('closed');
    expect(await other.does('settled', { id: 'thread' })).toBe('closed');
    expect(await other.does('post', { channel: 'fast', text: 'x' })).toBe('closed');
    expect(await other.stats()).toMatchObject({ state: 'closed', pending: 0 });
    expect(await other.does('states')).toEqual([['closed', HubErrorCode.CONNECT_FAILED]]);
  });
});

describe('close of a connected producer', () => {
  it('sends what was posted, settles what was tracked, and answers closed from then on', async () => {
    const { hub, socket } = await hubWithSocket(LOSSLESS);
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const other = await ProducerProcess.connect({ socket });
    await other.does('postAll', { channel: 'ticks', name: 'n', from: 0, to: 10_000 });
    await other.does('tracked', { channel: 'ticks', text: 'n:10000', id: 1 });
    expect(await other.close()).toMatchObject({ acknowledged: 10_001, pending: 0, lost: 0, state: 'closed' });
    expect(await other.does('settled', { id: 1 })).toMatchObject({ addressed: 1, sent: 1 });
    expect(await other.does('post', { channel: 'ticks', text: 'late' })).toBe('closed');
    expect(await other.does('postWait', { channel: 'ticks', text: 'late' })).toBe('closed');
    expect(await other.does('postAsync', { channel: 'ticks', text: 'late' })).toBe('closed');
    await peer.received(10_001);
    expectComplete(numbersOf(peer.seen, 'n'), 10_001);
    await onlyOwnProducer(hub);
  });
});
