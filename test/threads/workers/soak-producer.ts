/** A producer of the soak: posts at full speed, with naps now and then, until it is told to stop, or is killed. */
import { parentPort, workerData } from 'node:worker_threads';
import { HubError } from '../../../src/shared/errors';
import {
  attachToRing,
  LaneWord,
  NO_GATE,
  RecordKind,
  RingMemory,
  RoomWaiter,
} from '../../../src/shared/ring';
import {
  contentOf,
  crc32,
  EVIDENCE_BYTES,
  largestPayload,
  randomFrom,
  SEATS,
  Soak,
  type SoakData,
} from './soak-plan';

const {
  ring: buffer,
  ringId,
  words: shared,
  seed,
  seat,
  hurry,
} = workerData as SoakData & { seat: number; hurry?: boolean };
const ring = new RingMemory(buffer);
const words = new Int32Array(shared);
const random = randomFrom(seed);
const nowhere = new Int32Array(new SharedArrayBuffer(4));
const largest = largestPayload(ring.laneBytes);

/** Whether the last wait for room ended by its time, and on which value of the space word. */
let timedOut = false;
let waitedOn = 0;
const wait = Atomics.wait;
Atomics.wait = ((array: Int32Array, index: number, value: number, timeout?: number) => {
  const result = wait(array, index, value, timeout);
  timedOut = result === 'timed-out' && (timeout ?? 0) >= 99;
  waitedOn = value;
  return result;
}) as typeof Atomics.wait;

function attach() {
  for (;;) {
    try {
      const attachment = attachToRing(ring, ringId);
      if (attachment === undefined) throw new Error('the ring is closed');
      return attachment;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      Atomics.add(words, Soak.CROWDED, 1); // a lane whose last owner's records are still to be taken by some service thread
    }
  }
}

const { producer, port } = attach();
const waiter = new RoomWaiter(producer);
const spaceWord = ring.laneWord(producer.lane, LaneWord.SPACE);
const waitingWord = ring.laneWord(producer.lane, LaneWord.WAITING);

/** A slice of waiting ended by time, and there was room: then somebody made room, and must be about to wake us. */
function expectWakeUp(): void {
  const deadline = performance.now() + 10_000;
  while (Atomics.load(words, Soak.STOP) === 0 && performance.now() < deadline) {
    if (Atomics.load(ring.words, spaceWord) !== waitedOn || Atomics.load(ring.words, waitingWord) === 0)
      return;
    wait(nowhere, 0, 0, 1);
  }
  if (performance.now() >= deadline) Atomics.add(words, Soak.LOST_WAKE_UPS, 1);
}

const payload = Buffer.alloc(largest);

function post(number: number): boolean {
  const content = contentOf(seat, number, largest);
  let data: string | Uint8Array;
  if (content.text !== undefined) data = content.text;
  else {
    let at = 0;
    if (content.evidence) {
      for (let other = 0; other < SEATS; other++) {
        payload.writeInt32LE(Atomics.load(words, Soak.RETURNED + other), 4 * other);
      }
      payload.writeUInt32LE(crc32(payload, 0, EVIDENCE_BYTES - 4), EVIDENCE_BYTES - 4);
      at = EVIDENCE_BYTES;
    }
    content.fill.copy(payload, at);
    data = payload.subarray(0, content.bytes);
  }
  Atomics.store(words, Soak.ATTEMPTED + seat, number);
  const kind = typeof data === 'string' ? RecordKind.TEXT : RecordKind.BINARY;
  let tries = 0;
  timedOut = false;
  const result = waiter.wait(() => {
    tries++;
    return producer.tryPost(kind, seat, data, NO_GATE, { ticket: number });
  }, 30_000);
  if (tries > 1) Atomics.add(words, Soak.WAITED, 1);
  if (result !== 'posted') {
    Atomics.add(words, Soak.STALLS, 1);
    return false;
  }
  Atomics.store(words, Soak.RETURNED + seat, number);
  if (timedOut) expectWakeUp();
  return true;
}

/** After how many posts it may be killed: it goes on posting meanwhile. */
const killable = Math.floor(150 * random() ** 2);
/** A quiet producer lets the service threads fall asleep between its posts. */
const quiet = random() < 0.1;
let burst = 0;
let posts = 0;
for (
  let number = Atomics.load(words, Soak.ATTEMPTED + seat) + 1;
  Atomics.load(words, Soak.STOP) === 0;
  number++
) {
  if (posts++ === killable) parentPort?.postMessage('kill me');
  if (!post(number)) break;
  if (!hurry && --burst <= 0) {
    burst = quiet ? 4 * random() : 300 * random();
    wait(nowhere, 0, 0, quiet ? 3 * random() : random());
  }
}
producer.close();
port.close();
