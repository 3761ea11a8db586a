/**
 * The ring against plain arrays: random commands of producers, service threads and the keeper, each of which may die, or
 * be overtaken by somebody else's command, between any two of its steps.
 *
 * The invariants are those named in `layout.ts`; they are checked after every command.
 */
import fc from 'fast-check';
import {
  closeLane,
  closeRing,
  HEADER_BYTES,
  LaneWord,
  maxRecordBytes,
  type PostResult,
  RingConsumer,
  type RingMemory,
  type RingProducer,
  reclaimLane,
  sumLanes,
} from '../../../../src/shared/ring';
import { CLOSED_BIT } from '../../../../src/shared/ring/layout';
import {
  attach,
  copyRecord,
  cursorOf,
  gatingOf,
  ownerOf,
  pattern,
  post,
  type SeenRecord,
  startRing,
  tailOf,
} from '../../../support/ring';
import { Killed, killBefore, withSteps } from '../../../support/steps';

const RUNS = Number(process.env.RINGCAST_MODEL_RUNS ?? 1_000);
const SLOTS = 3;
const UNLIMITED = Number.POSITIVE_INFINITY;

interface Committed {
  id: number;
  lane: number;
  /** Where the record ends, modulo 2^32. */
  end: number;
  stamp: number;
  payload: Buffer;
}

interface ModelProducer {
  producer: RingProducer;
  /** Its thread is gone, or it closed. */
  gone: boolean;
}

interface ModelConsumer {
  consumer: RingConsumer;
  /** What it must still see, by stamp. */
  queue: Committed[];
  joinStamp: number;
}

/** What the ring must do, as plain arrays. */
class Model {
  readonly producers: ModelProducer[] = [];
  readonly consumers: (ModelConsumer | undefined)[] = [];
  closed = false;
  /** A killed drain of slot 0 counts twice what comes again. */
  countsExact = true;
  messages = 0;
  nextId = 1;
  /** Producers that are in the middle of a post. */
  readonly busy: ModelProducer[] = [];
}

class Real {
  readonly ring: RingMemory;
  tails: number[];
  constructor(ring: RingMemory) {
    this.ring = ring;
    this.tails = lanes(ring).map((lane) => tailOf(ring, lane) & ~CLOSED_BIT);
  }
}

const lanes = (ring: RingMemory) => Array.from({ length: ring.maxProducers }, (_, lane) => lane);
const living = (model: Model) => model.producers.filter((each) => !each.gone && !model.busy.includes(each));
const gatingSlots = (ring: RingMemory) =>
  [0, 1, 2, 3, 4, 5, 6, 7].filter((slot) => (gatingOf(ring) >>> slot) & 1);

/** Whether a record of `bytes` fits behind the tail, computed from what lies in memory alone. */
function fits(ring: RingMemory, lane: number, bytes: number): boolean {
  const slots = gatingSlots(ring);
  if (slots.length === 0) return false;
  const tail = tailOf(ring, lane) & ~CLOSED_BIT;
  const used = Math.max(...slots.map((slot) => (tail - cursorOf(ring, lane, slot)) >>> 0));
  const size = HEADER_BYTES + Math.ceil(bytes / 8) * 8;
  const toEnd = ring.laneBytes - (tail & (ring.laneBytes - 1));
  return used + size + (size > toEnd ? toEnd : 0) <= ring.laneBytes;
}

function isUnread(ring: RingMemory, record: Committed, slot: number): boolean {
  return ((record.end - cursorOf(ring, record.lane, slot)) | 0) > 0;
}

function byStamp(a: Committed, b: Committed): number {
  return a.stamp - b.stamp;
}

/** Notes the record at the tail of `lane`, if its post was committed. */
function noteCommit(model: Model, real: Real, lane: number, id: number, payload: Buffer): boolean {
  const { ring } = real;
  const tail = tailOf(ring, lane) & ~CLOSED_BIT;
  if (tail === real.tails[lane]) return false;
  const size = HEADER_BYTES + Math.ceil(payload.length / 8) * 8;
  const header = (ring.laneBase(lane) + ((tail - size) & (ring.laneBytes - 1))) >>> 2;
  const stamp = Number(ring.stamps[(header >>> 1) + 1]);
  const record = { id, lane, end: tail, stamp, payload };
  real.tails[lane] = tail;
  model.messages++;
  for (const reader of model.consumers) {
    if (reader === undefined || stamp < reader.joinStamp) continue;
    reader.queue.push(record);
    reader.queue.sort(byStamp);
  }
  return true;
}

