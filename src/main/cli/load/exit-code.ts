/** The exit code that a result comes to. Pure. */
import type { LoadResult } from '../../../shared/load/result';
import { type Outcome, outcomeOf } from '../../load/correctness';
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
  if (result.totals.opened === 0) return ExitCode.UNREACHABLE;
  return CODES[outcomeOf(result)];
}

const CODES: { [outcome in Outcome]: ExitCode } = {
  failed: ExitCode.INVALID_RUN,
  interrupted: ExitCode.SIGINT,
  incorrect: ExitCode.INCORRECT,
  invalid: ExitCode.INVALID_RUN,
  threshold: ExitCode.FAILURE,
  good: ExitCode.OK,
};
