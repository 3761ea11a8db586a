import { HubErrorCode } from '../../../../src/shared/errors';
import { EngineWorld, pendingOf } from '../../../support/engine-world';

const KiB = 1024;

describe('fan-out', () => {
  it('hands the same bytes object to every connection, in one write of whole frames', () => {
    const world = new EngineWorld();
    const peers = Array.from({ length: 5 }, () => world.connect('ticks'));
    world.run();
    for (const text of ['one', '', 'three']) world.post('ticks', text);
    world.run();
    const [view] = peers[0].socket.writes;
    for (const { socket } of peers) {
      expect(socket.writes).toHaveLength(1);
      expect(socket.writes[0]).toBe(view);
    }
    world.settle(...peers);
    expect(peers.map(({ socket }) => socket.texts)).toEqual(Array(5).fill(['one', '', 'three']));
  });

  it('queues nothing for a busy connection: its next write takes all that came meanwhile', () => {
    const world = new EngineWorld();
    const peer = world.connect('ticks');
    world.post('ticks', '0');
    world.run();
    for (let number = 1; number <= 50; number++) {
      world.post('ticks', `${number}`);
      world.run();
    }
    expect(peer.socket.writes).toHaveLength(1);
    world.settle(peer);
    expect(peer.socket.writes).toHaveLength(2);
    expect(peer.socket.texts).toEqual(Array.from({ length: 51 }, (_, number) => `${number}`));
  });

  it('reaches everybody also when a peer joins between the post and the fan-out', () => {
    const world = new EngineWorld();
    const first = [world.connect('ticks'), world.connect('ticks')];
    world.post('ticks', 'a');
    world.settle(...first);
    world.post('ticks', 'b');
    const other = world.connect('other');
    world.subscribe(other.connection.id, 'ticks');
    world.settle(...first, other);
    expect(first.map(({ socket }) => socket.texts)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(other.socket.texts).toEqual([]);
  });

  it('goes on in the next turn when its time is up, and leaves nobody out', () => {
    const world = new EngineWorld();
    const peers = Array.from({ length: 200 }, () => world.connect('ticks'));
    world.run();
    const { nowMs } = world.scheduler;
    // Each look at the clock takes two milliseconds.
    jest.spyOn(world.scheduler, 'nowMs').mockImplementation(() => {
      world.scheduler.jump(2);
      return nowMs.call(world.scheduler);
    });
    world.post('ticks', 'x');
    world.scheduler.runTurns();
    const served = peers.filter(({ socket }) => socket.busy).length;
    expect(served).toBeGreaterThan(30);
    expect(served).toBeLessThan(200);
    world.settle(...peers);
    expect(peers.every(({ socket }) => socket.texts.join() === 'x')).toBe(true);
  });

  it('is woken by the doorbell of a real producer', async () => {
    const world = new EngineWorld();
    const peer = world.connect('ticks');
    world.run();
    jest.spyOn(world.engine, 'wake').mockImplementationOnce(() => {}); // the world's own wake-up
    world.post('ticks', 'ring');
    expect(world.scheduler.due).toBe(false);
    while (!world.scheduler.due) await new Promise((resolve) => setImmediate(resolve));
    world.settle(peer);
    expect(peer.socket.texts).toEqual(['ring']);
  });

  it('counts posts to a channel without subscribers, and holds no memory for them', () => {
    const world = new EngineWorld();
    world.post('nobody', 'x', { ticket: 7 });
    world.run();
    expect(world.settled).toEqual([[7, 0, 0, 0, 0, 0]]);
    expect(world.total).toMatchObject({ posted: 1, addressed: 0 });
  });
});

describe('a connection behind its limits', () => {
  it.each([
    ['bytes', { maxLagBytes: 10_000 }, /^too slow: \d+ bytes behind, limit 10000$/],
    ['messages', { maxLagMessages: 9 }, /^too slow: 1\d messages behind, limit 9$/],
  ])('is closed with 1013 for its %s, and nobody else is', (_what, limits, reason) => {
    const world = new EngineWorld({ channels: { strict: limits, '*': {} } });
    const [slow, fast] = [world.connect('strict'), world.connect('strict')];
    for (let number = 0; number < 11; number++) {
      world.post('strict', 'x'.repeat(1_000), { ticket: world.nextTicket() });
      world.run();
      fast.socket.complete();
      world.run();
      fast.socket.complete();
    }
    expect(slow.socket.closedWith).toEqual({ code: 1013, reason: expect.stringMatching(reason) });
    expect(fast.socket.over).toBe(false);
    world.settle(fast);
    expect(fast.socket.texts).toHaveLength(11);
    expect(world.figures('strict')).toMatchObject({ disconnectedSlow: 1, sent: 11 });
    expect(pendingOf(world.total)).toBe(0);
    expect(world.settled.length).toBe(11);
    for (const [, addressed, sent, , , abandoned] of world.settled) expect(sent + abandoned).toBe(addressed);
  });

  it('is closed when its oldest message is too old, with a fresh connection untouched', () => {
    const world = new EngineWorld({ channels: { '*': { maxLagMs: 1_000, maxStallMs: 60_000 } } });
    const slow = world.connect('ticks');
    world.post('ticks', 'x');
    world.run();
    world.scheduler.pass(900);
    const fresh = world.connect('ticks');
    world.post('ticks', 'y');
    world.run();
    expect(slow.socket.over).toBe(false);
    world.scheduler.pass(500);
    expect(slow.socket.closedWith?.code).toBe(1013);
    expect(slow.socket.closedWith?.reason).toMatch(/^too slow: 1\d\d\d ms behind, limit 1000$/);
    expect(fresh.socket.over).toBe(false);
  });

  it('does not grow old on a quiet channel', () => {
    const world = new EngineWorld({ channels: { '*': { maxLagMs: 1_000 } }, pingIntervalMs: 0 });
    const peer = world.connect('ticks');
    world.post('ticks', 'x');
    world.settle(peer);
    world.scheduler.pass(60_000);
    expect(peer.socket.over).toBe(false);
  });

  it('is cut when its write makes no progress, and kept while it makes some', () => {
    const world = new EngineWorld({
      channels: { '*': { maxStallMs: 2_000, maxLagMs: 600_000 } },
      pingIntervalMs: 0,
    });
    const [stuck, trickling] = [world.connect('ticks'), world.connect('ticks')];
    world.post('ticks', 'x'.repeat(10_000));
    world.run();
    for (let second = 0; second < 10; second++) {
      trickling.socket.unsentBytes = trickling.socket.unsentBytes! - 1;
      world.scheduler.pass(1_000);
    }
    expect([stuck.socket.terminated, trickling.socket.over]).toEqual([true, false]);
    expect(world.total.disconnectedSlow).toBe(1);
  });

  it('has limits also on a channel called like something that every object has', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const world = new EngineWorld();
      const slow = world.connect(name);
      for (let number = 0; number < 200 && !slow.socket.over; number++) {
        world.post(name, Buffer.alloc(30 * KiB));
        world.run();
      }
      expect([name, slow.socket.closedWith?.code]).toEqual([name, 1013]);
    }
  });

  it('is the one that goes when all together hold too much: the furthest behind', () => {
    const world = new EngineWorld({ maxOutboundBytes: 600 * KiB });
    const worst = world.connect('a');
    for (let number = 0; number < 10; number++) {
      world.post('a', Buffer.alloc(30 * KiB));
      world.run();
    }
    const others = [world.connect('a'), world.connect('b')];
    while (!worst.socket.over) {
      world.post('a', Buffer.alloc(30 * KiB));
      world.run();
    }
    expect(worst.socket.closedWith).toEqual({
      code: 1013,
      reason: expect.stringMatching(
        /^too slow: \d+ bytes held, the most while the hub's limit of 614400 is passed$/,
      ),
    });
    expect(others.map(({ socket }) => socket.over)).toEqual([false, false]);
  });

  it('is cut for private messages too, when it takes none of them', () => {
    const world = new EngineWorld({ channels: { '*': { maxLagBytes: 10_000 } } });
    const { socket, connection } = world.connect('ticks');
    for (let number = 0; number < 11; number++) world.send(connection.id, 'x'.repeat(1_000));
    world.run();
    world.scheduler.pass(300);
    expect(socket.closedWith?.code).toBe(1013);
    expect(pendingOf(world.total)).toBe(0);
  });
});

