/**
 * What came of each stream to each client of a load thread, and what did not: a comparison and a store for a message in order,
 * four bytes for a stream of a client that misses nothing.
 *
 * Words: a message is *late* (reordered) if one with a higher number of its stream came before it (RFC 4737), *duplicated* if it
 * came before (RFC 5560), *lost* if it has not come when the account is taken. One that was damaged stands for one that is
 * missing, since nobody can say which: it is counted as damaged only.
 *
 * A client is named by its slot, its place in the thread. It expects a stream from the number that its `join` says, or from
 * the first message that comes, until its `leave` or the end.
 *
 * Thread: the one that made it.
 */
import { FaultSamples } from './fault-samples';
import { Gaps } from './gaps';

export const Arrival = {
  IN_ORDER: 0,
  /** In order, but not all before it have come. */
  AHEAD: 1,
  LATE: 2,
  DUPLICATED: 3,
  /** Of a stream that this client should not get. It is not accounted for. */
  FOREIGN: 4,
} as const;
export type Arrival = (typeof Arrival)[keyof typeof Arrival];

/** What became of the messages for one client. `expected = received + lost + corrupt`. */
export interface ClientAccount {
  slot: number;
  expected: number;
  /** Without duplicates. */
  received: number;
  lost: number;
  corrupt: number;
}

export interface CheckedStreams {
  /** Slots. */
  clients: number;
  /** Streams that each client gets, from 0; `'own'`: the one of its own number. */
  streams: number | 'own';
  /** The client's number in the whole test; default: its slot. */
  numberOf?: (slot: number) => number;
}

/** How many messages each stream has. */
export type Published = Readonly<Record<number, number>>;

const Presence = { ABSENT: 0, FROM_NUMBER: 1, FROM_FIRST: 2 } as const;
/** Instead of the next number: the first that comes is it. */
const UNKNOWN = 0xffff_ffff;

export class StreamChecker {
  /** Messages for clients that are there, and which others have overtaken. */
  missing = 0;
  readonly samples: FaultSamples;
  readonly #own: boolean;
  readonly #columns: number;
  readonly #numberOf: (slot: number) => number;
  readonly #presence: Uint8Array;
  /** By slot and column: the next number in order. */
  readonly #next: Uint32Array;
  /** The first number that is expected. Undefined while it is 0 for all. */
  #base: Uint32Array | undefined;
  readonly #gaps = new Map<number, Gaps>();
  readonly #corrupt = new Map<number, number>();
  #guesses = 0;

