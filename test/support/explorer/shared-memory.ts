/**
 * What the rewritten ring calls in place of `Atomics` and of its own typed arrays. One thread runs at a time, so plain
 * accesses do; each is noted in the hash of its thread, and each store in the hash of the memory.
 *
 * The invariant NEVER OVERWRITTEN of `layout.ts` is held at every single access.
 */
import { CLOSED_BIT, LaneWord, type RingMemory, Word } from '../../../src/shared/ring/layout';
import { Finding } from './finding';
import { isSteps, type Machine, mixA, mixB, type SimThread, type Steps, ThreadState } from './machine';

type Words = Int32Array | BigInt64Array | Uint8Array;

interface Waiter {
  thread: SimThread;
  woken: boolean;
  /** Of a wait that does not block. */
  onWake?: () => void;
}

export class SharedMemory {
  readonly #machine: Machine;
  /** Whether plain accesses that nobody else can see are points of their own, too. */
  everyAccess = false;
  #ring: RingMemory | undefined;
  #dataBase = 0;
  /** For each control word, the threads that have read it (bits 0 to 7) and written it (8 to 15) in any run. */
  #users = new Uint16Array(0);
  /** Grows when a word turns out to be shared that was taken for one thread's own. */
  learnt = 0;
  readonly #waiters = new Map<number, Waiter[]>();
  hashA = 0;
  hashB = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Forgets which words the threads share: for another scene. */
  unlearn(): void {
    this.#users = new Uint16Array(0);
    this.learnt = 0;
  }

