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
  /** Of the lost: what a client that may be behind had not read yet, and what went while a client had no connection. */
  excused: number;
  corrupt: number;
}

export interface CheckedStreams {
  /** Slots. */
  clients: number;
  /** Streams that each client gets, from 0; `'own'`: the one of its own number. */
  streams: number | 'own';
  /** The client's number in the whole test; default: its slot. */
  numberOf?: (slot: number) => number;
  /** Whether something is under way to a client whenever an account is taken, since it reads slowly. Default: to none. */
  mayBeBehind?: (slot: number) => boolean;
}

/** How many messages each stream has. */
export type Published = Readonly<Record<number, number>>;

const Presence = { ABSENT: 0, FROM_NUMBER: 1, FROM_FIRST: 2 } as const;
/** Instead of the next number: the first that comes is it. */
const UNKNOWN = 0xffff_ffff;

export class StreamChecker {
  /** Messages for clients that are there, and which others have overtaken. */
  missing = 0;
  /** Of them, those that went while their client had no connection. */
  missedWithoutConnection = 0;
  readonly samples: FaultSamples;
  readonly #own: boolean;
  readonly #columns: number;
  readonly #numberOf: (slot: number) => number;
  readonly #mayBeBehind: (slot: number) => boolean;
  readonly #presence: Uint8Array;
  /** By slot and column: the next number in order. */
  readonly #next: Uint32Array;
  /** The first number that is expected. Undefined while it is 0 for all. */
  #base: Uint32Array | undefined;
  readonly #gaps = new Map<number, Gaps>();
  /** What went while a client had no connection. */
  readonly #pauses = new Map<number, Gaps>();
  /** By slot, of clients that lost their connection: the next number of each column then. */
  readonly #cutAt = new Map<number, Uint32Array>();
  readonly #corrupt = new Map<number, number>();
  #guesses = 0;

