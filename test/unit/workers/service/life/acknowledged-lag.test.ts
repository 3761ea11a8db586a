import type { ChannelOptions } from '../../../../../src/shared/options';
import { EngineWorld, type Peer, pendingOf } from '../../../../support/engine-world';

/**
 * Peers whose sockets take everything at once, as kernels do for megabytes, and that read nothing, or late: only pongs tell.
 */
function world(channel: ChannelOptions, more: object = {}): { engine: EngineWorld; peer: Peer } {
  const engine = new EngineWorld({ channels: { ticks: channel, '*': {} }, pingIntervalMs: 0, ...more });
  return { engine, peer: engine.connect('ticks') };
}

function answerPings(engine: EngineWorld, { socket, connection }: Peer, from = 0): number {
  const { pings } = socket;
  for (const ping of pings.slice(from)) engine.engine.inbound.receivePong(connection, ping);
  return pings.length;
}

/** Posts `text` ten times a second for so long; sockets take all of it. `each` is called after every post. */
function stream(engine: EngineWorld, peers: Peer[], text: string, ms: number, each = () => {}): void {
  for (let passed = 0; passed < ms; passed += 100) {
    engine.post('ticks', text);
    engine.settle(...peers.filter(({ socket }) => !socket.over));
    each();
    engine.scheduler.pass(100);
  }
}

describe('lag that sockets hide', () => {
  it.each([
    ['bytes', { maxLagBytes: 20_000 }, /^too slow: \d+ bytes behind, limit 20000$/],
    ['messages', { maxLagMessages: 20 }, /^too slow: [23]\d messages behind, limit 20$/],
    ['age', { maxLagMs: 5_000 }, /^too slow: 5\d\d\d ms behind, limit 5000$/],
  ])('cuts a peer that answers no ping, for its %s, and not one that does', (_what, limits, reason) => {
    const { engine, peer: deaf } = world(limits);
    const good = engine.connect('ticks');
    let answered = 0;
    stream(engine, [deaf, good], 'x'.repeat(1_000), 10_000, () => {
      answered = answerPings(engine, good, answered);
    });
    expect(deaf.socket.closedWith).toEqual({ code: 1013, reason: expect.stringMatching(reason) });
    expect(good.socket.over).toBe(false);
    engine.settle(good);
    expect(good.socket.texts).toHaveLength(100);
    expect(pendingOf(engine.total)).toBe(0);
  });

  it('is not what is under way to a peer that reads at once at the end of a long way', () => {
    const { engine, peer } = world({ maxLagBytes: 100_000, maxLagMs: 1_500 });
    const onTheWay: { ping: Buffer; comesMs: number }[] = [];
    let seen = 0;
    // 200 KB a second with 1 s there and back: twice the limit is always under way.
    stream(engine, [peer], 'x'.repeat(20_000), 30_000, () => {
      const nowMs = engine.scheduler.nowMs();
      for (; seen < peer.socket.pings.length; seen++)
        onTheWay.push({ ping: peer.socket.pings[seen], comesMs: nowMs + 1_000 });
      for (; onTheWay.length > 0 && onTheWay[0].comesMs <= nowMs; onTheWay.shift())
        engine.engine.inbound.receivePong(peer.connection, onTheWay[0].ping);
    });
    expect(peer.socket.over).toBe(false);
    expect(engine.engine.describeConnections()[0]).toMatchObject({ roundTripMs: 1_000, state: 'ok' });
  });

  it('is found between maxLagMs and two seconds more with a reader at half the rate', () => {
    const { engine, peer } = world({ maxLagMs: 10_000, maxLagBytes: 1e9 });
    const startMs = engine.scheduler.nowMs();
    const pings: { ping: Buffer; writtenMs: number }[] = [];
    let cutMs: number | undefined;
    stream(engine, [peer], 'x'.repeat(1_000), 60_000, () => {
      const nowMs = engine.scheduler.nowMs();
      if (peer.socket.over) cutMs ??= nowMs;
      while (pings.length < peer.socket.pings.length)
        pings.push({ ping: peer.socket.pings[pings.length], writtenMs: nowMs });
      // It has read by now what was written in the first half of the time.
      for (const { ping, writtenMs } of pings)
        if (writtenMs - startMs <= (nowMs - startMs) / 2 && !peer.socket.over)
          engine.engine.inbound.receivePong(peer.connection, ping);
    });
    const lagMs = ((cutMs ?? Number.POSITIVE_INFINITY) - startMs) / 2;
    expect(lagMs).toBeGreaterThanOrEqual(10_000);
    expect(lagMs).toBeLessThanOrEqual(12_000);
  });

  it('keeps a peer whose burst is read in time', () => {
    const { engine, peer } = world({ maxLagBytes: 5_000_000, maxLagMs: 10_000 });
    engine.scheduler.pass(1_000);
    for (let number = 0; number < 130; number++) engine.post('ticks', 'x'.repeat(32_000));
    engine.settle(peer);
    engine.scheduler.pass(8_000);
    answerPings(engine, peer);
    engine.scheduler.pass(5_000);
    engine.settle(peer);
    answerPings(engine, peer);
    engine.scheduler.pass(30_000);
    expect(peer.socket.over).toBe(false);
  });

  it('of private messages counts, too', () => {
    const { engine, peer } = world({ maxLagBytes: 10_000 });
    for (let number = 0; number < 100 && !peer.socket.over; number++) {
      engine.send(peer.connection.id, 'x'.repeat(1_000));
      engine.settle(peer);
      engine.scheduler.pass(250);
    }
    expect(peer.socket.closedWith?.code).toBe(1013);
  });

  it('shuts the gate of a channel that waits, and a pong opens it', () => {
    const { engine, peer } = world({ slow: 'wait', maxLagBytes: 5_000, maxLagMs: 600_000 });
    let result = 'posted';
    for (let number = 0; number < 100 && result === 'posted'; number++) {
      result = engine.post('ticks', 'x'.repeat(1_000));
      engine.settle(peer);
      engine.scheduler.pass(250);
    }
    expect(result).toBe('full');
    answerPings(engine, peer);
    engine.run();
    expect(engine.post('ticks', 'on')).toBe('posted');
    expect(peer.socket.over).toBe(false);
  });

  it('holds back a peer that skips, until it has read', () => {
    const { engine, peer } = world({ slow: 'skip', maxLagBytes: 5_000, maxLagMs: 600_000 });
    stream(engine, [peer], 'x'.repeat(1_000), 20_000);
    const { length } = peer.socket.texts;
    expect(length).toBeLessThan(60);
    expect(engine.engine.describeConnections()[0].state).toBe('skipping');
    answerPings(engine, peer);
    engine.settle(peer);
    engine.post('ticks', 'the newest');
    engine.settle(peer);
    expect(peer.socket.texts.at(-1)).toBe('the newest');
    expect(engine.figures('ticks')?.skipped).toBeGreaterThan(100);
  });

  it('is not looked for with acknowledge: false', () => {
    const { engine, peer } = world({ acknowledge: false, maxLagBytes: 5_000, maxLagMs: 1_000 });
    stream(engine, [peer], 'x'.repeat(1_000), 10_000);
    expect([peer.socket.over, peer.socket.pings.length]).toEqual([false, 0]);
    expect(engine.engine.describeConnections()[0]).toMatchObject({
      lagBytes: 0,
      acknowledgedBytes: null,
      roundTripMs: null,
    });
  });

  it('is reported by connections(): what is not acknowledged, of it what is not sent, and the round trip', () => {
    const { engine, peer } = world({});
    engine.scheduler.pass(1_000);
    engine.post('ticks', 'x'.repeat(98));
    engine.settle(peer);
    engine.scheduler.pass(250);
    engine.post('ticks', 'x'.repeat(48));
    engine.run();
    expect(engine.engine.describeConnections()[0]).toMatchObject({
      lagBytes: 150,
      lagMessages: 2,
      lagMs: 250,
      unsentBytes: 50,
      unsentMessages: 1,
      acknowledgedBytes: 0,
      roundTripMs: null,
      state: 'ok',
    });
    answerPings(engine, peer);
    expect(engine.engine.describeConnections()[0]).toMatchObject({
      lagBytes: 50,
      acknowledgedBytes: 100,
      acknowledgedMessages: 1,
      roundTripMs: 250,
      minRoundTripMs: 250,
    });
  });
});