describe('a channel that waits for its peers', () => {
  const options = {
    channels: { waits: { slow: 'wait', maxLagBytes: 10_000, maxLagMs: 60_000 }, '*': {} },
  } as const;

  it('refuses posts to itself alone until everybody is within half of the limit, and loses nothing', () => {
    const world = new EngineWorld(options);
    const [slow, fast] = [world.connect('waits'), world.connect('waits')];
    const other = world.connect('other');
    world.post('other', 'first');
    world.run();
    const posted: string[] = [];
    for (let number = 0; ; number++) {
      const text = `${number}`.padEnd(2_000);
      if (world.post('waits', text) !== 'posted') break;
      posted.push(text);
      world.run();
      world.settle(fast, other);
    }
    expect(posted.length).toBeGreaterThanOrEqual(5);
    expect(world.post('other', 'second')).toBe('posted');
    world.settle(fast, other);
    expect(other.socket.texts).toEqual(['first', 'second']);
    expect(world.post('waits', 'x')).toBe('full');
    expect(slow.socket.over).toBe(false);
    slow.socket.complete(); // the first message alone: four fifths of the limit are left
    world.run();
    expect(world.post('waits', 'x')).toBe('full');
    world.settle(slow);
    expect(world.post('waits', 'last')).toBe('posted');
    world.settle(slow, fast);
    expect(slow.socket.texts).toEqual([...posted, 'last']);
    expect(fast.socket.texts).toEqual([...posted, 'last']);
  });

  it('opens again with the one write that takes everything, though nothing else happens', () => {
    const world = new EngineWorld(options);
    const peer = world.connect('waits');
    world.post('waits', 'x'.repeat(20_000));
    world.run();
    expect(world.post('waits', 'x')).toBe('full');
    peer.socket.complete();
    world.run();
    expect(world.post('waits', 'y')).toBe('posted');
  });

  it.each(['ends', 'unsubscribes'])('opens again when the slow one %s', (how) => {
    const world = new EngineWorld(options);
    const slow = world.connect('waits');
    world.post('waits', 'x');
    world.run();
    world.post('waits', 'x'.repeat(20_000));
    world.run();
    expect(world.post('waits', 'x')).toBe('full');
    if (how === 'ends') world.engine.ended(slow.connection, 1006, '');
    else world.unsubscribe(slow.connection.id, 'waits');
    if (how === 'unsubscribes') world.settle(slow);
    world.run();
    expect(world.post('waits', 'x')).toBe('posted');
  });
});

