import { readCounter } from '../../../../src/shared/counters';
import {
  closeRing,
  HEADER_BYTES,
  LaneWord,
  maxRecordBytes,
  NO_GATE,
  RecordKind,
  RingConsumer,
  type RingMemory,
  type RingProducer,
} from '../../../../src/shared/ring';
import {
  attach,
  cursorOf,
  drainAll,
  drainTexts,
  laneData,
  pattern,
  post,
  startRing,
  tailOf,
} from '../../../support/ring';
import { countSteps, killBefore } from '../../../support/steps';

function setUp(
  laneBytes = 256,
  position = 0,
  maxProducers = 1,
): { ring: RingMemory; producer: RingProducer; consumer: RingConsumer } {
  const ring = startRing({ laneBytes, maxProducers, position, gateCount: 2 });
  const consumer = RingConsumer.join(ring, 0);
  return { ring, producer: attach(ring), consumer };
}

const counter = (ring: RingMemory, word: number) => readCounter(ring.words, ring.laneWord(0, word));

describe('a producer', () => {
  it('posts every part of a record', () => {
    const { producer, consumer } = setUp(1024);
    const extras = {
      ticket: 0x7fff_ffff,
      target: 2 ** 53 - 1,
      name: Buffer.from('näme'),
      key: Buffer.from('kéy'),
    };
    expect(producer.tryPost(RecordKind.SEND_TEXT, 7, 'text €', NO_GATE, extras)).toBe('posted');
    expect(producer.tryPost(RecordKind.BINARY, -1, Uint8Array.of(1, 2, 3))).toBe('posted');
    expect(drainAll(consumer)).toEqual([
      {
        lane: 0,
        kind: RecordKind.SEND_TEXT,
        channel: 7,
        ticket: 0x7fff_ffff,
        target: 2 ** 53 - 1,
        stamp: 0,
        name: 'näme',
        key: 'kéy',
        payload: Buffer.from('text €'),
      },
      {
        lane: 0,
        kind: RecordKind.BINARY,
        channel: -1,
        ticket: 0,
        target: 0,
        stamp: 1,
        name: '',
        key: '',
        payload: Buffer.of(1, 2, 3),
      },
    ]);
  });

  it.each([0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52 + 2 ** 31, 2 ** 53 - 1])(
    'keeps the connection id %p exact',
    (target) => {
      const { producer, consumer } = setUp();
      producer.tryPost(RecordKind.SEND_BINARY, 0, new Uint8Array(0), NO_GATE, { target });
      expect(drainAll(consumer)[0].target).toBe(target);
    },
  );

  it('posts a message of length zero, as text and as bytes', () => {
    const { producer, consumer } = setUp();
    expect(post(producer, '')).toBe('posted');
    expect(post(producer, new Uint8Array(0))).toBe('posted');
    expect(drainAll(consumer).map(({ kind, payload }) => [kind, payload.length])).toEqual([
      [RecordKind.TEXT, 0],
      [RecordKind.BINARY, 0],
    ]);
  });

  it('copies the bytes before it returns, so that the caller may reuse them', () => {
    const { producer, consumer } = setUp();
    const bytes = Buffer.from('before');
    post(producer, bytes);
    bytes.write('behind');
    expect(drainTexts(consumer)).toEqual(['before']);
  });

  it('takes a view into a larger buffer as that view', () => {
    const { producer, consumer } = setUp();
    post(producer, Buffer.from('0123456789').subarray(3, 6));
    post(producer, new Uint8Array(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]).buffer, 5, 2));
    expect(drainAll(consumer).map(({ payload }) => [...payload])).toEqual([
      [0x33, 0x34, 0x35],
      [6, 7],
    ]);
  });

  it('goes with any (offset, length): padding at every place, exact fit, and nothing beside the record changes', () => {
    for (const laneBytes of [128, 256]) {
      for (const base of [0, 2 ** 31 - laneBytes, 2 ** 32 - laneBytes]) {
        for (let offset = 0; offset < laneBytes; offset += 8) {
          for (let length = 0; length <= maxRecordBytes(laneBytes) - HEADER_BYTES; length++) {
            const position = base + offset;
            const { ring, producer, consumer } = setUp(laneBytes, position);
            laneData(ring, 0).fill(0xaa);
            const payload = pattern(length, offset + length);
            if (post(producer, payload) !== 'posted')
              throw new Error(`refused at ${position}, length ${length}`);
            const size = HEADER_BYTES + Math.ceil(length / 8) * 8;
            const padding = offset + size > laneBytes ? laneBytes - offset : 0;
            if (tailOf(ring, 0) !== ((position + padding + size) | 0)) {
              throw new Error(`tail is ${tailOf(ring, 0)} after ${length} bytes at ${position}`);
            }
            const [seen, ...more] = drainAll(consumer);
            if (more.length > 0 || !seen.payload.equals(payload))
              throw new Error(`torn at ${position}, length ${length}`);
            if (cursorOf(ring, 0, 0) !== tailOf(ring, 0))
              throw new Error(`cursor behind at ${position}, length ${length}`);
            // Outside padding header and record, only the first word of each free cache line ahead may have changed.
            const start = padding > 0 ? 0 : offset;
            const untouched = laneData(ring, 0).every((byte, index) => {
              const inRecord = index >= start && index < start + size;
              const inPaddingHeader = padding > 0 && index >= offset && index < offset + 8;
              const touchedAhead = index >= start && (index - start) % 64 < 4 && byte === 0;
              return inRecord || inPaddingHeader || touchedAhead || byte === 0xaa;
            });
            if (!untouched) throw new Error(`wrote beside the record at ${position}, length ${length}`);
          }
        }
      }
    }
  });

  it('touches no byte ahead that a service thread may still read', () => {
    const { ring, producer, consumer } = setUp(16 * 1024, 2 ** 32 - 4 * 1024);
    const reader = RingConsumer.join(ring, 1); // holds what the other has taken
    let posted = 0;
    let taken = 0;
    const expectUnharmed = (consumer: RingConsumer, records: number) => {
      for (const { payload } of drainAll(consumer, records)) {
        const expected = pattern((taken * 37) % 600, taken);
        if (!payload.equals(expected)) throw new Error(`record ${taken} is torn`);
        taken++;
      }
    };
    for (let round = 0; round < 400; round++) {
      // To the last byte of room, then a few records more as the slower of two readers frees it.
      while (post(producer, pattern((posted * 37) % 600, posted)) === 'posted') posted++;
      drainAll(consumer);
      expectUnharmed(reader, 1 + (round % 9));
    }
    expectUnharmed(reader, Number.POSITIVE_INFINITY);
    expect(taken).toBe(posted);
    expect(posted).toBeGreaterThan(1_000);
  });

  it('posts the largest payload wherever the tail stands, with an empty lane', () => {
    for (const laneBytes of [128, 512, 4096]) {
      const largest = maxRecordBytes(laneBytes) - HEADER_BYTES;
      for (let offset = 0; offset < laneBytes; offset += 8) {
        const { producer, consumer } = setUp(laneBytes, 2 ** 32 - laneBytes + offset);
        for (let i = 0; i < 3; i++) {
          if (post(producer, pattern(largest, i)) !== 'posted')
            throw new Error(`refused at offset ${offset}`);
          const [seen] = drainAll(consumer);
          if (!seen.payload.equals(pattern(largest, i))) throw new Error(`torn at offset ${offset}`);
        }
      }
    }
  });

  it.each([
    ['bytes', (n: number) => new Uint8Array(n)],
    ['ASCII text', (n: number) => 'a'.repeat(n)],
    ['text of one multi-byte character less than it looks', (n: number) => `${'a'.repeat(n - 3)}€`],
  ])('throws RangeError for %s one byte too long, naming both sizes, and writes nothing', (_, make) => {
    const laneBytes = 256;
    const largest = maxRecordBytes(laneBytes) - HEADER_BYTES;
    const { ring, producer, consumer } = setUp(laneBytes);
    expect(post(producer, make(largest))).toBe('posted');
    drainAll(consumer);
    const before = Buffer.from(ring.bytes).toString('hex');
    const tooLong = () => post(producer, make(largest + 1));
    expect(tooLong).toThrow(RangeError);
    expect(tooLong).toThrow(
      `payload of ${largest + 1} bytes can never fit: the largest in a lane of 256 bytes is ${largest} bytes`,
    );
    expect(Buffer.from(ring.bytes).toString('hex')).toBe(before);
  });

  it('counts name and key as part of what must fit', () => {
    const { producer } = setUp(256);
    const extras = { name: Buffer.alloc(40), key: Buffer.alloc(30) };
    expect(post(producer, new Uint8Array(26), extras)).toBe('posted');
    expect(() => post(producer, new Uint8Array(27), extras)).toThrow(
      'payload of 27 bytes can never fit: the largest in a lane of 256 bytes is 26 bytes',
    );
    expect(() => post(producer, '', { name: Buffer.alloc(97) })).toThrow(
      'the largest in a lane of 256 bytes is 0 bytes',
    );
  });

  it('fills the lane to the last byte, then answers full and overwrites nothing', () => {
    for (let offset = 0; offset < 256; offset += 32) {
      const { ring, producer, consumer } = setUp(256, 2 ** 32 - 256 + offset);
      for (let i = 0; i < 8; i++) expect(post(producer, '')).toBe('posted');
      const before = Buffer.from(laneData(ring, 0));
      const tail = tailOf(ring, 0);
      expect(post(producer, '')).toBe('full');
      expect(post(producer, 'abc')).toBe('full');
      expect(post(producer, pattern(96))).toBe('full');
      expect(laneData(ring, 0)).toEqual(new Uint8Array(before));
      expect(tailOf(ring, 0)).toBe(tail);
      expect(drainAll(consumer)).toHaveLength(8);
      expect(post(producer, 'again')).toBe('posted');
    }
  });

  it('answers full for the slowest of several service threads, and not once that one has left', () => {
    const ring = startRing({ laneBytes: 128, maxProducers: 1 });
    const fast = RingConsumer.join(ring, 2);
    const slow = RingConsumer.join(ring, 7);
    const producer = attach(ring);
    for (let i = 0; i < 4; i++) expect(post(producer, '')).toBe('posted');
    expect(fast.drain(() => {})).toBe(4);
    expect(post(producer, '')).toBe('full');
    expect(slow.drain(() => {}, { records: 1, payloadBytes: 1 })).toBe(1);
    expect(post(producer, '')).toBe('posted');
    expect(post(producer, '')).toBe('full');
    expect(slow.leave()).toBe(true);
    expect(post(producer, '')).toBe('posted');
  });

  it('neither loses nor takes room for what was refused', () => {
    const { producer, consumer } = setUp(128);
    expect(post(producer, pattern(32))).toBe('posted');
    expect(post(producer, pattern(32))).toBe('posted');
    for (let i = 0; i < 100; i++) expect(post(producer, 'x')).toBe('full');
    expect(drainAll(consumer)).toHaveLength(2);
    expect(consumer.hasWork()).toBe(false);
  });

  it('goes on when the positions pass 2^31 and 2^32, and the stamps 2^31, 2^32 and 2^52', () => {
    for (const stamp of [2n ** 31n - 50n, 2n ** 32n - 50n, 2n ** 52n, 2n ** 53n - 1_000n]) {
      for (const position of [2 ** 31 - 4096, 2 ** 32 - 4096]) {
        const ring = startRing({ laneBytes: 512, maxProducers: 2, position, stamp });
        const consumer = RingConsumer.join(ring, 0);
        const producers = [attach(ring), attach(ring)];
        let posted = 0;
        let drained = 0;
        for (let i = 0; i < 300; i++) {
          const producer = producers[(i * 7) % 2];
          const payload = `${i}:`.padEnd((i * 37) % 100, '·');
          while (post(producer, payload) !== 'posted') {
            for (const record of drainAll(consumer, 3)) {
              expect(record.stamp).toBe(Number(stamp) + drained);
              expect(Number.parseInt(record.payload.toString(), 10)).toBe(drained++);
            }
          }
          posted++;
        }
        drained += drainAll(consumer).length;
        expect([posted, drained]).toEqual([300, 300]);
        expect(ring.stamps[ring.stampIndex]).toBe(stamp + 300n);
      }
    }
  });
});

