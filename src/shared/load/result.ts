/**
 * The result of a load test, as `loadTest` answers it and `result.json` holds it: schema `ringcast-bench/1`. Fields may be added
 * to that version, not removed nor changed. `src/main/load/report/result-schema.ts` is the same as a JSON Schema.
 *
 * Latencies are milliseconds, but for the histograms inside, which are nanoseconds. Memory is bytes, rates are per second.
 */
import type { LoadPlan } from './plan';
import type { LoadCounters, LoadError, ThreadLoad } from './snapshot';

export const RESULT_SCHEMA = 'ringcast-bench/1';

/** One distribution. */
export interface LatencySummary {
  count: number;
  /** Undefined where there is none, as all below. */
  minMs: number | null;
  meanMs: number | null;
  maxMs: number | null;
  /** By percentile as it is written, such as "99.9"; null where fewer than ten samples lie above it. */
  percentiles: Record<string, number | null>;
  /** HdrHistogram V2, compressed, base64; nanoseconds. */
  hdr: string;
}

/** The hub's own stages: only where the target is a hub of ours. `docs/bench.md` draws them. */
export const STAGES = ['ringWait', 'drain', 'fanOut', 'write'] as const;
export type StageName = (typeof STAGES)[number];

/** One second of the run; the first begins with the schedule. */
export interface SeriesRow {
  /** Since the schedule began, at the row's end. */
  atMs: number;
  phase: 'warm-up' | 'measure' | 'drain';
  connected: number;
  targetPerSecond: number;
  publishedPerSecond: number;
  receivedPerSecond: number;
  receivedBytesPerSecond: number;
  lost: number;
  errors: number;
  /** Of what was received in this second. */
  responseP50Ms: number | null;
  responseP99Ms: number | null;
  responseMaxMs: number | null;
  scheduleLagP99Ms: number | null;
  /** The busiest load thread, 0 to 1. */
  utilization: number;
  serverCpu: number | null;
  serverRssBytes: number | null;
}

/** Where every message went: `expected = received + the rest`, and the test says whether it adds up. */
export interface Reconciliation {
  /** Published × subscribers that were there. */
  expected: number;
  received: number;
  /** Times of the schedule that never became a message: × nobody, so not part of `expected`. */
  refused: number;
  unsent: number;
  /** Told by a hub of ours: given up for peers that were behind. Zero where the target tells nothing. */
  droppedByPolicy: number;
  /** Went while a client's connection was gone without our doing, or was still under way to a slow client at the end. */
  droppedAtClose: number;
  /** What nobody accounts for. */
  lost: number;
  duplicated: number;
  reordered: number;
  corrupt: number;
  foreign: number;
  /** The first fault of each kind, such as "client 17, publisher 2: message 4711 came after 4712". */
  samples: string[];
  addsUp: boolean;
}

export interface GroupResult {
  /** `fast`, or a slow group's name. */
  name: string;
  clients: number;
  received: number;
  lost: number;
  disconnected: number;
  response: LatencySummary;
}

export interface ThresholdResult {
  expression: string;
  metric: string;
  /** Null: there was no such value, so it failed. */
  actual: number | null;
  unit: string;
  passed: boolean;
}

export const LimitedBy = { SERVER: 'server', CLIENT: 'client', NETWORK: 'network', NONE: 'none' } as const;
export type LimitedBy = (typeof LimitedBy)[keyof typeof LimitedBy];

export interface Verdict {
  limitedBy: LimitedBy;
  /** Whether the figures say something about the server. */
  valid: boolean;
  /** One sentence each, with the number and the limit. */
  reasons: string[];
  /** What does not spoil the run, and should be known. */
  warnings: string[];
}

export interface ServerResult {
  pid: number;
  /** Cores, on average over the measure window. */
  cpu: number;
  rssBytes: number;
  rssIdleBytes: number | null;
  rssPerClientBytes: number | null;
  cpuUsPerDelivery: number | null;
}

export interface ClockResult {
  generator: string;
  offsetNs: number;
  uncertaintyNs: number;
  driftPpm: number;
}

export interface LoadResult {
  schema: typeof RESULT_SCHEMA;
  run: {
    id: string;
    name: string;
    labels: Record<string, string>;
    startedAt: string;
    endedAt: string;
    /** Why it ended. */
    ended: 'complete' | 'interrupted' | 'threshold' | 'failed';
    phases: { name: string; ms: number }[];
  };
  env: {
    ringcast: string;
    node: string;
    v8: string;
    platform: string;
    kernel: string;
    cpu: string;
    cores: number;
    memoryBytes: number;
    governor: string | null;
    descriptorLimit: number | null;
    portRange: string | null;
    somaxconn: number | null;
    cpuLimit: number | null;
    memoryLimitBytes: number | null;
  };
  /** Secrets are left out: of headers only the names. */
  config: LoadPlan;
  target: { url: string; kind: 'hub' | 'reference' | 'url' | 'command'; name: string };
  totals: LoadCounters & {
    publishedPerSecond: number;
    targetPerSecond: number;
    /** Published of what the schedule asked for, 0 to 1. */
    achieved: number;
    receivedPerSecond: number;
    receivedBytesPerSecond: number;
  };
  latency: {
    response: LatencySummary;
    scheduleLag: LatencySummary;
    delivery: LatencySummary;
    connect: LatencySummary;
    connectTcp: LatencySummary;
    connectTls: LatencySummary;
    connectUpgrade: LatencySummary;
    stages: Record<StageName, LatencySummary> | null;
  };
  groups: GroupResult[];
  reconciliation: Reconciliation;
  series: SeriesRow[];
  errors: LoadError[];
  thresholds: ThresholdResult[];
  verdict: Verdict;
  server: ServerResult | null;
  generator: {
    processes: number;
    threads: ThreadLoad[];
    cpu: number;
    rssBytes: number;
    /** CPU time of the generator for each message received. */
    usPerReceived: number | null;
    clocks: ClockResult[];
  };
  /** Flat numbers for thresholds and continuous integration: `response.p99`, `lost`, `published.rate`, … */
  metrics: Record<string, number>;
}