  /** The memory of the next run. */
  watch(ring: RingMemory): void {
    this.#ring = ring;
    const words = ring.laneBase(0) / 4;
    if (this.#users.length !== words) this.#users = new Uint16Array(words);
    this.#dataBase = ring.laneBase(0);
    this.#waiters.clear();
    this.hashA = 0;
    this.hashB = 0;
  }

  /** Passes a generator on; of a plain function, its result. */
  run(value: unknown): Steps<unknown> {
    return isSteps(value) ? value : justThat(value);
  }

  /** `new C(callback)`, where the callback steps. */
  *make(C: new (callback: (...args: unknown[]) => void) => unknown, callback: unknown): Steps<unknown> {
    let steps: unknown;
    const made = new C((...args) => {
      steps = (callback as (...args: unknown[]) => unknown)(...args);
    });
    if (isSteps(steps)) yield* steps;
    return made;
  }

  // Atomics

  load(words: Words, index: number): number | bigint {
    const value = words[index];
    this.#use(words, index, false);
    this.#tell('load', words, index);
    this.#note(value);
    return value;
  }

  store<T extends number | bigint>(words: Words, index: number, value: T): T {
    this.#use(words, index, true);
    this.#write(words, index, value);
    this.#tell('store', words, index);
    return value;
  }

  add(words: Words, index: number, value: number | bigint): number | bigint {
    return this.#change('add', words, index, (old) => ((old as number) + (value as number)) as number);
  }

  and(words: Words, index: number, value: number): number | bigint {
    return this.#change('and', words, index, (old) => (old as number) & value);
  }

  or(words: Words, index: number, value: number): number | bigint {
    return this.#change('or', words, index, (old) => (old as number) | value);
  }

  exchange(words: Words, index: number, value: number): number | bigint {
    return this.#change('exchange', words, index, () => value);
  }

  compareExchange(words: Words, index: number, expected: number, value: number): number | bigint {
    return this.#change('compareExchange', words, index, (old) => (old === (expected | 0) ? value : old));
  }

  notify(words: Words, index: number): number {
    const address = addressOf(words, index);
    const waiters = this.#waiters.get(address);
    this.#use(words, index, true);
    this.#tell('notify', words, index);
    if (waiters === undefined) return 0;
    this.#waiters.delete(address);
    for (const waiter of waiters) {
      waiter.woken = true;
      if (waiter.thread.state === ThreadState.DEAD) continue;
      if (waiter.onWake !== undefined) waiter.thread.enqueue(mixA(3, address), waiter.onWake);
      else waiter.thread.state = ThreadState.READY;
    }
    return waiters.length;
  }

  /** Blocks for good: a time-out would hide a wake-up that is lost. */
  *wait(words: Words, index: number, expected: number): Steps<string> {
    yield 0;
    this.#use(words, index, true);
    this.#tell('wait', words, index);
    this.#note(words[index]);
    if (words[index] !== (expected | 0)) return 'not-equal';
    const waiter = this.#queue(words, index);
    while (!waiter.woken) {
      waiter.thread.state = ThreadState.BLOCKED;
      yield 0;
    }
    return 'ok';
  }

  waitAsync(words: Words, index: number, expected: number): { async: boolean; value: unknown } {
    this.#use(words, index, true);
    this.#tell('waitAsync', words, index);
    this.#note(words[index]);
    if (words[index] !== (expected | 0)) return { async: false, value: 'not-equal' };
    const waiter = this.#queue(words, index);
    const value = {
      // biome-ignore lint/suspicious/noThenProperty: it stands for a promise
      then: (callback: () => void) => {
        waiter.onWake = callback;
      },
    };
    return { async: true, value };
  }

  /** A sum of the waits of a thread that are pending. */
  waitersOf(thread: SimThread): number {
    let sum = 0;
    for (const [address, waiters] of this.#waiters)
      for (const waiter of waiters) if (waiter.thread === thread) sum += mixA(address, 9);
    return sum;
  }

  #queue(words: Words, index: number): Waiter {
    const address = addressOf(words, index);
    const waiter: Waiter = { thread: this.#machine.current, woken: false };
    const waiters = this.#waiters.get(address);
    if (waiters === undefined) this.#waiters.set(address, [waiter]);
    else waiters.push(waiter);
    return waiter;
  }

  // Plain accesses

  get(words: Words, index: number): number | bigint {
    const value = words[index];
    this.#use(words, index, false);
    this.#note(value);
    return value;
  }

  put<T extends number | bigint>(words: Words, index: number, value: T): T {
    this.#checkWrite(addressOf(words, index), words.BYTES_PER_ELEMENT);
    this.#use(words, index, true);
    this.#write(words, index, value);
    return value;
  }

  /** `bytes.set(source, offset)`, in two halves: somebody may look in between. */
  *copy(bytes: Uint8Array, source: Uint8Array, offset: number): Steps {
    const middle = source.length >>> 1;
    for (const [from, to] of [
      [0, middle],
      [middle, source.length],
    ]) {
      if (from === to) continue;
      if (!this.quietPut(bytes, offset + from)) yield 0;
      this.#checkWrite(offset + from, to - from);
      for (let at = from; at < to; at++) this.#write(bytes, offset + at, source[at]);
    }
  }

  /** `buffer.write(text, offset, length, 'utf8')`. */
  *write(buffer: Uint8Array, text: string, offset: number, length: number): Steps<number> {
    const encoded = Buffer.from(text, 'utf8').subarray(0, length);
    yield* this.copy(buffer, encoded, offset);
    return encoded.length;
  }

  /** Copies a payload out of the ring, as a service thread does. */
  *copyOut(offset: number, length: number): Steps<number[]> {
    const { bytes } = this.#ring as RingMemory;
    const copy: number[] = [];
    for (let at = offset; at < offset + length; at++) {
      if (!this.quietGet(bytes, at)) yield 0;
      copy.push(this.get(bytes, at) as number);
    }
    return copy;
  }

  /** Whether the word is one thread's own, or only read by all: then it does not matter when it is accessed. */
  local(words: Words, index: number): boolean {
    if (this.everyAccess) return false;
    const address = addressOf(words, index);
    return address < this.#dataBase && !isShared(this.#users[address >>> 2]);
  }

  /** Notes who uses a control word. */
  #use(words: Words, index: number, asWriter: boolean): void {
    const word = addressOf(words, index) >>> 2;
    if (word >= this.#users.length || this.#machine.preparing) return;
    const before = this.#users[word];
    const bit = 1 << this.#machine.current.id;
    this.#users[word] |= asWriter ? bit << 8 : bit;
    if (!isShared(before) && isShared(this.#users[word])) this.learnt++;
  }

  /** Whether nobody else can write there now: what is visible, and not given back. */
  quietGet(words: Words, index: number): boolean {
    if (this.everyAccess) return false;
    const address = addressOf(words, index);
    return address < this.#dataBase ? this.local(words, index) : this.#isVisible(address);
  }

  /** Whether nobody else can read there now: what is free, behind the tail. */
  quietPut(words: Words, index: number): boolean {
    if (this.everyAccess) return false;
    const address = addressOf(words, index);
    return address < this.#dataBase ? this.local(words, index) : !this.#isUnread(address);
  }

  #checkWrite(address: number, length: number): void {
    if (address < this.#dataBase) return;
    if (this.#isUnread(address) || (length > 1 && this.#isUnread(address + length - 1))) {
      const { lane, offset } = this.#placeOf(address);
      throw new Finding(
        `NEVER OVERWRITTEN is broken: lane ${lane} written at offset ${offset}, which is unread`,
      );
    }
  }

  /** Whether a gating service thread has not given this byte back. */
  #isUnread(address: number): boolean {
    const ring = this.#ring as RingMemory;
    const { lane, offset } = this.#placeOf(address);
    const tail = this.#tailOf(lane);
    const fromTail = (tail - 1 - offset) & (ring.laneBytes - 1);
    for (let gating = ring.words[Word.GATING], slot = 0; gating >>> slot !== 0; slot++) {
      if (((gating >>> slot) & 1) !== 0 && fromTail < ((tail - ring.words[ring.cursorWord(lane, slot)]) | 0))
        return true;
    }
    return false;
  }

  #isVisible(address: number): boolean {
    const { slot } = this.#machine.current;
    if (address < this.#dataBase || slot === -1) return false;
    const ring = this.#ring as RingMemory;
    const { lane, offset } = this.#placeOf(address);
    const cursor = ring.words[ring.cursorWord(lane, slot)];
    return ((offset - cursor) & (ring.laneBytes - 1)) < ((this.#tailOf(lane) - cursor) | 0);
  }

  #placeOf(address: number): { lane: number; offset: number } {
    const { laneBytes } = this.#ring as RingMemory;
    const at = address - this.#dataBase;
    return { lane: Math.floor(at / laneBytes), offset: at & (laneBytes - 1) };
  }

  #tailOf(lane: number): number {
    const ring = this.#ring as RingMemory;
    return ring.words[ring.laneWord(lane, LaneWord.TAIL)] & ~CLOSED_BIT;
  }

  #change(
    name: string,
    words: Words,
    index: number,
    become: (old: number | bigint) => number | bigint,
  ): number | bigint {
    const old = words[index];
    this.#use(words, index, true);
    this.#write(words, index, become(old));
    this.#tell(name, words, index);
    this.#note(old);
    return old;
  }

  #write(words: Words, index: number, value: number | bigint): void {
    const address = addressOf(words, index);
    const before = words[index];
    words[index] = value as never;
    const after = words[index];
    if (before === after) return;
    this.#hash(address, before);
    this.#hash(address, after);
  }

  #hash(address: number, value: number | bigint): void {
    const folded = folding(value);
    this.hashA ^= mixA(address, folded);
    this.hashB ^= mixB(address, folded);
  }