describe('text', () => {
  const texts = [
    ['ASCII', 'plain'],
    ['two bytes a unit', 'äöüß'],
    ['three bytes a unit', '€中文'],
    ['surrogate pairs', '😀𝄞'],
    ['a lone high surrogate, as U+FFFD', 'a\ud83d'],
    ['a lone low surrogate, as U+FFFD', '\ude00b'],
    ['surrogates in the wrong order, as two U+FFFD', '\ude00\ud83d'],
    ['NUL', 'a\0b'],
    ['4,096 units', 'é'.repeat(4096)],
    ['4,097 units', 'é'.repeat(4097)],
    ['10,000 units of three bytes', '中'.repeat(10_000)],
    ['a pair across unit 4,096', `${'a'.repeat(4095)}😀${'b'.repeat(10)}`],
  ];

  it.each(texts)('goes as UTF-8: %s', (_, text) => {
    const { producer, consumer } = setUp(65_536);
    expect(post(producer, text)).toBe('posted');
    const [{ payload }] = drainAll(consumer);
    expect(payload.equals(Buffer.from(text))).toBe(true);
  });

  it('takes only the room that it needs, though three bytes a unit were asked for', () => {
    const { ring, producer } = setUp(256);
    post(producer, 'abcdefgh');
    expect(tailOf(ring, 0)).toBe(40);
  });

  it('fits exactly where it fits measured, at every offset and with every kind of character', () => {
    for (const character of ['a', 'é', '€', '😀', '\ud800']) {
      const units = character.length;
      const bytes = Buffer.byteLength(character);
      for (let count = 0; count * bytes <= 96; count++) {
        for (let offset = 0; offset < 256; offset += 8) {
          const { producer, consumer } = setUp(256, offset);
          const text = character.repeat(count);
          if (post(producer, text) !== 'posted')
            throw new Error(`${count} x ${units} units refused at ${offset}`);
          const [{ payload }] = drainAll(consumer);
          if (!payload.equals(Buffer.from(text)))
            throw new Error(`${count} x ${character} torn at ${offset}`);
        }
      }
    }
  });

  it('is posted into the last room of a lane if it fits measured, and refused one byte beyond', () => {
    for (const [text, result] of [
      ['a'.repeat(32), 'posted'],
      ['é'.repeat(16), 'posted'],
      ['a'.repeat(33), 'full'],
      [`${'é'.repeat(16)}a`, 'full'],
      [`${'€'.repeat(10)}aa`, 'posted'],
      [`${'€'.repeat(10)}aaa`, 'full'],
    ]) {
      const { producer, consumer } = setUp(256);
      expect(post(producer, pattern(96))).toBe('posted');
      expect(post(producer, pattern(32))).toBe('posted');
      expect(post(producer, text)).toBe(result);
      const last = drainTexts(consumer).at(-1);
      if (result === 'posted') expect(last).toBe(text);
    }
  });
});