function checkInvariants(model: Model, real: Real): void {
  const { ring } = real;
  const must = (holds: boolean, invariant: string) => {
    if (!holds) throw new Error(`broken: ${invariant}`);
  };
  for (const lane of lanes(ring)) {
    const word = tailOf(ring, lane);
    must((word & 7 & ~CLOSED_BIT) === 0, 'ALIGNED');
    must(((word & CLOSED_BIT) !== 0) === model.closed, 'the mark CLOSED is on every lane or on none');
    const tail = word & ~CLOSED_BIT;
    must(tail === real.tails[lane], 'POSITIONS ONLY GROW, and by commits alone');
    for (const slot of gatingSlots(ring)) {
      const unread = (tail - cursorOf(ring, lane, slot)) | 0;
      must(unread >= 0 && unread <= ring.laneBytes, 'NEVER OVERWRITTEN');
    }
  }
  for (const [slot, reader] of model.consumers.entries()) {
    if (reader === undefined) continue;
    must(
      reader.queue.every((record) => isUnread(ring, record, slot)),
      'what was not taken is not released',
    );
    must(reader.consumer.lanesFenced === 0, 'no lane is taken for corrupt');
  }
}

type Step = (model: Model, real: Real) => void;

/** Checks that `seen` is what the reader had to see first, and takes it off its queue. */
function take(reader: ModelConsumer, seen: SeenRecord): void {
  const expected = reader.queue.shift();
  if (expected === undefined)
    throw new Error(`invented: a record of lane ${seen.lane} with stamp ${seen.stamp}`);
  if (seen.ticket !== expected.id || seen.stamp !== expected.stamp || seen.lane !== expected.lane) {
    throw new Error(
      `out of order: ${seen.ticket} (stamp ${seen.stamp}) in place of ${expected.id} (stamp ${expected.stamp})`,
    );
  }
  if (!seen.payload.equals(expected.payload)) throw new Error(`torn: record ${expected.id}`);
}

function join(model: Model, real: Real, slot: number, consumer: RingConsumer): void {
  const joinStamp = Number(real.ring.stamps[real.ring.joinStampIndex(slot)]) - 1;
  model.consumers[slot] = { consumer, joinStamp, queue: [] };
}

