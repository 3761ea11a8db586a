/** A producer's thread that posts a few records and then ends in one of all the ways in which a thread can end. */
import { parentPort, workerData } from 'node:worker_threads';
import { HubError } from '../../../src/shared/errors';
import { attachToRing, NO_GATE, RecordKind, RingMemory } from '../../../src/shared/ring';

export interface ProducerData {
  ring: SharedArrayBuffer;
  ringId: string;
  records: number;
  end: 'close' | 'exit' | 'throw' | 'terminate' | 'out of memory' | 'end of script' | 'stay';
  /** Word 0: wait until it is not 0 before attaching. */
  go?: SharedArrayBuffer;
}

const { ring: buffer, ringId, records, end, go } = workerData as ProducerData;

function main(): void {
  if (go !== undefined) Atomics.wait(new Int32Array(go), 0, 0);
  const attachment = attachToRing(new RingMemory(buffer), ringId);
  if (attachment === undefined) throw new Error('the ring is closed');
  const { producer, port } = attachment;
  for (let n = 1; n <= records; n++) {
    const result = producer.tryPost(RecordKind.BINARY, 1, Buffer.from(`record ${n}`), NO_GATE, { ticket: n });
    if (result !== 'posted') throw new Error(`record ${n}: ${result}`);
  }
  if (end === 'close') {
    producer.close();
    port.close();
  }
  if (end === 'exit') process.exit(3);
  if (end === 'throw') throw new Error('meant');
  if (end === 'out of memory') {
    const held: unknown[] = [];
    for (;;) held.push(new Array(10_000).fill(held.length));
  }
  if (end === 'close' || end === 'terminate' || end === 'stay') {
    parentPort?.on('message', () => {});
    parentPort?.postMessage({ lane: producer.lane });
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof HubError)) throw error;
  parentPort?.postMessage({ code: error.code, message: error.message });
}
