import {
  closeRing,
  LaneWord,
  RecordKind,
  RingConsumer,
  type RingMemory,
  type RingProducer,
} from '../../../../src/shared/ring';
import { Word } from '../../../../src/shared/ring/layout';
import {
  attach,
  copyRecord,
  cursorOf,
  drainAll,
  drainTexts,
  gatingOf,
  laneData,
  pattern,
  post,
  startRing,
  tailOf,
} from '../../../support/ring';
import { countSteps, killBefore, withSteps } from '../../../support/steps';

function setUp(
  producers = 3,
  laneBytes = 1024,
): { ring: RingMemory; producers: RingProducer[]; consumer: RingConsumer } {
  const ring = startRing({ laneBytes, maxProducers: producers });
  const consumer = RingConsumer.join(ring, 0);
  return { ring, consumer, producers: Array.from({ length: producers }, () => attach(ring)) };
}

describe('a drain', () => {
  it('takes the records of all lanes in the order of their stamps', () => {
    const { producers, consumer } = setUp();
    const order = [0, 2, 2, 1, 0, 0, 1, 2, 1, 1, 0];
    order.forEach((who, at) => {
      post(producers[who], `${at}`);
    });
    expect(drainTexts(consumer)).toEqual(order.map((_, at) => `${at}`));
  });

  it('takes nothing twice, and nothing when there is nothing', () => {
    const { producers, consumer } = setUp();
    expect(consumer.drain(() => {})).toBe(0);
    post(producers[0], 'one');
    expect(drainTexts(consumer)).toEqual(['one']);
    expect(drainTexts(consumer)).toEqual([]);
  });

  it('leaves for the next turn what was stamped after it began', () => {
    const { ring, producers, consumer } = setUp();
    post(producers[0], 'before');
    // Another producer posts in the middle of the drain: after the limit was read, before the tails.
    let limitRead = false;
    const seen: string[] = [];
    withSteps(
      () => consumer.drain((record) => seen.push(copyRecord(record).payload.toString())),
      (step) => {
        if (step !== 2) return;
        limitRead = true;
        post(producers[2], 'meanwhile');
        post(producers[1], 'meanwhile too');
      },
    );
    expect(limitRead).toBe(true);
    expect(seen).toEqual(['before']);
    expect(consumer.hasWork()).toBe(true);
    expect(drainTexts(consumer)).toEqual(['meanwhile', 'meanwhile too']);
    expect(tailOf(ring, 1)).toBe(cursorOf(ring, 1, 0));
  });

  it('never shows a post before one that had returned when it began, at whichever steps of a drain they fall', () => {
    const { producers: measuredBy, consumer: measured } = setUp();
    for (const producer of measuredBy) post(producer, 'x');
    const steps = countSteps(() => measured.drain(() => {}));
    for (let first = 1; first <= steps; first++) {
      for (let second = first; second <= steps; second++) {
        for (const [elder, younger] of [
          [0, 2],
          [2, 0],
          [1, 0],
        ]) {
          const { producers, consumer } = setUp();
          for (const producer of producers) post(producer, 'x');
          const seen: string[] = [];
          const take = () => consumer.drain((record) => seen.push(copyRecord(record).payload.toString()));
          withSteps(take, (step) => {
            if (step === first) post(producers[elder], 'elder');
            if (step === second) post(producers[younger], 'younger');
          });
          take();
          take();
          expect(seen.filter((text) => text !== 'x')).toEqual(['elder', 'younger']);
        }
      }
    }
  });

  it('is not held back by a producer that is paused between its stamp and its commit', () => {
    const { producers, consumer } = setUp();
    const seen: string[][] = [];
    withSteps(
      () => post(producers[0], 'paused'),
      (_, name) => {
        if (name !== 'compareExchange') return;
        post(producers[1], 'a');
        seen.push(drainTexts(consumer));
        post(producers[2], 'b');
        post(producers[1], 'c');
        seen.push(drainTexts(consumer));
      },
    );
    seen.push(drainTexts(consumer));
    expect(seen).toEqual([['a'], ['b', 'c'], ['paused']]);
  });

  it('keeps to its budget of records, in order, and says how many it took', () => {
    const { producers, consumer } = setUp();
    for (let i = 0; i < 10; i++) post(producers[i % 3], `${i}`);
    const budget = { records: 4, payloadBytes: Number.POSITIVE_INFINITY };
    const seen: string[] = [];
    const take = () => consumer.drain((record) => seen.push(copyRecord(record).payload.toString()), budget);
    expect([take(), take(), take(), take()]).toEqual([4, 4, 2, 0]);
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
  });

  it('keeps to its budget of bytes: the record that crosses it is still taken', () => {
    const { producers, consumer } = setUp();
    for (let i = 0; i < 6; i++) post(producers[i % 3], pattern(100));
    const take = () => consumer.drain(() => {}, { records: 100, payloadBytes: 150 });
    expect([take(), take(), take(), take()]).toEqual([2, 2, 2, 0]);
  });

  it('steps over padding at the end of a lane without counting it', () => {
    const { ring, producers, consumer } = setUp(1, 128);
    let padded = 0;
    for (let i = 0; i < 500; i++) {
      const before = tailOf(ring, 0);
      expect(post(producers[0], pattern(i % 33, i))).toBe('posted');
      const grown = tailOf(ring, 0) - before;
      if (grown > 64 || (before & 127) + grown > 128) padded++;
      const seen = drainAll(consumer);
      expect(seen).toHaveLength(1);
      expect(seen[0].payload.equals(pattern(i % 33, i))).toBe(true);
    }
    expect(padded).toBeGreaterThan(100);
    expect(tailOf(ring, 0) / 128).toBeGreaterThanOrEqual(100);
  });

  it('stores the cursors once a batch, and gives the space back then', () => {
    const { ring, producers, consumer } = setUp(1, 128);
    while (post(producers[0], '') === 'posted');
    const results: string[] = [];
    consumer.drain(() => {
      results.push(`${cursorOf(ring, 0, 0)} ${post(producers[0], '')}`);
    });
    expect(results).toEqual(['0 full', '0 full', '0 full', '0 full']);
    expect(cursorOf(ring, 0, 0)).toBe(128);
    expect(post(producers[0], '')).toBe('posted');
  });

  it('loses nothing when the handler throws: what was taken is released, the next drain goes on behind it', () => {
    const { ring, producers, consumer } = setUp();
    for (let i = 0; i < 9; i++) post(producers[i % 3], `${i}`);
    const seen: string[] = [];
    const take = (throwAt: string) => () =>
      consumer.drain((record) => {
        const text = copyRecord(record).payload.toString();
        seen.push(text);
        if (text === throwAt) throw new Error('handler');
      });
    expect(take('2')).toThrow('handler');
    expect(cursorOf(ring, 0, 0)).toBe(40);
    expect(take('3')).toThrow('handler');
    expect(take('none')()).toBe(5);
    expect(seen).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
  });
});

