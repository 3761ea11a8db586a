/** Looks at this machine before a test: what cannot work is refused, what may spoil the figures is told. */
import type { LoadPlan } from '../../shared/load/plan';
import { CheckStatus, type DoctorCheck } from './doctor';
import { preflight } from './preflight';

/** This machine cannot make such a load. Nothing was started. */
export class PreflightError extends Error {
  readonly checks: readonly DoctorCheck[];

  constructor(checks: readonly DoctorCheck[]) {
    super(checks.map(sentenceOf).join('\n'));
    this.name = 'PreflightError';
    this.checks = checks;
  }
}

/**
 * @param serverHere whether the server under test is started on this machine
 * @param warn is told of what may spoil the figures
 * @throws {PreflightError} for what cannot work
 */
export async function checkMachine(
  plan: LoadPlan,
  serverHere: boolean,
  warn: (message: string) => void,
): Promise<void> {
  const checks = await preflight(plan, serverHere);
  const failed = checks.filter(({ status }) => status === CheckStatus.FAIL);
  if (failed.length > 0) throw new PreflightError(failed);
  for (const check of checks) if (check.status === CheckStatus.WARN) warn(sentenceOf(check));
}

function sentenceOf({ name, message, repair }: DoctorCheck): string {
  return `${name}: ${message}${repair === undefined ? '' : `. Repair: ${repair}`}`;
}