  constructor({ clients, streams, numberOf = (slot) => slot }: CheckedStreams) {
    this.#own = streams === 'own';
    this.#columns = streams === 'own' ? 1 : streams;
    this.#numberOf = numberOf;
    this.#presence = new Uint8Array(clients);
    this.#next = new Uint32Array(clients * this.#columns);
    this.samples = new FaultSamples(this.#own);
  }

  /** How often `late` and `duplicated` could not be told apart, since too much was missing: see `gaps.ts`. */
  get guesses(): number {
    let guesses = this.#guesses;
    for (const gaps of this.#gaps.values()) guesses += gaps.guesses;
    return guesses;
  }

  /** A client is there. @param from the first number that it should get, of each stream; `'first'`: the first that comes */
  join(slot: number, from: number | 'first' = 0): void {
    if (this.#presence[slot] !== Presence.ABSENT) throw new RangeError(`slot ${slot} has a client already`);
    this.#presence[slot] = from === 'first' ? Presence.FROM_FIRST : Presence.FROM_NUMBER;
    if (from === 0 && this.#base === undefined) return; // zeros already: memory that nobody touches costs nothing
    const base = from === 'first' ? UNKNOWN : from;
    this.#base ??= new Uint32Array(this.#next.length);
    for (let at = slot * this.#columns; at < (slot + 1) * this.#columns; at++) {
      this.#next[at] = base;
      this.#base[at] = base;
    }
  }

  /** A whole message came. */
  take(slot: number, stream: number, sequence: number): Arrival {
    const column = this.#own ? 0 : stream;
    if (column >= this.#columns || (this.#own && stream !== this.#numberOf(slot)))
      return this.#foreign(slot, stream);
    const at = slot * this.#columns + column;
    if (this.#next[at] !== sequence) return this.#takeOther(slot, at, stream, sequence);
    this.#next[at] = sequence + 1;
    return Arrival.IN_ORDER;
  }

  /** A message came that is not as it was sent. */
  takeCorrupt(slot: number, bytes: number): void {
    this.#corrupt.set(slot, (this.#corrupt.get(slot) ?? 0) + 1);
    this.samples.corrupt(this.#numberOf(slot), bytes);
  }

  /**
   * A client goes before the end. What it missed up to the highest number that came is lost.
   *
   * @param published what it should have got; undefined: nobody knows what was still under way to it, and nothing of that is expected
   */
  leave(slot: number, published?: Published): ClientAccount {
    const account = this.#accountOf(slot, published, true);
    for (let at = slot * this.#columns; at < (slot + 1) * this.#columns; at++) {
      const gaps = this.#gaps.get(at);
      this.#next[at] = 0;
      if (this.#base !== undefined) this.#base[at] = 0;
      if (gaps === undefined) continue;
      this.#guesses += gaps.guesses;
      this.missing -= gaps.missing;
      this.#gaps.delete(at);
    }
    this.#corrupt.delete(slot);
    this.#presence[slot] = Presence.ABSENT;
    return account;
  }

  /** The account of every client that is there, as if the test ended now with so much published. Changes nothing. */
  *accounts(published: Published): Generator<ClientAccount> {
    this.samples.forgetLost();
    for (let slot = 0; slot < this.#presence.length; slot++)
      if (this.#presence[slot] !== Presence.ABSENT) yield this.#accountOf(slot, published, false);
  }

  #accountOf(slot: number, published: Published | undefined, final: boolean): ClientAccount {
    let [expected, missing, faulty] = [0, 0, -1];
    for (let column = 0; column < this.#columns; column++) {
      const end = this.#endOf(slot, column, published);
      const at = slot * this.#columns + column;
      const here = (this.#gaps.get(at)?.missing ?? 0) + end - this.#next[at]!;
      if (this.#next[at] === UNKNOWN) continue;
      expected += end - (this.#base?.[at] ?? 0);
      missing += here;
      if (here > 0 && faulty < 0) faulty = column;
    }
    const corrupt = Math.min(missing, this.#corrupt.get(slot) ?? 0);
    if (missing > corrupt) this.#sampleLost(slot, faulty, published, final);
    return { slot, expected, received: expected - missing, lost: missing - corrupt, corrupt };
  }

  /** What a client should have by now of a stream, or has at least: the number after it. */
  #endOf(slot: number, column: number, published: Published | undefined): number {
    const stream = this.#own ? this.#numberOf(slot) : column;
    return Math.max(this.#next[slot * this.#columns + column]!, published?.[stream] ?? 0);
  }

  #sampleLost(slot: number, column: number, published: Published | undefined, final: boolean): void {
    const at = slot * this.#columns + column;
    const gaps = this.#gaps.get(at);
    const count = (gaps?.missing ?? 0) + this.#endOf(slot, column, published) - this.#next[at]!;
    const stream = this.#own ? this.#numberOf(slot) : column;
    this.samples.lost(this.#numberOf(slot), stream, gaps?.first ?? this.#next[at]!, count, final);
  }

  #takeOther(slot: number, at: number, stream: number, sequence: number): Arrival {
    const next = this.#next[at]!;
    if (next === UNKNOWN) {
      this.#base![at] = sequence;
      this.#next[at] = sequence + 1;
      return Arrival.IN_ORDER;
    }
    if (sequence > next) {
      this.#gapsAt(at).append(next, sequence);
      this.missing += sequence - next;
      this.#next[at] = sequence + 1;
      return Arrival.AHEAD;
    }
    if (this.#fills(slot, at, sequence)) {
      this.samples.late(this.#numberOf(slot), stream, sequence, next - 1);
      return Arrival.LATE;
    }
    this.samples.duplicated(this.#numberOf(slot), stream, sequence);
    return Arrival.DUPLICATED;
  }

  #fills(slot: number, at: number, sequence: number): boolean {
    if (this.#presence[slot] === Presence.FROM_FIRST && sequence < this.#base![at]!) {
      // It was there earlier than the first that came says.
      const base = this.#base![at]!;
      this.#gapsAt(at).prepend(sequence + 1, base);
      this.missing += base - sequence - 1;
      this.#base![at] = sequence;
      return true;
    }
    const gaps = this.#gaps.get(at);
    const guesses = gaps?.guesses;
    if (!gaps?.fill(sequence)) return false;
    this.missing--;
    if (gaps.guesses !== guesses) this.samples.guessed(this.#numberOf(slot), sequence);
    return true;
  }

  #gapsAt(at: number): Gaps {
    const known = this.#gaps.get(at);
    if (known !== undefined) return known;
    const gaps = new Gaps();
    this.#gaps.set(at, gaps);
    return gaps;
  }

  #foreign(slot: number, stream: number): Arrival {
    this.samples.stray(this.#numberOf(slot), stream);
    return Arrival.FOREIGN;
  }
}