describe('joining', () => {
  it('sees all that is posted from then on, and nothing of before', () => {
    const { ring, producers, consumer } = setUp();
    post(producers[0], 'before');
    const late = RingConsumer.join(ring, 1);
    post(producers[2], 'after');
    post(producers[0], 'later');
    expect(drainTexts(late)).toEqual(['after', 'later']);
    expect(drainTexts(consumer)).toEqual(['before', 'after', 'later']);
  });

  it('gives a newcomer a suffix without gaps, at whichever steps of the join the posts fall', () => {
    const { ring: measured } = setUp();
    const steps = countSteps(() => RingConsumer.join(measured, 1));
    const lengths = new Set<number>();
    for (let first = 1; first <= steps; first++) {
      for (let second = first; second <= steps; second++) {
        for (const [one, two] of [
          [0, 2],
          [2, 0],
        ]) {
          const { ring, producers, consumer } = setUp();
          const { value: late } = withSteps(
            () => RingConsumer.join(ring, 1),
            (step) => {
              if (step === first) post(producers[one], 'first');
              if (step === second) post(producers[two], 'second');
            },
          );
          post(producers[1], 'third');
          const all = ['first', 'second', 'third'];
          const seen = drainTexts(late);
          lengths.add(seen.length);
          expect(seen).toEqual(all.slice(all.length - seen.length));
          expect(seen.at(-1)).toBe('third');
          expect(drainTexts(consumer)).toEqual(all);
        }
      }
    }
    expect([...lengths].sort()).toContain(1);
  });

  it('sees no younger record while an elder one, stamped before the join, comes only after it', () => {
    const { ring, producers, consumer } = setUp();
    let late: RingConsumer | undefined;
    withSteps(
      () => post(producers[0], 'stamped before the join'),
      (_, name) => {
        if (name !== 'compareExchange') return;
        late = RingConsumer.join(ring, 1);
        post(producers[1], 'after');
      },
    );
    expect(drainTexts(late!)).toEqual(['after']);
    expect(drainTexts(consumer)).toEqual(['stamped before the join', 'after']);
    expect(late!.hasWork()).toBe(false);
  });

  it('may be done again in a slot that was left, over stale cursors', () => {
    const { ring, producers, consumer } = setUp(1, 128);
    const other = RingConsumer.join(ring, 1);
    expect(other.leave()).toBe(true);
    for (let i = 0; i < 1000; i++) {
      expect(post(producers[0], pattern(i % 33))).toBe('posted');
      consumer.drain(() => {});
    }
    const again = RingConsumer.join(ring, 1);
    expect(again.hasWork()).toBe(false);
    expect(post(producers[0], 'new')).toBe('posted');
    expect(drainTexts(again)).toEqual(['new']);
  });

  it('refuses a slot that does not exist', () => {
    const { ring } = setUp();
    for (const slot of [-1, 8, 1.5, Number.NaN]) {
      expect(() => RingConsumer.join(ring, slot)).toThrow(
        `service thread slot is ${slot}: it must be an integer from 0 to 7`,
      );
    }
  });
});

