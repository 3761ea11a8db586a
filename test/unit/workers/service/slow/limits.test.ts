import { EngineWorld, type Peer } from '../../../../support/engine-world';

const KiB = 1024;

/** Ends its write, as a peer does that reads; what it is written next waits for the next call. */
function read({ socket }: Peer): void {
  socket.complete();
}

describe('the age of what a peer has not got', () => {
  /** A message of 1 KiB every 10 ms; one of two peers reads half of that. @returns when it was cut, or stopped reading */
  function halfRate(maxLagMs: number): { cutAfterMs: number; lagsSinceMs: number } {
    const world = new EngineWorld({ channels: { ticks: { maxLagMs } }, pingIntervalMs: 0 });
    const [half, whole] = [world.connect('ticks'), world.connect('ticks')];
    const start = world.scheduler.nowMs();
    // Its socket takes nothing for 20 ms and 1 KiB then: modelled as a write that is done when its bytes have been read.
    let owed = 0;
    let lagsSinceMs = Number.POSITIVE_INFINITY;
    while (!half.socket.over && world.scheduler.nowMs() - start < maxLagMs * 4) {
      world.post('ticks', 'x'.repeat(KiB));
      world.run();
      read(whole);
      owed += KiB / 2;
      const writing = half.socket.writes[half.socket.writes.length - 1]?.length ?? 0;
      if (half.socket.busy && owed >= writing) {
        owed -= writing;
        read(half);
      }
      world.run();
      world.scheduler.pass(10);
      const oldest = half.connection.lagMessages * 10;
      if (oldest > maxLagMs) lagsSinceMs = Math.min(lagsSinceMs, world.scheduler.nowMs() - start);
    }
    return { cutAfterMs: world.scheduler.nowMs() - start, lagsSinceMs };
  }

  it('cuts a reader at half the rate once it is past the limit, and at most two seconds later', () => {
    const { cutAfterMs, lagsSinceMs } = halfRate(1_000);
    expect(cutAfterMs).toBeGreaterThanOrEqual(1_000);
    expect(cutAfterMs - lagsSinceMs).toBeLessThan(2_000);
  });
});

describe('what all connections together may hold', () => {
  const CHANNELS = 20;

  /** Peers on a channel of their own each, the first half of them stuck; each channel gets 100 KB, again and again. */
  function storm(slow: 'disconnect' | 'skip' | 'conflate') {
    const world = new EngineWorld({
      channels: { '*': { slow, maxLagBytes: 64 * KiB * KiB, maxLagMs: 600_000, maxStallMs: 600_000 } },
      maxOutboundBytes: 4 * KiB * KiB,
      pingIntervalMs: 0,
    });
    const peers = Array.from({ length: CHANNELS }, (_, number) => world.connect(`c${number}`));
    const good = peers.slice(CHANNELS / 2);
    for (let round = 0; round < 40; round++) {
      for (let number = 0; number < CHANNELS; number++) {
        for (let message = 0; message < 5; message++) {
          world.post(`c${number}`, `${round}.${message}:${'x'.repeat(20_000)}`, { key: `${message}` });
          world.settle(...good);
        }
      }
    }
    return { world, good, stuck: peers.slice(0, CHANNELS / 2) };
  }

  it.each(['disconnect', 'skip', 'conflate'] as const)(
    'is kept under %s, and the good ones get all',
    (slow) => {
      const { world, good, stuck } = storm(slow);
      for (const { socket } of good) {
        expect(socket.texts).toHaveLength(200);
        expect(socket.over).toBe(false);
      }
      // Only a disconnect is needed where nothing may be left out.
      expect(stuck.some(({ socket }) => socket.over)).toBe(slow === 'disconnect');
      const { skipped, conflated } = world.total;
      expect([skipped > 0, conflated > 0]).toEqual([slow === 'skip', false]);
      if (slow === 'conflate') {
        world.settle(...good, ...stuck);
        expect(world.total.conflated).toBeGreaterThan(0);
        for (const { socket } of stuck)
          expect(socket.texts.slice(-5).map((text) => text.slice(0, 4))).toEqual([
            '39.0',
            '39.1',
            '39.2',
            '39.3',
            '39.4',
          ]);
      }
    },
  );

  it('lets those go first that hold most, in one pass, and only as many as it needs', () => {
    const world = new EngineWorld({
      ring: { laneBytes: 1024 * KiB },
      channels: { '*': { maxLagBytes: 64 * KiB * KiB, maxStallMs: 600_000 } },
      maxOutboundBytes: 3 * KiB * KiB,
      pingIntervalMs: 0,
    });
    const peers = Array.from({ length: 8 }, (_, number) => world.connect(`c${number}`));
    const message = 'x'.repeat(64 * KiB);
    for (const [number] of peers.entries()) {
      for (let times = 0; times <= number; times++) {
        world.post(`c${number}`, message);
        world.run();
      }
    }
    // c7 goes on until the budget is passed: then it is the one that holds most.
    while (!peers.some(({ socket }) => socket.over)) {
      world.post('c7', message);
      world.run();
    }
    expect(peers.map(({ socket }) => socket.over)).toEqual([...new Array(7).fill(false), true]);
    expect(peers[7].socket.closedWith?.reason).toMatch(
      /bytes held, the most while the hub's limit of 3145728/,
    );
  });
});
