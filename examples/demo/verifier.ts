/**
 * Checks what the demo's peers receive, bit for bit, without parsing it.
 *
 * All bytes of a message but its time stamp are known beforehand. The stamp of the first copy is written into what is
 * expected; from then on a copy is right if it is the same bytes, all of them. The figures per delivery are one comparison
 * of bytes and one entry in a histogram.
 */
import { createHistogram } from 'node:perf_hooks';
import {
  type Flight,
  producerOf,
  readDigits,
  STAMP_END,
  STAMP_START,
  serialise,
  shareOf,
  stampOf,
} from './flights';

export interface Findings {
  /** Messages that came whole and for the first time, counted at each peer. */
  received: number;
  duplicates: number;
  /** Came after a later message of the same producer. */
  reordered: number;
  /** Are not, byte for byte, a message that was posted. */
  corrupt: number;
  /** From the first delivery to the last. */
  seconds: number;
  /** From post to receive, in ms. */
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** What one peer has had so far. */
export interface PeerProgress {
  /** By producer: the sequence it must send next. */
  next: Uint32Array;
  /** Messages that were jumped over and have not come since, as producer and sequence. */
  missing: Set<string>;
}

const NS_PER_MS = 1e6;
const NS_PER_S = 1e9;

export class Verifier {
  readonly #producers: number;
  /** By producer and sequence. */
  readonly #expected: Buffer[][];
  /** When each was posted, in ns of the shared clock; 0: no copy has come yet. */
  readonly #postedAt: Float64Array[];
  readonly #latency = createHistogram();
  readonly #clockOffsetNs = clockOffsetNs();
  readonly #startedAtNs = this.#nowNs();
  #firstAtNs = 0;
  #lastAtNs = 0;
  #received = 0;
  #duplicates = 0;
  #reordered = 0;
  #corrupt = 0;

  constructor(flights: Flight[], producers: number, records: number) {
    this.#producers = producers;
    this.#expected = Array.from({ length: producers }, (_, producer) =>
      shareOf(flights, producer, producers, records).map((flight, sequence) => {
        const [head, rest] = serialise(flight, producer, sequence);
        return Buffer.from(head + stampOf(0n) + rest);
      }),
    );
    this.#postedAt = this.#expected.map((messages) => new Float64Array(messages.length));
  }

  get received(): number {
    return this.#received;
  }

  addPeer(): PeerProgress {
    return { next: new Uint32Array(this.#producers), missing: new Set() };
  }

  /** One message came at one peer. */
  check(peer: PeerProgress, message: Buffer): void {
    const producer = producerOf(message);
    const sequence = peer.next[producer];
    if (!this.#matches(producer, sequence, message)) {
      this.#checkOddOne(peer, producer, message);
      return;
    }
    peer.next[producer] = sequence + 1;
    this.#count(producer, sequence);
  }

  findings(): Findings {
    const latency = this.#latency;
    return {
      received: this.#received,
      duplicates: this.#duplicates,
      reordered: this.#reordered,
      corrupt: this.#corrupt,
      seconds: (this.#lastAtNs - this.#firstAtNs) / NS_PER_S,
      p50Ms: latency.percentile(50) / NS_PER_MS,
      p99Ms: latency.percentile(99) / NS_PER_MS,
      maxMs: (latency.count === 0 ? 0 : latency.max) / NS_PER_MS,
    };
  }

  /** Not the next one of its producer: which one is it, if it is any? */
  #checkOddOne(peer: PeerProgress, producer: number, message: Buffer): void {
    const sequence = sequenceIn(message);
    if (!this.#matches(producer, sequence, message)) {
      this.#corrupt++;
      return;
    }
    const next = peer.next[producer];
    if (sequence < next) {
      if (!peer.missing.delete(`${producer} ${sequence}`)) {
        this.#duplicates++;
        return;
      }
      this.#reordered++;
    } else {
      for (let jumped = next; jumped < sequence; jumped++) peer.missing.add(`${producer} ${jumped}`);
      peer.next[producer] = sequence + 1;
    }
    this.#count(producer, sequence);
  }

  #matches(producer: number, sequence: number, message: Buffer): boolean {
    const expected = this.#expected[producer]?.[sequence];
    if (expected === undefined) return false;
    if (this.#postedAt[producer][sequence] === 0) this.#learnStamp(producer, sequence, expected, message);
    return message.equals(expected);
  }

  /** The first copy of a message tells when it was posted: since the demo began, and not in the future. */
  #learnStamp(producer: number, sequence: number, expected: Buffer, message: Buffer): void {
    if (message.length !== expected.length) return;
    if (message.compare(expected, STAMP_END, expected.length, STAMP_END) !== 0) return;
    const postedAt = readDigits(message, STAMP_START, STAMP_END);
    if (!(postedAt >= this.#startedAtNs && postedAt <= this.#nowNs())) return;
    message.copy(expected, STAMP_START, STAMP_START, STAMP_END);
    this.#postedAt[producer][sequence] = postedAt;
  }

  #count(producer: number, sequence: number): void {
    const nowNs = this.#nowNs();
    if (this.#received++ === 0) this.#firstAtNs = nowNs;
    this.#lastAtNs = nowNs;
    this.#latency.record(Math.max(1, Math.round(nowNs - this.#postedAt[producer][sequence])));
  }

  #nowNs(): number {
    return performance.now() * NS_PER_MS + this.#clockOffsetNs;
  }
}

/** What to add to `performance.now()` for the clock that all processes share: to read that one costs an allocation. */
function clockOffsetNs(): number {
  // Something may come between the two readings, and make the difference too small: never too large.
  const attempts = Array.from(
    { length: 100 },
    () => Number(process.hrtime.bigint()) - performance.now() * NS_PER_MS,
  );
  return Math.max(...attempts);
}

function sequenceIn(message: Buffer): number {
  try {
    return JSON.parse(message.toString()).sequence;
  } catch {
    return Number.NaN;
  }
}