describe('leaving', () => {
  it('is refused to the last one: nobody would see what is posted then', () => {
    const { ring, producers, consumer } = setUp();
    expect(consumer.leave()).toBe(false);
    expect(gatingOf(ring)).toBe(1);
    post(producers[0], 'still seen');
    expect(drainTexts(consumer)).toEqual(['still seen']);
  });

  it('frees producers from the one that left, and may be said twice', () => {
    const { ring, producers, consumer } = setUp(1, 128);
    const other = RingConsumer.join(ring, 3);
    while (post(producers[0], '') === 'posted');
    consumer.drain(() => {});
    expect(post(producers[0], '')).toBe('full');
    expect([other.leave(), other.leave()]).toEqual([true, true]);
    expect(gatingOf(ring)).toBe(1);
    expect(post(producers[0], '')).toBe('posted');
  });

  it('lets exactly one stay of two that leave at once', () => {
    const { ring, consumer } = setUp();
    const other = RingConsumer.join(ring, 1);
    const answers: boolean[] = [];
    const { value } = withSteps(
      () => consumer.leave(),
      (_, name) => {
        if (name === 'compareExchange' && answers.length === 0) answers.push(other.leave());
      },
    );
    expect([value, ...answers]).toEqual([false, true]);
    expect(gatingOf(ring)).toBe(1);
  });
});

describe('taking over the slot of a thread that died', () => {
  it('brings again what was taken but not stored as read, and loses nothing, wherever the drain died', () => {
    const fill = (producers: RingProducer[]) => {
      for (let i = 0; i < 7; i++) post(producers[i % 3], `${i}`);
    };
    const { producers: measuredBy, consumer: measured } = setUp();
    fill(measuredBy);
    const steps = countSteps(() => measured.drain(() => {}));
    const all = ['0', '1', '2', '3', '4', '5', '6'];
    for (let step = 1; step <= steps; step++) {
      const { ring, producers, consumer } = setUp();
      fill(producers);
      const before: string[] = [];
      killBefore(step, () => consumer.drain((record) => before.push(copyRecord(record).payload.toString())));
      const heir = RingConsumer.takeOver(ring, 0);
      post(producers[1], 'new');
      const after = drainTexts(heir);
      // Acceptable: each record before, after, or both; in order both times; the new one after.
      expect(before).toEqual(all.slice(0, before.length));
      expect(after).toEqual([...after].sort());
      expect(after.at(-1)).toBe('new');
      expect(new Set([...before, ...after])).toEqual(new Set([...all, 'new']));
      expect(heir.hasWork()).toBe(false);
    }
  });

  it('does again a join that died half way, ahead of whichever step', () => {
    const { ring: measured } = setUp();
    const steps = countSteps(() => RingConsumer.join(measured, 1));
    for (let step = 1; step <= steps + 1; step++) {
      const { ring, producers, consumer } = setUp(3, 128);
      killBefore(step, () => RingConsumer.join(ring, 1));
      const refused = ['', '', '', '', '']
        .map(() => post(producers[0], ''))
        .filter((answer) => answer === 'full');
      expect(refused.length).toBe(1);
      consumer.drain(() => {});
      const heir = RingConsumer.takeOver(ring, 1);
      expect(post(producers[1], 'new')).toBe('posted');
      expect(drainTexts(heir).at(-1)).toBe('new');
      expect(heir.hasWork()).toBe(false);
      for (let i = 0; i < 4; i++) {
        expect(post(producers[0], '')).toBe('posted');
        consumer.drain(() => {});
        heir.drain(() => {});
      }
    }
  });

  it('joins anew where the dead thread had left', () => {
    const { ring, producers, consumer } = setUp();
    const other = RingConsumer.join(ring, 1);
    expect(other.leave()).toBe(true);
    post(producers[0], 'between');
    const heir = RingConsumer.takeOver(ring, 1);
    post(producers[0], 'after');
    expect(drainTexts(heir)).toEqual(['after']);
    expect(drainTexts(consumer)).toEqual(['between', 'after']);
  });

  it('keeps ignoring what is older than the join it inherited', () => {
    const { ring, producers } = setUp();
    let heir: RingConsumer | undefined;
    withSteps(
      () => post(producers[0], 'stamped before the join'),
      (_, name) => {
        if (name !== 'compareExchange') return;
        RingConsumer.join(ring, 1);
        post(producers[1], 'after');
        heir = RingConsumer.takeOver(ring, 1);
      },
    );
    expect(drainTexts(heir!)).toEqual(['after']);
  });

  it('no longer counts the dead thread among the sleepers, and has producers that wait try again', () => {
    const { ring, producers } = setUp(1, 128);
    while (post(producers[0], '') === 'posted');
    Atomics.or(ring.words, Word.SLEEPERS, 0b1);
    Atomics.store(ring.words, ring.laneWord(0, LaneWord.WAITING), 1);
    const space = ring.words[ring.laneWord(0, LaneWord.SPACE)];
    RingConsumer.takeOver(ring, 0);
    expect(ring.words[Word.SLEEPERS]).toBe(0);
    expect(ring.words[ring.laneWord(0, LaneWord.WAITING)]).toBe(0);
    expect(ring.words[ring.laneWord(0, LaneWord.SPACE)]).toBe(space + 1);
  });
});

