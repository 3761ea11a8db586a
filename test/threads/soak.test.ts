/**
 * The ring under everything at once: 8 producers and 3 service threads in real threads, small lanes, producers killed at
 * random in the middle of posting, service threads that join, leave, die and are restarted.
 *
 * Acceptable, for each record: seen once by every service thread that gates throughout, in the order of the guarantee;
 * not at all, if its thread was killed before the commit; twice, by a service thread that was restarted.
 */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { LaneWord, type RingMemory, sumLanes } from '../../src/shared/ring';
import { LaneState } from '../../src/shared/ring/lanes';
import { cursorOf, ownerOf, startLane, startRing, tailOf } from '../support/ring';
import { nextMessage, Threads, until } from '../support/threads';
import { ConsumerWord } from './workers/consumer-loop';
import {
  CONSUMERS,
  consumerBase,
  gapWord,
  lastSeenWord,
  randomFrom,
  SEATS,
  SOAK_WORDS,
  Soak,
} from './workers/soak-plan';

const threads = new Threads();
afterEach(() => threads.endAll());
afterAll(() => threads.removeFiles());

const LANE_BYTES = 4096;
const KILLS = Number(process.env.RINGCAST_SOAK_KILLS ?? 1_000);
const WRAPS = 100;
const FULL_SPEED_RECORDS = 300_000;
/** It stops there, whatever it has reached: then the figures fail the test. */
const LIMIT_MS = Number(process.env.RINGCAST_SOAK_LIMIT_MS ?? 300_000);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const slots = Array.from({ length: CONSUMERS }, (_, slot) => slot);

/** What `slot` did not see, of all that it should have: `seat:number`. */
function missingOf(words: Int32Array, slot: number): Set<string> {
  const numbers = new Set<string>();
  for (let gap = 0; gap < words[consumerBase(slot) + ConsumerWord.GAPS]; gap++) {
    const [seat, from, to] = words.subarray(gapWord(slot, gap), gapWord(slot, gap) + 3);
    for (let number = from; number <= to; number++) numbers.add(`${seat}:${number}`);
  }
  for (let seat = 0; seat < SEATS; seat++) {
    const last = words[lastSeenWord(slot) + seat];
    if (last === -1) continue;
    for (let number = last + 1; number <= words[Soak.ATTEMPTED + seat]; number++)
      numbers.add(`${seat}:${number}`);
  }
  return numbers;
}

/** Every number that is missing anywhere was in doubt, and missing everywhere. */
function checkNumbers(words: Int32Array, inDoubt: Set<string>): void {
  const missing = slots.map((slot) => missingOf(words, slot));
  expect(missing.flatMap((numbers) => [...numbers]).filter((number) => !inDoubt.has(number))).toEqual([]);
  // Slot 0 was there all the time: what it missed was never committed.
  for (const slot of [1, 2])
    expect([...missing[slot]].filter((number) => !missing[0].has(number))).toEqual([]);
}

/** What was taken is what was attempted, less what was never committed; and the ring counted the same. */
function checkCounters(ring: RingMemory, words: Int32Array): void {
  const attempted = words.subarray(Soak.ATTEMPTED, Soak.ATTEMPTED + SEATS).reduce((a, b) => a + b);
  const taken = words[consumerBase(0) + ConsumerWord.TAKEN];
  expect(taken).toBe(attempted - missingOf(words, 0).size);
  expect(sumLanes(ring, LaneWord.DRAINED)).toBe(taken);
  expect(sumLanes(ring, LaneWord.POSTED)).toBe(taken);
}

/** Everybody has everything, and every lane is free again. */
function atRest(ring: RingMemory): boolean {
  return Array.from({ length: ring.maxProducers }, (_, lane) => lane).every(
    (lane) =>
      ownerOf(ring, lane) === LaneState.FREE &&
      slots.every((slot) => cursorOf(ring, lane, slot) === tailOf(ring, lane)),
  );
}

async function stop(consumers: Worker[]): Promise<void> {
  for (const consumer of consumers) {
    const ended = once(consumer, 'exit');
    consumer.postMessage('stop');
    await ended;
  }
}

