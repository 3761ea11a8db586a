import { readCounter } from '../../../../src/shared/counters';
import {
  claimLane,
  closeLane,
  findLane,
  LaneWord,
  RingConsumer,
  RingMemory,
  reclaimLane,
  reportLanes,
  sumLanes,
  takeTag,
} from '../../../../src/shared/ring';
import { LaneState, laneState, laneTag } from '../../../../src/shared/ring/lanes';
import { Word } from '../../../../src/shared/ring/layout';
import {
  attach,
  drainAll,
  drainTexts,
  ownerOf,
  pattern,
  post,
  startRing,
  tailOf,
} from '../../../support/ring';
import { countSteps, killBefore, withSteps } from '../../../support/steps';

function setUp(maxProducers = 3) {
  const ring = startRing({ laneBytes: 256, maxProducers });
  return { ring, consumer: RingConsumer.join(ring, 0) };
}

describe('claiming a lane', () => {
  it('takes the lowest free one, and answers -1 when there is none', () => {
    const { ring } = setUp();
    expect([11, 12, 13, 14].map((tag) => claimLane(ring, tag, 1))).toEqual([0, 1, 2, -1]);
    expect([0, 1, 2].map((lane) => laneTag(ownerOf(ring, lane)))).toEqual([11, 12, 13]);
    expect([0, 1, 2].map((lane) => laneState(ownerOf(ring, lane)))).toEqual([1, 1, 1]);
  });

  it('gives one lane to one of two threads that claim at once, between whichever steps', () => {
    const { ring: measured } = setUp();
    const steps = countSteps(() => claimLane(measured, 1, 1));
    for (let step = 1; step <= steps; step++) {
      const { ring } = setUp();
      let other = -1;
      const { value: mine } = withSteps(
        () => claimLane(ring, 21, 1),
        (now) => {
          if (now === step) other = claimLane(ring, 22, 2);
        },
      );
      expect([mine, other].sort()).toEqual([0, 1]);
      expect([findLane(ring, 21), findLane(ring, 22)]).toEqual([mine, other]);
    }
  });

  it('leaves nothing that cannot be found by its tag, ahead of whichever step the thread dies', () => {
    const { ring: measured } = setUp();
    const steps = countSteps(() => claimLane(measured, 1, 1));
    for (let step = 1; step <= steps; step++) {
      const { ring, consumer } = setUp();
      killBefore(step, () => claimLane(ring, 31, 1));
      const lane = findLane(ring, 31);
      if (lane !== -1) {
        closeLane(ring, lane, 31);
        expect(reclaimLane(ring, lane, 31)).toBe(true);
      }
      expect([0, 1, 2].map((each) => ownerOf(ring, each))).toEqual([0, 0, 0]);
      expect(post(attach(ring), 'next')).toBe('posted');
      expect(drainTexts(consumer)).toEqual(['next']);
    }
  });
});

describe('tags', () => {
  it('are never 0, come round after 2^30, and skip those in use', () => {
    const { ring } = setUp();
    Atomics.store(ring.words, Word.NEXT_TAG, 2 ** 30 - 3);
    expect([takeTag(ring), takeTag(ring)]).toEqual([2 ** 30 - 2, 2 ** 30 - 1]);
    claimLane(ring, 1, 0);
    claimLane(ring, 2, 0);
    expect(takeTag(ring)).toBe(3);
  });

  it('survive the trip through the owner word up to the largest', () => {
    const { ring } = setUp();
    for (const tag of [1, 2 ** 29, 2 ** 30 - 1]) {
      const lane = claimLane(ring, tag, 0);
      expect(findLane(ring, tag)).toBe(lane);
      closeLane(ring, lane, tag);
      expect([laneTag(ownerOf(ring, lane)), laneState(ownerOf(ring, lane))]).toEqual([
        tag,
        LaneState.CLOSING,
      ]);
      expect(findLane(ring, tag)).toBe(lane);
    }
  });

  it('go on past 2^32 takings', () => {
    const { ring } = setUp();
    Atomics.store(ring.words, Word.NEXT_TAG, -2);
    const tags = [takeTag(ring), takeTag(ring), takeTag(ring)];
    expect(tags.every((tag) => tag > 0 && tag < 2 ** 30)).toBe(true);
  });
});

