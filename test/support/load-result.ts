/** A result of a load test as a real run gives it, out of a seed: for what reads results. */
import { summarize } from '../../src/main/load/latency-summary';
import { metricsOf, valuesOfResult } from '../../src/main/load/metric-values';
import { judgeThreshold, parseThreshold } from '../../src/main/load/thresholds';
import { Histogram } from '../../src/shared/histogram';
import type { LoadPlan } from '../../src/shared/load/plan';
import type { LoadResult, SeriesRow } from '../../src/shared/load/result';
import { LOAD_COUNTERS, type LoadCounters } from '../../src/shared/load/snapshot';
import { Random } from './random';

const PERCENTILES = [50, 90, 99, 99.9];

export interface ResultOptions {
  seed?: number;
  /** How long was measured; the warm-up has 2 s before it. */
  seconds?: number;
  /** Of every latency: 1 is as it is. */
  slower?: number;
  messages?: number;
  thresholds?: string[];
  /** Changes anything of it, before metrics and thresholds are worked out. */
  change?: (result: LoadResult) => void;
}

export function loadResult({
  seed = 1,
  seconds = 30,
  slower = 1,
  messages = 12_000,
  thresholds = ['response.p99 < 50ms', 'lost == 0'],
  change = () => {},
}: ResultOptions = {}): LoadResult {
  const random = new Random(seed);
  const latency = (medianMs: number, count = messages) =>
    summarize(latencies(random, medianMs * slower, count), PERCENTILES);
  const result: LoadResult = {
    schema: 'ringcast-bench/1',
    run: {
      id: `run-${seed}`,
      name: 'ticks',
      labels: { branch: 'main' },
      startedAt: '2026-01-02T03:04:05.000Z',
      endedAt: '2026-01-02T03:04:39.000Z',
      ended: 'complete',
      phases: ['connect', 'settle', 'warm-up', 'measure', 'drain'].map((name) => ({ name, ms: 1_000 })),
    },
    env: environment(),
    config: plan(seconds),
    target: { url: 'ws://127.0.0.1:8080/load', kind: 'hub', name: 'ringcast hub' },
    totals: totals(seconds),
    latency: {
      response: latency(1.2),
      scheduleLag: latency(0.06),
      delivery: latency(1.1),
      connect: latency(1.9, 2_000),
      connectTcp: latency(0.3, 2_000),
      connectTls: summarize(new Histogram(), PERCENTILES),
      connectUpgrade: latency(1.4, 2_000),
      stages: { ringWait: latency(0.05), drain: latency(0.02), fanOut: latency(0.4), write: latency(0.3) },
    },
    groups: [
      { name: 'fast', clients: 1_960, received: 1_175_514, lost: 0, disconnected: 0, response: latency(1.2) },
      {
        name: '2%:64kB/s',
        clients: 40,
        received: 22_600,
        lost: 0,
        disconnected: 3,
        response: latency(40, 4_000),
      },
    ],
    reconciliation: {
      expected: 1_200_000,
      received: 1_198_114,
      refused: 0,
      unsent: 0,
      droppedByPolicy: 1_886,
      droppedAtClose: 0,
      lost: 0,
      duplicated: 0,
      reordered: 0,
      corrupt: 0,
      foreign: 0,
      samples: [],
      addsUp: true,
    },
    series: series(random, seconds, slower),
    errors: [
      { phase: 'close', code: 'close 1013', count: 3, sample: 'too slow: 4.1 MiB behind, limit 4 MiB' },
    ],
    thresholds: [],
    verdict: { limitedBy: 'none', valid: true, reasons: [], warnings: [] },
    server: {
      pid: 4_711,
      cpu: 0.93,
      rssBytes: 222_298_112,
      rssIdleBytes: 180_355_072,
      rssPerClientBytes: 20_992,
      cpuUsPerDelivery: 23.3,
    },
    generator: {
      processes: 1,
      threads: [
        { name: 'load 1', utilization: 0.48, delayP99Ms: 1.1, delayMaxMs: 4.2, gcMs: 31 },
        { name: 'load 2', utilization: 0.41, delayP99Ms: 0.9, delayMaxMs: 3.1, gcMs: 28 },
      ],
      cpu: 0.81,
      rssBytes: 148_897_792,
      usPerReceived: 1.9,
      clocks: [],
    },
    metrics: {},
  };
  change(result);
  const values = valuesOfResult(result);
  result.metrics = metricsOf(result);
  result.thresholds = thresholds.map((expression) => judgeThreshold(parseThreshold(expression), values));
  return result;
}

const DRAWS = 400;