describe('when our own loop was late', () => {
  it.each([3_000, 60_000])('nobody is to blame for %i ms in which pongs lay unread', (blockedMs) => {
    const options = { pingIntervalMs: 1_000, pongTimeoutMs: 600 };
    const { engine } = world({ maxLagMs: 2_000, maxStallMs: 1_000 }, options);
    const peers = Array.from({ length: 20 }, () => engine.connect('ticks'));
    let answered = 0;
    for (let round = 0; round < 5; round++) {
      engine.post('ticks', 'x');
      engine.run(); // the writes are under way, or pings, and then nobody looks for a long time
      if (round % 2 === 0) engine.settle(...peers);
      engine.scheduler.jump(blockedMs);
      engine.scheduler.pass(250); // the sweep comes before what lies in the sockets is read
      engine.settle(...peers);
      for (const peer of peers) {
        for (const ping of peer.socket.pings.slice(answered))
          engine.engine.inbound.receivePong(peer.connection, ping);
      }
      answered = Math.min(...peers.map(({ socket }) => socket.pings.length));
      engine.scheduler.pass(500);
    }
    expect(peers.filter(({ socket }) => socket.over)).toEqual([]);
  });

  it('a peer that is dead is found all the same, once the loop goes round', () => {
    const { engine, peer } = world({}, { pingIntervalMs: 1_000, pongTimeoutMs: 600 });
    engine.scheduler.pass(1_100);
    engine.settle(peer);
    engine.scheduler.jump(60_000);
    engine.scheduler.pass(1_500);
    expect(peer.socket.terminated).toBe(true);
  });
});
