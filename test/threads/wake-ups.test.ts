/** The doorbell under single posts at random moments: the service falls asleep thousands of times, and no wake-up is lost. */
import { startRing } from '../support/ring';
import { nextMessage, Threads, until } from '../support/threads';
import { ConsumerWord } from './workers/consumer-loop';

const threads = new Threads();
afterEach(() => threads.endAll());
afterAll(() => threads.removeFiles());

const RECORDS = 20_000;

describe('a service thread that sleeps', () => {
  it('is woken by every single post, whatever the moment: no wake-up is lost, none needs the safety net', async () => {
    const seed = Date.now() & 0x7fff_ffff;
    const ring = startRing({
      laneBytes: 4096,
      maxProducers: 2,
      position: 2 ** 32 - 65_536,
      stamp: 2 ** 31 - 10_000,
    });
    const words = new Int32Array(new SharedArrayBuffer(4 * 8 * ConsumerWord.WORDS));
    const ringId = 'wake-ups';
    const slots = [0, 1];
    for (const slot of slots) {
      await nextMessage(
        threads.start('consumer', { ring: ring.buffer, ringId, slot, words: words.buffer, mode: 'time' }),
      );
    }
    const word = (slot: number, name: number) => words[slot * ConsumerWord.WORDS + name];
    const producer = threads.start('pauser', { ring: ring.buffer, ringId, records: RECORDS, seed });
    expect(await nextMessage(producer)).toBe('done');
    await until(
      () => slots.every((slot) => word(slot, ConsumerWord.TAKEN) === RECORDS),
      `all records (seed ${seed})`,
    );
    const naps = slots.map((slot) => word(slot, ConsumerWord.SLEEPS));
    const latest = slots.map((slot) => word(slot, ConsumerWord.LATEST_US));
    process.stdout.write(
      `wake-ups: seed ${seed}, ${RECORDS} posts, naps ${naps.join(' and ')}, longest from commit to drain ${latest.join(' and ')} µs\n`,
    );
    expect(slots.map((slot) => word(slot, ConsumerWord.LOST_WAKE_UPS))).toEqual([0, 0]);
    for (const slot of slots) {
      expect(word(slot, ConsumerWord.SLEEPS)).toBeGreaterThan(RECORDS / 100);
      expect(word(slot, ConsumerWord.LATEST_US)).toBeLessThan(5_000_000);
    }
  });
});
