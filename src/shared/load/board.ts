/**
 * What a load thread tells of itself, in shared memory: counters, histograms and a few readings. The thread writes, the main
 * thread of its process reads at any time without a message; one word goes the other way, the clock's offset.
 */
import { addToCounter, COUNTER_WORDS, readCounter, setCounter } from '../counters';
import { HISTOGRAM_BYTES, Histogram } from '../histogram';
import {
  LOAD_COUNTERS,
  LOAD_HISTOGRAMS,
  type LoadCounter,
  type LoadCounters,
  type LoadHistogram,
  type LoadHistograms,
} from './snapshot';

/** Numbers with fractions. All but the clock's offset are the load thread's to write. */
const Reading = {
  /** The reference clock minus this host's, nanoseconds. Written by the main thread. */
  CLOCK_OFFSET_NS: 0,
  DELAY_P99_MS: 1,
  DELAY_MAX_MS: 2,
  GC_MS: 3,
} as const;
const READINGS = 8;

/** Counters of one slow group; its histogram of responses lies behind those of all. */
const SLOW_COUNTERS = ['received', 'lost', 'disconnected'] as const;
type SlowCounter = (typeof SLOW_COUNTERS)[number];

const COUNTER_BYTES = COUNTER_WORDS * Int32Array.BYTES_PER_ELEMENT;
const indexes = new Map<LoadCounter, number>(LOAD_COUNTERS.map((name, at) => [name, at * COUNTER_WORDS]));

/** The word of each counter, so that counting looks nothing up. */
export const CounterWord = Object.fromEntries(indexes) as Record<LoadCounter, number>;

/** Plain data: what a thread needs to find its board. */
export interface BoardHandle {
  buffer: SharedArrayBuffer;
  streams: { from: number; to: number };
  slowGroups: number;
}

export class LoadBoard {
  readonly handle: BoardHandle;
  readonly histograms: LoadHistograms;
  /** Responses of each slow group. */
  readonly slowResponses: Histogram[];
  readonly #words: Int32Array;
  readonly #readings: Float64Array;
  readonly #slowBase: number;
  readonly #streamsBase: number;

  constructor(handle: BoardHandle) {
    const { buffer, slowGroups } = handle;
    this.handle = handle;
    this.#readings = new Float64Array(buffer, 0, READINGS);
    let offset = READINGS * Float64Array.BYTES_PER_ELEMENT;
    const histogram = (): Histogram => {
      const made = new Histogram(buffer, offset);
      offset += HISTOGRAM_BYTES;
      return made;
    };
    const histograms = LOAD_HISTOGRAMS.map((name): [LoadHistogram, Histogram] => [name, histogram()]);
    this.histograms = Object.fromEntries(histograms) as LoadHistograms;
    this.slowResponses = Array.from({ length: slowGroups }, histogram);
    this.#words = new Int32Array(buffer, offset);
    this.#slowBase = LOAD_COUNTERS.length * COUNTER_WORDS;
    this.#streamsBase = this.#slowBase + slowGroups * SLOW_COUNTERS.length * COUNTER_WORDS;
  }

  /** @param streams whose messages the thread publishes */
  static create(streams: { from: number; to: number }, slowGroups: number): LoadBoard {
    const counters = LOAD_COUNTERS.length + slowGroups * SLOW_COUNTERS.length + (streams.to - streams.from);
    const histograms = LOAD_HISTOGRAMS.length + slowGroups;
    const bytes = READINGS * 8 + histograms * HISTOGRAM_BYTES + counters * COUNTER_BYTES;
    return new LoadBoard({ buffer: new SharedArrayBuffer(bytes), streams, slowGroups });
  }

  /** @param word of `CounterWord` */
  add(word: number, n = 1): void {
    addToCounter(this.#words, word, n);
  }

  /** For what goes down too, and for what is counted elsewhere. */
  set(counter: LoadCounter, value: number): void {
    setCounter(this.#words, CounterWord[counter], value);
  }

  read(counter: LoadCounter): number {
    return readCounter(this.#words, CounterWord[counter]);
  }

  addSlow(group: number, counter: SlowCounter, n = 1): void {
    addToCounter(this.#words, this.#slowWord(group, counter), n);
  }

  setSlow(group: number, counter: SlowCounter, value: number): void {
    setCounter(this.#words, this.#slowWord(group, counter), value);
  }

  readSlow(group: number, counter: SlowCounter): number {
    return readCounter(this.#words, this.#slowWord(group, counter));
  }

  addPublished(stream: number): void {
    addToCounter(this.#words, this.#streamWord(stream), 1);
  }

  /** Of each stream that has published anything. */
  published(): Record<number, number> {
    const published: Record<number, number> = {};
    const { from, to } = this.handle.streams;
    for (let stream = from; stream < to; stream++) {
      const count = readCounter(this.#words, this.#streamWord(stream));
      if (count > 0) published[stream] = count;
    }
    return published;
  }

  counters(): LoadCounters {
    return Object.fromEntries(LOAD_COUNTERS.map((name) => [name, this.read(name)])) as LoadCounters;
  }

  get clockOffsetNs(): number {
    return this.#readings[Reading.CLOCK_OFFSET_NS]!;
  }

  set clockOffsetNs(offsetNs: number) {
    this.#readings[Reading.CLOCK_OFFSET_NS] = offsetNs;
  }

  /** How late the thread's event loop was, and how long its collector stopped it. */
  get health(): { delayP99Ms: number; delayMaxMs: number; gcMs: number } {
    return {
      delayP99Ms: this.#readings[Reading.DELAY_P99_MS]!,
      delayMaxMs: this.#readings[Reading.DELAY_MAX_MS]!,
      gcMs: this.#readings[Reading.GC_MS]!,
    };
  }

  setDelay(p99Ms: number, maxMs: number): void {
    this.#readings[Reading.DELAY_P99_MS] = p99Ms;
    this.#readings[Reading.DELAY_MAX_MS] = maxMs;
  }

  addGc(ms: number): void {
    this.#readings[Reading.GC_MS]! += ms;
  }

  #slowWord(group: number, counter: SlowCounter): number {
    return this.#slowBase + (group * SLOW_COUNTERS.length + SLOW_COUNTERS.indexOf(counter)) * COUNTER_WORDS;
  }

  #streamWord(stream: number): number {
    return this.#streamsBase + (stream - this.handle.streams.from) * COUNTER_WORDS;
  }
}