const steps: Record<string, (...args: never[]) => Step> = {
  attach: () => (model, real) => {
    const { ring } = real;
    const free = lanes(ring).filter((lane) => ownerOf(ring, lane) === 0);
    if (free.length === 0) return;
    const producer = attach(ring);
    expect(producer.lane).toBe(free[0]);
    model.producers.push({ producer, gone: false });
  },
  close: (who: number) => (model) => {
    const producers = living(model);
    if (producers.length === 0) return;
    const chosen = producers[who % producers.length];
    chosen.producer.close();
    chosen.gone = true;
  },
  post:
    (who: number, size: number, asText: boolean, dieAt: number, meanwhileAt: number, meanwhile: Step) =>
    (model, real) => {
      const producers = living(model);
      if (producers.length === 0) return;
      const chosen = producers[who % producers.length];
      const { producer } = chosen;
      const { lane } = producer;
      const id = model.nextId++;
      const bytes = size % (maxRecordBytes(real.ring.laneBytes) - HEADER_BYTES + 1);
      const data = asText ? 'é€a😀'.repeat(bytes).slice(0, Math.floor(bytes / 3)) : pattern(bytes, id);
      const payload = Buffer.from(data as string);
      const room = fits(real.ring, lane, payload.length);
      const wasClosed = model.closed;
      let result: PostResult | 'died' | undefined;
      let committed = false;
      try {
        result = withSteps(
          () => post(producer, data, { ticket: id }),
          (step) => {
            if (step >= dieAt) throw new Killed();
            if (step === meanwhileAt) {
              committed = noteCommit(model, real, lane, id, payload);
              model.busy.push(chosen);
              meanwhile(model, real);
              model.busy.pop();
              checkInvariants(model, real);
            }
          },
        ).value;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        result = 'died';
      }
      committed = noteCommit(model, real, lane, id, payload) || committed;
      if (result === 'died') {
        chosen.gone = true;
        closeLane(real.ring, lane, producer.tag);
      } else if (result === 'posted') expect(committed).toBe(true);
      else expect(committed).toBe(false);
      if (meanwhileAt > 0) return; // room may have come or gone
      if (result === 'posted') expect([room, wasClosed]).toEqual([true, false]);
      if (result === 'full') expect([room, wasClosed]).toEqual([false, false]);
      if (result === 'closed') expect(wasClosed).toBe(true);
    },
  drain:
    (
      slot: number,
      records: number,
      payloadBytes: number,
      throwAt: number,
      dieAt: number,
      meanwhileAt: number,
      ...meanwhile: Step[]
    ) =>
    (model, real) => {
      const reader = model.consumers[slot];
      if (reader === undefined) return;
      const before = [...reader.queue];
      const budget = {
        records: records === 0 ? UNLIMITED : records,
        payloadBytes: payloadBytes === 0 ? UNLIMITED : payloadBytes,
      };
      let taken = 0;
      let failure: unknown;
      const thrown = new Error('handler');
      const act = () =>
        reader.consumer.drain((record) => {
          try {
            take(reader, copyRecord(record));
          } catch (error) {
            failure = error;
          }
          if (++taken === throwAt) throw thrown;
        }, budget);
      let died = false;
      try {
        const { value: answer } =
          dieAt > 0
            ? { value: killBefore(dieAt, act) }
            : withSteps(act, (step) => {
                if (meanwhileAt > 0) meanwhile[step - meanwhileAt]?.(model, real);
              });
        died = answer === undefined;
        if (!died) expect(answer).toBe(taken);
      } catch (error) {
        if (error !== thrown) throw error;
      }
      if (failure !== undefined) throw failure;
      expect(taken).toBeLessThanOrEqual(budget.records);
      if (died) {
        // Its slot is taken over: what it had not stored as read comes again, and nothing else.
        if (slot === 0) model.countsExact = false;
        reader.consumer = RingConsumer.takeOver(real.ring, slot);
        reader.queue = before.filter((record) => isUnread(real.ring, record, slot));
        expect(reader.queue.length).toBeGreaterThanOrEqual(before.length - taken);
      } else if (
        meanwhileAt === 0 &&
        throwAt === 0 &&
        budget.records === UNLIMITED &&
        budget.payloadBytes === UNLIMITED
      ) {
        expect(reader.queue).toEqual([]);
        expect(reader.consumer.hasWork()).toBe(false);
      }
    },
  join: (slot: number, dieAt: number) => (model, real) => {
    if (model.consumers[slot] !== undefined) return;
    if (dieAt > 0) {
      const joined = killBefore(dieAt, () => RingConsumer.join(real.ring, slot));
      join(model, real, slot, joined ?? RingConsumer.takeOver(real.ring, slot));
    } else join(model, real, slot, RingConsumer.join(real.ring, slot));
  },
  leave: (slot: number) => (model, real) => {
    const reader = model.consumers[slot];
    if (reader === undefined || slot === 0) return;
    const last = gatingSlots(real.ring).length === 1;
    expect(reader.consumer.leave()).toBe(!last);
    if (!last) model.consumers[slot] = undefined;
  },
  reclaim: () => (model, real) => {
    const { ring } = real;
    for (const [at, { producer, gone }] of [...model.producers.entries()].reverse()) {
      if (!gone) continue;
      const tail = tailOf(ring, producer.lane) & ~CLOSED_BIT;
      const slots = gatingSlots(ring);
      const drained = slots.length > 0 && slots.every((slot) => cursorOf(ring, producer.lane, slot) === tail);
      expect(reclaimLane(ring, producer.lane, producer.tag)).toBe(drained);
      if (drained) model.producers.splice(at, 1);
    }
  },
  closeRing: () => (model, real) => {
    closeRing(real.ring);
    model.closed = true;
  },
};

/** At the end: everybody reads what is left, all lanes come back, and the counters agree. */
function finish(model: Model, real: Real): void {
  const { ring } = real;
  for (const [slot, reader] of model.consumers.entries()) {
    if (reader === undefined) continue;
    reader.consumer.drain((record) => take(reader, copyRecord(record)));
    expect(reader.queue).toEqual([]);
    expect(reader.consumer.hasWork()).toBe(false);
    expect(gatingSlots(ring)).toContain(slot);
  }
  if (gatingSlots(ring).length === 0) return;
  for (const { producer } of model.producers) {
    producer.close();
    expect(reclaimLane(ring, producer.lane, producer.tag)).toBe(true);
  }
  expect(lanes(ring).map((lane) => ownerOf(ring, lane))).toEqual(lanes(ring).map(() => 0));
  expect(sumLanes(ring, LaneWord.POSTED)).toBe(sumLanes(ring, LaneWord.DRAINED));
  if (model.countsExact) expect(sumLanes(ring, LaneWord.DRAINED)).toBe(model.messages);
}

class RingCommand implements fc.Command<Model, Real> {
  readonly #text: string;
  readonly #step: Step;
  constructor(text: string, step: Step) {
    this.#text = text;
    this.#step = step;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    this.#step(model, real);
    checkInvariants(model, real);
  }
  toString(): string {
    return this.#text;
  }
}

const who = fc.nat(7);
const slot = fc.nat(SLOTS - 1);
/** Ahead of which step somebody dies, or is overtaken; 0: of none. */
const at = fc.oneof(
  { arbitrary: fc.constant(0), weight: 3 },
  { arbitrary: fc.integer({ min: 1, max: 14 }), weight: 1 },
);
const size = fc.oneof(fc.constant(0), fc.nat(40), fc.nat(100_000), fc.constant(96), fc.constant(224));

