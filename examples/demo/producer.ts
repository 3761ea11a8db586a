/** A producer thread of the demo: replays its share of the flights at a steady pace. Thread: a worker of the pool. */
import { attachProducer } from '../../src/shared/producer';
import { CHANNEL, loadFlights, serialise, shareOf, stampOf } from './flights';
import { Signals } from './signals';

export interface ProducerTask {
  /** This producer's number, from 0, of so many. */
  producer: number;
  producers: number;
  /** How many flights all producers replay together, and how many a second. */
  records: number;
  ratePerSecond: number;
  signals: SharedArrayBuffer;
}

/** What is due goes out together, this often, as from a feed: so it costs peers and hub fewer wake-ups. */
const BEAT_MS = 20;
const NS_PER_MS = 1e6;

/** @returns how many messages it posted */
export default function replay(task: ProducerTask): number {
  const { producer, producers, records, ratePerSecond } = task;
  const ring = attachProducer();
  const signals = new Signals(task.signals);
  const flights = shareOf(loadFlights(), producer, producers, records);
  signals.waitForAll(producers);
  const startedAtMs = nowMs();
  let posted = 0;
  for (const [sequence, flight] of flights.entries()) {
    const dueAtMs = startedAtMs + ((sequence * producers + producer) * 1000) / ratePerSecond;
    const earlyMs = Math.ceil(dueAtMs / BEAT_MS) * BEAT_MS - nowMs();
    if (earlyMs > 0) signals.sleep(earlyMs);
    if (signals.stopped) break;

    const [head, rest] = serialise(flight, producer, sequence);
    const result = ring.postWait(CHANNEL, head + stampOf(process.hrtime.bigint()) + rest);
    if (result === 'closed') break;
    if (result === 'full') throw new Error('the hub had no room for 30 s');
    posted++;
  }
  ring.close();
  return posted;
}

/** The monotonic clock that all threads share: `performance.now()` begins anew in each. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / NS_PER_MS;
}
