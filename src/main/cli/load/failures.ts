/** What went wrong with a load test, as the command line tells it. */
import { AssertionError } from 'node:assert';
import { HubErrorCode } from '../../../shared/errors';
import { LoadOptionsError } from '../../load/faults';
import { ReportError } from '../../load/report/report-error';
import { ExitCode } from '../exit-codes';
import { Failure } from '../failure';
import type { Interruption } from './interruption';

/** Faults of programs. What fails in operation is a plain `Error`: a server or an agent that does not start, or ends. */
const INTERNAL = [TypeError, RangeError, ReferenceError, SyntaxError, AssertionError];

const AGENT_REMEDIES: { [code: string]: string } = {
  [HubErrorCode.AGENT_UNREACHABLE]:
    'Start ringcast agent there with --listen; with --cert there, --agent-tls or --agent-ca here.',
  [HubErrorCode.AGENT_REFUSED]: 'All hosts need the same token file and the same version of ringcast.',
};

/** @returns the failure with its exit code */
export function failureOf(error: unknown, interruption?: Interruption): Failure {
  if (error instanceof Failure) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  const interrupted = interruption?.exitCode;
  if (interrupted !== undefined)
    return new Failure(interrupted as ExitCode, 'Ended before it began.', { cause: error });
  if (error instanceof LoadOptionsError) return new Failure(ExitCode.USAGE, message, { cause: error });
  if (error instanceof ReportError) {
    return new Failure(ExitCode.FAILURE, message, { remedy: error.remedy, cause: error });
  }
  if (code === HubErrorCode.ADAPTER_LOAD_FAILED)
    return new Failure(ExitCode.USAGE, message, {
      remedy: 'docs/bench-clients.md says what a script exports.',
      cause: error,
    });
  const agentRemedy = AGENT_REMEDIES[code ?? ''];
  if (agentRemedy !== undefined)
    return new Failure(ExitCode.UNREACHABLE, `${message}.`, { remedy: agentRemedy, cause: error });
  if (!INTERNAL.some((kind) => error instanceof kind)) {
    return new Failure(ExitCode.UNREACHABLE, upperFirst(message), { cause: error });
  }
  return new Failure(ExitCode.INTERNAL, message, {
    remedy: 'With --debug it tells more. Please report it.',
    cause: error,
  });
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
