import { HubCounter } from '../../../../../src/shared/board';
import type { GapReport, InboundEvent } from '../../../../../src/shared/inbound';
import { EngineWorld, type Peer, pendingOf, type WorldOptions } from '../../../../support/engine-world';

/** A channel `ticks` whose peers may be 5 messages behind, and one that reads nothing but its first write. */
function world(slow: 'skip' | 'conflate', more: object = {}, options: WorldOptions = {}) {
  const created = new EngineWorld({ channels: { ticks: { slow, maxLagMessages: 5, ...more } }, ...options });
  const behind = created.connect('ticks');
  created.run();
  created.post('ticks', 'first', { key: 'first' });
  created.run(); // it is being written from now on
  return { world: created, behind };
}

function post(engine: EngineWorld, texts: string[], keyOf: (text: string) => string | undefined) {
  for (const text of texts) {
    engine.post('ticks', text, { key: keyOf(text) });
    engine.run();
  }
}

function dataOf({ socket }: Peer): string[] {
  return socket.frames.filter(({ opcode }) => opcode <= 2).map(({ payload }) => payload.toString());
}

function gapsOf(engine: EngineWorld): GapReport[] {
  return engine.batches
    .flatMap(({ events }) => events)
    .filter((event): event is Extract<InboundEvent, { type: 'gap' }> => event.type === 'gap')
    .map(({ gap }) => gap);
}

function heldBy({ board }: EngineWorld): number {
  return board.hubCounter(HubCounter.LOG_BYTES);
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `m${index + 1}`);
const byLetter = (text: string) => text[0];

describe("slow: 'skip'", () => {
  it('goes on at the newest message once a limit is passed, and counts the others', () => {
    const { world: engine, behind } = world('skip');
    post(engine, numbers(9), () => undefined);
    engine.settle(behind);
    expect(dataOf(behind)).toEqual(['first', 'm9']);
    expect(engine.figures('ticks')).toMatchObject({ addressed: 10, sent: 2, skipped: 8, abandoned: 0 });
    post(engine, ['after'], () => undefined);
    engine.settle(behind);
    expect(dataOf(behind)).toEqual(['first', 'm9', 'after']);
  });

  it('leaves a peer alone that was behind within the limits', () => {
    const { world: engine, behind } = world('skip');
    post(engine, numbers(4), () => undefined);
    engine.settle(behind);
    expect(dataOf(behind)).toEqual(['first', ...numbers(4)]);
  });

  it('leaves a peer alone that reads a burst in time, however long the burst', () => {
    const engine = new EngineWorld({ channels: { ticks: { slow: 'skip', maxLagMessages: 5 } } });
    const peer = engine.connect('ticks');
    for (const text of numbers(40)) engine.post('ticks', text);
    engine.settle(peer);
    expect(dataOf(peer)).toEqual(numbers(40));
  });

  it('skips no private message, and keeps its place', () => {
    const { world: engine, behind } = world('skip');
    post(engine, numbers(9), () => undefined);
    engine.send(behind.connection.id, 'private');
    engine.run();
    post(engine, ['last'], () => undefined);
    engine.settle(behind);
    expect(dataOf(behind)).toEqual(['first', 'private', 'last']);
    expect(engine.figures('ticks')).toMatchObject({ addressed: 12, sent: 3, skipped: 9 });
  });

  it('gives one that unsubscribes the newest message of its time', () => {
    const { world: engine, behind } = world('skip');
    post(engine, numbers(9), () => undefined);
    engine.unsubscribe(behind.connection.id, 'ticks');
    engine.run();
    engine.connect('ticks'); // somebody else goes on
    post(engine, ['not for it'], () => undefined);
    engine.settle(behind);
    expect(dataOf(behind)).toEqual(['first', 'm9']);
  });

  it('holds nothing of the log for a peer that is parked but what it is writing', () => {
    const { world: engine, behind } = world('skip', {}, { ring: { laneBytes: 1024 * 1024 } });
    post(engine, numbers(9), () => undefined);
    for (let round = 0; round < 40; round++) post(engine, ['x'.repeat(100_000)], () => undefined);
    expect(heldBy(engine)).toBeLessThan(3 * 256 * 1024);
    engine.settle(behind);
    expect(dataOf(behind)).toHaveLength(2);
  });

  it('tells the peer in the place of what it misses, if the channel says how', () => {
    const { world: engine, behind } = world('skip', {
      gapMessage: '{"gap":"{channel}","skipped":{skipped},"conflated":{conflated},"missed":{missed}}',
    });
    post(engine, numbers(9), () => undefined);
    engine.settle(behind);
    expect(dataOf(behind)).toEqual(['first', '{"gap":"ticks","skipped":8,"conflated":0,"missed":8}', 'm9']);
    expect(engine.figures('ticks')).toMatchObject({ addressed: 10, sent: 2, skipped: 8 });
  });

  it('settles tickets', () => {
    const { world: engine, behind } = world('skip');
    post(engine, numbers(5), () => undefined);
    const ticket = engine.nextTicket();
    engine.post('ticks', 'told of', { ticket });
    engine.run();
    post(engine, numbers(2), () => undefined);
    engine.settle(behind);
    expect(engine.settled).toEqual([[ticket, 1, 0, 1, 0, 0]]);
  });

  it('abandons what is left of it when the peer goes', () => {
    const { world: engine, behind } = world('skip');
    post(engine, numbers(9), () => undefined);
    engine.engine.ended(behind.connection, 1006, '');
    engine.run();
    expect(engine.figures('ticks')).toMatchObject({ addressed: 10, sent: 0, skipped: 8, abandoned: 2 });
    expect(heldBy(engine)).toBe(0);
  });
});

