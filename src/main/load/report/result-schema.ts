/**
 * The result of a load test as a JSON Schema (draft 2020-12): `ringcast report --schema` prints it, and what is read is checked
 * against it. The types of `shared/load` and this say the same: a field of theirs that is missing here does not compile.
 */
import {
  Check,
  type LoadPlan,
  Mode,
  type SizeChoice,
  type SlowGroup,
  type Stage,
} from '../../../shared/load/plan';
import {
  type GroupResult,
  type LatencySummary,
  LimitedBy,
  type LoadResult,
  RESULT_SCHEMA,
  type SeriesRow,
  STAGES,
} from '../../../shared/load/result';
import {
  LOAD_COUNTERS,
  type LoadCounter,
  type LoadError,
  type ThreadLoad,
} from '../../../shared/load/snapshot';
import type { Definitions, Schema } from './json-schema';
import { RESULT_SET_SCHEMA, type ResultSet } from './result-set';

const text: Schema = { type: 'string' };
const number: Schema = { type: 'number' };
const orNull: Schema = { type: ['number', 'null'] };
const count: Schema = { type: 'number', minimum: 0 };
const yes: Schema = { type: 'boolean' };
const latency: Schema = { $ref: '#/$defs/latency' };

function object<T>(properties: { [K in keyof Required<T>]: Schema }, optional: (keyof T)[] = []): Schema {
  const names = Object.keys(properties);
  const required = names.filter((name) => !(optional as string[]).includes(name));
  return { type: 'object', properties: properties as Record<string, Schema>, required };
}

const listOf = (items: Schema): Schema => ({ type: 'array', items });
const recordOf = (additionalProperties: Schema): Schema => ({ type: 'object', additionalProperties });
const oneOf = (values: readonly string[]): Schema => ({ type: 'string', enum: values });
const about = (schema: Schema, description: string): Schema => ({ ...schema, description });

const LATENCY = object<LatencySummary>({
  count,
  minMs: orNull,
  meanMs: orNull,
  maxMs: orNull,
  percentiles: about(
    recordOf(orNull),
    'Milliseconds, by percentile such as "99.9"; null: fewer than ten samples lie above it',
  ),
  hdr: about(text, 'HdrHistogram V2, compressed, base64; nanoseconds'),
});

const PLAN = object<LoadPlan>(
  {
    name: text,
    labels: recordOf(text),
    mode: oneOf(Object.values(Mode)),
    clients: count,
    publishers: count,
    workers: count,
    processes: count,
    stages: listOf(object<Stage>({ durationMs: count, ratePerSecond: count, ramp: yes })),
    payload: object<LoadPlan['payload']>(
      {
        sizes: listOf(object<SizeChoice>({ minBytes: count, maxBytes: count, weight: number })),
        text: yes,
        fill: object<{ kind: string }>({ kind: oneOf(['random', 'constant', 'lines']) }),
        template: text,
      },
      ['template'],
    ),
    settleMs: count,
    warmupMs: count,
    durationMs: count,
    maxMessages: count,
    drainTimeoutMs: count,
    connect: object<LoadPlan['connect']>(
      {
        url: text,
        publishUrl: text,
        headers: recordOf(text),
        origin: text,
        subprotocols: listOf(text),
        tls: object<LoadPlan['connect']['tls']>({ insecure: yes, ca: text, cert: text, key: text }, [
          'ca',
          'cert',
          'key',
        ]),
        compression: yes,
        ratePerSecond: count,
        timeoutMs: count,
        concurrency: count,
        attempts: count,
        sourceAddresses: listOf(text),
        client: oneOf(['sink', 'ws']),
        adapter: text,
      },
      ['origin'],
    ),
    slow: listOf(
      object<SlowGroup>({ name: text, clients: count, behaviour: object<{ kind: string }>({ kind: text }) }),
    ),
    churnPerSecond: count,
    reconnect: yes,
    checks: listOf(oneOf(Object.values(Check))),
    thresholds: listOf(text),
    abortOnFailMs: count,
    percentiles: listOf(number),
    seed: number,
  },
  ['maxMessages', 'abortOnFailMs'],
);

const SERIES_ROW = object<SeriesRow>({
  atMs: about(count, "Since the schedule began, at the row's end"),
  phase: oneOf(['warm-up', 'measure', 'drain']),
  connected: count,
  targetPerSecond: count,
  publishedPerSecond: count,
  receivedPerSecond: count,
  receivedBytesPerSecond: count,
  lost: number,
  errors: count,
  responseP50Ms: orNull,
  responseP99Ms: orNull,
  responseMaxMs: orNull,
  scheduleLagP99Ms: orNull,
  utilization: about(count, 'The busiest load thread, 0 to 1'),
  serverCpu: about(orNull, 'Cores'),
  serverRssBytes: orNull,
});

const counters = Object.fromEntries(LOAD_COUNTERS.map((name) => [name, number])) as Record<
  LoadCounter,
  Schema
