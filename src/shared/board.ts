/**
 * The board: one table of channels and counters in shared memory, beside the ring.
 *
 * Written by the service thread, read by everybody: producers look up a channel's number here, statistics are read here
 * without a message. Two words an entry have other writers: `REFERENCED` (any producer, only ever to 1) and `REFUSED`.
 *
 * Life of an entry: FREE → READY (a peer or a post named the channel) → FREE again, once nobody subscribes, but only if
 * no producer ever referred to it: producers keep a channel's number for good. The two sides meet as in Dekker's
 * algorithm: the producer stores REFERENCED and then looks whether the entry is still READY; the service thread stores
 * RETIRING and then looks whether it is REFERENCED. At least one of them sees the other.
 */
import type { Capacity } from './capacity';
import { addToCounter, readCounter, setCounter } from './counters';
import { REJECTION_REASONS, type RejectionReason } from './rejections';
import { MAX_NAME_BYTES } from './ring/record';

const HEADER_WORDS = 192;
const ENTRY_WORDS = 128;
const NAME_BYTE_OFFSET = 64 * 4;

const BoardWord = {
  MAX_CHANNELS: 0,
  /** Odd while entries come or go; grows by two for each change. */
  VERSION: 1,
  /** Entries at or above this number were never used. */
  USED: 2,
  /** Changes with every go of the service's loop, and several times a second if it has nothing to do. */
  BEAT: 3,
} as const;

const EntryWord = {
  STATE: 0,
  REFERENCED: 1,
  NAME_BYTES: 2,
  SUBSCRIBERS: 3,
  REFUSED: 4,
  COUNTERS: 6,
} as const;
const EntryState = { FREE: 0, READY: 1, RETIRING: 2 } as const;

/** Counters of one channel. Each is the sum over messages of the connections concerned, but for the first and the last. */
export const ChannelCounter = {
  /** Messages for this channel taken from the ring. */
  POSTED: 0,
  /** Connections that a message was for, at the moment of the drain. */
  ADDRESSED: 1,
  /** Handed to a socket, whole. */
  SENT: 2,
  /** Not given to a connection that was behind. */
  SKIPPED: 3,
  /** Replaced by a newer one of the same key. */
  CONFLATED: 4,
  /** Not sent, since the connection ended first. */
  ABANDONED: 5,
  /** Connections that were closed for being too far behind. */
  DISCONNECTED_SLOW: 6,
} as const;
export type ChannelCounter = (typeof ChannelCounter)[keyof typeof ChannelCounter];
const CHANNEL_COUNTERS = 7;
/** What may have become of a message for one connection. The rest of `ADDRESSED` is pending. */
const OUTCOMES = [
  ChannelCounter.SENT,
  ChannelCounter.SKIPPED,
  ChannelCounter.CONFLATED,
  ChannelCounter.ABANDONED,
] as const;

/** Counters and gauges of the service as a whole. */
export const HubCounter = {
  /** Gauge: open connections. */
  CONNECTIONS: 0,
  ACCEPTED: 1,
  RECEIVED: 3,
  RECEIVED_BYTES: 4,
  /** Gauge: bytes of channel logs in memory. */
  LOG_BYTES: 5,
  /** Turns that only the safety net started: a wake-up was lost. Expected: 0. */
  SAFETY_WAKE_UPS: 6,
  /** Lanes skipped because their bytes made no sense. */
  LANES_FENCED: 7,
  TURNS: 8,
  /** Connections closed because they sent more than a peer may. */
  DISCONNECTED_FLOODING: 9,
  /** Gauge: handshakes that wait for `authorize`. */
  PENDING_HANDSHAKES: 10,
  /** Gauge: addresses that connections come from. */
  ADDRESSES: 11,
  /** How often the service thread was started again. Written by the thread that does it. */
  SERVICE_RESTARTS: 12,
} as const;
export type HubCounter = (typeof HubCounter)[keyof typeof HubCounter];

/** What is so now, and no longer once the service thread is gone. */
const GAUGES = [
  HubCounter.CONNECTIONS,
  HubCounter.LOG_BYTES,
  HubCounter.PENDING_HANDSHAKES,
  HubCounter.ADDRESSES,
] as const;

