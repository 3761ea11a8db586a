/**
 * The publishing threads of a server's process, and what they have done together.
 *
 * Thread: the one that made it.
 */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { Histogram } from '../../../shared/histogram';
import type { Share, Timetable } from '../../../shared/load/generator';
import { monotonicNs } from '../../../shared/load/monotonic';
import type { LoadPlan } from '../../../shared/load/plan';
import {
  type GeneratorSnapshot,
  LOAD_COUNTERS,
  LOAD_HISTOGRAMS,
  type LoadCounter,
  type LoadCounters,
  type LoadHistograms,
  type ThreadLoad,
} from '../../../shared/load/snapshot';
import type { PublisherAnswer, PublisherStart, PublishingWay } from '../../../workers/load/paced-publisher';
import { PublisherCounter, PublisherMemory } from '../../../workers/load/publisher-memory';
import { threadCpuMs } from './process-usage';
import type { ServerPublishing } from './running-server';
import { startLoadThread } from './start-thread';

/** More publishers share threads: each of them costs 10 MB, and a core has only so many to give. */
export const MAX_PUBLISHER_THREADS = 16;

const COUNTED: readonly [LoadCounter, PublisherCounter][] = [
  ['scheduled', PublisherCounter.SCHEDULED],
  ['published', PublisherCounter.PUBLISHED],
  ['publishedBytes', PublisherCounter.PUBLISHED_BYTES],
  ['publishedMeasured', PublisherCounter.PUBLISHED_MEASURED],
  ['refused', PublisherCounter.REFUSED],
];

export class Publishers implements ServerPublishing {
  readonly #way: PublishingWay;
  #threads: PublisherThread[] = [];
  #slow: readonly unknown[] = [];

  constructor(way: PublishingWay) {
    this.#way = way;
  }

  async prepare(plan: LoadPlan, { from, to }: Share['publishers']): Promise<number[]> {
    this.#slow = plan.slow;
    const count = Math.min(to - from, MAX_PUBLISHER_THREADS);
    const streams: number[][] = Array.from({ length: count }, () => []);
    for (let stream = from; stream < to; stream++) streams[(stream - from) % count]!.push(stream);
    this.#threads = streams.map((own) => new PublisherThread(plan, own, this.#way));
    await Promise.all(this.#threads.map(({ ready }) => ready));
    return this.#threads.flatMap(({ thread }) => thread ?? []);
  }

  begin(timetable: Timetable): void {
    for (const thread of this.#threads) thread.begin(timetable);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  snapshot(): GeneratorSnapshot {
    const counters = Object.fromEntries(LOAD_COUNTERS.map((name) => [name, 0])) as LoadCounters;
    const histograms = Object.fromEntries(
      LOAD_HISTOGRAMS.map((name) => [name, new Histogram()]),
    ) as LoadHistograms;
    const published: Record<number, number> = {};
    for (const { memory, streams } of this.#threads) {
      for (const [name, counter] of COUNTED) counters[name] += memory.counters[counter]!;
      histograms.scheduleLag.add(memory.lag);
      for (const [place, stream] of streams.entries()) published[stream] = memory.published[place]!;
    }
    return {
      generator: 'publishers',
      atNs: monotonicNs(),
      counters,
      histograms,
      published,
      threads: this.#threads.map((thread) => thread.load()),
      cpuMs: this.#threads.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      rssBytes: 0, // it is the server's process, and counted there
      errors: [],
      slow: this.#slow.map(() => ({ received: 0, lost: 0, disconnected: 0, response: new Histogram() })),
      samples: [],
    };
  }

  /** At once. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

class PublisherThread {
  readonly streams: number[];
  readonly memory: PublisherMemory;
  readonly ready: Promise<void>;
  /** The operating system's number. */
  thread: number | undefined;
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  #done: Promise<unknown> = Promise.resolve();
  #seenAtNs = monotonicNs();
  #seenCpuMs = 0;

  constructor(plan: LoadPlan, streams: number[], way: PublishingWay) {
    this.streams = streams;
    this.memory = new PublisherMemory(streams.length);
    const start: PublisherStart = { plan, streams, way, memory: this.memory.memory };
    this.#worker = startLoadThread('paced-publisher', { workerData: start });
    this.#worker.on('error', (error) => {
      throw error; // it is a fault of ours, and without its publishers the server is of no use
    });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.ready = once(this.#worker, 'message').then(([answer]: PublisherAnswer[]) => {
      if (answer?.type === 'ready') this.thread = answer.thread;
    });
  }

  get cpuMs(): number {
    return (this.thread === undefined ? undefined : threadCpuMs(this.thread)) ?? 0;
  }

  begin(timetable: Timetable): void {
    this.#done = Promise.race([once(this.#worker, 'message'), this.#exited]);
    this.#worker.postMessage(timetable);
  }

  async stop(): Promise<void> {
    this.memory.stop();
    await this.#done;
  }

  async end(): Promise<void> {
    this.memory.stop();
    await this.#worker.terminate();
  }

  /** A paced thread sleeps between two messages: what it uses of a core is its load, and its lag is its delay. */
  load(): ThreadLoad {
    const { memory, cpuMs } = this;
    const nowNs = monotonicNs();
    const utilization = ((cpuMs - this.#seenCpuMs) * 1e6) / (nowNs - this.#seenAtNs);
    this.#seenAtNs = nowNs;
    this.#seenCpuMs = cpuMs;
    return {
      name: `publisher ${this.streams[0]}`,
      utilization: Math.min(1, Math.max(0, utilization)),
      delayP99Ms: (memory.lag.percentile(99) ?? 0) / 1e6,
      delayMaxMs: (memory.lag.maxNs ?? 0) / 1e6,
      gcMs: 0,
    };
  }
}
