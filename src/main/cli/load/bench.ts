/** `ringcast bench`: runs what was asked for, shows it, and writes what it came to. */
import type { LoadResult } from '../../../shared/load/result';
import { ExitCode } from '../exit-codes';
import { benchSchema } from './bench-schema';
import { exitCodeOf, worstOf } from './exit-code';
import { Interruption } from './interruption';
import { audienceFor } from './observers';
import { planRounds } from './plans';
import { type Given, type Request, readRequest } from './request';
import { checkOutputs, writeResults } from './results';
import { type LoadTest, type PlannedRound, type RoundResults, runRounds } from './rounds';
import { warnOfSecrets } from './secrets';

export async function bench(given: Given): Promise<ExitCode> {
  const request = await readRequest(given);
  checkOutputs(request.values.output ?? []);
  return runBench(request, planRounds(request), given);
}

export async function printConfigSchema(): Promise<ExitCode> {
  process.stdout.write(`${JSON.stringify(benchSchema(), null, 2)}\n`);
  return ExitCode.OK;
}

async function runBench({ values }: Request, rounds: PlannedRound[], given: Given): Promise<ExitCode> {
  const { observers, say } = audienceFor(values);
  const interruption = new Interruption(say);
  warnOfSecrets(given, say);
  let all: RoundResults[] = [];
  try {
    all = await runRounds(rounds, values.repeat ?? 1, {
      loadTest: loadTest(),
      observers,
      signal: interruption.signal,
    });
    for (const observer of observers) observer.event({ type: 'phase', name: 'finish' });
  } finally {
    await Promise.all(observers.map((observer) => observer.close()));
  }
  writeResults(all, values);
  return (interruption.exitCode as ExitCode) ?? codeOf(all);
}

/** With what makes load, which takes a while to be loaded: not for `--help`. */
function loadTest(): LoadTest {
  return (require('../../load/load-test') as { loadTest: LoadTest }).loadTest;
}

function codeOf(all: readonly RoundResults[]): ExitCode {
  const results: LoadResult[] = all.flatMap((round) => round.results);
  return worstOf(results.map(exitCodeOf));
}
