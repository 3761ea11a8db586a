import {
  closeRing,
  LaneWord,
  NO_GATE,
  RecordKind,
  RingConsumer,
  RoomWaiter,
  wakeAllWaiting,
} from '../../../../src/shared/ring';
import { attach, drainAll, drainTexts, post, startRing } from '../../../support/ring';
import { withSteps } from '../../../support/steps';

/** A lane for four empty records, filled. */
function setUp() {
  const ring = startRing({ laneBytes: 128, maxProducers: 1, gateCount: 1 });
  const consumer = RingConsumer.join(ring, 0);
  const producer = attach(ring);
  const waiter = new RoomWaiter(producer);
  while (post(producer, '') === 'posted');
  const takeOne = () => consumer.drain(() => {}, { records: 1, payloadBytes: Number.POSITIVE_INFINITY });
  return { ring, consumer, producer, waiter, takeOne };
}

const MUCH = 30_000;
const settledSoon = () => new Promise((resolve) => setImmediate(resolve));

describe('waiting for room, blocking', () => {
  it('asks nobody when there is room', () => {
    const { ring, producer, waiter, takeOne } = setUp();
    takeOne();
    expect(waiter.wait(() => post(producer, ''), MUCH)).toBe('posted');
    expect(ring.words[ring.laneWord(0, LaneWord.WAITING)]).toBe(0);
  });

  it('answers full when the time is up, at once with no time, and has tried', () => {
    const { waiter } = setUp();
    for (const timeoutMs of [0, 1, 150]) {
      let tries = 0;
      const attempt = () => {
        tries++;
        return 'full' as const;
      };
      const began = performance.now();
      expect(waiter.wait(attempt, timeoutMs)).toBe('full');
      expect(performance.now() - began).toBeGreaterThanOrEqual(timeoutMs - 1);
      expect(tries).toBeGreaterThanOrEqual(2);
    }
  });

  it('misses no room that comes between any two of its steps', () => {
    const { producer: measuredProducer, waiter: measured } = setUp();
    const { steps } = withSteps(
      () => measured.wait(() => post(measuredProducer, ''), 0),
      () => {},
    );
    for (let step = 1; step <= steps + 1; step++) {
      const { producer, waiter, takeOne } = setUp();
      let waited = 0;
      const { value } = withSteps(
        () => waiter.wait(() => post(producer, ''), MUCH),
        (now, name) => {
          if (now === step) takeOne();
          if (name === 'wait') waited++;
        },
      );
      expect(value).toBe('posted');
      // A wait whose word has changed returns at once: no step of it slept.
      expect(waited).toBeLessThanOrEqual(1);
    }
  });

  it('ends with closed when the ring closes between any two of its steps', () => {
    const { producer: measuredProducer, waiter: measured } = setUp();
    const { steps } = withSteps(
      () => measured.wait(() => post(measuredProducer, ''), 0),
      () => {},
    );
    for (let step = 1; step <= steps + 1; step++) {
      const { ring, producer, waiter } = setUp();
      const { value } = withSteps(
        () => waiter.wait(() => post(producer, ''), MUCH),
        (now) => {
          if (now === step) closeRing(ring);
        },
      );
      expect(value).toBe('closed');
    }
  });

  it('passes on what the attempt throws', () => {
    const { producer, waiter } = setUp();
    expect(() => waiter.wait(() => post(producer, 'x'.repeat(100)), MUCH)).toThrow(RangeError);
  });
});

