import type { Hub } from '../../src/main';
import { answerOf, endAll, HUB_MODES, startWorker, until } from '../support/hubs';
import { originOf, type Payload, payloadOf } from '../support/payloads';
import { RawPeer, type Seen, WsPeer } from '../support/ws-peer';
import type { ProducerAnswer, ProducerTask } from './workers/producer';

afterEach(endAll);

function startProducer(hub: Hub, task: ProducerTask) {
  return startWorker('wire/workers/producer.ts', { workerData: { ringcast: hub.producerHandle(), task } });
}

async function openPeers(url: string, count: number): Promise<WsPeer[]> {
  const peers: WsPeer[] = [];
  while (peers.length < count) {
    const group = Math.min(100, count - peers.length);
    peers.push(...(await Promise.all(Array.from({ length: group }, () => WsPeer.open(url)))));
  }
  return peers;
}

/** The messages in one list of what was seen: each producer's own in order and without gaps, compared byte by byte. */
function checkPayloads(seen: Seen[], producers: number, count: number, maxBytes: number): void {
  const next = Array.from({ length: producers }, () => 0);
  const empty = { text: 0, binary: 0 };
  const isEmpty = (payload: Payload) => payload.data.length === 0;
  for (const { data, binary } of seen) {
    const origin = originOf(data);
    if (origin === undefined) {
      empty[binary ? 'binary' : 'text']++;
      continue;
    }
    const { producer } = origin;
    while (isEmpty(payloadOf(producer, next[producer], maxBytes))) next[producer]++;
    const expected = payloadOf(producer, next[producer]++, maxBytes);
    if (expected.binary !== binary || !expected.data.equals(data)) {
      throw new Error(
        `not message ${next[producer] - 1} of producer ${producer}: ${data.toString('latin1', 0, 40)}`,
      );
    }
  }
  const empties = Array.from({ length: count }, (_, number) => payloadOf(0, number, maxBytes)).filter(
    isEmpty,
  );
  const of = (binary: boolean) => empties.filter((payload) => payload.binary === binary).length * producers;
  expect(empty).toEqual({ text: of(false), binary: of(true) });
  expect(seen).toHaveLength(count * producers);
}

function sameBytes(a: Seen[], b: Seen[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ data, binary }, at) => b[at].binary === binary && b[at].data.equals(data))
  );
}

