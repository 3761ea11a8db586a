/**
 * A producer's thread that stops dead ahead of one step of one post: every `Atomics` call of the post, and every copy
 * into the ring, is a step. Then it goes on or not, as the test wishes.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { attachToRing, LaneWord, NO_GATE, RecordKind, RingMemory } from '../../../src/shared/ring';
import { recordBytes } from '../../../src/shared/ring/record';
import { StepperWord } from './stepper-words';

export interface StepperData {
  ring: SharedArrayBuffer;
  ringId: string;
  /** Whether the record is to stand behind padding. Empty records before it take the tail there. */
  padded: boolean;
  data: string | Uint8Array;
  stopAt: number;
  control: SharedArrayBuffer;
}

const { ring: buffer, ringId, padded, data, stopAt, control } = workerData as StepperData;
const words = new Int32Array(control);
const { load, store, notify, wait } = Atomics;

const ring = new RingMemory(buffer);
const attachment = attachToRing(ring, ringId);
if (attachment === undefined) throw new Error('the ring is closed');
const { producer } = attachment;
const size = recordBytes(Buffer.byteLength(data));
for (;;) {
  const index = load(ring.words, ring.laneWord(producer.lane, LaneWord.TAIL)) & (ring.laneBytes - 1);
  if (index + size > ring.laneBytes === padded) break;
  producer.tryPost(RecordKind.BINARY, 1, new Uint8Array(0));
}
parentPort?.on('message', () => {});
parentPort?.postMessage('ready');
wait(words, StepperWord.GO, 0);

let steps = 0;
const names: string[] = [];
function hook(object: object, key: string): void {
  const table = object as Record<string, (...args: never[]) => unknown>;
  const original = table[key];
  table[key] = function (this: unknown, ...args: never[]) {
    names.push(key);
    if (++steps === stopAt) {
      store(words, StepperWord.STOPPED, 1);
      notify(words, StepperWord.STOPPED);
      while (load(words, StepperWord.RESUME) === 0) wait(words, StepperWord.RESUME, 0);
    }
    return original.apply(this, args);
  };
}
for (const key of ['load', 'store', 'add', 'compareExchange', 'notify']) hook(Atomics, key);
hook(Object.getPrototypeOf(Uint8Array.prototype), 'set');
hook(Buffer.prototype, 'write');
const result = producer.tryPost(
  typeof data === 'string' ? RecordKind.TEXT : RecordKind.BINARY,
  1,
  data,
  NO_GATE,
  { ticket: 2 },
);
parentPort?.postMessage({ result, names: [...names] });
