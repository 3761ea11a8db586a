/** A producer's thread that posts one record at a time, with random gaps between: the service falls asleep again and again. */
import { parentPort, workerData } from 'node:worker_threads';
import { attachToRing, NO_GATE, RecordKind, RingMemory } from '../../../src/shared/ring';

export interface PauserData {
  ring: SharedArrayBuffer;
  ringId: string;
  records: number;
  seed: number;
}

const { ring, ringId, records, seed } = workerData as PauserData;
const attachment = attachToRing(new RingMemory(ring), ringId);
if (attachment === undefined) throw new Error('the ring is closed');
const { producer, port } = attachment;
const nowhere = new Int32Array(new SharedArrayBuffer(4));
const payload = Buffer.alloc(8);
let state = seed;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return (state >>> 8) / 2 ** 24;
};

for (let n = 1; n <= records; n++) {
  payload.writeBigInt64BE(process.hrtime.bigint());
  while (producer.tryPost(RecordKind.BINARY, 1, payload, NO_GATE, { ticket: n }) !== 'posted');
  if (random() < 0.3) Atomics.wait(nowhere, 0, 0, 3 * random());
  else for (const end = performance.now() + 0.25 * random(); performance.now() < end; );
}
producer.close();
port.close();
parentPort?.postMessage('done');