  #note(value: number | bigint): void {
    if (!this.#machine.preparing) this.#machine.current.note(folding(value));
  }

  #tell(act: string, words: Words, index: number): void {
    const { trace } = this.#machine;
    if (trace === undefined || this.#machine.preparing || this.#ring === undefined) return;
    trace.push(
      `${this.#machine.current.name}: ${act} ${placeName(this.#ring, words, index)} → ${words[index]}`,
    );
  }
}

/** Written by one thread, and used by another. */
function isShared(users: number): boolean {
  const writers = users >>> 8;
  const all = (users & 0xff) | writers;
  return writers !== 0 && (all & (all - 1)) !== 0;
}

// biome-ignore lint/correctness/useYield: it stands where a generator is wanted
function* justThat(value: unknown): Steps<unknown> {
  return value;
}

/** In bytes. */
function addressOf(words: Words, index: number): number {
  return index * words.BYTES_PER_ELEMENT;
}

/** A value in 32 bits. */
function folding(value: number | bigint): number {
  return typeof value === 'number' ? value : Number(value % 4_294_967_296n) ^ Number(value >> 32n);
}

/** What a word is called, for people. */
function placeName(ring: RingMemory, words: Words, index: number): string {
  const word = addressOf(words, index) / 4;
  for (const [name, at] of Object.entries(Word)) if (at === word) return name;
  for (let slot = 0; slot < 8; slot++) if (ring.bellWord(slot) === word) return `BELL of ${slot}`;
  for (let lane = 0; lane < ring.maxProducers; lane++) {
    for (const [name, at] of Object.entries(LaneWord))
      if (ring.laneWord(lane, at) === word) return `${name} of lane ${lane}`;
    for (let slot = 0; slot < 8; slot++)
      if (ring.cursorWord(lane, slot) === word) return `CURSOR ${slot} of lane ${lane}`;
  }
  return `word ${word}`;
}
