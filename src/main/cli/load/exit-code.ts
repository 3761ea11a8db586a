/** The exit code that a result comes to. Pure. */
import { Check } from '../../../shared/load/plan';
import type { LoadResult } from '../../../shared/load/result';
import { ExitCode } from '../exit-codes';

/** What is worse goes first: of several runs the worst says how it went. */
const WORST_FIRST = [
  ExitCode.INTERNAL,
  ExitCode.UNREACHABLE,
  ExitCode.INCORRECT,
  ExitCode.INVALID_RUN,
  ExitCode.FAILURE,
  ExitCode.OK,
] as const;

export function worstOf(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? ExitCode.OK;
}

/** A message that is missing is missing whoever was overloaded; but a threshold says something only of a run that is valid. */
export function exitCodeOf(result: LoadResult): ExitCode {
  if (result.totals.opened === 0 && result.config.clients > 0) return ExitCode.UNREACHABLE;
  if (isIncorrect(result)) return ExitCode.INCORRECT;
  if (!result.verdict.valid) return ExitCode.INVALID_RUN;
  return result.thresholds.some(({ passed }) => !passed) ? ExitCode.FAILURE : ExitCode.OK;
}

function isIncorrect({ config: { checks }, reconciliation }: LoadResult): boolean {
  const { lost, duplicated, reordered, corrupt } = reconciliation;
  return (
    (checks.includes(Check.LOSS) && lost > 0) ||
    (checks.includes(Check.ORDER) && duplicated + reordered > 0) ||
    (checks.includes(Check.CONTENT) && corrupt > 0)
  );
}
