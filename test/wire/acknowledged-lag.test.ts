import path from 'node:path';
import type { ConnectionReport } from '../../src/main';
import { endAll, startHub, until } from '../support/hubs';
import { RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

const FILLER = 'x'.repeat(1_000);

describe('a peer whose kernel takes everything', () => {
  it('is found by its pongs: it is cut, and one that reads is not', async () => {
    const hub = await startHub({ channels: { ticks: { maxLagBytes: 20_000, maxLagMs: 600_000 } } });
    const good = await WsPeer.open(`${hub.url}/ticks`);
    const deaf = await RawPeer.open(hub.port, '/ticks');
    deaf.socket.pause();
    let posted = 0;
    // Far less than kernels hide: only pongs can tell.
    await until(async () => {
      hub.post('ticks', `${posted++}:${FILLER}`);
      await good.received(posted);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return (await hub.stats()).disconnectedSlow === 1;
    }, 'the deaf peer is cut');
    expect(posted * FILLER.length).toBeLessThan(3 * 1024 * 1024);
    deaf.socket.resume();
    await deaf.until((frames) => frames.at(-1)?.opcode === 8);
    expect(deaf.closeFrame).toEqual({
      code: 1013,
      reason: expect.stringMatching(/^too slow: \d+ bytes behind, limit 20000$/),
    });
    expect(good.texts.map((text) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: posted }, (_, number) => number),
    );
  });

  it('is told apart from one that answers, by connections()', async () => {
    const hub = await startHub({ channels: { '*': { maxLagMs: 600_000 }, unasked: { acknowledge: false } } });
    const [good, mute] = [await RawPeer.open(hub.port, '/ticks'), await RawPeer.open(hub.port, '/ticks')];
    await RawPeer.open(hub.port, '/unasked');
    mute.answersPings = false;
    let reports: ConnectionReport[] = [];
    let posted = 0;
    await until(async () => {
      hub.post('ticks', `${posted++}`);
      hub.post('unasked', 'x');
      await new Promise((resolve) => setTimeout(resolve, 50));
      reports = (await hub.connections()).sort((one, other) => one.id - other.id);
      return reports[1].state === 'late';
    }, 'the pong of the mute peer is late');
    const [first, second, third] = reports;
    expect(first).toMatchObject({ state: 'ok', roundTripMs: expect.any(Number) });
    expect(first.acknowledgedMessages).toBeGreaterThan(0);
    expect(first.lagMessages).toBeLessThan(second.lagMessages);
    expect(second).toMatchObject({ acknowledgedMessages: 0, roundTripMs: null, unsentBytes: 0 });
    expect(third).toMatchObject({ lagBytes: 0, acknowledgedMessages: null, roundTripMs: null });
    expect([good.pings.length > 0, good.frames.length]).toEqual([true, posted]);
  });

  it('is no reason to blame anybody when it was our own thread that was blocked', async () => {
    const hub = await startHub({
      channels: {
        blocked: { handler: path.join(__dirname, '../system/programs/blocking-handler.cjs') },
        '*': { maxLagMs: 1_500, maxStallMs: 1_000 },
      },
      pingIntervalMs: 600,
      pongTimeoutMs: 800,
    });
    const peers = await Promise.all(Array.from({ length: 20 }, () => WsPeer.open(`${hub.url}/ticks`)));
    const blocker = await WsPeer.open(`${hub.url}/blocked`);
    let closed = 0;
    for (const { ws } of [...peers, blocker]) ws.on('close', () => closed++);
    for (let round = 1; round <= 2; round++) {
      hub.post('ticks', `before ${round}`);
      blocker.ws.send('3000');
      await hub.heartbeat(30_000);
      hub.post('ticks', `after ${round}`);
      await Promise.all(peers.map((peer) => peer.received(2 * round)));
    }
    expect([closed, (await hub.stats()).connections]).toEqual([0, 21]);
  });
});

describe('a peer that is mute', () => {
  it('has closeTimeoutMs to answer a close frame, and is cut then', async () => {
    const hub = await startHub({ closeTimeoutMs: 300 });
    const told: number[] = [];
    hub.on('disconnect', ({ code }) => told.push(code));
    const peer = await RawPeer.open(hub.port);
    peer.socket.pause();
    const [{ id }] = await hub.connections();
    const started = performance.now();
    expect(await hub.disconnect(id, 4_000, 'go')).toBe(true);
    await until(() => told.length === 1, 'it is gone');
    expect(performance.now() - started).toBeGreaterThanOrEqual(290);
    expect(told).toEqual([4_000]);
  });

  it.each(['message', 'fragments'] as const)(
    'is found in time also while bytes of a frame drip in, where it receives by %s',
    async (receive) => {
      const hub = await startHub({ channels: { '*': { receive } }, pingIntervalMs: 400, pongTimeoutMs: 400 });
      const peer = await RawPeer.open(hub.port);
      peer.answersPings = false;
      peer.socket.write(Buffer.from([0x82, 0xfe, 0x40, 0, 0, 0, 0, 0])); // 16 KiB are announced
      const drip = setInterval(() => peer.socket.write('x'), 50);
      await peer.ended.finally(() => clearInterval(drip));
      expect(peer.closeFrame).toBeUndefined();
    },
  );
});
