/** `ringcast bench`: runs what was asked for, shows it, and writes what it came to. */
import { ExitCode } from '../exit-codes';
import type { Failure } from '../failure';
import type { BenchValues } from './bench-flags';
import { exitCodeOf, worstOf } from './exit-code';
import { failureOf } from './failures';
import { Interruption } from './interruption';
import { Audience } from './observers';
import { planRounds } from './plans';
import { type Given, readRequest } from './request';
import { checkOutputs, showResults } from './results';
import { type LoadTest, type PlannedRound, type RoundResults, runRounds } from './rounds';
import { warnOfSecrets } from './secrets';

export async function bench(given: Given): Promise<ExitCode> {
  const request = await readRequest(given);
  const { values } = request;
  checkOutputs(values);
  const rounds = planRounds(request);
  return withAudience(values, async (audience, interruption) => {
    warnOfSecrets(given, (line) => audience.say(line));
    // Of several rounds each has files of its own, which are written when it is over.
    if (rounds.length === 1) audience.keepSeries(values);
    const all: RoundResults[] = rounds.map(({ name }) => ({ name, results: [] }));
    const failure = await runAll(rounds, all, values, audience, interruption);
    audience.pause();
    showResults(all, values);
    if (failure !== undefined) throw failure;
    if (values.linger && !interruption.signal.aborted) await linger(audience, interruption);
    else if (interruption.exitCode !== undefined) return interruption.exitCode as ExitCode;
    return worstOf(all.flatMap(({ results }) => results.map(exitCodeOf)));
  });
}

export async function printConfigSchema(): Promise<ExitCode> {
  const { benchSchema } = require('./bench-schema') as typeof import('./bench-schema');
  process.stdout.write(`${JSON.stringify(benchSchema(), null, 2)}\n`);
  return ExitCode.OK;
}

/** Sets up who looks on and what signals do; however it goes, nothing of it is left. */
export async function withAudience(
  values: BenchValues,
  run: (audience: Audience, interruption: Interruption) => Promise<ExitCode>,
): Promise<ExitCode> {
  const audience = new Audience(values);
  const interruption = new Interruption((text) => audience.say(text));
  // Else standard output has nothing but the result, when the run is over.
  if (values.json) interruption.listenTo(process.stdout);
  try {
    await audience.add(values);
    return await run(audience, interruption);
  } finally {
    await audience.close();
    interruption.dispose();
  }
}

/** @returns why it ended before its time; what was measured until then is in `all` */
async function runAll(
  rounds: PlannedRound[],
  all: RoundResults[],
  { repeat = 1 }: BenchValues,
  { observers }: Audience,
  interruption: Interruption,
): Promise<Failure | undefined> {
  try {
    const { signal } = interruption;
    await runRounds(rounds, all, repeat, { loadTest: loadTest(), observers, signal });
    return undefined;
  } catch (error) {
    return failureOf(error, interruption);
  }
}

async function linger(audience: Audience, interruption: Interruption): Promise<void> {
  interruption.idle();
  audience.say('The page stays until Ctrl-C.');
  await interruption.came();
}

/** With what makes load, which takes a while to be loaded: not for `--help`. */
export function loadTest(): LoadTest {
  return (require('../../load/load-test') as { loadTest: LoadTest }).loadTest;
}
