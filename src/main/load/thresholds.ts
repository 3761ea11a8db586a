/**
 * Thresholds: `<metric> <operator> <value><unit>`, such as `response.p99 < 50ms`. What cannot be meant is refused when it is
 * read, before anything runs. Pure.
 */
import { enoughSamples } from '../../shared/load/percentiles';
import type { ThresholdResult } from '../../shared/load/result';
import { nearestName } from '../config/nearest-name';
import type { MetricValues } from './metric-values';
import { DISTRIBUTION_NAMES, distributionIn, type Metric, metricNamed, rowOf, SCALAR_NAMES } from './metrics';
import { KINDS, unitFactor, unitsText } from './quantity';

const OPERATORS = {
  '<': (actual: number, limit: number) => actual < limit,
  '<=': (actual: number, limit: number) => actual <= limit,
  '>': (actual: number, limit: number) => actual > limit,
  '>=': (actual: number, limit: number) => actual >= limit,
  '==': (actual: number, limit: number) => actual === limit,
  '!=': (actual: number, limit: number) => actual !== limit,
} as const;
export type Operator = keyof typeof OPERATORS;

/** Longer ones are a mistake: what is wrong with them could not be read anyway. */
export const MAX_THRESHOLD_LENGTH = 200;

export interface Threshold {
  /** As it was written. */
  expression: string;
  metric: Metric;
  operator: Operator;
  /** In the base unit of the metric's kind. */
  limit: number;
}

/** A threshold that cannot be meant. The message says what is wrong and what to write instead. */
export class ThresholdError extends RangeError {
  readonly expression: string;
  /** The message without the word "threshold", to stand behind the name of an option. */
  readonly fault: string;

  constructor(expression: string, problem: string) {
    const fault = `${JSON.stringify(shortened(expression))}: ${problem}`;
    super(`threshold ${fault}`);
    this.name = 'ThresholdError';
    this.fault = fault;
    this.expression = expression;
  }
}

/** @throws {ThresholdError} */
export function parseThreshold(expression: string): Threshold {
  const fail = (problem: string): never => {
    throw new ThresholdError(expression, problem);
  };
  if (expression.length > MAX_THRESHOLD_LENGTH) fail(`longer than ${MAX_THRESHOLD_LENGTH} characters`);
  const parts = /^\s*([\w.]+)\s*(<=|>=|==|!=|<|>)\s*(\d+(?:\.\d+)?)\s*(\S*)\s*$/.exec(expression);
  if (parts === null) return fail(shapeProblem(expression));
  const [, name, operator, digits, unit] = parts as unknown as [string, string, Operator, string, string];
  const metric = metricNamed(name) ?? fail(nameProblem(name));
  const { kind } = rowOf(metric);
  const value = Number(digits);
  const factor = unitFactor(kind, unit, value) ?? fail(unitProblem(metric, digits, unit));
  return { expression: expression.trim(), metric, operator, limit: value * factor };
}

/** Reads all of them. @throws {ThresholdError} for the first that is wrong */
export function parseThresholds(expressions: readonly string[]): Threshold[] {
  return expressions.map(parseThreshold);
}

/** When the test is over. What has no value fails: a threshold says that there is one. */
export function judgeThreshold(
  { expression, metric, operator, limit }: Threshold,
  values: MetricValues,
): ThresholdResult {
  const actual = values(metric);
  return {
    expression,
    metric: metric.name,
    actual,
    unit: KINDS[rowOf(metric).kind].unit,
    passed: actual !== null && OPERATORS[operator](actual, limit),
  };
}

/**
 * Whether it fails by what is known while the test runs. A value that is not known yet does not fail, nor one that may still
 * grow into the limit.
 */
export function failsAlready({ metric, operator, limit }: Threshold, values: MetricValues): boolean {
  const actual = values(metric);
  if (actual === null || OPERATORS[operator](actual, limit)) return false;
  const grows = rowOf(metric).grows === true;
  return !grows || operator === '<' || operator === '<=' || (operator === '==' && actual > limit);
}

/** Why a value is missing: shown beside a failed threshold. */
export function whyMissing({ metric }: Threshold, values: MetricValues): string {
  if ('scalar' in metric || typeof metric.aggregation === 'string') return 'it was not measured';
  const count = values({ ...metric, aggregation: 'count' }) ?? 0;
  const few = count > 0 && !enoughSamples(count, metric.aggregation.percentile);
  return few ? `${count} samples are too few for this percentile` : 'it was not measured';
}

function shapeProblem(expression: string): string {
  const example = 'write it as "response.p99 < 50ms"';
  if (expression.trim() === '') return `it is empty: ${example}`;
  if (/[^<>=!]=[^=]/.test(expression)) return `"=" is no operator: write "=="`;
  if (!/[<>=!]/.test(expression))
    return `it has no operator (${Object.keys(OPERATORS).join(' ')}): ${example}`;
  return `it is not <metric> <operator> <value><unit>: ${example}`;
}

function nameProblem(name: string): string {
  const distribution = distributionIn(name);
  const aggregations = 'p50, p99.9 (any percentile above 0 and below 100), min, mean, max or count';
  if (distribution === name) return `${name} is a distribution: say which number of it, such as ${name}.p99`;
  if (distribution !== undefined) {
    return `${distribution} has no ${JSON.stringify(name.slice(distribution.length + 1))}: it has ${aggregations}`;
  }
  const [stem, ...rest] = name.split('.') as [string, ...string[]];
  const related = SCALAR_NAMES.filter((known) => known === stem || known.startsWith(`${stem}.`));
  if (related.length > 0 && rest.length > 0) return `there is no ${name}, only ${related.join(', ')}`;
  return `there is no metric ${JSON.stringify(name)}${suggestion(name, stem, rest)}`;
}

function suggestion(name: string, stem: string, rest: string[]): string {
  const percentile = /^p\d/.test(stem) ? metricNamed(`response.${name}`)?.name : undefined;
  const nearStem = rest.length > 0 ? nearestName(stem, DISTRIBUTION_NAMES) : undefined;
  const nearest =
    percentile ??
    (nearStem && metricNamed([nearStem, ...rest].join('.'))?.name) ??
    nearestName(name, [...SCALAR_NAMES, ...DISTRIBUTION_NAMES]);
  return nearest === undefined ? '; all of them are in docs/bench-reports.md' : `. Did you mean ${nearest}?`;
}

function unitProblem(metric: Metric, digits: string, unit: string): string {
  const { kind } = rowOf(metric);
  const { name, units } = KINDS[kind];
  const first =
    kind === 'bytes' ? 'MiB' : kind === 'byteRate' ? 'MB/s' : kind === 'time' ? 'ms' : Object.keys(units)[0];
  const given = unit === '' ? 'it needs a unit' : `${JSON.stringify(shortened(unit))} is no unit of it`;
  return `${metric.name} is ${name}, and ${given}: write ${unitsText(kind)}, such as ${digits}${first}`;
}

function shortened(text: string): string {
  return text.length > MAX_THRESHOLD_LENGTH ? `${text.slice(0, 40)}…` : text;
}
