/** A service thread with nothing but its end of the ring: drains, sleeps at the doorbell, keeps the lanes in slot 0. */
import {
  Doorbell,
  LaneKeeper,
  type RingConsumer,
  type RingMemory,
  type RingRecord,
} from '../../../src/shared/ring';

/** Words that a consumer's thread tells the test by; each consumer has a run of them. */
export const ConsumerWord = {
  TAKEN: 0,
  SLEEPS: 1,
  /** How often only the safety net found work while the doorbell was armed. Expected: 0. */
  LOST_WAKE_UPS: 2,
  FENCED: 3,
  REPEATS: 4,
  JOINED: 5,
  GAPS: 6,
  LATEST_US: 7,
  WORDS: 16,
} as const;

const SAFETY_NET_MS = 1_000;

export interface ConsumerLoop {
  consumer: RingConsumer;
  stop(): void;
}

export interface LoopParts {
  ring: RingMemory;
  ringId: string;
  consumer: RingConsumer;
  words: Int32Array;
  /** Where this consumer's words start. */
  base: number;
  take: (record: RingRecord) => void;
  /** How many records the next turn may take. */
  budget?: () => number;
}

export function startLoop({
  ring,
  ringId,
  consumer,
  words,
  base,
  take,
  budget = () => 1_000,
}: LoopParts): ConsumerLoop {
  let scheduled = false;
  let stopped = false;
  let naps = 0;
  let napWithWork = -1;
  const schedule = () => {
    if (scheduled || stopped) return;
    scheduled = true;
    setImmediate(turn);
  };
  const keeper = consumer.slot === 0 ? new LaneKeeper(ring, ringId, schedule) : undefined;
  const doorbell = new Doorbell(ring, consumer.slot, schedule);

  /** Between the bell and the sleep: what the others do after it rings. */
  const look = (): boolean => {
    keeper?.reclaim();
    return consumer.hasWork();
  };

  function turn(): void {
    scheduled = false;
    if (stopped) return;
    doorbell.disarm();
    const taken = consumer.drain(take, { records: budget(), payloadBytes: Number.POSITIVE_INFINITY });
    if (taken > 0) {
      Atomics.add(words, base + ConsumerWord.TAKEN, taken);
      Atomics.notify(words, base + ConsumerWord.TAKEN);
    }
    Atomics.store(words, base + ConsumerWord.FENCED, consumer.lanesFenced);
    keeper?.reclaim();
    if (taken > 0 || !doorbell.arm(look)) schedule();
    else {
      naps++;
      Atomics.add(words, base + ConsumerWord.SLEEPS, 1);
    }
  }

  // Two looks, far apart, at one nap: in between, any ring that was under way has arrived.
  const safetyNet = setInterval(() => {
    const slept = doorbell.armed && consumer.hasWork();
    if (slept && napWithWork === naps) {
      Atomics.add(words, base + ConsumerWord.LOST_WAKE_UPS, 1);
      schedule();
    }
    napWithWork = slept ? naps : -1;
  }, SAFETY_NET_MS);

  schedule();
  return {
    consumer,
    stop() {
      stopped = true;
      clearInterval(safetyNet);
      doorbell.disarm();
      keeper?.close();
    },
  };
}