describe('a closing lane', () => {
  it('comes back once every gating service thread has taken all of it, and not before', () => {
    const { ring, consumer } = setUp(1);
    const other = RingConsumer.join(ring, 5);
    const producer = attach(ring);
    post(producer, 'last words');
    const reclaim = () => reclaimLane(ring, producer.lane, producer.tag);
    expect(reclaim()).toBe(false);
    producer.close();
    expect(reclaim()).toBe(false);
    expect(drainTexts(consumer)).toEqual(['last words']);
    expect(reclaim()).toBe(false);
    expect(drainTexts(other)).toEqual(['last words']);
    const freed = ring.words[Word.LANES_FREED];
    expect(reclaim()).toBe(true);
    expect(ring.words[Word.LANES_FREED]).toBe(freed + 1);
    expect(reclaim()).toBe(false);
    expect(ownerOf(ring, 0)).toBe(LaneState.FREE);
  });

  it('does not come back while no service thread gates: nothing is known to be taken', () => {
    const ring = RingMemory.create({ laneBytes: 256, maxProducers: 1 });
    const producer = attach(ring);
    producer.close();
    expect(reclaimLane(ring, 0, producer.tag)).toBe(false);
    RingConsumer.join(ring, 0);
    expect(reclaimLane(ring, 0, producer.tag)).toBe(true);
  });

  it('is not closed by one that comes too late, nor given back in the name of an earlier owner', () => {
    const { ring } = setUp(1);
    const first = attach(ring);
    first.close();
    expect(reclaimLane(ring, 0, first.tag)).toBe(true);
    const second = attach(ring);
    closeLane(ring, 0, first.tag);
    expect(laneState(ownerOf(ring, 0))).toBe(LaneState.LIVE);
    second.close();
    expect(reclaimLane(ring, 0, first.tag)).toBe(false);
    expect(reclaimLane(ring, 0, second.tag)).toBe(true);
  });

  it('goes to its next owner with its positions as they are: they only grow', () => {
    const { ring, consumer } = setUp(1);
    let last = 0;
    for (let owner = 0; owner < 200; owner++) {
      const producer = attach(ring);
      expect(post(producer, pattern(owner % 90, owner))).toBe('posted');
      expect((tailOf(ring, 0) - last) | 0).toBeGreaterThan(0);
      last = tailOf(ring, 0);
      const [seen] = drainAll(consumer);
      expect(seen.payload.equals(pattern(owner % 90, owner))).toBe(true);
      producer.close();
      expect(reclaimLane(ring, 0, producer.tag)).toBe(true);
    }
    expect(last / 256).toBeGreaterThan(40);
  });

  it('rings every service thread: its owner may have died between its commit and its ring', () => {
    const { ring } = setUp();
    const producer = attach(ring);
    for (let slot = 0; slot < 8; slot++) Atomics.store(ring.words, ring.bellWord(slot), 1);
    closeLane(ring, producer.lane, producer.tag);
    for (let slot = 0; slot < 8; slot++) expect(Atomics.load(ring.words, ring.bellWord(slot))).toBe(0);
  });

  it('counts as posted what was committed, also if its owner died before it counted', () => {
    const { ring, consumer } = setUp(1);
    const producer = attach(ring);
    post(producer, 'counted');
    const steps = countSteps(() => post(producer, 'measured'));
    drainAll(consumer);
    killBefore(steps, () => post(producer, 'committed, not counted'));
    expect(drainAll(consumer)).toHaveLength(1);
    expect(sumLanes(ring, LaneWord.POSTED)).toBe(2);
    closeLane(ring, 0, producer.tag);
    expect(reclaimLane(ring, 0, producer.tag)).toBe(true);
    expect(sumLanes(ring, LaneWord.POSTED)).toBe(3);
    expect(sumLanes(ring, LaneWord.DRAINED)).toBe(3);
  });
});

describe('the report on lanes', () => {
  it('shows owners only, with what each posted itself, while the sums keep past owners', () => {
    const { ring, consumer } = setUp();
    const first = attach(ring);
    const second = attach(ring);
    for (let i = 0; i < 3; i++) post(first, 'x');
    post(second, 'x');
    second.countRefusal();
    expect(reportLanes(ring)).toEqual([
      { lane: 0, threadId: 0, closing: false, posted: 3, refused: 0 },
      { lane: 1, threadId: 0, closing: false, posted: 1, refused: 1 },
    ]);
    drainAll(consumer);
    first.close();
    expect(reportLanes(ring)[0]).toEqual({ lane: 0, threadId: 0, closing: true, posted: 3, refused: 0 });
    reclaimLane(ring, 0, first.tag);
    const third = attach(ring);
    post(third, 'x');
    expect(reportLanes(ring)[0]).toEqual({ lane: 0, threadId: 0, closing: false, posted: 1, refused: 0 });
    expect(sumLanes(ring, LaneWord.POSTED)).toBe(5);
    expect(readCounter(ring.words, ring.laneWord(0, LaneWord.POSTED))).toBe(4);
    expect(sumLanes(ring, LaneWord.REFUSED)).toBe(1);
  });
});