describe('the heartbeat', () => {
  const options = { pingIntervalMs: 1_000, pongTimeoutMs: 500 };

  it('pings a quiet peer, and ends one that does not answer in time', () => {
    const world = new EngineWorld(options);
    const [mute, alive] = [world.connect('ticks'), world.connect('ticks')];
    world.scheduler.pass(1_300);
    world.settle(mute, alive);
    expect(alive.socket.frames.map(({ opcode }) => opcode)).toEqual([9]);
    alive.connection.heard();
    world.scheduler.pass(1_100);
    expect([mute.socket.terminated, alive.socket.over]).toEqual([true, false]);
  });

  it('leaves a peer alone that sends, and one that we do not read', () => {
    const world = new EngineWorld(options);
    const [sending, paused] = [world.connect('ticks'), world.connect('ticks')];
    paused.connection.pause('handler');
    for (let second = 0; second < 10; second++) {
      world.scheduler.pass(700);
      world.engine.inbound.receive(sending.connection, Buffer.from('x'), true);
    }
    world.settle(sending, paused);
    expect([sending, paused].map(({ socket }) => [socket.taken.length, socket.over])).toEqual(
      Array(2).fill([0, false]),
    );
  });

  it('answers pings between whole frames, and a flood of them with a few pongs a write', () => {
    const world = new EngineWorld();
    const peer = world.connect('ticks');
    world.post('ticks', 'x'.repeat(1_000));
    world.run();
    for (let number = 0; number < 100; number++) peer.connection.pong(Buffer.from(`${number}`));
    world.post('ticks', 'y');
    world.settle(peer);
    const newest = Array.from({ length: 16 }, (_, at) => `${84 + at}`);
    expect(peer.socket.texts.slice(1)).toEqual([...newest, 'y']);
    expect(peer.socket.writes.length).toBe(3);
  });
});