describe('gates', () => {
  it('refuse posts through them, and no others', () => {
    const { ring, producer, consumer } = setUp();
    const to = (gate: number) => producer.tryPost(RecordKind.TEXT, 1, `gate ${gate}`, gate);
    Atomics.store(ring.words, ring.gateWord(1), 0b100);
    expect([to(NO_GATE), to(0), to(1)]).toEqual(['posted', 'posted', 'full']);
    Atomics.store(ring.words, ring.gateWord(1), 0);
    expect(to(1)).toBe('posted');
    expect(drainTexts(consumer)).toEqual(['gate -1', 'gate 0', 'gate 1']);
  });

  it('answer closed once the ring is', () => {
    const { ring, producer } = setUp();
    Atomics.store(ring.words, ring.gateWord(0), 1);
    closeRing(ring);
    expect(producer.tryPost(RecordKind.TEXT, 1, 'late', 0)).toBe('closed');
  });
});

describe('the counters of a lane', () => {
  it('count messages posted and drained, and leave control records out', () => {
    const { ring, producer, consumer } = setUp();
    post(producer, 'one');
    producer.tryPost(RecordKind.SUBSCRIBE, 1, 'not a message');
    post(producer, 'two');
    expect(counter(ring, LaneWord.POSTED)).toBe(2);
    expect(counter(ring, LaneWord.DRAINED)).toBe(0);
    expect(consumer.drain(() => {})).toBe(3);
    expect(counter(ring, LaneWord.DRAINED)).toBe(2);
  });

  it('count a refusal only when told that it is for good', () => {
    const { ring, producer } = setUp(128);
    while (post(producer, '') === 'posted');
    expect(counter(ring, LaneWord.REFUSED)).toBe(0);
    producer.countRefusal();
    expect(counter(ring, LaneWord.REFUSED)).toBe(1);
  });

  it('count drained messages once, whatever the number of service threads', () => {
    const ring = startRing({ laneBytes: 256, maxProducers: 1 });
    const consumers = [0, 1, 2].map((slot) => RingConsumer.join(ring, slot));
    const producer = attach(ring);
    for (let i = 0; i < 5; i++) post(producer, 'x');
    for (const consumer of consumers) consumer.drain(() => {});
    expect(counter(ring, LaneWord.DRAINED)).toBe(5);
  });
});

