/** Puts the result of a test together out of all that was seen. Pure, but for the environment. */
import { Histogram } from '../../shared/histogram';
import type { LoadPlan } from '../../shared/load/plan';
import {
  type ClockResult,
  type GroupResult,
  type LatencySummary,
  type LoadResult,
  RESULT_SCHEMA,
  type ServerResult,
  STAGES,
} from '../../shared/load/result';
import type { Schedule } from '../../shared/load/schedule';
import { type GeneratorSnapshot, PUBLISHING_COUNTERS } from '../../shared/load/snapshot';
import type { SinkReport, Target, TargetReport } from '../../shared/load/target';
import { clockDoubt } from './clocks';
import { environment } from './env';
import { summarize } from './latency-summary';
import { metricsOf, percentileOf, valuesOfResult } from './metric-values';
import { reconcile } from './reconciliation';
import type { Recorder } from './recorder';
import { redactPlan, redactUrl } from './redact';
import { judgeThreshold, type Threshold } from './thresholds';
import { judge } from './verdict';

/** All that was seen of a test. */
export interface Observations {
  run: Omit<LoadResult['run'], 'name' | 'labels'>;
  plan: LoadPlan;
  schedule: Schedule;
  thresholds: Threshold[];
  target: Pick<Target, 'kind' | 'name' | 'url'>;
  /** When the schedule began, on the reference clock; 0: it never did. */
  startNs: number;
  /** When the test had ended: of the generators, and of a hub that publishes. */
  last: GeneratorSnapshot;
  publishing: GeneratorSnapshot | undefined;
  /** The series, and what was so at the ends of the measure window, as far as it was reached. */
  recorder: Pick<Recorder, 'series' | 'measureFrom' | 'measureTo'>;
  hub: TargetReport | undefined;
  sink: SinkReport | undefined;
  server: ServerResult | null;
  clocks: ClockResult[];
  /** How far the clocks of a message's sender and receiver may be apart; latencies that say nothing then are told with `force` only. */
  clockUncertaintyNs: number;
  force: boolean;
  processes: number;
  /** Why it failed, if it did. */
  failure: string | undefined;
}

export function makeResult(all: Observations): LoadResult {
  const doubt = doubtOf(all);
  const seen = doubt === undefined || all.force ? all : withoutWays(all);
  const { plan, last } = seen;
  const measuredMs = measuredMsOf(seen);
  const totals = totalsOf(seen);
  const latency = latencyOf(seen);
  const reconciliation = reconcile({
    counters: totals,
    refused: totals.refused,
    samples: last.samples,
    hub: seen.hub,
    sink: seen.sink,
  });
  const generator = generatorOf(seen, measuredMs);
  const verdict = judge({
    run: seen.run,
    totals,
    responseP99Ms: percentileOf(latency.response, 99),
    lagP99Ms: percentileOf(latency.scheduleLag, 99),
    generator,
    publisherThreads: seen.publishing?.threads,
    server: seen.server,
    reconciliation,
    measuredMs,
    clients: plan.clients,
    publishers: plan.publishers,
    failure: seen.failure,
    clockDoubt: doubt,
    force: seen.force,
  });
  const measured = {
    schema: RESULT_SCHEMA as typeof RESULT_SCHEMA,
    run: { ...seen.run, name: plan.name, labels: plan.labels },
    env: environment(),
    config: redactPlan(plan),
    target: { url: redactUrl(seen.target.url), kind: seen.target.kind, name: seen.target.name },
    totals,
    latency,
    groups: groupsOf(seen),
    reconciliation,
    series: seen.recorder.series,
    errors: last.errors,
    verdict,
    server: seen.server,
    generator,
  };
  const values = valuesOfResult(measured);
  const thresholds = seen.thresholds.map((threshold) => judgeThreshold(threshold, values));
  return { ...measured, thresholds, metrics: metricsOf(measured) };
}

function doubtOf({ last, sink, clockUncertaintyNs }: Observations): string | undefined {
  const medianNs = (sink?.response ?? last.histograms.response).percentile(50);
  return clockDoubt(clockUncertaintyNs, medianNs === undefined ? null : medianNs / 1e6);
}

/** Without latencies from one host to another. */
function withoutWays(seen: Observations): Observations {
  const { last, recorder, sink } = seen;
  const none = { response: new Histogram(), delivery: new Histogram() };
  const noneSlow = { responseSlow: none.response, deliverySlow: none.delivery };
  return {
    ...seen,
    last: {
      ...last,
      histograms: { ...last.histograms, ...none, ...noneSlow },
      slow: last.slow.map((group) => ({ ...group, response: none.response })),
    },
    sink: sink && { ...sink, ...none },
    recorder: {
      ...recorder,
      series: recorder.series.map((row) => ({
        ...row,
        responseP50Ms: null,
        responseP99Ms: null,
        responseMaxMs: null,
      })),
    },
  };
}