describe("slow: 'conflate'", () => {
  it('gives the newest message of each key, in order, and every message to those who keep up', () => {
    const { world: engine, behind } = world('conflate');
    const quick = engine.connect('ticks');
    const texts = ['a1', 'b1', 'a2', 'c1', 'a3', 'b2', 'a4'];
    for (const text of texts) {
      post(engine, [text], byLetter);
      engine.settle(quick);
    }
    engine.settle(behind, quick);
    expect(dataOf(quick)).toEqual(texts);
    expect(dataOf(behind)).toEqual(['first', 'c1', 'b2', 'a4']);
    expect(engine.figures('ticks')).toMatchObject({ addressed: 15, sent: 11, conflated: 4, skipped: 0 });
    post(engine, ['a5', 'a6'], byLetter);
    engine.settle(behind, quick);
    expect(dataOf(behind).slice(4)).toEqual(['a5', 'a6']);
  });

  it('replaces no message that has no key', () => {
    const { world: engine, behind } = world('conflate');
    post(engine, ['a1', '-1', 'a2', '-2', 'a3', '-3', 'a4'], (text) =>
      text[0] === '-' ? undefined : text[0],
    );
    engine.settle(behind);
    expect(dataOf(behind)).toEqual(['first', '-1', '-2', '-3', 'a4']);
  });

  it('keeps the place of private messages', () => {
    const { world: engine, behind } = world('conflate');
    post(engine, ['a1', 'b1', 'a2', 'c1', 'a3', 'b2'], byLetter);
    engine.send(behind.connection.id, 'private');
    engine.run();
    post(engine, ['b3', 'a4'], byLetter);
    engine.settle(behind);
    expect(dataOf(behind)).toEqual(['first', 'c1', 'private', 'b3', 'a4']);
  });

  it('gives one that unsubscribes what was the newest in its time', () => {
    const { world: engine, behind } = world('conflate');
    post(engine, ['a1', 'b1', 'a2', 'c1', 'a3', 'b2'], byLetter);
    engine.unsubscribe(behind.connection.id, 'ticks');
    engine.run();
    engine.connect('ticks');
    post(engine, ['a4', 'b3', 'c2'], byLetter);
    engine.settle(behind);
    expect(dataOf(behind)).toEqual(['first', 'c1', 'a3', 'b2']);
    expect(behind.connection.channels).toEqual([]);
  });

  it('tells the peer, the application and the handler, at the beginning and at the end', () => {
    const told: GapReport[] = [];
    const { world: engine, behind } = world(
      'conflate',
      { gapMessage: 'gap of {missed}', handler: '/handler.js' },
      { handlers: { '/handler.js': { onGap: (_connection, gap) => void told.push(gap) } } },
    );
    post(engine, ['a1', 'b1', 'a2', 'c1', 'a3', 'b2'], byLetter);
    engine.scheduler.pass(250);
    post(engine, ['a4'], byLetter);
    engine.settle(behind);
    engine.scheduler.pass(250);
    engine.run();
    expect(dataOf(behind)).toEqual(['first', 'gap of 4', 'c1', 'b2', 'a4']);
    expect(gapsOf(engine)).toEqual([
      { channel: 'ticks', skipped: 0, conflated: 0, over: false },
      { channel: 'ticks', skipped: 0, conflated: 4, over: true },
    ]);
    expect(told).toEqual(gapsOf(engine));
  });

  it('cuts a peer for which even the newest of each key are too much', () => {
    const { world: engine, behind } = world('conflate', { maxLagBytes: 2_000 });
    post(engine, numbers(150), (text) => text);
    expect(behind.socket.closedWith).toBeUndefined();
    post(engine, ['x'.repeat(1_500)], byLetter);
    expect(behind.socket.closedWith).toEqual({
      code: 1013,
      reason: expect.stringMatching(/^too slow: \d+ bytes behind even conflated, limit 2000$/),
    });
    expect(pendingOf(engine.total)).toBe(0);
    expect(engine.total).toMatchObject({ conflated: 0, abandoned: 152, disconnectedSlow: 1 });
  });

  it('settles tickets by what became of each message', () => {
    const { world: engine, behind } = world('conflate');
    post(engine, ['a1', 'b1', 'a2', 'c1', 'd1'], byLetter);
    const [older, newer] = [engine.nextTicket(), engine.nextTicket()];
    engine.post('ticks', 'b2', { key: 'b', ticket: older });
    engine.run();
    engine.post('ticks', 'b3', { key: 'b', ticket: newer });
    engine.settle(behind);
    expect(engine.settled).toEqual([
      [older, 1, 0, 0, 1, 0],
      [newer, 1, 1, 0, 0, 0],
    ]);
  });

  it('lets go of all it kept once nobody is behind', () => {
    const { world: engine, behind } = world('conflate');
    post(engine, numbers(300), (text) => `${Number(text.slice(1)) % 50}`);
    engine.settle(behind);
    expect(dataOf(behind)).toHaveLength(51);
    engine.engine.ended(behind.connection, 1006, '');
    engine.run();
    expect(heldBy(engine)).toBe(0);
  });
});
