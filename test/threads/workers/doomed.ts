/**
 * A producer's thread that posts until it is killed. It tells by shared memory which number it is about to post, and which
 * one's post has returned `'posted'`.
 */
import { workerData } from 'node:worker_threads';
import { crc32 } from '../../../src/shared/load/crc32';
import { attachProducer, type ProducerHandle } from '../../../src/shared/producer';
import { DoomedWord } from './doomed-words';

export interface DoomedData {
  ringcast: ProducerHandle;
  seat: number;
  words: Int32Array;
  seed: number;
}

const { seat, words, seed } = workerData as DoomedData;
const producer = attachProducer();
const at = seat * DoomedWord.WORDS;
const nowhere = new Int32Array(new SharedArrayBuffer(4));
let state = seed | 1;
const random = (below: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return (state >>> 8) % below;
};

for (;;) {
  const number = Atomics.add(words, at + DoomedWord.BEGUN, 1) + 1;
  const payload = Buffer.alloc(12 + random(600), number & 0xff);
  payload.writeInt32LE(seat, 0);
  payload.writeInt32LE(number, 4);
  payload.writeInt32LE(crc32(payload, 12, payload.length) | 0, 8);
  while (producer.postWait('doomed', payload) !== 'posted');
  Atomics.store(words, at + DoomedWord.POSTED, number);
  Atomics.notify(words, at + DoomedWord.POSTED);
  if (random(50) === 0) Atomics.wait(nowhere, 0, 0, 1);
}
