import fc from 'fast-check';
import { MAX_GAPS } from '../../../../src/shared/load/gaps';
import { Probe, ProbeFinding, readProbe } from '../../../../src/shared/load/probe';
import { ProbeWriter } from '../../../../src/shared/load/probe-writer';
import { Arrival, type ClientAccount, StreamChecker } from '../../../../src/shared/load/stream-checker';
import { payloadPlan } from '../../../support/payload-plans';
import { Random } from '../../../support/random';

const { IN_ORDER, AHEAD, LATE, DUPLICATED, FOREIGN } = Arrival;

function checkerOf(clients = 1, streams: number | 'own' = 1): StreamChecker {
  const checker = new StreamChecker({ clients, streams });
  for (let slot = 0; slot < clients; slot++) checker.join(slot);
  return checker;
}

const accountOf = (checker: StreamChecker, published: Record<number, number>) =>
  [...checker.accounts(published)][0];

/** What came of one stream to one client, remembered in full. */
class Model {
  readonly seen = new Set<number>();
  late = 0;
  duplicated = 0;
  readonly #from: number | 'first';

  constructor(from: number | 'first') {
    this.#from = from;
  }

  take(sequence: number): Arrival {
    if (this.seen.has(sequence) || (this.#from !== 'first' && sequence < this.#from)) {
      this.duplicated++;
      return DUPLICATED;
    }
    const highest = this.#highest();
    this.seen.add(sequence);
    if (sequence < highest) {
      this.late++;
      return LATE;
    }
    const first = this.#from === 'first' && highest < 0;
    return first || sequence === highest + 1 ? IN_ORDER : AHEAD;
  }

  account(published: number): Omit<ClientAccount, 'slot' | 'excused' | 'corrupt'> {
    const base = this.#from === 'first' ? Math.min(...this.seen) : this.#from;
    if (base === Number.POSITIVE_INFINITY) return { expected: 0, received: 0, lost: 0 };
    const expected = Math.max(published, this.#highest() + 1) - base;
    return { expected, received: this.seen.size, lost: expected - this.seen.size };
  }

  #highest(): number {
    return this.#from === 'first' ? Math.max(-1, ...this.seen) : Math.max(this.#from - 1, ...this.seen);
  }
}

describe('the account of what came', () => {
  it('is that of a model that remembers everything, whatever comes in whatever order', () => {
    const from = fc.oneof(fc.constant<'first'>('first'), fc.integer({ min: 0, max: 5 }));
    fc.assert(
      fc.property(from, fc.array(fc.nat(40), { maxLength: 80 }), fc.nat(50), (start, numbers, published) => {
        const checker = new StreamChecker({ clients: 2, streams: 2 });
        checker.join(1, start);
        const models = [new Model(start), new Model(start)];
        const arrivals = numbers.map((number, i) => checker.take(1, i % 2, number));
        expect(arrivals).toEqual(numbers.map((number, i) => models[i % 2].take(number)));
        const [left, right] = models.map((model) => model.account(published));
        expect(accountOf(checker, { 0: published, 1: published })).toEqual({
          slot: 1,
          expected: left.expected + right.expected,
          received: left.received + right.received,
          lost: left.lost + right.lost,
          excused: 0,
          corrupt: 0,
        });
      }),
      { numRuns: 500 },
    );
  });

  it('counts exactly what a line drops, doubles, overtakes and damages, of many messages', () => {
    const random = new Random(17);
    const [writer, probe] = [new ProbeWriter(payloadPlan(64), 17), new Probe()];
    const checker = checkerOf();
    const done = { dropped: 0, doubled: 0, late: 0, damaged: 0 };
    const seen = { received: 0, doubled: 0, late: 0, damaged: 0 };
    const receive = (message: Buffer): void => {
      if (readProbe(message, 0, message.length, probe) === ProbeFinding.CORRUPT) {
        checker.takeCorrupt(0, message.length);
        seen.damaged++;
        return;
      }
      const arrival = checker.take(0, probe.stream, probe.sequence);
      if (arrival === DUPLICATED) seen.doubled++;
      else seen.received++;
      if (arrival === LATE) seen.late++;
    };
    let held: Buffer | undefined;
    for (let sequence = 0; sequence < 20_000; sequence++) {
      const message = Buffer.from(writer.write(0, sequence, 1, 2));
      const lot = random.below(100);
      if (lot === 0) done.dropped++;
      else if (lot === 1 && held === undefined) {
        held = message;
      } else if (lot === 2) {
        message[random.below(message.length)] ^= 1 << random.below(8);
        receive(message);
        done.damaged++;
      } else {
        receive(message);
        if (lot === 3) {
          receive(message);
          done.doubled++;
        }
        if (held === undefined || random.below(3) > 0) continue;
        receive(held);
        held = undefined;
        done.late++;
      }
    }
    if (held !== undefined) receive(held);
    expect({ late: seen.late, doubled: seen.doubled, damaged: seen.damaged }).toEqual({
      late: done.late,
      doubled: done.doubled,
      damaged: done.damaged,
    });
    expect(accountOf(checker, { 0: 20_000 })).toEqual({
      slot: 0,
      expected: 20_000,
      received: 20_000 - done.dropped - done.damaged,
      lost: done.dropped,
      excused: 0,
      corrupt: done.damaged,
    });
    expect(checker.guesses).toBe(0);
  });

  it('has all that was published as lost for a client to which nothing came', () => {
    const checker = checkerOf(1, 2);
    expect(accountOf(checker, { 0: 5, 1: 7 })).toEqual({
      slot: 0,
      expected: 12,
      received: 0,
      lost: 12,
      excused: 0,
      corrupt: 0,
    });
  });

  it('may be taken again and again, and says how much is under way', () => {
    const checker = checkerOf();
    checker.take(0, 0, 0);
    checker.take(0, 0, 2);
    expect(checker.missing).toBe(1);
    expect(accountOf(checker, { 0: 5 }).lost).toBe(3);
    checker.take(0, 0, 1);
    expect(checker.missing).toBe(0);
    expect(accountOf(checker, { 0: 5 }).lost).toBe(2);
    expect(accountOf(checker, { 0: 3 }).lost).toBe(0);
  });

  it('expects of a client that comes in the middle what comes to it first, and all after that', () => {
    const checker = new StreamChecker({ clients: 1, streams: 2 });
    checker.join(0, 'first');
    expect(accountOf(checker, { 0: 100, 1: 100 }).expected).toBe(0);
    expect(checker.take(0, 0, 40)).toBe(IN_ORDER);
    expect(checker.take(0, 0, 42)).toBe(AHEAD);
    expect(accountOf(checker, { 0: 45, 1: 100 })).toEqual({
      slot: 0,
      expected: 5,
      received: 2,
      lost: 3,
      excused: 0,
      corrupt: 0,
    });
  });

  it('expects nothing after a client has gone, and knows nothing of it when it comes again', () => {
    const checker = checkerOf();
    for (const sequence of [0, 1, 4]) checker.take(0, 0, sequence);
    expect(checker.leave(0)).toEqual({ slot: 0, expected: 5, received: 3, lost: 2, excused: 0, corrupt: 0 });
    expect([...checker.accounts({ 0: 100 })]).toEqual([]);
    expect(checker.missing).toBe(0);
    checker.join(0, 'first');
    expect(checker.take(0, 0, 3)).toBe(IN_ORDER);
    expect(checker.leave(0, { 0: 10 })).toEqual({
      slot: 0,
      expected: 7,
      received: 1,
      lost: 6,
      excused: 0,
      corrupt: 0,
    });
    checker.join(0, 50);
    expect(checker.take(0, 0, 50)).toBe(IN_ORDER);
    expect(checker.take(0, 0, 49)).toBe(DUPLICATED);
    expect(accountOf(checker, { 0: 51 })).toEqual({
      slot: 0,
      expected: 1,
      received: 1,
      lost: 0,
      excused: 0,
      corrupt: 0,
    });
  });

  it('excuses what a client that reads slowly had not read yet, and nothing that it passed over', () => {
    const checker = new StreamChecker({ clients: 2, streams: 1, mayBeBehind: (slot) => slot === 1 });
    for (const slot of [0, 1]) checker.join(slot);
    for (const sequence of [0, 1, 4]) for (const slot of [0, 1]) checker.take(slot, 0, sequence);
    const accounts = [...checker.accounts({ 0: 10 })];
    expect(accounts).toMatchObject([
      { expected: 10, received: 3, lost: 7, excused: 0 },
      { expected: 10, received: 3, lost: 7, excused: 5 },
    ]);
    expect(checker.leave(1)).toMatchObject({ expected: 5, lost: 2, excused: 0 });
  });

  it('names no message as lost that a slow client had not read, and the first that it passed over', () => {
    const checker = new StreamChecker({ clients: 1, streams: 2, mayBeBehind: () => true });
    checker.join(0);
    expect(accountOf(checker, { 0: 10, 1: 10 })).toMatchObject({ lost: 20, excused: 20 });
    expect(checker.samples.sentences()).toEqual([]);
    checker.take(0, 1, 3);
    expect(accountOf(checker, { 0: 10, 1: 10 })).toMatchObject({ lost: 19, excused: 16 });
    expect(checker.samples.sentences()).toEqual([
      'client 0, publisher 1: message 0 did not come, and 2 others of that stream',
    ]);
  });

  it('excuses what went while a client had no connection, and nothing before or after', () => {
    const checker = checkerOf(1, 2);
    for (const sequence of [0, 2]) checker.take(0, 0, sequence);
    checker.take(0, 1, 0);
    checker.cut(0);
    expect(accountOf(checker, { 0: 5, 1: 4 })).toMatchObject({ lost: 6, excused: 5 });
    for (const sequence of [5, 8]) checker.take(0, 0, sequence);
    checker.take(0, 1, 1);
    checker.take(0, 1, 3);
    expect(checker.missing).toBe(6);
    expect(checker.missedWithoutConnection).toBe(2);
    expect(accountOf(checker, { 0: 10, 1: 4 })).toMatchObject({ lost: 7, excused: 2 });
    expect(checker.take(0, 0, 3)).toBe(LATE);
    expect(checker.take(0, 0, 3)).toBe(DUPLICATED);
    expect(accountOf(checker, { 0: 10, 1: 4 })).toMatchObject({ lost: 6, excused: 1 });
    checker.leave(0);
    expect([checker.missing, checker.missedWithoutConnection]).toEqual([0, 0]);
  });

  it('refuses a second client in a place', () => {
    expect(() => checkerOf().join(0)).toThrow('slot 0');
  });

  it('takes a damaged message for one that is missing, and no more than are', () => {
    const checker = checkerOf();
    checker.take(0, 0, 0);
    checker.takeCorrupt(0, 99);
    checker.takeCorrupt(0, 99);
    expect(accountOf(checker, { 0: 4 })).toMatchObject({ lost: 1, corrupt: 2 });
    expect(accountOf(checker, { 0: 2 })).toMatchObject({ lost: 0, corrupt: 1 });
  });

  it('leaves out what a client should not get', () => {
    expect(checkerOf(1, 2).take(0, 2, 0)).toBe(FOREIGN);
    const echo = new StreamChecker({ clients: 2, streams: 'own', numberOf: (slot) => 100 + slot });
    echo.join(0);
    echo.join(1);
    expect(echo.take(1, 101, 0)).toBe(IN_ORDER);
    expect(echo.take(0, 101, 0)).toBe(FOREIGN);
    expect([...echo.accounts({ 100: 2, 101: 1 })].map(({ lost }) => lost)).toEqual([2, 0]);
  });

  it('still counts every loss when more is missing than it remembers, and says where it had to guess', () => {
    const checker = checkerOf();
    const gaps = MAX_GAPS + 10;
    for (let i = 0; i < gaps; i++) checker.take(0, 0, 3 * i + 2);
    expect(accountOf(checker, { 0: 3 * gaps })).toMatchObject({ received: gaps, lost: 2 * gaps });
    expect(checker.take(0, 0, 3 * gaps - 2)).toBe(LATE); // remembered
    expect(checker.guesses).toBe(0);
    expect(checker.take(0, 0, 0)).toBe(LATE); // forgotten
    expect(checker.guesses).toBe(1);
    expect(checker.samples.sentences().join()).toContain('may have come late or again');
    expect(accountOf(checker, { 0: 3 * gaps })).toMatchObject({ received: gaps + 2, lost: 2 * gaps - 2 });
    checker.leave(0);
    expect(checker.guesses).toBe(1);
  });

  it('tells the first fault of each kind', () => {
    const checker = new StreamChecker({ clients: 20, streams: 3 });
    checker.join(17);
    checker.join(18);
    for (const sequence of [0, 2, 1, 2, 5]) checker.take(17, 2, sequence);
    for (const sequence of [0, 0]) checker.take(18, 1, sequence);
    checker.takeCorrupt(18, 128);
    checker.take(18, 9, 0);
    checker.samples.foreign(18, Buffer.from('hello'));
    checker.samples.foreign(18, Buffer.from('again'));
    expect([...checker.accounts({ 0: 0, 1: 0, 2: 6 })]).toHaveLength(2);
    expect(checker.samples.sentences().sort()).toEqual([
      'client 17, publisher 2: message 1 came after 2',
      'client 17, publisher 2: message 2 came again',
      'client 17, publisher 2: message 3 did not come, and 1 other of that stream',
      'client 18: a message came of publisher 9, which it should not get',
      'client 18: a message of 128 bytes came damaged',
      'client 18: a message of 5 bytes has no stamp: "hello"',
    ]);
  });

  it('takes back that something was lost which came later', () => {
    const checker = checkerOf();
    expect(accountOf(checker, { 0: 1 }).lost).toBe(1);
    expect(checker.samples.sentences()).toEqual(['client 0, publisher 0: message 0 did not come']);
    checker.take(0, 0, 0);
    expect(accountOf(checker, { 0: 1 }).lost).toBe(0);
    expect(checker.samples.sentences()).toEqual([]);
  });
});