describe('waiting for room, asynchronously', () => {
  it('is served as soon as there is room', async () => {
    const { consumer, producer, waiter, takeOne } = setUp();
    const result = waiter.waitAsync('q', () => post(producer, ''), MUCH);
    takeOne();
    expect(await result).toBe('posted');
    expect(drainAll(consumer)).toHaveLength(4);
  });

  it('does not overtake one that waits in the same queue, though there is room', async () => {
    const { consumer, producer, waiter } = setUp();
    const order: string[] = [];
    const postLater = (queue: string, text: string) =>
      waiter
        .waitAsync(queue, () => post(producer, text), MUCH)
        .then((result) => {
          order.push(`${text} ${result}`);
        });
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((text) => postLater('q', text));
    drainAll(consumer);
    all.push(postLater('q', 'g'));
    while (order.length < 7) {
      await settledSoon();
      consumer.drain(() => {}, { records: 1, payloadBytes: 1 });
    }
    await Promise.all(all);
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((text) => `${text} posted`));
  });

  it('lets a queue whose gate is shut delay no other queue', async () => {
    const { ring, consumer, producer, waiter } = setUp();
    Atomics.store(ring.words, ring.gateWord(0), 1);
    const gated = waiter.waitAsync('gated', () => producer.tryPost(RecordKind.TEXT, 1, 'gated', 0), MUCH);
    const free = waiter.waitAsync('free', () => producer.tryPost(RecordKind.TEXT, 1, 'free', NO_GATE), MUCH);
    drainAll(consumer);
    expect(await free).toBe('posted');
    Atomics.store(ring.words, ring.gateWord(0), 0);
    wakeAllWaiting(ring);
    expect(await gated).toBe('posted');
    expect(drainTexts(consumer)).toEqual(['free', 'gated']);
  });

  it('answers full when the time of a post is up, and serves those behind it', async () => {
    const { producer, waiter, takeOne } = setUp();
    const first = waiter.waitAsync('q', () => post(producer, ''), 20);
    const second = waiter.waitAsync('q', () => post(producer, ''), MUCH);
    expect(await first).toBe('full');
    takeOne();
    expect(await second).toBe('posted');
  });

  it('serves a small post at once when the time of a large one before it is up', async () => {
    const { producer, waiter, takeOne } = setUp();
    takeOne();
    const large = waiter.waitAsync('q', () => post(producer, 'x'.repeat(32)), 20);
    const small = waiter.waitAsync('q', () => post(producer, ''), 5_000);
    expect(await large).toBe('full');
    // Nobody drains, so nobody will wake this lane: but there is room.
    expect(await small).toBe('posted');
  });

  it('answers closed to all of them when the ring closes, and when the producer does', async () => {
    for (const byProducer of [false, true]) {
      const { ring, producer, waiter } = setUp();
      const posts = ['a', 'a', 'b'].map((queue) => waiter.waitAsync(queue, () => post(producer, ''), MUCH));
      if (byProducer) {
        producer.close();
        waiter.retry();
      } else closeRing(ring);
      expect(await Promise.all(posts)).toEqual(['closed', 'closed', 'closed']);
    }
  });

  it('rejects with what the attempt throws, and serves those behind it', async () => {
    const { consumer, waiter, producer } = setUp();
    let tries = 0;
    const bad = waiter.waitAsync(
      'q',
      () => {
        if (tries++ > 0) throw new RangeError('bad');
        return 'full';
      },
      MUCH,
    );
    const good = waiter.waitAsync('q', () => post(producer, 'good'), MUCH);
    await expect(bad).rejects.toThrow('bad');
    drainAll(consumer);
    expect(await good).toBe('posted');
  });

  it('works again and again, over one pending wait at a time', async () => {
    const { consumer, producer, waiter } = setUp();
    for (let round = 0; round < 200; round++) {
      const posts = [
        waiter.waitAsync(1, () => post(producer, ''), MUCH),
        waiter.waitAsync(2, () => post(producer, ''), MUCH),
      ];
      if (round % 3 === 0) await settledSoon();
      drainAll(consumer);
      expect(await Promise.all(posts)).toEqual(['posted', 'posted']);
      while (post(producer, '') === 'posted');
    }
  });
});

describe('a service thread', () => {
  it.each([
    ['stores a cursor', (consumer: RingConsumer) => consumer.drain(() => {})],
    ['leaves', (consumer: RingConsumer) => consumer.leave()],
    ['joins', (consumer: RingConsumer) => RingConsumer.join(consumer.ring, 4)],
    ['takes over', (consumer: RingConsumer) => RingConsumer.takeOver(consumer.ring, 1)],
  ])('that %s wakes a producer that waits', (_, act) => {
    const { ring, takeOne } = setUp();
    const second = RingConsumer.join(ring, 1);
    takeOne();
    post(attachAgain(ring), '');
    const waiting = ring.laneWord(0, LaneWord.WAITING);
    const space = ring.laneWord(0, LaneWord.SPACE);
    Atomics.store(ring.words, waiting, 1);
    const before = ring.words[space];
    act(second);
    expect([ring.words[waiting], ring.words[space]]).toEqual([0, before + 1]);
  });

  function attachAgain(ring: ReturnType<typeof startRing>) {
    const owner = ring.words[ring.laneWord(0, LaneWord.OWNER)];
    Atomics.store(ring.words, ring.laneWord(0, LaneWord.OWNER), 0);
    const producer = attach(ring);
    Atomics.store(ring.words, ring.laneWord(0, LaneWord.OWNER), owner);
    return producer;
  }
});