describe.each(HUB_MODES)('fan-out over real sockets, $name', ({ startHub }) => {
  it('shows 1,000 peers what two threads posted: every byte, in one order, empty and largest messages too', async () => {
    // Without time-outs: on a busy machine 1,000 peers in one thread may not read, or answer, in time.
    const patient = { maxLagMs: 600_000, maxLagBytes: 64 * 1024 * 1024 };
    const hub = await startHub({
      ring: { laneBytes: 64 * 1024 },
      pingIntervalMs: 0,
      channels: { '*': patient },
    });
    const peers = await openPeers(`${hub.url}/ticks`, 1_000);
    const count = 200;
    const threads = [0, 1].map((producer) =>
      startProducer(hub, { kind: 'payloads', channel: 'ticks', producer, count }),
    );
    const answers = await Promise.all(threads.map((thread) => answerOf<ProducerAnswer>(thread)));
    expect(answers.map(({ posted }) => posted)).toEqual([count, count]);
    await Promise.all(peers.map((peer) => peer.received(2 * count)));
    checkPayloads(peers[0].seen, 2, count, hub.producer.maxPayloadBytes);
    expect(peers.filter((peer) => !sameBytes(peer.seen, peers[0].seen))).toEqual([]);
    await until(async () => (await hub.stats()).pending === 0, 'nothing pends');
    const { channels, ...stats } = await hub.stats();
    expect(stats).toMatchObject({
      connections: 1_000,
      posted: 2 * count,
      drained: 2 * count,
      addressed: 2_000 * count,
      sent: 2_000 * count,
      safetyWakeUps: 0,
      lanesFenced: 0,
    });
    expect(channels.ticks).toMatchObject({ posted: 2 * count, sent: 2_000 * count, subscribers: 1_000 });
  });

  it('is not delayed by a peer that never reads, and cuts that one with 1013, behind whole messages', async () => {
    const hub = await startHub({ channels: { ticks: { maxLagBytes: 512 * 1024 } } });
    const deaf = await RawPeer.open(hub.port, '/ticks');
    deaf.socket.pause();
    const peers = await openPeers(`${hub.url}/ticks`, 5);
    const filler = 'x'.repeat(16 * 1024);
    let posted = 0;
    // Until the deaf one is cut, and a good deal further: its kernel buffers take some megabytes before.
    while ((await hub.stats()).disconnectedSlow === 0 && posted < 5_000) {
      for (let burst = 0; burst < 10; burst++)
        expect(hub.post('ticks', `${posted++}:${filler}`)).toBe('posted');
      await Promise.all(peers.map((peer) => peer.received(posted)));
    }
    deaf.socket.resume();
    await deaf.until((frames) => frames.at(-1)?.opcode === 8);
    expect(deaf.closeFrame).toEqual({
      code: 1013,
      reason: expect.stringMatching(/^too slow: \d+ bytes behind, limit 524288$/),
    });
    for (let burst = 0; burst < 10; burst++)
      expect(hub.post('ticks', `${posted++}:${filler}`)).toBe('posted');
    for (const peer of peers) {
      const seen = await peer.received(posted);
      expect(seen.every(({ data }, at) => data.equals(Buffer.from(`${at}:${filler}`)))).toBe(true);
    }
    const got = deaf.frames.slice(0, -1);
    expect(got.every(({ payload }, at) => payload.equals(Buffer.from(`${at}:${filler}`)))).toBe(true);
    expect(got.length).toBeLessThan(posted);
    expect((await hub.stats()).disconnectedSlow).toBe(1);
  });

  it('cuts a peer whose socket makes no progress, under the lossless policy too, and lets the channel go on', async () => {
    const hub = await startHub({
      channels: { orders: { slow: 'wait', maxLagBytes: 256 * 1024, maxStallMs: 1_000 } },
    });
    const deaf = await RawPeer.open(hub.port, '/orders');
    deaf.socket.pause();
    const [peer] = await openPeers(`${hub.url}/orders`, 1);
    const filler = 'x'.repeat(16 * 1024);
    // Posts wait at the gate while the deaf one holds it, and are free once that is cut.
    for (let number = 0; number < 1_000; number++) {
      expect(await hub.producer.postAsync('orders', `${number}:${filler}`)).toBe('posted');
    }
    const seen = await peer.received(1_000);
    expect(seen.every(({ data }, at) => data.equals(Buffer.from(`${at}:${filler}`)))).toBe(true);
    const { disconnectedSlow, connections } = await hub.stats();
    expect({ disconnectedSlow, connections }).toEqual({ disconnectedSlow: 1, connections: 1 });
  });

  it('waits for a slow reader without losing a message, and refuses posts to that channel alone', async () => {
    const hub = await startHub({ channels: { orders: { slow: 'wait', maxLagBytes: 64 * 1024 }, '*': {} } });
    const slow = await RawPeer.open(hub.port, '/orders');
    const [other] = await openPeers(`${hub.url}/news`, 1);
    slow.socket.pause();
    const filler = 'x'.repeat(8 * 1024);
    let posted = 0;
    // The ring has room again within a moment: a post that is refused for a second stands before the gate.
    const post = () => hub.producer.postAsync('orders', `${posted}:${filler}`, { timeoutMs: 1_000 });
    while ((await post()) === 'posted') posted++;
    expect(hub.post('news', 'all the same')).toBe('posted');
    expect((await other.received(1))[0].data.toString()).toBe('all the same');
    const waiting = hub.producer.postAsync('orders', `${posted}:${filler}`);
    slow.socket.resume();
    expect(await waiting).toBe('posted');
    posted++;
    const frames = await slow.until(({ length }) => length >= posted);
    expect(frames.every(({ payload }, at) => payload.equals(Buffer.from(`${at}:${filler}`)))).toBe(true);
    const { disconnectedSlow, channels } = await hub.stats();
    expect(disconnectedSlow).toBe(0);
    expect(channels.orders.refused).toBeGreaterThan(0);
    expect(channels.news.refused).toBe(0);
  });

  it('shows peers that come and go during the fan-out a run without gaps', async () => {
    const hub = await startHub();
    const thread = startProducer(hub, {
      kind: 'until closed',
      channel: 'ticks',
      way: 'postWait',
      name: 'n',
      restMs: 1,
    });
    const steady = await RawPeer.open(hub.port, '/ticks');
    const runs: { first: number; count: number }[] = [];
    const runOf = (texts: string[]) => {
      const numbers = texts.map((text) => Number(text.split(':')[1]));
      const gap = numbers.findIndex((number, at) => at > 0 && number !== numbers[at - 1] + 1);
      if (gap >= 0) throw new Error(`${numbers[gap]} behind ${numbers[gap - 1]}`);
      return { first: numbers[0], count: numbers.length };
    };
    for (let round = 0; round < 8; round++) {
      const peers = await Promise.all(Array.from({ length: 10 }, () => RawPeer.open(hub.port, '/ticks')));
      await Promise.all(peers.map((peer, at) => peer.until(({ length }) => length >= 20 * (at + 1))));
      for (const [at, peer] of peers.entries()) {
        if (at % 3 === 0) peer.reset();
        else peer.socket.destroy();
        runs.push(runOf(peer.frames.map(({ payload }) => payload.toString())));
      }
    }
    expect(runs.every(({ count }) => count >= 20)).toBe(true);
    const answer = answerOf<ProducerAnswer>(thread);
    await hub.close();
    const { posted } = await answer;
    await steady.ended;
    const data = steady.frames.filter(({ opcode }) => opcode === 1);
    const whole = runOf(data.map(({ payload }) => payload.toString()));
    expect(whole.first + whole.count).toBe(posted);
    expect(steady.closeFrame?.code).toBe(1001);
  });
});
