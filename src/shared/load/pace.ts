/**
 * The words that the pacer thread and the load threads share. The pacer keeps to the schedule by itself: it rings the bell of a
 * load thread whenever one of its messages is due, and asks nobody.
 *
 *     pacer                                load thread
 *       wait(CHANGED, until next due)        bell = 1
 *       bell = 0, notify                     look again: anything due?
 *       …                                    waitAsync(bell, 1)
 *
 * A load thread that is awake anyway sends what is due without having been told; a bell that rings then does no harm.
 */
import type { Schedule } from './schedule';
import type { Range } from './shares';

const Word = {
  /** Grows whenever the start or the end changes. The pacer sleeps on it. */
  CHANGED: 0,
  STOPPED: 1,
  BELLS: 16,
} as const;
/** A cache line for each bell. */
const BELL_WORDS = 16;
/** Where the start of the schedule lies, among the words. */
const START_BYTES = 16;

export interface PaceHandle {
  buffer: SharedArrayBuffer;
  slots: number;
}

export class Pace {
  readonly handle: PaceHandle;
  readonly #words: Int32Array;
  readonly #start: Float64Array;

  constructor(handle: PaceHandle) {
    this.handle = handle;
    this.#words = new Int32Array(handle.buffer);
    this.#start = new Float64Array(handle.buffer, START_BYTES, 1);
  }

  static create(slots: number): Pace {
    const words = Word.BELLS + slots * BELL_WORDS;
    const pace = new Pace({ buffer: new SharedArrayBuffer(words * 4), slots });
    pace.#start[0] = Number.POSITIVE_INFINITY;
    return pace;
  }

  /** When the schedule begins, on this host's clock; infinity until it is known. */
  get startNs(): number {
    return this.#start[0]!;
  }

  set startNs(startNs: number) {
    this.#start[0] = startNs;
    this.#change();
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, Word.STOPPED) === 1;
  }

  /** The pacer thread ends. Thread: any. */
  stop(): void {
    Atomics.store(this.#words, Word.STOPPED, 1);
    this.#change();
  }

  /** Thread: the pacer's. */
  get changes(): number {
    return Atomics.load(this.#words, Word.CHANGED);
  }

  /** Blocks until the time is over or something changed. Thread: the pacer's. */
  sleep(changes: number, ms: number): void {
    Atomics.wait(this.#words, Word.CHANGED, changes, ms);
  }

  /** Thread: the pacer's. */
  ring(slot: number): void {
    const bell = bellWord(slot);
    Atomics.store(this.#words, bell, 0);
    Atomics.notify(this.#words, bell);
  }

  /** Thread: the load thread whose slot it is; then it looks whether anything is due, and `waits`. */
  arm(slot: number): void {
    Atomics.store(this.#words, bellWord(slot), 1);
  }

  /** @returns undefined if the bell has rung since `arm` */
  wait(slot: number): Promise<unknown> | undefined {
    // Without a time-out, which would leak a delayed task of the engine.
    const waiting = Atomics.waitAsync(this.#words, bellWord(slot), 1);
    return waiting.async ? waiting.value : undefined;
  }

  #change(): void {
    Atomics.add(this.#words, Word.CHANGED, 1);
    Atomics.notify(this.#words, Word.CHANGED);
  }
}

function bellWord(slot: number): number {
  return Word.BELLS + slot * BELL_WORDS;
}

/** The messages of some neighbouring publishers, in their order. */
export class Turns {
  readonly #schedule: Schedule;
  readonly #streams: Range;
  readonly #publishers: number;
  #round = 0;
  /** Whose turn it is. */
  stream: number;
  /** When, nanoseconds after the start; infinity: never again. */
  dueNs: number;

  /** @param publishers of the whole test */
  constructor(schedule: Schedule, streams: Range, publishers: number) {
    this.#schedule = schedule;
    this.#streams = streams;
    this.#publishers = publishers;
    this.stream = streams.from;
    this.dueNs = this.#due();
  }

  next(): void {
    this.stream++;
    if (this.stream === this.#streams.to) {
      this.stream = this.#streams.from;
      this.#round++;
    }
    this.dueNs = this.#due();
  }

  /** Goes on behind all that was due by a time. */
  skipTo(ns: number): void {
    if (ns < this.dueNs) return;
    const number = this.#schedule.messagesBefore(ns);
    this.#round = Math.floor(number / this.#publishers);
    this.stream = Math.max(this.#streams.from, number % this.#publishers);
    if (this.stream >= this.#streams.to) {
      this.stream = this.#streams.from;
      this.#round++;
    }
    this.dueNs = this.#due();
    while (this.dueNs <= ns) this.next();
  }

  #due(): number {
    if (this.#streams.from === this.#streams.to) return Number.POSITIVE_INFINITY;
    return this.#schedule.intendedNs(this.#round * this.#publishers + this.stream);
  }
}