>;

const RESULT = object<LoadResult>({
  schema: { const: RESULT_SCHEMA },
  run: object<LoadResult['run']>({
    id: text,
    name: text,
    labels: recordOf(text),
    startedAt: text,
    endedAt: text,
    ended: oneOf(['complete', 'interrupted', 'threshold', 'failed']),
    phases: listOf(object<{ name: string; ms: number }>({ name: text, ms: count })),
  }),
  env: object<LoadResult['env']>({
    ringcast: text,
    node: text,
    v8: text,
    platform: text,
    kernel: text,
    cpu: text,
    cores: count,
    memoryBytes: count,
    governor: { type: ['string', 'null'] },
    descriptorLimit: orNull,
    portRange: { type: ['string', 'null'] },
    somaxconn: orNull,
    cpuLimit: orNull,
    memoryLimitBytes: orNull,
  }),
  config: about(PLAN, 'What was to be done, every default filled in; secrets are left out'),
  target: object<LoadResult['target']>({
    url: text,
    kind: oneOf(['hub', 'reference', 'url', 'command']),
    name: text,
  }),
  totals: object<LoadResult['totals']>({
    ...counters,
    publishedPerSecond: count,
    targetPerSecond: count,
    achieved: about(count, 'Published of what the schedule asked for, 0 to 1'),
    receivedPerSecond: count,
    receivedBytesPerSecond: count,
  }),
  latency: object<LoadResult['latency']>({
    response: latency,
    scheduleLag: latency,
    delivery: latency,
    connect: latency,
    connectTcp: latency,
    connectTls: latency,
    connectUpgrade: latency,
    stages: {
      type: ['object', 'null'],
      properties: Object.fromEntries(STAGES.map((stage) => [stage, latency])),
      required: [...STAGES],
    },
  }),
  groups: listOf(
    object<GroupResult>({
      name: about(text, '"fast", or a slow group'),
      clients: count,
      received: count,
      lost: number,
      disconnected: count,
      response: latency,
    }),
  ),
  reconciliation: about(
    object<LoadResult['reconciliation']>({
      expected: number,
      received: count,
      refused: count,
      unsent: count,
      droppedByPolicy: number,
      droppedAtClose: number,
      lost: number,
      duplicated: count,
      reordered: count,
      corrupt: count,
      foreign: count,
      samples: listOf(text),
      addsUp: yes,
    }),
    'expected = received + droppedByPolicy + droppedAtClose + lost + corrupt',
  ),
  series: listOf({ $ref: '#/$defs/second' }),
  errors: listOf(
    object<LoadError>({
      phase: oneOf(['connect', 'publish', 'receive', 'close', 'generator']),
      code: text,
      count,
      sample: text,
    }),
  ),
  thresholds: listOf(
    object<LoadResult['thresholds'][number]>({
      expression: text,
      metric: text,
      actual: orNull,
      unit: text,
      passed: yes,
    }),
  ),
  verdict: object<LoadResult['verdict']>({
    limitedBy: oneOf(Object.values(LimitedBy)),
    valid: yes,
    reasons: listOf(text),
    warnings: listOf(text),
  }),
  server: {
    ...object<NonNullable<LoadResult['server']>>({
      pid: number,
      cpu: about(count, 'Cores'),
      rssBytes: count,
      rssIdleBytes: orNull,
      rssPerClientBytes: orNull,
      cpuUsPerDelivery: orNull,
    }),
    type: ['object', 'null'],
  },
  generator: object<LoadResult['generator']>({
    processes: count,
    threads: listOf(
      object<ThreadLoad>({
        name: text,
        utilization: count,
        delayP99Ms: count,
        delayMaxMs: count,
        gcMs: count,
      }),
    ),
    cpu: count,
    rssBytes: count,
    usPerReceived: orNull,
    clocks: listOf(
      object<LoadResult['generator']['clocks'][number]>({
        generator: text,
        offsetNs: number,
        uncertaintyNs: number,
        driftPpm: number,
      }),
    ),
  }),
  metrics: about(recordOf(number), 'Flat numbers: docs/bench-reports.md names them'),
});

const SET = object<ResultSet>({
  schema: { const: RESULT_SET_SCHEMA },
  runs: listOf({ $ref: '#/$defs/result' }),
  median: about(count, 'Index of the run that reports show'),
  medianBy: text,
});

export const DEFINITIONS: Definitions = { result: RESULT, set: SET, latency: LATENCY, second: SERIES_ROW };

/** Valid for a result, and for a set of them. */
export const JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:ringcast:bench:1',
  title: 'Result of ringcast bench',
  description:
    'Latencies are milliseconds, memory is bytes, rates are per second. A version gets new fields, and loses or changes none.',
  oneOf: [{ $ref: '#/$defs/result' }, { $ref: '#/$defs/set' }],
  $defs: DEFINITIONS,
};