describe('a closed producer', () => {
  it('answers closed and writes nothing, while what it posted is still drained', () => {
    const { ring, producer, consumer } = setUp();
    post(producer, 'before');
    expect(producer.closed).toBe(false);
    producer.close();
    producer.close();
    expect(producer.closed).toBe(true);
    const tail = tailOf(ring, 0);
    expect(post(producer, 'after')).toBe('closed');
    expect(tailOf(ring, 0)).toBe(tail);
    expect(drainTexts(consumer)).toEqual(['before']);
  });
});

describe('a producer that is killed in the middle of a post', () => {
  const shapes: [string, number, string | Uint8Array, boolean][] = [
    ['a plain record', 0, pattern(40), false],
    ['a record behind padding', 232, pattern(40), false],
    ['text', 0, 'text €', false],
    ['a record, while the service sleeps', 0, pattern(40), true],
  ];

  it.each(shapes)(
    'leaves %s whole or not at all, ahead of whichever step it died',
    (_, offset, data, sleeping) => {
      const prepare = () => {
        const set = setUp(256, 2 ** 32 - 256 + offset, 2);
        if (sleeping) Atomics.or(set.ring.words, 3 * 32, 1); // SLEEPERS
        return set;
      };
      const { producer: measured } = prepare();
      const steps = countSteps(() => post(measured, data));
      expect(steps).toBeGreaterThanOrEqual(6);
      const outcomes = new Set<string>();
      for (let step = 1; step <= steps + 1; step++) {
        const { ring, producer, consumer } = prepare();
        const other = attach(ring);
        expect(post(other, 'elder')).toBe('posted');
        const answer = killBefore(step, () => post(producer, data));
        expect(post(other, 'younger')).toBe('posted');
        const seen = drainAll(consumer);
        const mine = seen.filter(({ lane }) => lane === producer.lane);
        expect(
          seen.filter(({ lane }) => lane === other.lane).map(({ payload }) => payload.toString()),
        ).toEqual(['elder', 'younger']);
        expect(mine.length).toBeLessThanOrEqual(1);
        if (mine.length === 1) expect(mine[0].payload.equals(Buffer.from(data as string))).toBe(true);
        else expect(tailOf(ring, producer.lane)).toBe((2 ** 32 - 256 + offset) | 0);
        outcomes.add(
          `${answer === undefined ? 'killed' : answer}, ${mine.length === 1 ? 'seen' : 'not seen'}`,
        );
      }
      // All outcomes that may be, and each was met.
      expect([...outcomes].sort()).toEqual(['killed, not seen', 'killed, seen', 'posted, seen']);
    },
  );
});
