import { attachToRing, closeRing, isRingClosed, LaneWord, RingConsumer } from '../../../../src/shared/ring';
import { CLOSED_BIT, Word } from '../../../../src/shared/ring/layout';
import { attach, drainTexts, post, startRing, tailOf } from '../../../support/ring';
import { countSteps, withSteps } from '../../../support/steps';

function setUp() {
  const ring = startRing({ laneBytes: 256, maxProducers: 3, position: 2 ** 32 - 256 });
  return { ring, consumer: RingConsumer.join(ring, 0), producers: [attach(ring), attach(ring)] };
}

describe('closing the ring', () => {
  it('refuses new posts on every lane, and has what was posted before drained', () => {
    const { ring, consumer, producers } = setUp();
    post(producers[0], 'a');
    post(producers[1], 'b');
    expect(isRingClosed(ring)).toBe(false);
    closeRing(ring);
    expect(isRingClosed(ring)).toBe(true);
    expect(producers.map((producer) => post(producer, 'late'))).toEqual(['closed', 'closed']);
    expect(producers.map((producer) => producer.closed)).toEqual([true, true]);
    expect(drainTexts(consumer)).toEqual(['a', 'b']);
    expect(consumer.hasWork()).toBe(false);
  });

  it('answers closed also to a producer without room, and to one that comes later', () => {
    const { ring, producers } = setUp();
    while (post(producers[0], '') === 'posted');
    closeRing(ring);
    expect(post(producers[0], '')).toBe('closed');
    expect(post(attach(ring), 'newcomer')).toBe('closed');
    expect(attachToRing(ring, 'ring')).toBeUndefined();
  });

  it('is harmless twice', () => {
    const { ring, consumer, producers } = setUp();
    post(producers[0], 'a');
    closeRing(ring);
    const tails = [0, 1, 2].map((lane) => tailOf(ring, lane));
    closeRing(ring);
    expect([0, 1, 2].map((lane) => tailOf(ring, lane))).toEqual(tails);
    expect(tails.every((tail) => (tail & CLOSED_BIT) === 1)).toBe(true);
    expect(drainTexts(consumer)).toEqual(['a']);
  });

  it('puts every post on one side, whichever step of it the close falls on: sent, or answered closed', () => {
    const { producers: measured } = setUp();
    const steps = countSteps(() => post(measured[0], 'x'));
    const outcomes = new Set<string>();
    for (let step = 1; step <= steps + 1; step++) {
      const { ring, consumer, producers } = setUp();
      const { value } = withSteps(
        () => post(producers[0], 'x'),
        (now) => {
          if (now === step) closeRing(ring);
        },
      );
      outcomes.add(`${value}, ${drainTexts(consumer).length === 1 ? 'seen' : 'not seen'}`);
    }
    expect([...outcomes].sort()).toEqual(['closed, not seen', 'posted, seen']);
  });

  it('wakes whoever waits: for room, for a lane, or for a record', () => {
    const { ring } = setUp();
    const words = [
      ...[0, 1, 2].map((lane) => ring.laneWord(lane, LaneWord.SPACE)),
      Word.LANES_FREED,
      ...[0, 7].map((slot) => ring.bellWord(slot)),
    ];
    for (const word of words) Atomics.store(ring.words, word, 1);
    closeRing(ring);
    for (const word of words) expect(Atomics.load(ring.words, word)).not.toBe(1);
  });
});
