import { RingConsumer, type RingProducer } from '../../../../src/shared/ring';
import {
  LAYOUT_VERSION,
  LaneWord,
  MAX_LANE_BYTES,
  MAX_LANES,
  MAX_SERVICE_THREADS,
  MIN_LANE_BYTES,
  RingMemory,
  Word,
} from '../../../../src/shared/ring/layout';
import { attach, copyRecord, drainAll, drainTexts, pattern, post, startRing } from '../../../support/ring';

describe('the layout of the ring', () => {
  it.each([
    0,
    64,
    127,
    129,
    1000,
    MIN_LANE_BYTES - 1,
    2 * MAX_LANE_BYTES,
    -128,
    128.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('refuses lanes of %p bytes, naming the value and the limits', (laneBytes) => {
    const create = () => RingMemory.create({ laneBytes, maxProducers: 1 });
    expect(create).toThrow(RangeError);
    expect(create).toThrow(`laneBytes is ${laneBytes}: it must be a power of two from 128 to 536870912`);
  });

  it.each([0, -1, 1.5, MAX_LANES + 1, Number.NaN])(
    'refuses %p producers, naming the value and the limits',
    (maxProducers) => {
      const create = () => RingMemory.create({ laneBytes: 128, maxProducers });
      expect(create).toThrow(RangeError);
      expect(create).toThrow(`maxProducers is ${maxProducers}: it must be an integer from 1 to 1024`);
    },
  );

  it('refuses a ring that is too large as a whole, naming its size and the limit', () => {
    const create = () => RingMemory.create({ laneBytes: MAX_LANE_BYTES, maxProducers: 8 });
    expect(create).toThrow(RangeError);
    expect(create).toThrow(
      /8 lanes of 536870912 bytes make a ring of 42949\d+ bytes: the largest is 4294967296/,
    );
  });

  it('refuses memory that is no ring, or one of another version, naming both versions', () => {
    expect(() => new RingMemory(new SharedArrayBuffer(65_536))).toThrow(TypeError);
    const ring = RingMemory.create({ laneBytes: 128, maxProducers: 1 });
    ring.words[Word.VERSION] = LAYOUT_VERSION + 1;
    expect(() => new RingMemory(ring.buffer)).toThrow(
      `found layout ${LAYOUT_VERSION + 1}, need ${LAYOUT_VERSION}`,
    );
  });

  it('gives every word its own place, and words that two threads write their own two cache lines', () => {
    for (const gateCount of [0, 1, 31, 32, 33, 1000]) {
      const ring = RingMemory.create({ laneBytes: 128, maxProducers: 3, gateCount });
      const places: number[] = Object.values(Word);
      places.push((Word.STAMP as number) + 1);
      const lonely: number[] = [
        Word.STAMP,
        Word.GATING,
        Word.SLEEPERS,
        Word.CLOSED,
        Word.LANES_USED,
        Word.NEXT_TAG,
        Word.LANES_FREED,
      ];
      for (let slot = 0; slot < MAX_SERVICE_THREADS; slot++) {
        places.push(ring.bellWord(slot), 2 * ring.joinStampIndex(slot), 2 * ring.joinStampIndex(slot) + 1);
        lonely.push(ring.bellWord(slot));
      }
      for (let gate = 0; gate < gateCount; gate++) places.push(ring.gateWord(gate));
      for (let lane = 0; lane < 3; lane++) {
        for (const [name, word] of Object.entries(LaneWord)) {
          if (name === 'CURSOR') continue;
          places.push(ring.laneWord(lane, word));
          if (/POSTED|REFUSED|DRAINED/.test(name)) places.push(ring.laneWord(lane, word) + 1);
        }
        lonely.push(ring.laneWord(lane, LaneWord.OWNER), ring.laneWord(lane, LaneWord.TAIL));
        lonely.push(ring.laneWord(lane, LaneWord.WAITING), ring.laneWord(lane, LaneWord.DRAINED));
        for (let slot = 0; slot < MAX_SERVICE_THREADS; slot++) {
          places.push(ring.cursorWord(lane, slot));
          lonely.push(ring.cursorWord(lane, slot));
        }
      }
      expect(new Set(places).size).toBe(places.length);
      expect(Math.max(...places) * 4).toBeLessThan(ring.laneBase(0));
      expect(new Set(lonely.map((word) => word >>> 5)).size).toBe(lonely.length);
      expect(ring.laneBase(0) % 128).toBe(0);
      expect(ring.laneBase(2) + 128).toBe(ring.buffer.byteLength);
    }
  });

  it('shows the same ring to every thread that builds views over its memory', () => {
    const ring = RingMemory.create({ laneBytes: 256, maxProducers: 5, gateCount: 7 });
    const other = new RingMemory(ring.buffer);
    expect([other.laneBytes, other.maxProducers, other.gateCount]).toEqual([256, 5, 7]);
    const consumer = RingConsumer.join(other, 0);
    expect(post(attach(ring), 'hello')).toBe('posted');
    expect(drainTexts(consumer)).toEqual(['hello']);
  });

  it('lets nobody post before a service thread has joined', () => {
    const ring = RingMemory.create({ laneBytes: 256, maxProducers: 1 });
    const producer = attach(ring);
    expect(post(producer, 'too early')).toBe('full');
    const consumer = RingConsumer.join(ring, 0);
    expect(post(producer, 'in time')).toBe('posted');
    expect(drainTexts(consumer)).toEqual(['in time']);
  });

  it('works in the last lane of a ring of almost 4 GiB, past byte 2^31 and word 2^29', () => {
    const ring = startRing({ laneBytes: MAX_LANE_BYTES, maxProducers: 7, position: 2 ** 31 - 64 });
    const consumer = RingConsumer.join(ring, 0);
    const producers: RingProducer[] = Array.from({ length: 7 }, () => attach(ring));
    for (const producer of producers) {
      for (let i = 0; i < 4; i++) {
        expect(post(producer, `lane ${producer.lane} € ${i}`)).toBe('posted');
        expect(post(producer, pattern(100, producer.lane * 10 + i))).toBe('posted');
      }
    }
    const seen = drainAll(consumer);
    expect(seen).toHaveLength(7 * 8);
    for (const [at, { lane, payload }] of seen.entries()) {
      const i = (at >> 1) & 3;
      if (at % 2 === 0) expect(payload.toString()).toBe(`lane ${lane} € ${i}`);
      else expect([...payload]).toEqual([...pattern(100, lane * 10 + i)]);
    }
    expect(consumer.drain(copyRecord)).toBe(0);
  });
});
