/**
 * A producer's thread that stops dead ahead of each single step of a post, and is killed there, or paused and resumed.
 *
 * | ahead of            | killed               | paused, then resumed |
 * |---------------------|----------------------|----------------------|
 * | the commit          | no trace of a record | the record, whole    |
 * | a step after it     | the record, whole    | the record, whole    |
 *
 * Always: other producers and all service threads go on meanwhile; the lane comes back; the counters agree.
 */
import { LaneWord, type RingMemory, type RingProducer, RoomWaiter, sumLanes } from '../../src/shared/ring';
import { LaneState } from '../../src/shared/ring/lanes';
import { Word } from '../../src/shared/ring/layout';
import { attach, cursorOf, ownerOf, pattern, post, startLane, startRing, tailOf } from '../support/ring';
import { nextMessage, Threads, until } from '../support/threads';
import type { ShownRecord } from './workers/consumer';
import { ConsumerWord } from './workers/consumer-loop';
import type { StepperData } from './workers/stepper';
import { StepperWord } from './workers/stepper-words';

const threads = new Threads();
afterEach(() => threads.endAll());
afterAll(() => threads.removeFiles());

const RING_ID = 'steps';
const OTHERS = 100;

interface Scene {
  ring: RingMemory;
  seen: ShownRecord[][];
  other: RingProducer;
  waiter: RoomWaiter;
}

/** Two service threads, and a producer in this thread that goes on whatever happens to the one that stops. */
async function setUp(): Promise<Scene> {
  const ring = startRing({
    laneBytes: 2048,
    maxProducers: 2,
    position: 2 ** 31 - 4096,
    stamp: 2 ** 32 - 1_000,
  });
  startLane(ring, 1, 2 ** 32 - 4096);
  const words = new SharedArrayBuffer(4 * 8 * ConsumerWord.WORDS);
  const seen: ShownRecord[][] = [[], []];
  for (const slot of [0, 1]) {
    const consumer = threads.start('consumer', {
      ring: ring.buffer,
      ringId: RING_ID,
      slot,
      words,
      mode: 'show',
    });
    await nextMessage(consumer);
    consumer.on('message', (record: ShownRecord) => seen[slot].push(record));
  }
  const other = attach(ring);
  return { ring, seen, other, waiter: new RoomWaiter(other) };
}

async function runStep(
  scene: Scene,
  shape: Pick<StepperData, 'padded' | 'data'>,
  stopAt: number,
  kill: boolean,
) {
  const { ring, seen, other, waiter } = scene;
  const control = new Int32Array(new SharedArrayBuffer(64));
  const lane = 1 - other.lane;
  for (const each of seen) each.length = 0;
  const worker = threads.start('stepper', {
    ring: ring.buffer,
    ringId: RING_ID,
    stopAt,
    control: control.buffer,
    ...shape,
  });
  await nextMessage(worker);
  const caughtUp = () => [0, 1].every((slot) => cursorOf(ring, lane, slot) === tailOf(ring, lane));
  await until(
    () => caughtUp() && Atomics.load(ring.words, Word.SLEEPERS) === 0b11,
    'both service threads asleep',
  );
  const tail = tailOf(ring, lane);
  const finished = nextMessage<{ result: string; names: string[] }>(worker).catch(() => undefined);
  let done: { result: string; names: string[] } | undefined;
  void finished.then((message) => {
    done = message;
  });
  Atomics.store(control, StepperWord.GO, 1);
  Atomics.notify(control, StepperWord.GO);
  await until(() => done !== undefined || Atomics.load(control, StepperWord.STOPPED) === 1, 'the step');
  const stopped = done === undefined;
  const committed = tailOf(ring, lane) !== tail;

  // The others go on: more than the lane holds, so both service threads must take and release.
  for (let n = 0; n < OTHERS; n++) {
    expect(
      await waiter.waitAsync(0, () => post(other, pattern(n * 3, n), { ticket: 1000 + n }), 20_000),
    ).toBe('posted');
  }
  const fromOther = (records: ShownRecord[]) => records.filter((record) => record.lane === other.lane);
  const mine = (records: ShownRecord[]) => records.filter((record) => record.ticket === 2);
  await until(
    () => seen.every((each) => fromOther(each).length === OTHERS),
    'the records of the other producer',
  );

  if (kill) await worker.terminate();
  else {
    Atomics.store(control, StepperWord.RESUME, 1);
    Atomics.notify(control, StepperWord.RESUME);
    expect((await finished)?.result).toBe('posted');
    await until(() => seen.every((each) => mine(each).length === 1), 'the record of the paused producer');
    await worker.terminate();
  }
  await until(() => ownerOf(ring, lane) === LaneState.FREE, 'the lane comes back');
  const expected = kill && !committed ? 0 : 1;
  await until(() => seen.every((each) => mine(each).length >= expected), 'the committed record');
  for (const each of seen) {
    expect(mine(each).map(({ payload }) => Buffer.from(payload))).toEqual(
      Array.from({ length: expected }, () => Buffer.from(shape.data as string)),
    );
    expect(fromOther(each).map(({ ticket }) => ticket)).toEqual(
      Array.from({ length: OTHERS }, (_, n) => 1000 + n),
    );
    expect(fromOther(each).every(({ payload }, n) => Buffer.from(payload).equals(pattern(n * 3, n)))).toBe(
      true,
    );
  }
  expect(sumLanes(ring, LaneWord.POSTED)).toBe(sumLanes(ring, LaneWord.DRAINED));
  return { stopped, committed, names: (await finished)?.names };
}

const shapes: [string, Pick<StepperData, 'padded' | 'data'>][] = [
  ['a record', { padded: false, data: pattern(500) }],
  ['a record behind padding', { padded: true, data: pattern(500) }],
  ['a text of several bytes a character', { padded: false, data: 'tést €😀'.repeat(20) }],
];

describe.each(shapes)('%s, of a producer that stops ahead of any step of its post', (_, shape) => {
  it('is seen whole or not at all if the thread is killed there, and nobody else is touched', async () => {
    const scene = await setUp();
    const committed: boolean[] = [];
    for (let step = 1; ; step++) {
      const outcome = await runStep(scene, shape, step, true);
      if (!outcome.stopped) break;
      committed.push(outcome.committed);
    }
    // Load of the mask, its cursors, the copy, the stamp, the commit; then the mask of sleepers, two bells.
    expect(committed.length).toBeGreaterThanOrEqual(8);
    expect(committed).toEqual([...committed].sort()); // false … false, true … true
    expect(new Set(committed)).toEqual(new Set([false, true]));
  });

  it('delays nobody while it is paused there, and arrives whole when it goes on', async () => {
    const scene = await setUp();
    let stops = 0;
    for (let step = 1; ; step++) {
      const outcome = await runStep(scene, shape, step, false);
      if (!outcome.stopped) break;
      stops++;
    }
    expect(stops).toBeGreaterThanOrEqual(8);
  });
});