describe('8 producers and 3 service threads', () => {
  it('lose, tear, repeat, overtake and stall nothing while they are killed and restarted at random', async () => {
    const seed = Number(process.env.RINGCAST_SOAK_SEED ?? Date.now() & 0x7fff_ffff);
    const random = randomFrom(seed);
    const began = performance.now();
    const ring = startRing({ laneBytes: LANE_BYTES, maxProducers: SEATS, stamp: 2 ** 32 - 20_000 });
    // Half of the lanes pass 2^31 soon, the others 2^32.
    const starts = Array.from(
      { length: SEATS },
      (_, lane) => (lane % 2 === 0 ? 2 ** 31 : 2 ** 32) - 50 * LANE_BYTES - 8 * lane,
    );
    for (const [lane, start] of starts.entries()) startLane(ring, lane, start);
    const words = new Int32Array(new SharedArrayBuffer(4 * SOAK_WORDS));
    const common = { ring: ring.buffer, ringId: 'soak', words: words.buffer };
    const newSeed = () => Math.floor(random() * 2 ** 31);
    const kills = { producers: 0, attaching: 0, consumers: 0 };
    const rounds = { joins: 0, leaves: 0, ends: 0 };
    /** Numbers that a killed thread had begun to post, but not seen return: `seat:number`. */
    const inDoubt = new Set<string>();
    const stopping = () => Atomics.load(words, Soak.STOP) !== 0;

    const startConsumer = async (slot: number, restart: boolean) => {
      const worker = threads.start('soak-consumer', { ...common, slot, restart, seed: newSeed() });
      worker.setMaxListeners(20);
      await nextMessage(worker);
      return worker;
    };

    /** A thread takes the seat, posts, and is killed at a random moment; then another. */
    const runSeat = async (seat: number) => {
      while (!stopping()) {
        const worker = threads.start('soak-producer', { ...common, seat, seed: newSeed() });
        const ended = once(worker, 'exit');
        if (random() < 0.05) {
          await pause(40 * random());
          await worker.terminate();
          kills.attaching++;
        } else {
          const posting = await Promise.race([
            once(worker, 'message').then(() => true),
            ended.then(() => false),
          ]);
          if (!posting && !stopping())
            throw threads.failures[0] ?? new Error('a producer ended before it posted');
          if (stopping()) {
            await ended;
            return;
          }
          if (random() < 0.5) await pause(3 * random());
          await worker.terminate();
          kills.producers++;
        }
        const attempted = Atomics.load(words, Soak.ATTEMPTED + seat);
        if (attempted > Atomics.load(words, Soak.RETURNED + seat)) inDoubt.add(`${seat}:${attempted}`);
      }
    };

    /** A service thread that leaves and comes back, or is killed and its slot taken over. */
    const runConsumer = async (slot: number) => {
      let worker = await startConsumer(slot, false);
      while (!stopping()) {
        await pause(200 + 1_300 * random());
        if (stopping()) break;
        if (random() < 0.4) {
          const ended = once(worker, 'exit');
          worker.postMessage('leave');
          await ended;
          rounds.leaves++;
          await pause(50 * random());
          worker = await startConsumer(slot, false);
          rounds.joins++;
        } else {
          await worker.terminate();
          kills.consumers++;
          worker = await startConsumer(slot, true);
        }
      }
      return worker;
    };

    const wraps = () =>
      starts.map((start, lane) => Math.floor(((tailOf(ring, lane) - start) >>> 0) / LANE_BYTES));
    const first = await startConsumer(0, false);
    const others = Promise.all([1, 2].map(runConsumer));
    const seats = Promise.all(Array.from({ length: SEATS }, (_, seat) => runSeat(seat)));
    const enough = () => kills.producers >= KILLS && Math.min(...wraps()) >= WRAPS;
    const watch = until(
      () => enough() || threads.failures.length > 0 || performance.now() - began > LIMIT_MS,
      'the end of the soak',
      2 * LIMIT_MS,
    ).finally(() => Atomics.store(words, Soak.STOP, 1));
    let failure: unknown;
    let consumers: Worker[] = [first];
    try {
      await Promise.all([watch, seats, others]);
      consumers = [first, ...(await others)];
    } catch (error) {
      failure = error;
    } finally {
      Atomics.store(words, Soak.STOP, 1);
    }
    const word = (slot: number, name: number) => words[consumerBase(slot) + name];
    const sum = (name: number) => slots.reduce((so, slot) => so + word(slot, name), 0);
    const figures = () =>
      `soak: seed ${seed}, ${Math.round((performance.now() - began) / 1000)} s, ${word(0, ConsumerWord.TAKEN)} records, ` +
      `wraps a lane ${Math.min(...wraps())} to ${Math.max(...wraps())}, kills: ${kills.producers} posting, ${kills.attaching} attaching, ` +
      `${kills.consumers} service threads (${sum(ConsumerWord.REPEATS)} records again), ${rounds.leaves} left, ${rounds.joins} joined; ` +
      `${words[Soak.WAITED]} waits for room, ${sum(ConsumerWord.SLEEPS)} naps, ${words[Soak.CROWDED]} times no lane for 1 s`;
    if (failure !== undefined || threads.failures.length > 0) {
      throw new Error(figures(), { cause: threads.failures[0] ?? failure });
    }

    await until(() => atRest(ring), `all lanes drained and free; ${figures()}`);
    process.stdout.write(`${figures()}\n`);
    await stop(consumers);
    checkNumbers(words, inDoubt);
    checkCounters(ring, words);

    expect(sum(ConsumerWord.FENCED)).toBe(0);
    expect(words[Soak.STALLS]).toBe(0);
    expect(words[Soak.LOST_WAKE_UPS]).toBe(0);
    expect(sum(ConsumerWord.LOST_WAKE_UPS)).toBe(0);
    expect(word(0, ConsumerWord.REPEATS)).toBe(0);
    expect(kills.producers).toBeGreaterThanOrEqual(KILLS);
    expect(Math.min(...wraps())).toBeGreaterThanOrEqual(WRAPS);
    expect(kills.consumers).toBeGreaterThan(0);
    expect(rounds.joins).toBeGreaterThan(0);
  }, 400_000);

  it('keep the order of all producers at full speed', async () => {
    const seed = Number(process.env.RINGCAST_SOAK_SEED ?? Date.now() & 0x7fff_ffff);
    const random = randomFrom(seed);
    const laneBytes = 32_768;
    const start = 2 ** 32 - 100 * laneBytes;
    const ring = startRing({ laneBytes, maxProducers: SEATS, position: start, stamp: 2 ** 31 - 100_000 });
    const words = new Int32Array(new SharedArrayBuffer(4 * SOAK_WORDS));
    const common = () => ({
      ring: ring.buffer,
      ringId: 'full speed',
      words: words.buffer,
      seed: Math.floor(random() * 2 ** 31),
    });
    const consumers: Worker[] = [];
    for (const slot of slots) {
      consumers.push(threads.start('soak-consumer', { ...common(), slot, restart: false }));
      await nextMessage(consumers[slot]);
    }
    const ends: Promise<unknown>[] = [];
    for (let seat = 0; seat < SEATS; seat++) {
      ends.push(once(threads.start('soak-producer', { ...common(), seat, hurry: true }), 'exit'));
    }
    const wraps = () =>
      Array.from({ length: SEATS }, (_, lane) =>
        Math.floor(((tailOf(ring, lane) - start) >>> 0) / laneBytes),
      );
    const taken = () => words[consumerBase(0) + ConsumerWord.TAKEN];
    const began = performance.now();
    const enough = () => Math.min(...wraps()) >= 2 * WRAPS && taken() >= FULL_SPEED_RECORDS;
    await until(() => enough() || threads.failures.length > 0, 'two hundred wraps of each lane', LIMIT_MS);
    Atomics.store(words, Soak.STOP, 1);
    await Promise.all(ends);
    await until(() => threads.failures.length > 0 || atRest(ring), 'all lanes drained and free');
    const seconds = (performance.now() - began) / 1000;
    process.stdout.write(
      `full speed: seed ${seed}, ${taken()} records in ${seconds.toFixed(1)} s, wraps a lane ${Math.min(...wraps())} to ${Math.max(...wraps())}\n`,
    );
    expect(threads.failures).toEqual([]);
    await stop(consumers);
    checkNumbers(words, new Set());
    checkCounters(ring, words);
    expect([words[Soak.STALLS], words[Soak.LOST_WAKE_UPS]]).toEqual([0, 0]);
    for (const slot of slots) expect(words[consumerBase(slot) + ConsumerWord.LOST_WAKE_UPS]).toBe(0);
  }, 400_000);
});
