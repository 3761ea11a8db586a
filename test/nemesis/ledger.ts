/** Where producers in threads write down what they posted: survives the thread, not the process. */
import type { ProducerHandle } from '../../src/main';
import type { LedgerRow } from './history';
import { CHANNELS } from './message';

/** Words of a row: one for each producer and channel. */
export const ThreadWord = {
  ATTEMPTED: 0,
  ACCEPTED: 1,
  /** A float of 64 bits. */
  ACCEPTED_MS: 2,
} as const;
export const ROW_WORDS = 4;
/** The most threads that one process of the hub can start. */
export const MAX_ROWS = 2_000;

export interface ThreadStart {
  ringcast: ProducerHandle;
  row: number;
  epoch: number;
  ledger: SharedArrayBuffer;
  /** Posts to each channel at a time; below 0: no more. */
  control: SharedArrayBuffer;
}

export function createLedger(): SharedArrayBuffer {
  return new SharedArrayBuffer(MAX_ROWS * CHANNELS.length * ROW_WORDS * 4);
}

export function readLedger(ledger: SharedArrayBuffer, rows: number): LedgerRow[] {
  const words = new Int32Array(ledger);
  const times = new Float64Array(ledger);
  const read: LedgerRow[] = [];
  for (let producer = 0; producer < rows; producer++) {
    for (let channel = 0; channel < CHANNELS.length; channel++) {
      const base = (producer * CHANNELS.length + channel) * ROW_WORDS;
      read.push({
        producer,
        channel,
        accepted: Atomics.load(words, base + ThreadWord.ACCEPTED),
        attempted: Atomics.load(words, base + ThreadWord.ATTEMPTED),
        acceptedMs: times[(base + ThreadWord.ACCEPTED_MS) / 2],
      });
    }
  }
  return read;
}