function command(name: string, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<{ text: string; step: Step }> {
  return fc.tuple(...args).map((values) => ({
    text: `${name}(${values.map((value) => (typeof value === 'object' ? (value as { text: string }).text : value)).join(', ')})`,
    step: steps[name](
      ...(values.map((value) =>
        typeof value === 'object' ? (value as { step: Step }).step : value,
      ) as never[]),
    ),
  }));
}

function rarely<T>(that: fc.Arbitrary<T>, mostly: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: mostly, weight: 12 }, { arbitrary: that, weight: 1 });
}

const nobody = fc.constant({ text: 'nothing', step: () => {} });
const plainPost = command('post', who, size, fc.boolean(), fc.constant(UNLIMITED), fc.constant(0), nobody);
const dyingPost = command(
  'post',
  who,
  size,
  fc.boolean(),
  fc.integer({ min: 1, max: 10 }),
  fc.constant(0),
  nobody,
);
const no = fc.constant(0);
const drain = command('drain', slot, fc.nat(4), fc.oneof(no, fc.nat(300)), fc.nat(3), no, no);
const dyingDrain = command('drain', slot, fc.nat(4), no, no, fc.integer({ min: 1, max: 20 }), no);
const emptyingDrain = command('drain', slot, no, no, no, no, no);
/** Producers post between the steps of a drain. */
const overtakenDrain = command(
  'drain',
  slot,
  fc.nat(4),
  no,
  no,
  no,
  fc.integer({ min: 1, max: 8 }),
  plainPost,
  plainPost,
  plainPost,
);
const joining = command('join', slot, at);
const leaving = command('leave', slot);
const anybody = fc.oneof(
  plainPost,
  plainPost,
  dyingPost,
  command('attach'),
  drain,
  emptyingDrain,
  joining,
  leaving,
  command('reclaim'),
  rarely(command('closeRing'), plainPost),
);

/** A command of somebody else falls between two steps of a post; it may be another producer's post. */
const overtakenPost = command(
  'post',
  who,
  size,
  fc.boolean(),
  fc.constant(UNLIMITED),
  fc.integer({ min: 1, max: 8 }),
  anybody,
);

const anyCommand = fc
  .oneof(
    { arbitrary: plainPost, weight: 16 },
    { arbitrary: dyingPost, weight: 2 },
    { arbitrary: overtakenPost, weight: 5 },
    { arbitrary: command('attach'), weight: 6 },
    { arbitrary: command('close', who), weight: 1 },
    { arbitrary: drain, weight: 6 },
    { arbitrary: emptyingDrain, weight: 14 },
    { arbitrary: overtakenDrain, weight: 6 },
    { arbitrary: dyingDrain, weight: 2 },
    { arbitrary: joining, weight: 3 },
    { arbitrary: leaving, weight: 1 },
    { arbitrary: command('reclaim'), weight: 4 },
    { arbitrary: rarely(command('closeRing'), emptyingDrain), weight: 1 },
  )
  .map(({ text, step }) => new RingCommand(text, step));

const start = fc.record({
  laneBytes: fc.constantFrom(128, 256, 512),
  maxProducers: fc.integer({ min: 1, max: 4 }),
  position: fc
    .tuple(fc.constantFrom(0, 2 ** 31, 2 ** 32), fc.integer({ min: -200, max: 10 }))
    .map(([near, off]) => (near + 8 * off + 2 ** 32) % 2 ** 32),
  stamp: fc
    .tuple(fc.constantFrom(100, 2 ** 31, 2 ** 32, 2 ** 53 - 1_000), fc.integer({ min: -40, max: 5 }))
    .map(([near, off]) => near + off),
});

describe('the ring', () => {
  it('does what plain arrays do, whoever dies or is overtaken between whichever steps', () => {
    const figures = { commands: 0, records: 0 };
    fc.assert(
      fc.property(start, fc.commands([anyCommand], { maxCommands: 150, size: 'max' }), (where, commands) => {
        const real = new Real(startRing(where));
        const model = new Model();
        join(model, real, 0, RingConsumer.join(real.ring, 0));
        model.producers.push({ producer: attach(real.ring), gone: false });
        fc.modelRun(() => ({ model, real }), commands);
        finish(model, real);
        figures.commands += [...commands].length;
        figures.records += model.messages;
      }),
      {
        numRuns: RUNS,
        ...(process.env.RINGCAST_MODEL_SEED && { seed: Number(process.env.RINGCAST_MODEL_SEED) }),
      },
    );
    process.stdout.write(
      `ring model: ${RUNS} runs, ${figures.commands} commands, ${figures.records} records\n`,
    );
  });
});
