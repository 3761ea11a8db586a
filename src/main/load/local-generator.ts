/** A generator of threads of this process. Thread: the main one of its process. */
import type { Worker } from 'node:worker_threads';
import { Histogram } from '../../shared/histogram';
import { LoadBoard } from '../../shared/load/board';
import type { Generator, Share, Timetable } from '../../shared/load/generator';
import { monotonicNs } from '../../shared/load/monotonic';
import { Pace } from '../../shared/load/pace';
import type { LoadPlan } from '../../shared/load/plan';
import { partOfShare, streamsOf, streamsOfShare } from '../../shared/load/shares';
import {
  type GeneratorSnapshot,
  LOAD_COUNTERS,
  LOAD_HISTOGRAMS,
  type LoadCounter,
  type LoadCounters,
  type LoadHistogram,
  type LoadHistograms,
  type SlowSnapshot,
} from '../../shared/load/snapshot';
import type { LoadOrder } from '../../shared/load/thread-protocol';
import type { PacerStart } from '../../workers/load/pacer';
import { endOf, startLoadWorker } from './load-thread';
import { LoadThreadLink } from './load-thread-link';
import { mergeErrors } from './merge-errors';

/** Threads that have finished have so long to end by themselves. */
const EXIT_GRACE_MS = 1_000;

export class LocalGenerator implements Generator {
  readonly name: string;
  readonly failed: Promise<never>;
  #plan: LoadPlan | undefined;
  #threads: LoadThreadLink[] = [];
  #pace: Pace | undefined;
  #pacer: { worker: Worker; ended: Promise<Error | undefined> } | undefined;
  #clockOffsetNs = 0;
  #timetable: Timetable | undefined;
  #cpu: NodeJS.CpuUsage | undefined;
  #ending = false;
  #fail!: (error: Error) => void;

