/**
 * Leads a load test through its phases.
 *
 *     prepare ─▶ connect ─▶ settle ─▶ warm-up ─▶ measure ─▶ drain ─▶ finish
 *
 * Whatever ends it early (a signal, a threshold, a generator or a server that dies), what was measured until then becomes the
 * result, and nothing is left behind. Thread: the coordinator's.
 */
import { randomUUID } from 'node:crypto';
import type { Timetable } from '../../shared/load/generator';
import { monotonicNs } from '../../shared/load/monotonic';
import { type LoadPlan, Mode } from '../../shared/load/plan';
import type { LoadResult } from '../../shared/load/result';
import { Schedule } from '../../shared/load/schedule';
import { wholeShare } from '../../shared/load/shares';
import { type GeneratorSnapshot, PUBLISHING_COUNTERS } from '../../shared/load/snapshot';
import type { Target } from '../../shared/load/target';
import { AbortOnFail } from './abort-on-fail';
import { emptySnapshot } from './empty-snapshot';
import { Generators } from './generators';
import { Interrupted, Interruption } from './interruption';
import { makeResult } from './make-result';
import type { LoadEvent, LoadOptions } from './options';
import { PhaseClock } from './phase-clock';
import { Recorder } from './recorder';
import { atUrl } from './resolve-plan';
import type { ServerUse } from './series';
import { ServerWatch } from './server-watch';
import { startTarget } from './target/start-target';
import type { Threshold } from './thresholds';

/** Threads that are behind when the schedule ends may send what is due for so long. */
const CATCH_UP_MS = 1_000;
const POLL_MS = 20;
const CONNECTING_EVENT_MS = 250;
const SECOND_NS = 1e9;
const NOT_KNOWN: ServerUse = { cpu: null, rssBytes: null };

type TargetReports = Awaited<ReturnType<NonNullable<Target['report']>>>;

export class Coordinator {
  readonly #options: LoadOptions;
  readonly #thresholds: Threshold[];
  readonly #schedule: Schedule;
  readonly #recorder: Recorder;
  readonly #abortOnFail: AbortOnFail;
  readonly #interruption = new Interruption();
  readonly #phases: PhaseClock;
  readonly #startedAt = new Date();
  readonly #generator: Generators;
  #plan: LoadPlan;
  #target: Target | undefined;
  #server: ServerWatch | undefined;
  #last: GeneratorSnapshot;
  #publishing: GeneratorSnapshot | undefined;
  #startNs = 0;
  /** When the next row of the series ends, unless its phase does before. */
  #nextRowNs = SECOND_NS;

  constructor(options: LoadOptions, plan: LoadPlan, thresholds: Threshold[]) {
    this.#options = options;
    this.#plan = plan;
    this.#thresholds = thresholds;
    this.#schedule = new Schedule(plan);
    this.#generator = new Generators(options);
    this.#recorder = new Recorder(this.#schedule);
    this.#abortOnFail = new AbortOnFail(thresholds, plan.abortOnFailMs);
    this.#last = emptySnapshot(plan);
    this.#phases = new PhaseClock((name) => this.#tell({ type: 'phase', name }));
  }

  async run(): Promise<LoadResult> {
    const ignoreSignal = this.#interruption.listenTo(this.#options.signal);
    try {
      await this.#goThrough();
      this.#phases.enter('finish');
      const reports = await this.#finish();
      return this.#result(reports);
    } finally {
      ignoreSignal();
      await this.#generator.abort();
      await this.#target?.stop();
    }
  }

