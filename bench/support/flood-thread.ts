/** A producer of the flood's benchmark: at a rate, or as fast as it can. */
import { parentPort, workerData } from 'node:worker_threads';
import { attachProducer } from '../../src/shared/producer';

const { everyMs, offsetMs, laneBytes } = workerData as {
  everyMs?: number;
  offsetMs: number;
  laneBytes?: number;
};
const producer = attachProducer(undefined, { laneBytes });
const payload = Buffer.alloc(128);
const nowhere = new Int32Array(new SharedArrayBuffer(4));

/** Messages after which it tells that it is warm. */
const WARM = { paced: 50, flooding: 20_000 };

if (everyMs === undefined) {
  for (let posted = 1; ; posted++) {
    producer.postWait('flood', payload);
    if (posted === WARM.flooding) parentPort?.postMessage('warm');
  }
}
for (let due = performance.now() + offsetMs, posted = 1; ; due += everyMs, posted++) {
  if (posted === WARM.paced) parentPort?.postMessage('warm');
  const left = due - performance.now();
  if (left > 0) Atomics.wait(nowhere, 0, 0, left);
  payload.writeBigInt64LE(process.hrtime.bigint(), 0);
  producer.postWait('ticks', payload);
}