  constructor(name = 'local') {
    this.name = name;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {}); // told to whoever waits for it
  }

  async prepare(plan: LoadPlan, share: Share): Promise<void> {
    if (this.#plan !== undefined || this.#ending) throw new Error('a generator is for one test');
    this.#plan = plan;
    this.#cpu = process.cpuUsage();
    const shares = Array.from({ length: plan.workers }, (_, at) => partOfShare(share, at, plan.workers));
    this.#pace = Pace.create(shares.length);
    this.#startPacer(plan, shares);
    this.#threads = shares.map((part, slot) => this.#startThread(plan, part, slot));
    await Promise.all(this.#threads.map((thread) => thread.ready));
  }

  setClock(offsetNs: number): void {
    this.#clockOffsetNs = offsetNs;
    for (const { board } of this.#threads) board.clockOffsetNs = offsetNs;
    if (this.#timetable !== undefined) this.#pace!.startNs = this.#timetable.startNs - offsetNs;
  }

  async connect(): Promise<void> {
    await this.#orderAll({ type: 'connect' });
  }

  async begin(timetable: Timetable): Promise<void> {
    this.#timetable = timetable;
    await this.#orderAll({ type: 'begin', timetable });
    this.#pace!.startNs = timetable.startNs - this.#clockOffsetNs;
  }

  async stopPublishing(): Promise<void> {
    this.#pace?.stop();
    await this.#orderAll({ type: 'stop' });
  }

  async snapshot(published?: Record<number, number>): Promise<GeneratorSnapshot> {
    if (published !== undefined) await this.#orderAll({ type: 'settle-accounts', published });
    return this.#snapshot();
  }

  async finish(published: Record<number, number>): Promise<GeneratorSnapshot> {
    await this.stopPublishing();
    // From here on a thread may end.
    this.#ending = true;
    await this.#orderAll({ type: 'finish', published });
    const snapshot = this.#snapshot();
    await this.#allEnded();
    return snapshot;
  }

  async abort(): Promise<void> {
    this.#ending = true;
    this.#pace?.stop();
    await Promise.all([
      ...this.#threads.map((thread) => thread.terminate()),
      this.#pacer?.worker.terminate(),
    ]);
  }

  /** A script of somebody's may have left timers behind, which would keep its thread alive for ever. */
  async #allEnded(): Promise<void> {
    const timer = setTimeout(() => void this.abort(), EXIT_GRACE_MS);
    await Promise.all([...this.#threads.map((thread) => thread.ended), this.#pacer?.ended]);
    clearTimeout(timer);
  }

  #startThread(plan: LoadPlan, share: Share, slot: number): LoadThreadLink {
    const board = LoadBoard.create(streamsOfShare(plan, share), plan.slow.length);
    board.clockOffsetNs = this.#clockOffsetNs;
    const thread = new LoadThreadLink(
      `load thread ${slot + 1}`,
      { plan, share, pace: this.#pace!.handle, slot },
      board,
    );
    void thread.ended.then((thrown) => this.#threadEnded(thread.name, thrown));
    return thread;
  }

  /** Where a hub publishes, or nothing is sent, there is nothing to pace. */
  #startPacer(plan: LoadPlan, shares: Share[]): void {
    const slots = shares.map((share) => streamsOfShare(plan, share));
    if (slots.every(({ from, to }) => from === to)) return;
    const { stages, warmupMs, maxMessages } = plan;
    const start: PacerStart = {
      pace: this.#pace!.handle,
      plan: { stages, warmupMs, maxMessages },
      publishers: streamsOf(plan),
      slots,
    };
    const worker = startLoadWorker('pacer', 'load pacer', start);
    const ended = endOf(worker);
    this.#pacer = { worker, ended };
    void ended.then((thrown) => thrown !== undefined && this.#threadEnded('the pacer', thrown));
  }

  #threadEnded(name: string, thrown: Error | undefined): void {
    if (this.#ending) return;
    const why = thrown === undefined ? '' : `: ${thrown.message}`;
    this.#fail(new Error(`${name} of the load generator ended before its time${why}`, { cause: thrown }));
  }

  async #orderAll(order: LoadOrder): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.order(order)));
  }

  #snapshot(): GeneratorSnapshot {
    const threads = this.#threads;
    const cpu = process.cpuUsage(this.#cpu);
    return {
      generator: this.name,
      atNs: monotonicNs() + this.#clockOffsetNs,
      counters: sumCounters(threads),
      histograms: mergeHistograms(threads),
      published: Object.assign({}, ...threads.map(({ board }) => board.published())),
      threads: threads.map((thread) => thread.load()),
      cpuMs: (cpu.user + cpu.system) / 1e3,
      rssBytes: process.memoryUsage.rss(),
      errors: mergeErrors(threads.map(({ errors }) => errors)),
      slow: (this.#plan?.slow ?? []).map((_, group) => mergeSlow(threads, group)),
      samples: threads.flatMap(({ samples }) => samples),
    };
  }
}

function sumCounters(threads: readonly LoadThreadLink[]): LoadCounters {
  const sum = (name: LoadCounter) => threads.reduce((total, { board }) => total + board.read(name), 0);
  return Object.fromEntries(LOAD_COUNTERS.map((name) => [name, sum(name)])) as LoadCounters;
}

function mergeHistograms(threads: readonly LoadThreadLink[]): LoadHistograms {
  const merged = (name: LoadHistogram) => merge(threads.map(({ board }) => board.histograms[name]));
  return Object.fromEntries(LOAD_HISTOGRAMS.map((name) => [name, merged(name)])) as LoadHistograms;
}

function mergeSlow(threads: readonly LoadThreadLink[], group: number): SlowSnapshot {
  const sum = (name: 'received' | 'lost' | 'disconnected') =>
    threads.reduce((total, { board }) => total + board.readSlow(group, name), 0);
  return {
    received: sum('received'),
    lost: sum('lost'),
    disconnected: sum('disconnected'),
    response: merge(threads.map(({ board }) => board.slowResponses[group]!)),
  };
}

function merge(histograms: readonly Histogram[]): Histogram {
  const all = new Histogram();
  for (const histogram of histograms) all.add(histogram);
  return all;
}