describe('messages from peers', () => {
  it('are on credits: a sender is not read further until the application has caught up', () => {
    const world = new EngineWorld({ inboundHighWaterBytes: 10_000 });
    const { socket, connection } = world.connect('chat');
    world.run();
    for (let number = 0; socket.reading; number++) {
      if (number > 20) throw new Error('never paused');
      world.engine.inbound.receive(connection, Buffer.alloc(1_000, number), false);
    }
    world.run();
    const cost = world.batches.reduce((sum, batch) => sum + batch.cost, 0);
    expect(cost).toBeGreaterThanOrEqual(10_000);
    expect(cost).toBeLessThan(10_000 + 1_256 + 256);
    world.outbox.credit(1_000);
    expect(socket.reading).toBe(false);
    world.outbox.credit(cost - 1_000);
    expect(socket.reading).toBe(true);
  });

  it('stop nobody else too late: at the mark all peers are held back, also one that comes then', () => {
    const world = new EngineWorld({ inboundHighWaterBytes: 10_000 });
    const loud = world.connect('chat');
    const quiet = world.connect('chat');
    world.run();
    while (loud.socket.reading) world.engine.inbound.receive(loud.connection, Buffer.alloc(1_000), false);
    expect(quiet.socket.reading).toBe(false);
    const late = world.connect('chat');
    expect(late.socket.reading).toBe(false);
    world.run();
    world.outbox.credit(world.batches.reduce((sum, { cost }) => sum + cost, 0));
    expect([loud, quiet, late].map(({ socket }) => socket.reading)).toEqual([true, true, true]);
  });

  it('keep further connections out once not even the events are taken', () => {
    const world = new EngineWorld({ inboundHighWaterBytes: 2_000, maxConnections: 100 });
    const peers = [];
    while (!world.engine.saturated) peers.push(world.connect('chat'));
    expect(peers.length).toBe(Math.ceil(4_000 / 256));
    world.run();
    world.outbox.credit(world.batches.reduce((sum, { cost }) => sum + cost, 0));
    expect(world.engine.saturated).toBe(false);
  });
});

