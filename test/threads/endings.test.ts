/** However the thread of a producer ends, what it committed is drained and its lane comes back. */
import { HubErrorCode } from '../../src/shared/errors';
import {
  attachToRing,
  closeRing,
  LaneWord,
  RingConsumer,
  type RingMemory,
  sumLanes,
} from '../../src/shared/ring';
import { LaneState } from '../../src/shared/ring/lanes';
import { ownerOf, startRing } from '../support/ring';
import { nextMessage, Threads, until } from '../support/threads';
import type { ShownRecord } from './workers/consumer';
import { ConsumerWord } from './workers/consumer-loop';
import type { ProducerData } from './workers/producer';

const threads = new Threads();
afterEach(() => threads.endAll());
afterAll(() => threads.removeFiles());

const RING_ID = 'endings';

/** A ring with a service thread that keeps its lanes. */
async function setUp(maxProducers = 2) {
  const ring = startRing({ laneBytes: 8192, maxProducers, position: 2 ** 32 - 1024 });
  const words = new Int32Array(new SharedArrayBuffer(4 * 8 * ConsumerWord.WORDS));
  const seen: ShownRecord[] = [];
  const keeper = threads.start('consumer', {
    ring: ring.buffer,
    ringId: RING_ID,
    slot: 0,
    words: words.buffer,
    mode: 'show',
  });
  await nextMessage(keeper);
  keeper.on('message', (record: ShownRecord) => seen.push(record));
  return { ring, words, seen };
}

function produce(ring: RingMemory, data: Partial<ProducerData>, mayFail = false) {
  return threads.start(
    'producer',
    { ring: ring.buffer, ringId: RING_ID, records: 50, end: 'stay', ...data },
    { mayFail, ...(data.end === 'out of memory' && { resourceLimits: { maxOldGenerationSizeMb: 16 } }) },
  );
}

const allFree = (ring: RingMemory) =>
  Array.from({ length: ring.maxProducers }, (_, lane) => ownerOf(ring, lane)).every(
    (owner) => owner === LaneState.FREE,
  );

describe('a producer whose thread ends', () => {
  it.each([
    ['by closing', 'close'],
    ['at the end of its script', 'end of script'],
    ['by process.exit', 'exit'],
    ['by an error that nobody caught', 'throw'],
    ['by terminate', 'terminate'],
    ['for lack of memory', 'out of memory'],
  ] as const)('%s has all that it committed drained, and its lane comes back', async (_, end) => {
    const { ring, seen } = await setUp();
    const worker = produce(ring, { end }, end === 'throw' || end === 'out of memory');
    if (end === 'terminate') {
      await nextMessage(worker);
      await worker.terminate();
    }
    if (end === 'close') await nextMessage(worker);
    await until(() => seen.length === 50 && allFree(ring), 'records and lane');
    expect(seen.map(({ ticket, payload }) => `${ticket}: ${Buffer.from(payload)}`)).toEqual(
      Array.from({ length: 50 }, (_, i) => `${i + 1}: record ${i + 1}`),
    );
    expect(sumLanes(ring, LaneWord.POSTED)).toBe(50);
    expect(sumLanes(ring, LaneWord.DRAINED)).toBe(50);
  });

  it('while it attaches, at whatever moment, leaves no lane that nobody gives back', async () => {
    const { ring } = await setUp(4);
    for (let round = 0; round < 25; round++) {
      const workers = [0, 1, 2, 3].map(() => produce(ring, { records: 1 }));
      await new Promise((resolve) => setTimeout(resolve, (round * 7) % 40));
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    await until(() => allFree(ring), 'all lanes free');
    expect(sumLanes(ring, LaneWord.POSTED)).toBe(sumLanes(ring, LaneWord.DRAINED));
  });
});

describe('attaching', () => {
  it('throws TOO_MANY_PRODUCERS when every lane has an owner, and works again once one is gone', async () => {
    const { ring } = await setUp(1);
    const first = produce(ring, {});
    await nextMessage(first);
    const second = produce(ring, {});
    expect(await nextMessage(second)).toEqual({
      code: HubErrorCode.TOO_MANY_PRODUCERS,
      message: 'all 1 lanes have a producer: raise ring.maxProducers, or close producers that are done',
    });
    expect(HubErrorCode.TOO_MANY_PRODUCERS).toBe('RINGCAST_E_TOO_MANY_PRODUCERS');
    await first.terminate();
    await until(() => allFree(ring), 'the lane');
    expect(await nextMessage(produce(ring, {}))).toEqual({ lane: 0 });
  });

  it('waits in a worker for a lane whose owner is just going', async () => {
    const { ring } = await setUp(1);
    const first = produce(ring, {});
    await nextMessage(first);
    const go = new SharedArrayBuffer(4);
    const second = produce(ring, { go });
    Atomics.store(new Int32Array(go), 0, 1);
    Atomics.notify(new Int32Array(go), 0);
    void first.terminate();
    expect(await nextMessage(second)).toEqual({ lane: 0 });
  });

  it('works while the main thread is blocked, and the lane still comes back afterwards', async () => {
    const { ring, words, seen } = await setUp();
    const go = new Int32Array(new SharedArrayBuffer(4));
    const worker = produce(ring, { go: go.buffer as SharedArrayBuffer, records: 3 });
    await new Promise((resolve) => worker.once('online', resolve));
    Atomics.store(go, 0, 1);
    Atomics.notify(go, 0);
    // From here this thread, the main one, blocks until the service thread has drained.
    const deadline = performance.now() + 20_000;
    while (Atomics.load(words, ConsumerWord.TAKEN) < 3 && performance.now() < deadline) {
      Atomics.wait(words, ConsumerWord.TAKEN, Atomics.load(words, ConsumerWord.TAKEN), 1_000);
    }
    expect(Atomics.load(words, ConsumerWord.TAKEN)).toBe(3);
    await nextMessage(worker);
    await worker.terminate();
    await until(() => allFree(ring) && seen.length === 3, 'the lane');
  });

  it('comes back for a thread that was born and died while the main thread was blocked', async () => {
    const { ring, words, seen } = await setUp();
    const go = new Int32Array(new SharedArrayBuffer(4));
    const worker = produce(ring, { go: go.buffer as SharedArrayBuffer, records: 3, end: 'exit' });
    await new Promise((resolve) => worker.once('online', resolve));
    Atomics.store(go, 0, 1);
    Atomics.notify(go, 0);
    const end = performance.now() + 300;
    while (performance.now() < end) Atomics.wait(words, ConsumerWord.LATEST_US, 0, 300);
    expect(Atomics.load(words, ConsumerWord.TAKEN)).toBeLessThanOrEqual(3);
    await until(() => allFree(ring) && seen.length === 3, 'the lane');
  });

  it('answers undefined on a ring that is closed', () => {
    const ring = startRing({ laneBytes: 256, maxProducers: 1 });
    RingConsumer.join(ring, 0);
    closeRing(ring);
    expect(attachToRing(ring, RING_ID)).toBeUndefined();
  });
});
