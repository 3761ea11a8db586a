/** The schedule out of the flags that say it: rate and duration, stages, or a preset. Pure. */
import type { BenchValues } from './bench-flags';
import type { Problems } from './sources';
import type { StageOption } from './values';

const DEFAULT_RATE = 1_000;
const DEFAULT_DURATION_MS = 10_000;
const SOAK = { durationMs: 3_600_000, warmupMs: 60_000 };
/** The middle sixth of the time. */
const SPIKE_SHARE = 1 / 6;
/** A straight line begins at the rate of the stage before: this one says it, and is over at once. */
const INSTANT_MS = 10;

export interface ScheduleOptions {
  ratePerSecond?: number;
  durationMs?: number;
  warmupMs?: number;
  stages?: StageOption[];
}

export function scheduleOf(values: BenchValues, problems: Problems): ScheduleOptions {
  const { stage, ramp, spike, soak, rate, duration } = values;
  const ways = Object.entries({ stage, ramp, spike }).filter(([, value]) => value !== undefined);
  if (ways.length > 1) {
    problems.add(ways.map(([key]) => `--${key}`).join(' and '), 'cannot go together: give one of them');
  }
  if (stage && duration !== undefined)
    problems.add('--duration', 'cannot go with --stage, which has its own');
  if (stage && rate !== undefined) problems.add('--rate', 'cannot go with --stage, which has its own');
  const rates = rate === undefined ? {} : { ratePerSecond: rate };
  const durationMs = duration ?? (soak ? SOAK.durationMs : undefined);
  const warmupMs = values.warmup ?? (soak ? SOAK.warmupMs : undefined);
  return {
    ...(warmupMs === undefined ? {} : { warmupMs }),
    ...(stagesOf(values, durationMs) ?? { ...rates, ...(durationMs === undefined ? {} : { durationMs }) }),
  };
}

function stagesOf(
  { stage, ramp, spike, rate = DEFAULT_RATE }: BenchValues,
  durationMs = DEFAULT_DURATION_MS,
): { stages: StageOption[] } | undefined {
  if (stage !== undefined) return { stages: stage };
  if (ramp !== undefined) {
    const begin = { durationMs: INSTANT_MS, ratePerSecond: ramp.from, ramp: false };
    const line = { durationMs: ramp.durationMs, ratePerSecond: ramp.to, ramp: true };
    const rest = { durationMs, ratePerSecond: ramp.to, ramp: false };
    return { stages: ramp.from === 0 ? [line, rest] : [begin, line, rest] };
  }
  if (spike === undefined) return undefined;
  const side = {
    durationMs: Math.round((durationMs * (1 - SPIKE_SHARE)) / 2),
    ratePerSecond: rate,
    ramp: false,
  };
  const top = { durationMs: durationMs - 2 * side.durationMs, ratePerSecond: rate * spike, ramp: false };
  return { stages: [side, top, side] };
}
