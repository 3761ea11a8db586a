/**
 * What the threads of the soak agree on: where their words are, and what every record holds. A record's content follows
 * from its seat and its number alone, so that a service thread can check every byte; only the evidence of order is its own.
 */
import { recordBytes } from '../../../src/shared/ring/record';
import { ConsumerWord } from './consumer-loop';

export const SEATS = 8;
export const CONSUMERS = 3;
/** Gaps that one service thread may note: (seat, first, last) each. */
const MAX_GAPS = 20_000;

/**
 * A seat is a place for a producer: when its thread was killed, another goes on with the next number. `ATTEMPTED` is stored
 * before a post begins, `RETURNED` after it returned, so a killed thread leaves at most one number in doubt.
 */
export const Soak = {
  STOP: 0,
  /** Posts that found no room for 30 s. */
  STALLS: 1,
  /** Waiting producers that nobody woke though there was room. */
  LOST_WAKE_UPS: 2,
  WAITED: 3,
  CROWDED: 4,
  ATTEMPTED: 32,
  RETURNED: 64,
  CONSUMERS: 128,
} as const;

const LAST_SEEN = Soak.CONSUMERS + CONSUMERS * ConsumerWord.WORDS;
const GAPS = LAST_SEEN + CONSUMERS * SEATS;
export const SOAK_WORDS = GAPS + CONSUMERS * MAX_GAPS * 3;

export const lastSeenWord = (slot: number) => LAST_SEEN + slot * SEATS;
export const gapWord = (slot: number, gap: number) => GAPS + (slot * MAX_GAPS + gap) * 3;
export const consumerBase = (slot: number) => Soak.CONSUMERS + slot * ConsumerWord.WORDS;

/** Bytes of the evidence: what was the last number returned at each seat when this post began, and a check sum. */
export const EVIDENCE_BYTES = 4 * SEATS + 4;

const TEXT = 'plain, tést, €uro, 中文字, 😀𝄞, '.repeat(400);
const TEMPLATE = Buffer.alloc(65_536);
for (let i = 0, state = 12_345; i < TEMPLATE.length; i++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
  TEMPLATE[i] = state >>> 16;
}

function hash(seat: number, number: number): number {
  let h = Math.imul(number ^ (seat << 27), 0x9e37_79b1);
  h = Math.imul(h ^ (h >>> 15), 0x85eb_ca6b);
  return (h ^ (h >>> 13)) >>> 0;
}

export interface Content {
  /** The whole payload of a text record. */
  text: string | undefined;
  /** Length of the payload of a binary record, and whether it starts with evidence. */
  bytes: number;
  evidence: boolean;
  /** What follows the evidence. */
  fill: Buffer;
}

/** What record `number` of `seat` holds: sizes from 0 to `largest`. */
export function contentOf(seat: number, number: number, largest: number): Content {
  const h = hash(seat, number);
  const rest = h >>> 4;
  let bytes: number;
  switch (h & 15) {
    case 0:
      bytes = 0;
      break;
    case 1:
      bytes = rest % EVIDENCE_BYTES;
      break;
    case 2: {
      const units = rest % Math.floor(largest / 3);
      const from = rest % 1000;
      return { text: TEXT.slice(from, from + units), bytes: 0, evidence: false, fill: TEMPLATE };
    }
    case 3:
      bytes = largest;
      break;
    case 4:
      bytes = largest - (rest % 9);
      break;
    case 5:
    case 6:
      bytes = rest % largest;
      break;
    default:
      bytes = EVIDENCE_BYTES + (rest % 200);
  }
  const evidence = bytes >= EVIDENCE_BYTES;
  const length = evidence ? bytes - EVIDENCE_BYTES : bytes;
  const from = rest % (TEMPLATE.length - length);
  return { text: undefined, bytes, evidence, fill: TEMPLATE.subarray(from, from + length) };
}

export const largestPayload = (laneBytes: number) => laneBytes / 2 - recordBytes(0);

const CRC_TABLE = new Int32Array(256).map((_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb8_8320 ^ (c >>> 1) : c >>> 1;
  return c;
});

export function crc32(bytes: Uint8Array, from: number, to: number): number {
  let crc = -1;
  for (let i = from; i < to; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

export interface SoakData {
  ring: SharedArrayBuffer;
  ringId: string;
  words: SharedArrayBuffer;
  seed: number;
}

/** Numbers from 0 to 1 that follow from a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}