/** Log-normal, more or less: what latencies look like. Some values are drawn, and each counts for many. */
function latencies(random: Random, medianMs: number, count: number): Histogram {
  const histogram = new Histogram();
  const draws = Math.min(DRAWS, count);
  for (let i = 0; i < draws; i++) {
    const normal = Array.from({ length: 6 }, () => random.below(1e6) / 1e6).reduce((a, b) => a + b, -3) * 1.4;
    const times = Math.floor(((i + 1) * count) / draws) - Math.floor((i * count) / draws);
    histogram.record(Math.round(medianMs * 1e6 * Math.exp(normal * 0.55)), times);
  }
  return histogram;
}

function series(random: Random, seconds: number, slower: number): SeriesRow[] {
  return Array.from({ length: seconds + 3 }, (_, i): SeriesRow => {
    const shake = 1 + (random.below(400) - 200) / 1_000;
    return {
      atMs: (i + 1) * 1_000,
      phase: i < 2 ? 'warm-up' : i < seconds + 2 ? 'measure' : 'drain',
      connected: 2_000,
      targetPerSecond: i < seconds + 2 ? 20 : 0,
      publishedPerSecond: i < seconds + 2 ? 20 : 0,
      receivedPerSecond: i < seconds + 2 ? Math.round(39_900 + 100 * shake) : 120,
      receivedBytesPerSecond: i < seconds + 2 ? 5_107_200 : 15_360,
      lost: 0,
      errors: i === 10 ? 3 : 0,
      responseP50Ms: 1.2 * shake * slower,
      responseP99Ms: 4.8 * shake * slower,
      responseMaxMs: 9.6 * shake * shake * slower,
      scheduleLagP99Ms: 0.12 * shake,
      utilization: 0.45 * shake,
      serverCpu: 0.93 * shake,
      serverRssBytes: 200e6 + i * 5e5,
    };
  });
}

function totals(seconds: number): LoadResult['totals'] {
  const none = Object.fromEntries(LOAD_COUNTERS.map((name) => [name, 0])) as LoadCounters;
  const published = 20 * (seconds + 2);
  return {
    ...none,
    connected: 1_997,
    opened: 2_000,
    lostConnections: 3,
    scheduled: published,
    published,
    publishedBytes: published * 128,
    publishedMeasured: 20 * seconds,
    received: 1_198_114,
    receivedBytes: 1_198_114 * 128,
    receivedMeasured: 1_123_232,
    receivedSlow: 22_600,
    expected: 1_200_000,
    wireBytes: 1_198_114 * 132,
    publishedPerSecond: 20,
    targetPerSecond: 20,
    achieved: 1,
    receivedPerSecond: 39_937,
    receivedBytesPerSecond: 5_111_936,
  };
}

function environment(): LoadResult['env'] {
  return {
    ringcast: '0.1.0',
    node: 'v20.20.0',
    v8: '11.3.244.8',
    platform: 'linux x64',
    kernel: '6.1.0',
    cpu: 'Example CPU @ 2.40GHz',
    cores: 2,
    memoryBytes: 8_589_934_592,
    governor: null,
    descriptorLimit: 20_000,
    portRange: '32768-60999',
    somaxconn: 4_096,
    cpuLimit: null,
    memoryLimitBytes: null,
  };
}

function plan(seconds: number): LoadPlan {
  return {
    name: 'ticks',
    labels: { branch: 'main' },
    mode: 'broadcast',
    clients: 2_000,
    publishers: 4,
    workers: 2,
    processes: 1,
    stages: [{ durationMs: seconds * 1_000, ratePerSecond: 20, ramp: false }],
    payload: {
      sizes: [{ minBytes: 128, maxBytes: 128, weight: 1 }],
      text: false,
      fill: { kind: 'random' },
      template: undefined,
    },
    settleMs: 250,
    warmupMs: 2_000,
    durationMs: seconds * 1_000,
    maxMessages: undefined,
    drainTimeoutMs: 5_000,
    connect: {
      url: 'ws://127.0.0.1:8080/load',
      publishUrl: 'ws://127.0.0.1:8080/load',
      headers: {},
      origin: undefined,
      subprotocols: [],
      tls: { insecure: false, ca: undefined, cert: undefined, key: undefined },
      compression: false,
      ratePerSecond: 1_000,
      timeoutMs: 10_000,
      concurrency: 200,
      attempts: 3,
      sourceAddresses: [],
      client: 'sink',
      adapter: 'raw',
    },
    slow: [{ name: '2%:64kB/s', clients: 40, behaviour: { kind: 'rate', bytesPerSecond: 64_000 } }],
    churnPerSecond: 0,
    reconnect: false,
    checks: ['order', 'loss', 'content'],
    thresholds: ['response.p99 < 50ms', 'lost == 0'],
    abortOnFailMs: undefined,
    percentiles: PERCENTILES,
    seed: 1,
  };
}
