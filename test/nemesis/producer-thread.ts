/** A producer in a thread of the hub's process: it posts to every channel and keeps its ledger in shared memory. */
import { workerData } from 'node:worker_threads';
import type { Producer } from '../../src/main/producer';
import { ROW_WORDS, type ThreadStart, ThreadWord } from './ledger';
import { CHANNELS, encodeMessage, keyOf, sharedClockMs } from './message';

const { attachProducer } = require('../../dist/main/producer') as typeof import('../../src/main/producer');

const { row, epoch, ledger, control } = workerData as ThreadStart;
const words = new Int32Array(ledger);
const times = new Float64Array(ledger);
const orders = new Int32Array(control);
const producer: Producer = attachProducer();
const state = CHANNELS.map(() => ({ sequence: 0, attemptedMs: 0 }));

/** @returns whether there was room */
function post(channel: number): boolean {
  const base = (row * CHANNELS.length + channel) * ROW_WORDS;
  const { sequence, attemptedMs: beforeMs } = state[channel];
  const attemptedMs = sharedClockMs();
  const next = sequence + 1;
  words[base + ThreadWord.ATTEMPTED] = next;
  const bytes = encodeMessage({ epoch, channel, producer: row, sequence: next, attemptedMs, beforeMs });
  const options = CHANNELS[channel] === 'conflate' ? { key: keyOf(row, next) } : undefined;
  if (producer.post(CHANNELS[channel], bytes, options) !== 'posted') return false;
  state[channel] = { sequence: next, attemptedMs };
  times[(base + ThreadWord.ACCEPTED_MS) / 2] = attemptedMs;
  Atomics.store(words, base + ThreadWord.ACCEPTED, next);
  return true;
}

/** So many posts to each channel; a channel without room has to wait for the next time. */
function postSome(count: number): void {
  for (let channel = 0; channel < CHANNELS.length; channel++)
    for (let n = 0; n < count && post(channel); n++);
}

function go(): void {
  const burst = Atomics.load(orders, 0);
  if (burst < 0) return; // it has posted its last
  postSome(burst);
  setTimeout(go, 2);
}
go();