/** How much of the measure window there was. */
function measuredMsOf({ recorder: { measureFrom, measureTo }, last }: Observations): number {
  if (measureFrom === undefined) return 0;
  return ((measureTo ?? last).atNs - measureFrom.atNs) / 1e6;
}

/** How far the measure window came, since the schedule began: to its end, or to where publishing was stopped. */
function windowEndNs({ schedule, run, startNs, publishing, last }: Observations): number {
  if (run.ended === 'complete') return schedule.endNs;
  const cameTo = startNs === 0 ? 0 : (publishing ?? last).atNs - startNs;
  return Math.min(schedule.endNs, Math.max(schedule.warmupNs, cameTo));
}

function totalsOf(seen: Observations): LoadResult['totals'] {
  const { last, publishing, schedule, sink } = seen;
  const counters = { ...last.counters };
  if (publishing !== undefined)
    for (const name of PUBLISHING_COUNTERS) counters[name] += publishing.counters[name];
  if (sink !== undefined) counters.received = sink.received;
  const windowFromNs = schedule.warmupNs;
  const windowToNs = windowEndNs(seen);
  const wanted = schedule.messagesBefore(windowToNs) - schedule.messagesBefore(windowFromNs);
  const windowSeconds = (windowToNs - windowFromNs) / 1e9;
  const perSecond = (count: number) => (windowSeconds > 0 ? count / windowSeconds : 0);
  const received = counters.receivedMeasured || (sink?.response.count ?? 0);
  return {
    ...counters,
    publishedPerSecond: perSecond(counters.publishedMeasured),
    targetPerSecond: perSecond(wanted),
    achieved: wanted > 0 ? counters.publishedMeasured / wanted : 1,
    receivedPerSecond: perSecond(received),
    receivedBytesPerSecond:
      counters.received > 0 ? perSecond(received) * (counters.receivedBytes / counters.received) : 0,
  };
}

function latencyOf({ plan, last, publishing, hub, sink }: Observations): LoadResult['latency'] {
  const summary = (histogram: Histogram): LatencySummary => summarize(histogram, plan.percentiles);
  const { histograms } = last;
  const lag = histograms.scheduleLag.copy();
  if (publishing !== undefined) lag.add(publishing.histograms.scheduleLag);
  return {
    response: summary(sink?.response ?? histograms.response),
    scheduleLag: summary(lag),
    delivery: summary(sink?.delivery ?? histograms.delivery),
    connect: summary(histograms.connect),
    connectTcp: summary(histograms.connectTcp),
    connectTls: summary(histograms.connectTls),
    connectUpgrade: summary(histograms.connectUpgrade),
    stages:
      hub === undefined
        ? null
        : (Object.fromEntries(STAGES.map((stage) => [stage, summary(hub.stages[stage])])) as NonNullable<
            LoadResult['latency']['stages']
          >),
  };
}

function groupsOf({ plan, last, sink }: Observations): GroupResult[] {
  const { counters, histograms } = last;
  const slowClients = plan.slow.reduce((sum, { clients }) => sum + clients, 0);
  const slowLost = last.slow.reduce((sum, { lost }) => sum + lost, 0);
  const slowDisconnected = last.slow.reduce((sum, { disconnected }) => sum + disconnected, 0);
  return [
    {
      name: 'fast',
      clients: plan.clients - slowClients,
      received: counters.received - counters.receivedSlow,
      lost: counters.lost - slowLost,
      disconnected: counters.lostConnections - slowDisconnected,
      response: summarize(sink?.response ?? histograms.response, plan.percentiles),
    },
    ...plan.slow.map((group, at) => ({
      name: group.name,
      clients: group.clients,
      received: last.slow[at]!.received,
      lost: last.slow[at]!.lost,
      disconnected: last.slow[at]!.disconnected,
      response: summarize(last.slow[at]!.response, plan.percentiles),
    })),
  ];
}

/** Of the measure window, where it was reached. */
function generatorOf(seen: Observations, measuredMs: number): LoadResult['generator'] {
  const { last } = seen;
  const { measureFrom, measureTo } = seen.recorder;
  const end = measureTo ?? last;
  const cpuMs = end.cpuMs - (measureFrom?.cpuMs ?? 0);
  const received = end.counters.received - (measureFrom?.counters.received ?? 0);
  return {
    processes: seen.processes,
    threads: last.threads,
    cpu: measuredMs > 0 ? cpuMs / measuredMs : 0,
    rssBytes: end.rssBytes,
    usPerReceived: received > 0 ? (cpuMs * 1e3) / received : null,
    clocks: seen.clocks,
  };
}
