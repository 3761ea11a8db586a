/** A service thread of the soak: checks every byte of every record, the order, and that nothing is missing or repeated. */
import { parentPort, workerData } from 'node:worker_threads';
import { RecordKind, RingConsumer, RingMemory, type RingRecord } from '../../../src/shared/ring';
import { ConsumerWord, startLoop } from './consumer-loop';
import {
  consumerBase,
  contentOf,
  crc32,
  EVIDENCE_BYTES,
  gapWord,
  largestPayload,
  lastSeenWord,
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
  slot,
  restart,
} = workerData as SoakData & { slot: number; restart: boolean };
const ring = new RingMemory(buffer);
const words = new Int32Array(shared);
const base = consumerBase(slot);
const bytes = Buffer.from(buffer as unknown as ArrayBuffer);
const largest = largestPayload(ring.laneBytes);
const random = randomFrom(seed);
const lastSeen = words.subarray(lastSeenWord(slot), lastSeenWord(slot) + SEATS);
/** The last number that the thread before us had seen: up to there records may come again. */
const inherited = new Int32Array(SEATS);
const lastRepeat = new Int32Array(SEATS);
const laneIsFresh = new Uint8Array(ring.maxProducers);
/** A newcomer's first record of each seat: at most this number, and above all that others' evidence named. */
const firstAtMost = new Int32Array(SEATS).fill(-1);
const named = new Int32Array(SEATS).fill(-1);

let consumer: RingConsumer;
if (restart) {
  consumer = RingConsumer.takeOver(ring, slot);
  if (words[base + ConsumerWord.JOINED] !== 0) inherited.set(lastSeen);
  else begin();
} else {
  consumer = RingConsumer.join(ring, slot);
  begin();
}

/** Just joined: whatever is posted from now on must come. */
function begin(): void {
  for (let seat = 0; seat < SEATS; seat++) {
    firstAtMost[seat] = Atomics.load(words, Soak.ATTEMPTED + seat) + 1;
    lastSeen[seat] = -1;
  }
  Atomics.store(words, base + ConsumerWord.JOINED, 1);
}

function noteGap(seat: number, from: number, to: number): void {
  const gap = words[base + ConsumerWord.GAPS];
  words.set([seat, from, to], gapWord(slot, gap));
  words[base + ConsumerWord.GAPS] = gap + 1;
}

function fail(record: RingRecord, what: string): never {
  throw new Error(
    `slot ${slot}, lane ${record.lane}, seat ${record.channel}, record ${record.ticket}: ${what}`,
  );
}

function checkPlace(record: RingRecord): void {
  const { channel: seat, ticket: number, lane } = record;
  const last = lastSeen[seat];
  if (last === -1) {
    if (number <= named[seat])
      fail(record, `a newcomer saw it after a record whose post began when ${named[seat]} had returned`);
    if (firstAtMost[seat] !== -1 && number > firstAtMost[seat]) noteGap(seat, firstAtMost[seat], number - 1);
  } else if (number <= last) {
    // Seen before: by the thread whose place we took, which died before it stored that it had.
    if (number > inherited[seat] || laneIsFresh[lane] || number <= lastRepeat[seat])
      fail(record, `repeated, after ${last}`);
    lastRepeat[seat] = number;
    words[base + ConsumerWord.REPEATS]++;
    return;
  } else if (number !== last + 1) noteGap(seat, last + 1, number - 1);
  laneIsFresh[lane] = 1;
  lastSeen[seat] = number;
}

function checkContent(record: RingRecord): void {
  const { channel: seat, ticket: number, payloadOffset, payloadBytes } = record;
  const content = contentOf(seat, number, largest);
  const end = payloadOffset + payloadBytes;
  if (content.text !== undefined) {
    if (record.kind !== RecordKind.TEXT) fail(record, `kind ${record.kind}`);
    if (!bytes.subarray(payloadOffset, end).equals(Buffer.from(content.text)))
      fail(record, 'its text is torn');
    return;
  }
  if (record.kind !== RecordKind.BINARY) fail(record, `kind ${record.kind}`);
  if (payloadBytes !== content.bytes) fail(record, `${payloadBytes} bytes in place of ${content.bytes}`);
  let at = payloadOffset;
  if (content.evidence) {
    at += EVIDENCE_BYTES;
    if (crc32(bytes, payloadOffset, at - 4) !== bytes.readUInt32LE(at - 4))
      fail(record, 'its evidence is torn');
    checkOrder(record);
  }
  if (!bytes.subarray(at, end).equals(content.fill)) fail(record, 'its bytes are torn');
}

/** A post that returned before another began goes out before it. */
function checkOrder(record: RingRecord): void {
  for (let seat = 0; seat < SEATS; seat++) {
    const returned = bytes.readInt32LE(record.payloadOffset + 4 * seat);
    if (lastSeen[seat] === -1) {
      if (returned > named[seat]) named[seat] = returned;
    } else if (returned > lastSeen[seat]) {
      fail(
        record,
        `seen before record ${returned} of seat ${seat}, which had returned (last seen ${lastSeen[seat]})`,
      );
    }
  }
}

const loop = startLoop({
  ring,
  ringId,
  consumer,
  words,
  base,
  take: (record) => {
    if (record.channel < 0 || record.channel >= SEATS) fail(record, 'no such seat');
    checkContent(record);
    checkPlace(record);
  },
  budget: () => 1 + Math.floor(random() ** 2 * 500),
});

parentPort?.on('message', (message: 'leave' | 'stop') => {
  if (message === 'leave') {
    Atomics.store(words, base + ConsumerWord.JOINED, 0);
    if (!consumer.leave()) throw new Error('refused to leave, though others gate');
  }
  loop.stop();
  parentPort?.close();
});
parentPort?.postMessage('ready');
