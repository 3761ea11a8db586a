/** What a result says of correctness, for reports and exit codes. Pure. */
import type { Check } from '../../shared/load/plan';
import type { LoadResult, Reconciliation } from '../../shared/load/result';

type Fault = 'lost' | 'duplicated' | 'reordered' | 'corrupt';

const FAULTS_OF: Record<Check, Fault[]> = {
  loss: ['lost'],
  order: ['reordered', 'duplicated'],
  content: ['corrupt'],
};

/** The faults that the test was to look for and found, such as `3 lost`. Empty: correct, as far as it looked. */
export function faultsOf(result: { config: { checks: Check[] }; reconciliation: Reconciliation }): string[] {
  const looked = result.config.checks.flatMap((check) => FAULTS_OF[check] ?? []);
  const found = looked.filter((fault) => result.reconciliation[fault] > 0);
  return found.map((fault) => `${result.reconciliation[fault].toLocaleString('en')} ${fault}`);
}

/** What a run came to, the gravest first. */
export const Outcome = {
  /** It did not come to its end: the figures are of what was measured until then. */
  FAILED: 'failed',
  INTERRUPTED: 'interrupted',
  INCORRECT: 'incorrect',
  INVALID: 'invalid',
  THRESHOLD: 'threshold',
  GOOD: 'good',
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

export function outcomeOf(result: LoadResult): Outcome {
  if (result.run.ended === 'failed' || result.run.ended === 'interrupted') return result.run.ended;
  if (faultsOf(result).length > 0) return Outcome.INCORRECT;
  if (!result.verdict.valid) return Outcome.INVALID;
  if (result.thresholds.some((threshold) => !threshold.passed)) return Outcome.THRESHOLD;
  return Outcome.GOOD;
}
