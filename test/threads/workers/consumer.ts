/** A service thread that shows the test every record, or only how late it was. */
import { parentPort, workerData } from 'node:worker_threads';
import { RingConsumer, RingMemory, type RingRecord } from '../../../src/shared/ring';
import { ConsumerWord, startLoop } from './consumer-loop';

export interface ConsumerData {
  ring: SharedArrayBuffer;
  ringId: string;
  slot: number;
  words: SharedArrayBuffer;
  /** `show`: each record as a message. `time`: only the longest time from commit to drain, as the payload tells it. */
  mode: 'show' | 'time';
}

export interface ShownRecord {
  lane: number;
  ticket: number;
  stamp: number;
  payload: Uint8Array;
}

const { ring: buffer, ringId, slot, words: shared, mode } = workerData as ConsumerData;
const ring = new RingMemory(buffer);
const words = new Int32Array(shared);
const base = slot * ConsumerWord.WORDS;

function show({ lane, ticket, stamp, bytes, payloadOffset, payloadBytes }: RingRecord): void {
  const payload = bytes.slice(payloadOffset, payloadOffset + payloadBytes);
  parentPort?.postMessage({ lane, ticket, stamp, payload } satisfies ShownRecord);
}

let expected = 1;
function time({ ticket, bytes, payloadOffset }: RingRecord): void {
  if (ticket !== expected++) throw new Error(`record ${ticket} in place of ${expected - 1}`);
  const posted = new DataView(bytes.buffer).getBigInt64(payloadOffset);
  const us = Number((process.hrtime.bigint() - posted) / 1_000n);
  if (us > words[base + ConsumerWord.LATEST_US]) words[base + ConsumerWord.LATEST_US] = us;
}

const loop = startLoop({
  ring,
  ringId,
  consumer: RingConsumer.join(ring, slot),
  words,
  base,
  take: mode === 'show' ? show : time,
});
parentPort?.on('message', () => {
  loop.stop();
  parentPort?.close();
});
parentPort?.postMessage('ready');