/** How often `snapshot` reads again while channels come and go. */
const SNAPSHOT_ATTEMPTS = 1_000;

const HUB_COUNTERS_BASE = 4;
/** Counters of channels that are gone, so that the hub's sums keep them. */
const FOLDED_BASE = 68;
/** How many connections there is room for, and why: a counter for each. */
const CAPACITY_BASE = 100;
const CAPACITY_KEYS = [
  'processLimit',
  'limit',
  'inUse',
  'threads',
  'reserve',
  'connections',
  'sockets',
] as const satisfies (keyof BoardCapacity)[];

/** Refused handshakes by reason: a counter for each. */
const REJECTIONS_BASE = 128;

/** A capacity, and what the process itself may have open. */
export interface BoardCapacity extends Capacity {
  processLimit: number;
}

export class Board {
  readonly buffer: SharedArrayBuffer;
  readonly maxChannels: number;
  readonly #words: Int32Array;
  readonly #refused: BigInt64Array;
  readonly #bytes: Buffer;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#refused = new BigInt64Array(buffer);
    this.#bytes = Buffer.from(buffer as unknown as ArrayBuffer);
    this.maxChannels = this.#words[BoardWord.MAX_CHANNELS];
  }

  static create(maxChannels: number): Board {
    const buffer = new SharedArrayBuffer((HEADER_WORDS + maxChannels * ENTRY_WORDS) * 4);
    new Int32Array(buffer)[BoardWord.MAX_CHANNELS] = maxChannels;
    return new Board(buffer);
  }

  /** Changes whenever a channel comes or goes. Any thread. */
  get version(): number {
    return Atomics.load(this.#words, BoardWord.VERSION);
  }

  /**
   * The number of the channel `name`, if it has one; from then on it keeps it.
   *
   * Thread: any producer.
   */
  refer(name: Uint8Array): number | undefined {
    const used = Atomics.load(this.#words, BoardWord.USED);
    for (let channel = 0; channel < used; channel++) {
      const entry = entryWord(channel);
      if (Atomics.load(this.#words, entry + EntryWord.STATE) !== EntryState.READY) continue;
      if (!this.#isNamed(channel, name)) continue;
      Atomics.store(this.#words, entry + EntryWord.REFERENCED, 1);
      // The entry may have gone, even come back under another name, before it was referred to: now it cannot.
      if (
        Atomics.load(this.#words, entry + EntryWord.STATE) === EntryState.READY &&
        this.#isNamed(channel, name)
      ) {
        return channel;
      }
    }
    return undefined;
  }

  /** Whether no further channel can be made. Any thread. */
  get full(): boolean {
    if (Atomics.load(this.#words, BoardWord.USED) < this.maxChannels) return false;
    for (let channel = 0; channel < this.maxChannels; channel++) {
      if (Atomics.load(this.#words, entryWord(channel) + EntryWord.STATE) === EntryState.FREE) return false;
    }
    return true;
  }

  /** The service's loop goes round. Thread: the service's. */
  beat(): void {
    Atomics.add(this.#words, BoardWord.BEAT, 1);
  }

  /** A number that stays the same only as long as the service's loop does not go round. Any thread. */
  get beats(): number {
    return Atomics.load(this.#words, BoardWord.BEAT);
  }

  /**
   * Puts in order what a service thread that died left behind: its connections are gone, and what was pending for them will
   * not be sent. Channels keep their numbers, since producers know them.
   *
   * Thread: the service's, before it does anything else.
   *
   * @returns the channels that are there
   */
  takeOver(): { channel: number; name: string }[] {
    if ((this.version & 1) === 1) Atomics.add(this.#words, BoardWord.VERSION, 1); // it died while an entry came or went
    const channels: { channel: number; name: string }[] = [];
    for (let channel = 0; channel < this.#words[BoardWord.USED]; channel++) {
      const entry = entryWord(channel);
      if (Atomics.load(this.#words, entry + EntryWord.STATE) === EntryState.FREE) continue;
      Atomics.store(this.#words, entry + EntryWord.STATE, EntryState.READY); // it died while it was about to let go of it
      this.#abandonPending(entry + EntryWord.COUNTERS);
      this.setSubscribers(channel, 0);
      channels.push({ channel, name: this.#nameOf(channel) });
    }
    this.#abandonPending(FOLDED_BASE);
    for (const gauge of GAUGES) this.setHub(gauge, 0);
    return channels;
  }

  /** Gives a channel a number. Thread: the service's. @returns undefined if there is none left */
  add(name: Uint8Array): number | undefined {
    for (let channel = 0; channel < this.maxChannels; channel++) {
      const entry = entryWord(channel);
      if (Atomics.load(this.#words, entry + EntryWord.STATE) !== EntryState.FREE) continue;
      this.#changing(() => {
        // Not REFERENCED: a producer may have set it since the channel of this name went, and is about to find it again.
        this.#words.fill(0, entry + EntryWord.NAME_BYTES, entry + ENTRY_WORDS);
        this.#bytes.set(name, entry * 4 + NAME_BYTE_OFFSET);
        this.#words[entry + EntryWord.NAME_BYTES] = name.length;
        Atomics.store(this.#words, entry + EntryWord.STATE, EntryState.READY);
        if (channel >= this.#words[BoardWord.USED]) Atomics.store(this.#words, BoardWord.USED, channel + 1);
      });
      return channel;
    }
    return undefined;
  }

  /**
   * Takes a channel's number back and adds its counters to the hub's. Thread: the service's, when nobody subscribes.
   *
   * @returns false if a producer refers to it: then it stays
   */
  remove(channel: number): boolean {
    const entry = entryWord(channel);
    Atomics.store(this.#words, entry + EntryWord.STATE, EntryState.RETIRING);
    if (Atomics.load(this.#words, entry + EntryWord.REFERENCED) !== 0) {
      Atomics.store(this.#words, entry + EntryWord.STATE, EntryState.READY);
      return false;
    }
    this.#changing(() => {
      for (let counter = 0; counter < CHANNEL_COUNTERS; counter++) {
        const folded = FOLDED_BASE + 2 * counter;
        const sum =
          readCounter(this.#words, folded) + this.channelCounter(channel, counter as ChannelCounter);
        setCounter(this.#words, folded, sum);
        setCounter(this.#words, entry + EntryWord.COUNTERS + 2 * counter, 0); // killed between the counters, none counts twice
      }
      Atomics.store(this.#words, entry + EntryWord.STATE, EntryState.FREE);
    });
    return true;
  }

  /** Thread: the service's. */
  count(channel: number, counter: ChannelCounter, n: number): void {
    addToCounter(this.#words, entryWord(channel) + EntryWord.COUNTERS + 2 * counter, n);
  }

  /** Counts for a channel that has no number: it goes to the hub's sums only. Thread: the service's. */
  countFolded(counter: ChannelCounter, n: number): void {
    addToCounter(this.#words, FOLDED_BASE + 2 * counter, n);
  }

  /** Posts for this channel were answered `'full'`. Thread: any producer. */
  countRefusal(channel: number, posts = 1): void {
    Atomics.add(
      this.#refused,
      (entryWord(channel) + EntryWord.REFUSED) >>> 1,
      posts === 1 ? 1n : BigInt(posts),
    );
  }

  /** Thread: the service's. */
  setSubscribers(channel: number, subscribers: number): void {
    Atomics.store(this.#words, entryWord(channel) + EntryWord.SUBSCRIBERS, subscribers);
  }

  /** Thread: the service's. */
  countHub(counter: HubCounter, n: number): void {
    addToCounter(this.#words, HUB_COUNTERS_BASE + 2 * counter, n);
  }

  /** Thread: the service's. */
  setHub(counter: HubCounter, value: number): void {
    setCounter(this.#words, HUB_COUNTERS_BASE + 2 * counter, value);
  }

  hubCounter(counter: HubCounter): number {
    return readCounter(this.#words, HUB_COUNTERS_BASE + 2 * counter);
  }

  /** Thread: the service's. */
  setCapacity(capacity: BoardCapacity): void {
    for (const [at, key] of CAPACITY_KEYS.entries())
      setCounter(this.#words, CAPACITY_BASE + 2 * at, capacity[key]);
  }

  get capacity(): BoardCapacity {
    const values = CAPACITY_KEYS.map((key, at) => [key, readCounter(this.#words, CAPACITY_BASE + 2 * at)]);
    return Object.fromEntries(values);
  }

  /** Thread: the service's. */
  countRejection(reason: RejectionReason): void {
    addToCounter(this.#words, rejectionWord(reason), 1);
  }

  get rejections(): Record<RejectionReason, number> {
    const counts = REJECTION_REASONS.map((reason) => [
      reason,
      readCounter(this.#words, rejectionWord(reason)),
    ]);
    return Object.fromEntries(counts);
  }

  foldedCounter(counter: ChannelCounter): number {
    return readCounter(this.#words, FOLDED_BASE + 2 * counter);
  }

  channelCounter(channel: number, counter: ChannelCounter): number {
    return readCounter(this.#words, entryWord(channel) + EntryWord.COUNTERS + 2 * counter);
  }

  refusals(channel: number): number {
    return Number(Atomics.load(this.#refused, (entryWord(channel) + EntryWord.REFUSED) >>> 1));
  }

  subscribers(channel: number): number {
    return Atomics.load(this.#words, entryWord(channel) + EntryWord.SUBSCRIBERS);
  }

  /**
   * Runs `read` over the channels as they stand, again if one came or went meanwhile. Any thread.
   *
   * @param read gets the numbers and names of all channels; it must not keep what it did in a run before
   */
  snapshot<T>(read: (channels: { channel: number; name: string }[]) => T): T {
    for (let attempt = 1; ; attempt++) {
      const version = this.version;
      const channels: { channel: number; name: string }[] = [];
      const used = Atomics.load(this.#words, BoardWord.USED);
      for (let channel = 0; channel < used; channel++) {
        if (Atomics.load(this.#words, entryWord(channel) + EntryWord.STATE) === EntryState.FREE) continue;
        channels.push({ channel, name: this.#nameOf(channel) });
      }
      const result = read(channels);
      // An odd version: the service thread is between two stores. Should it have died there, a torn sum beats none.
      if ((this.version === version && (version & 1) === 0) || attempt === SNAPSHOT_ATTEMPTS) return result;
    }
  }

  #abandonPending(counters: number): void {
    const at = (counter: ChannelCounter) => counters + 2 * counter;
    let pending = readCounter(this.#words, at(ChannelCounter.ADDRESSED));
    for (const outcome of OUTCOMES) pending -= readCounter(this.#words, at(outcome));
    const abandoned = at(ChannelCounter.ABANDONED);
    // Negative if it died between the two parts of folding a channel: then nothing is pending.
    setCounter(this.#words, abandoned, readCounter(this.#words, abandoned) + Math.max(0, pending));
  }

  #changing(change: () => void): void {
    Atomics.add(this.#words, BoardWord.VERSION, 1);
    change();
    Atomics.add(this.#words, BoardWord.VERSION, 1);
  }

  #isNamed(channel: number, name: Uint8Array): boolean {
    const entry = entryWord(channel);
    if (this.#words[entry + EntryWord.NAME_BYTES] !== name.length) return false;
    const start = entry * 4 + NAME_BYTE_OFFSET;
    return this.#bytes.subarray(start, start + name.length).equals(name);
  }

  #nameOf(channel: number): string {
    const start = entryWord(channel) * 4 + NAME_BYTE_OFFSET;
    const length = Math.min(MAX_NAME_BYTES, this.#words[entryWord(channel) + EntryWord.NAME_BYTES]);
    return this.#bytes.toString('utf8', start, start + length);
  }
}

function rejectionWord(reason: RejectionReason): number {
  return REJECTIONS_BASE + 2 * REJECTION_REASONS.indexOf(reason);
}

function entryWord(channel: number): number {
  return HEADER_WORDS + channel * ENTRY_WORDS;
}