  /** All phases but the last, as far as they come. */
  async #goThrough(): Promise<void> {
    try {
      await this.#prepare();
      await this.#connect();
      if (this.#plan.mode === Mode.CONNECT) return;
      this.#endIfNobodyCame();
      await this.#sleepIn('settle', this.#plan.settleMs);
      await this.#publish();
      await this.#drain();
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      // What did not even come up has no result.
      if (error.ended === 'failed' && !this.#phases.has('connect')) throw error.cause;
    }
  }

  async #prepare(): Promise<void> {
    this.#phases.enter('prepare');
    const starting = startTarget(this.#options, this.#plan);
    // Interrupted while it starts, it is to be ended nevertheless.
    void starting.then(
      (target) => this.#interruption.why && target.stop(),
      () => {},
    );
    this.#target = await this.#interruption.orElse(starting);
    this.#watch('the server under test', this.#target.failed);
    this.#watch('the load generator', this.#generator.failed);
    this.#plan = atUrl(this.#plan, this.#target.url);
    this.#server = new ServerWatch(this.#target);
    const { publishing } = this.#target;
    const share = wholeShare(this.#plan, publishing === undefined);
    await this.#interruption.orElse(
      Promise.all([
        this.#generator.prepare(this.#plan, share),
        publishing?.prepare(this.#plan, { from: 0, to: this.#plan.publishers }),
      ]),
    );
    this.#server.started();
  }

  async #connect(): Promise<void> {
    this.#phases.enter('connect');
    const timer = setInterval(() => void this.#tellConnecting(), CONNECTING_EVENT_MS);
    try {
      await this.#interruption.orElse(this.#generator.connect());
    } finally {
      clearInterval(timer);
    }
    await this.#tellConnecting();
    this.#server?.idle();
  }

  /** Nobody is to wait a long test through for a server that lets nobody in. @throws {Interrupted} */
  #endIfNobodyCame(): void {
    if (this.#last.counters.opened > 0) return;
    const message = `none of ${this.#plan.clients} clients could connect`;
    this.#interruption.interrupt('failed', message);
    throw new Interrupted('failed', message);
  }

  /** Warm-up and measure window, second by second. */
  async #publish(): Promise<void> {
    const startNs = monotonicNs() + this.#generator.leadNs;
    const timetable: Timetable = {
      startNs,
      measureFromNs: startNs + this.#schedule.warmupNs,
      measureToNs: startNs + this.#schedule.endNs,
    };
    this.#startNs = startNs;
    await this.#interruption.orElse(
      Promise.all([this.#generator.begin(timetable), this.#target?.begin(timetable)]),
    );
    await this.#interruption.sleep((startNs - monotonicNs()) / 1e6);
    this.#recorder.begin(await this.#look(), this.#sinceStart());
    if (this.#schedule.warmupNs > 0) this.#phases.enter('warm-up');
    await this.#watchPhase(this.#schedule.warmupNs);
    this.#phases.enter('measure');
    this.#server?.begin();
    this.#recorder.measureFrom = await this.#look();
    await this.#watchPhase(this.#schedule.endNs);
    this.#server?.end();
    this.#recorder.measureTo = await this.#look();
  }

  /** Waits for what is still under way: first in the generator, then anywhere. */
  async #drain(): Promise<void> {
    this.#phases.enter('drain');
    const untilNs = this.#sinceStart() + this.#plan.drainTimeoutMs * 1e6;
    await this.#poll(this.#sinceStart() + CATCH_UP_MS * 1e6, async () =>
      this.#allScheduled(await this.#look()),
    );
    await this.#stopPublishing();
    await this.#poll(untilNs, async () => this.#allReceived());
    this.#record(await this.#look(), true);
  }

  async #poll(untilNs: number, done: () => Promise<boolean>): Promise<void> {
    while (!(await this.#interruption.orElse(done())) && this.#sinceStart() < untilNs)
      await this.#watchUntil(Math.min(untilNs, this.#sinceStart() + POLL_MS * 1e6));
  }

  /** To its end, where a row of the series ends too: no row is of two phases. */
  async #watchPhase(endNs: number): Promise<void> {
    await this.#watchUntil(endNs);
    if (this.#recorder.endNs < endNs) this.#record(await this.#look());
    this.#nextRowNs = endNs + SECOND_NS;
  }

  /** Sleeps, and wakes for every full second of the phase. */
  async #watchUntil(ns: number): Promise<void> {
    for (;;) {
      const now = this.#sinceStart();
      if (now >= this.#nextRowNs) {
        this.#nextRowNs += SECOND_NS * Math.ceil((now - this.#nextRowNs + 1) / SECOND_NS);
        this.#record(await this.#look());
      } else if (now < ns) await this.#interruption.sleep((Math.min(ns, this.#nextRowNs) - now) / 1e6);
      else return;
    }
  }

  /** @param lossKnown false: accounts were taken, and what is under way looks lost in them */
  #record(snapshot: GeneratorSnapshot, lossKnown = !this.#phases.has('drain')): void {
    const server = this.#server?.sinceLast() ?? NOT_KNOWN;
    const row = this.#recorder.take(snapshot, this.#sinceStart(), server, lossKnown);
    if (row === undefined) return;
    this.#tell({ type: 'second', row });
    const failed = this.#abortOnFail.failing(
      snapshot,
      this.#sinceStart() / 1e6,
      this.#schedule.warmupNs / 1e6,
    );
    if (failed !== undefined) this.#interruption.interrupt('threshold', `threshold failed: ${failed}`);
  }

  /** A snapshot of everybody who makes load. @throws {Interrupted} */
  async #look(published?: Record<number, number>): Promise<GeneratorSnapshot> {
    const [generators, publishing] = await this.#interruption.orElse(
      Promise.all([this.#generator.snapshot(published), this.#target?.publishing?.snapshot()]),
    );
    this.#publishing = publishing ?? this.#publishing;
    this.#last = generators;
    if (this.#startNs > 0) {
      const threads = [...generators.threads, ...(publishing?.threads ?? [])];
      this.#recorder.watchThreads(threads, this.#sinceStart());
    }
    return withPublishing(generators, publishing);
  }

  #allScheduled({ counters }: GeneratorSnapshot): boolean {
    return counters.scheduled >= this.#schedule.messages;
  }

  /** What slow peers have not read yet, and what went while a connection was gone, is not waited for. */
  async #allReceived(): Promise<boolean> {
    if (this.#plan.mode === Mode.FAN_IN) return this.#sinkHasAll();
    const { counters } = await this.#look(this.#published());
    return counters.lost <= counters.lostDisconnected;
  }

  async #sinkHasAll(): Promise<boolean> {
    const sink = (await this.#target?.report?.())?.sink;
    return sink === undefined || sink.received + sink.corrupt >= this.#last.counters.published;
  }

  #published(): Record<number, number> {
    return { ...this.#last.published, ...this.#publishing?.published };
  }

  async #stopPublishing(): Promise<void> {
    await Promise.all([this.#generator.stopPublishing(), this.#target?.publishing?.stop()]);
    await this.#look();
  }

  /** However far it came: the last numbers of everybody who still answers. */
  async #finish(): Promise<TargetReports> {
    if (this.#interruption.why?.ended === 'failed') return this.#rescue();
    const { publishing } = this.#target ?? {};
    if (this.#phases.has('settle') && this.#interruption.why !== undefined) {
      await Promise.all([this.#generator.stopPublishing(), publishing?.stop()]);
      this.#last = await this.#generator.snapshot();
      this.#publishing = await publishing?.snapshot();
    }
    const reports = this.#target === undefined ? {} : await this.#target.report?.(this.#published());
    if (this.#phases.has('connect')) this.#last = await this.#generator.finish(this.#published());
    return reports ?? {};
  }

  /** Something is gone: what the others have, as far as they still answer. */
  async #rescue(): Promise<TargetReports> {
    try {
      const { publishing } = this.#target ?? {};
      await Promise.allSettled([this.#generator.stopPublishing(), publishing?.stop()]);
      this.#publishing = (await publishing?.snapshot().catch(() => undefined)) ?? this.#publishing;
      if (this.#phases.has('connect')) this.#last = await this.#generator.finish(this.#published());
    } catch {} // then what was seen last has to do
    return {};
  }

  #result(reports: TargetReports): LoadResult {
    const why = this.#interruption.why;
    return makeResult({
      run: {
        id: randomUUID(),
        startedAt: this.#startedAt.toISOString(),
        endedAt: new Date().toISOString(),
        ended: why?.ended ?? 'complete',
        phases: this.#phases.list(),
      },
      plan: this.#plan,
      schedule: this.#schedule,
      thresholds: this.#thresholds,
      startNs: this.#startNs,
      target: this.#target ?? { kind: 'url', name: '', url: this.#plan.connect.url },
      last: this.#recorder.withThreads(this.#last),
      publishing: this.#publishing && this.#recorder.withThreads(this.#publishing),
      recorder: this.#recorder,
      hub: reports.hub,
      sink: reports.sink,
      server: this.#server?.result(this.#plan.clients, this.#deliveries()) ?? null,
      clocks: this.#generator.clocks(),
      clockUncertaintyNs: this.#generator.uncertaintyNs(this.#plan, this.#target?.publishing !== undefined),
      force: this.#options.force ?? false,
      processes: this.#generator.members.length,
      failure: why?.ended === 'failed' ? why.message : undefined,
    });
  }

  /** What the server gave out in the measure window, or took where it gives out nothing. */
  #deliveries(): number {
    const { receivedMeasured, publishedMeasured } = this.#last.counters;
    return this.#plan.mode === Mode.FAN_IN ? publishedMeasured : receivedMeasured;
  }

  #watch(who: string, failed: Promise<never>): void {
    failed.catch((error: Error) =>
      this.#interruption.interrupt('failed', `${who} failed: ${error.message}`, error),
    );
  }

  async #sleepIn(phase: 'settle', ms: number): Promise<void> {
    this.#phases.enter(phase);
    await this.#interruption.sleep(ms);
  }

  async #tellConnecting(): Promise<void> {
    try {
      const { counters } = await this.#look();
      const { connected, connectFailed: failed } = counters;
      this.#tell({ type: 'connecting', connected, failed, clients: this.#plan.clients });
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    }
  }

  #sinceStart(): number {
    return monotonicNs() - this.#startNs;
  }

  #tell(event: LoadEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** A hub that publishes counts what went; clients count what came. */
function withPublishing(
  generators: GeneratorSnapshot,
  publishing: GeneratorSnapshot | undefined,
): GeneratorSnapshot {
  if (publishing === undefined) return generators;
  const counters = { ...generators.counters };
  for (const name of PUBLISHING_COUNTERS) counters[name] += publishing.counters[name];
  const scheduleLag = generators.histograms.scheduleLag.copy();
  scheduleLag.add(publishing.histograms.scheduleLag);
  return { ...generators, counters, histograms: { ...generators.histograms, scheduleLag } };
}