  constructor({ clients, streams, numberOf = (slot) => slot, mayBeBehind = () => false }: CheckedStreams) {
    this.#own = streams === 'own';
    this.#columns = streams === 'own' ? 1 : streams;
    this.#numberOf = numberOf;
    this.#mayBeBehind = mayBeBehind;
    this.#presence = new Uint8Array(clients);
    this.#next = new Uint32Array(clients * this.#columns);
    this.samples = new FaultSamples(this.#own);
  }

  /** How often `late` and `duplicated` could not be told apart, since too much was missing: see `gaps.ts`. */
  get guesses(): number {
    let guesses = this.#guesses;
    for (const known of [this.#gaps, this.#pauses])
      for (const gaps of known.values()) guesses += gaps.guesses;
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

  /** A client has lost its connection. What comes of each stream when it is back may begin anywhere behind what came. */
  cut(slot: number): void {
    const from = slot * this.#columns;
    this.#cutAt.set(slot, this.#next.slice(from, from + this.#columns));
  }

  /**
   * A client goes before the end. What it missed up to the highest number that came is lost.
   *
   * @param published what it should have got; undefined: nobody knows what was still under way to it, and nothing of that is expected
   */
  leave(slot: number, published?: Published): ClientAccount {
    const account = this.#accountOf(slot, published, true);
    for (let at = slot * this.#columns; at < (slot + 1) * this.#columns; at++) {
      this.#next[at] = 0;
      if (this.#base !== undefined) this.#base[at] = 0;
      this.missedWithoutConnection -= this.#pauses.get(at)?.missing ?? 0;
      this.#forget(this.#gaps, at);
      this.#forget(this.#pauses, at);
    }
    this.#cutAt.delete(slot);
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

  #forget(known: Map<number, Gaps>, at: number): void {
    const gaps = known.get(at);
    if (gaps === undefined) return;
    this.#guesses += gaps.guesses;
    this.missing -= gaps.missing;
    known.delete(at);
  }

  #accountOf(slot: number, published: Published | undefined, final: boolean): ClientAccount {
    let [expected, unexcused, excused, faulty] = [0, 0, 0, -1];
    for (let column = 0; column < this.#columns; column++) {
      const at = slot * this.#columns + column;
      if (this.#next[at] === UNKNOWN) continue;
      const end = this.#endOf(slot, column, published);
      const faults = this.#faultsOf(slot, column, end);
      expected += end - (this.#base?.[at] ?? 0);
      unexcused += faults;
      excused += this.#missingOf(at, end) - faults;
      if (faults > 0 && faulty < 0) faulty = column;
    }
    const missing = unexcused + excused;
    const corrupt = Math.min(missing, this.#corrupt.get(slot) ?? 0);
    const lost = missing - corrupt;
    if (unexcused > corrupt) this.#sampleLost(slot, faulty, published, final);
    return { slot, expected, received: expected - missing, lost, excused: Math.min(lost, excused), corrupt };
  }

  /** What a client should have by now of a stream, or has at least: the number after it. */
  #endOf(slot: number, column: number, published: Published | undefined): number {
    const stream = this.#own ? this.#numberOf(slot) : column;
    return Math.max(this.#next[slot * this.#columns + column]!, published?.[stream] ?? 0);
  }

  #missingOf(at: number, end: number): number {
    const between = (this.#gaps.get(at)?.missing ?? 0) + (this.#pauses.get(at)?.missing ?? 0);
    return between + end - this.#next[at]!;
  }

  /** What is missing and should not be. */
  #faultsOf(slot: number, column: number, end: number): number {
    const at = slot * this.#columns + column;
    const gaps = this.#gaps.get(at)?.missing ?? 0;
    const cutHere = this.#cutAt.get(slot)?.[column] === this.#next[at];
    return this.#mayBeBehind(slot) || cutHere ? gaps : gaps + end - this.#next[at]!;
  }

  #sampleLost(slot: number, column: number, published: Published | undefined, final: boolean): void {
    const at = slot * this.#columns + column;
    const count = this.#faultsOf(slot, column, this.#endOf(slot, column, published));
    const stream = this.#own ? this.#numberOf(slot) : column;
    const first = this.#gaps.get(at)?.first ?? this.#next[at]!;
    this.samples.lost(this.#numberOf(slot), stream, first, count, final);
  }

  #takeOther(slot: number, at: number, stream: number, sequence: number): Arrival {
    const next = this.#next[at]!;
    if (next === UNKNOWN) {
      this.#base![at] = sequence;
      this.#next[at] = sequence + 1;
      return Arrival.IN_ORDER;
    }
    if (sequence > next) {
      this.#skip(slot, at, sequence);
      return Arrival.AHEAD;
    }
    if (this.#fills(slot, at, sequence)) {
      this.samples.late(this.#numberOf(slot), stream, sequence, next - 1);
      return Arrival.LATE;
    }
    this.samples.duplicated(this.#numberOf(slot), stream, sequence);
    return Arrival.DUPLICATED;
  }

  #skip(slot: number, at: number, sequence: number): void {
    const next = this.#next[at]!;
    const wasAway = this.#cutAt.get(slot)?.[at - slot * this.#columns] === next;
    if (wasAway) this.missedWithoutConnection += sequence - next;
    gapsAt(wasAway ? this.#pauses : this.#gaps, at).append(next, sequence);
    this.missing += sequence - next;
    this.#next[at] = sequence + 1;
  }

  #fills(slot: number, at: number, sequence: number): boolean {
    if (this.#presence[slot] === Presence.FROM_FIRST && sequence < this.#base![at]!) {
      // It was there earlier than the first that came says.
      const base = this.#base![at]!;
      gapsAt(this.#gaps, at).prepend(sequence + 1, base);
      this.missing += base - sequence - 1;
      this.#base![at] = sequence;
      return true;
    }
    const guesses = this.#guessesAt(at);
    if (this.#pauses.get(at)?.fill(sequence)) this.missedWithoutConnection--;
    else if (!this.#gaps.get(at)?.fill(sequence)) return false;
    this.missing--;
    if (this.#guessesAt(at) !== guesses) this.samples.guessed(this.#numberOf(slot), sequence);
    return true;
  }

  #guessesAt(at: number): number {
    return (this.#gaps.get(at)?.guesses ?? 0) + (this.#pauses.get(at)?.guesses ?? 0);
  }

  #foreign(slot: number, stream: number): Arrival {
    this.samples.stray(this.#numberOf(slot), stream);
    return Arrival.FOREIGN;
  }
}

function gapsAt(known: Map<number, Gaps>, at: number): Gaps {
  const there = known.get(at);
  if (there !== undefined) return there;
  const gaps = new Gaps();
  known.set(at, gaps);
  return gaps;
}