describe('a lane whose bytes make no sense', () => {
  /** Where the second of three records of lane 0 starts, as a word index. */
  function corruptible() {
    const set = setUp(2, 256);
    for (const text of ['one', 'two', 'three']) post(set.producers[0], text);
    post(set.producers[1], 'other lane');
    const header = (set.ring.laneBase(0) + 40) >>> 2;
    return { ...set, header };
  }

  it.each([
    ['a negative length', 0, -1],
    ['a length past the end of what is visible', 0, 200],
    ['a huge length', 0, 0x7fff_ffff],
    ['padding that does not reach to the end of the lane', 1, RecordKind.PADDING],
    ['a key longer than the lane', 1, RecordKind.TEXT | (60_000 << 16)],
    ['a stamp that was never given out', 3, 1],
    ['a stamp that was never given out, by one', 2, 4],
  ])('is skipped and counted for %s, and other lanes go on', (_, word, value) => {
    const { ring, consumer, producers, header } = corruptible();
    ring.words[header + word] = value;
    expect(drainTexts(consumer)).toEqual(['one', 'other lane']);
    expect(consumer.lanesFenced).toBe(1);
    expect(consumer.hasWork()).toBe(false);
    post(producers[0], 'sound again');
    expect(drainTexts(consumer)).toEqual(['sound again']);
    expect(consumer.lanesFenced).toBe(1);
  });

  it('is not taken for corrupt because its stamp is at the limit of this turn', () => {
    const { producers, consumer } = setUp();
    withSteps(
      () => consumer.drain(() => {}),
      (step) => {
        if (step === 2) post(producers[0], 'meanwhile');
      },
    );
    expect(consumer.lanesFenced).toBe(0);
    expect(drainTexts(consumer)).toEqual(['meanwhile']);
  });

  it('never makes a drain read out of bounds, throw or hang, whichever bits of it flip', () => {
    const seed = Date.now() & 0xffff;
    let state = seed | 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      return (state >>> 8) % below;
    };
    try {
      for (let run = 0; run < 3_000; run++) {
        const ring = startRing({ laneBytes: 256, maxProducers: 2, position: 2 ** 32 - 8 * random(64) });
        const consumer = RingConsumer.join(ring, 0);
        const producers = [attach(ring), attach(ring)];
        for (let round = 0; round < 3; round++) {
          for (let i = 0; i < 4; i++) post(producers[i % 2], pattern(random(60)));
          const data = laneData(ring, 0);
          for (let flips = random(4); flips >= 0; flips--) {
            if (random(2) === 0) data[random(256)] ^= 1 << random(8);
            else data[8 * random(32) + random(16)] = random(256);
          }
          const seen: number[] = [];
          consumer.drain((record) => {
            const copy = copyRecord(record);
            const start = record.nameOffset - ring.laneBase(copy.lane);
            const end = record.payloadOffset + record.payloadBytes - ring.laneBase(copy.lane);
            if (start < 0 || end > 256) throw new Error('read outside of its lane');
            seen.push(copy.lane);
          });
          // What is left, if anything, is only what this turn's limit keeps back: never in a ring that is at rest.
          if (consumer.hasWork()) throw new Error('the lane is stuck');
          if (seen.filter((lane) => lane === 1).length === 0) throw new Error('the other lane is stuck');
        }
      }
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  });
});

describe('looking for work', () => {
  it('finds it until the cursors are stored, and also after a close', () => {
    const { ring, producers, consumer } = setUp();
    expect(consumer.hasWork()).toBe(false);
    post(producers[2], 'x');
    expect(consumer.hasWork()).toBe(true);
    closeRing(ring);
    expect(consumer.hasWork()).toBe(true);
    expect(drainTexts(consumer)).toEqual(['x']);
    expect(consumer.hasWork()).toBe(false);
  });
});