describe('handlers', () => {
  const file = '/handlers/test.js';
  const channels = { '*': { handler: file } };

  it.each(['onConnection', 'onMessage', 'onClose'] as const)(
    'that throw in %s cost their connection, and are told of',
    (where) => {
      const thrown = [
        new Error('oh'),
        'a text',
        Symbol('s'),
        () => {},
        Object.create(null),
        null,
        { toString: 5 },
      ];
      for (const what of thrown) {
        const fail = () => {
          throw what;
        };
        const world = new EngineWorld({ channels, handlers: { [file]: { [where]: fail } } });
        const peer = world.connect('chat');
        if (where === 'onMessage') world.engine.inbound.receive(peer.connection, Buffer.from('x'), true);
        if (where === 'onClose') world.engine.ended(peer.connection, 1000, '');
        world.run();
        const errors = world.batches.flatMap(({ events }) => events).filter(({ type }) => type === 'error');
        expect(errors).toEqual([
          expect.objectContaining({
            code: HubErrorCode.HANDLER_THREW,
            message: expect.stringContaining('the handler of channel "chat" threw: '),
          }),
        ]);
        expect(() => structuredClone(errors)).not.toThrow();
        if (where !== 'onClose')
          expect(peer.socket.closedWith).toEqual({ code: 1011, reason: 'internal error' });
      }
    },
  );

  it('cannot make a channel whose name no channel may have', () => {
    const errors: unknown[] = [];
    const world = new EngineWorld({
      channels,
      handlers: {
        [file]: {
          onMessage: (connection, data) => {
            for (const act of [connection.subscribe, connection.unsubscribe]) {
              try {
                act.call(connection, data as string);
              } catch (error) {
                errors.push((error as Error).message);
              }
            }
          },
        },
      },
    });
    const peer = world.connect('chat');
    for (const name of ['x'.repeat(3_000), '', '*'])
      world.engine.inbound.receive(peer.connection, Buffer.from(name), true);
    expect(errors).toHaveLength(6);
    expect(world.connect('next').connection.home.number).toBe(1);
    expect(world.board.snapshot((entries) => entries.map(({ name }) => name))).toEqual(['chat', 'next']);
  });
});

describe('the counters', () => {
  it('of a channel that goes away go over to the hub, private messages of those who left it included', () => {
    const world = new EngineWorld();
    const peer = world.connect('home');
    world.unsubscribe(peer.connection.id, 'home');
    world.settle(peer);
    world.scheduler.pass(1_000);
    world.connect('other');
    world.send(peer.connection.id, 'private');
    world.settle(peer);
    expect(world.total).toMatchObject({ addressed: 1, sent: 1 });
    expect(world.figures('other')).toMatchObject({ addressed: 0, sent: 0 });
    world.engine.ended(peer.connection, 1000, '');
    world.scheduler.pass(1_000);
    expect(world.figures('home')).toBeUndefined();
    expect(world.total).toMatchObject({ posted: 1, addressed: 1, sent: 1 });
  });
});

describe('closing', () => {
  it('drains, flushes, closes with 1001, and is done with the last connection', async () => {
    const world = new EngineWorld();
    const peers = [world.connect('a'), world.connect('b')];
    world.post('a', 'before');
    world.closeRing();
    expect(world.post('a', 'after')).toBe('closed');
    let done = false;
    const closed = world.engine.close({ deadlineMs: 10_000, spreadMs: 0, restart: false }).then((cut) => {
      done = true;
      return cut;
    });
    world.settle(...peers);
    for (const { socket } of peers)
      expect(socket.closedWith).toEqual({ code: 1001, reason: 'the hub closes' });
    expect(peers.map(({ socket }) => socket.texts)).toEqual([['before'], []]);
    world.engine.ended(peers[0].connection, 1001, '');
    world.run();
    await Promise.resolve();
    expect(done).toBe(false);
    world.engine.ended(peers[1].connection, 1001, '');
    world.run();
    expect([await closed, world.scheduler.timers]).toEqual([0, 0]);
    expect(world.batches.flatMap(({ events }) => events.map(({ type }) => type))).toEqual([
      'connection',
      'connection',
      'disconnect',
      'disconnect',
    ]);
  });

  it('cuts at its deadline whoever is not flushed', async () => {
    const world = new EngineWorld();
    const stuck = world.connect('a');
    world.post('a', 'x', { ticket: 5 });
    world.run();
    world.closeRing();
    const closed = world.engine.close({ deadlineMs: 1_000, spreadMs: 0, restart: false });
    world.run();
    expect(stuck.socket.over).toBe(false);
    world.scheduler.pass(1_000);
    expect(stuck.socket.terminated).toBe(true);
    world.engine.ended(stuck.connection, 1006, '');
    world.run();
    expect(await closed).toBe(1);
    expect(world.settled).toEqual([[5, 1, 0, 0, 0, 1]]);
    expect(pendingOf(world.total)).toBe(0);
  });
});
