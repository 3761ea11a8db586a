/** `ringcast find`: load tests with more and more load, up to the most at which all limits hold. */
import type { LoadResult } from '../../../shared/load/result';
import { faultsOf } from '../../load/correctness';
import { type Found, findLimit, type Purpose } from '../../load/find-limit';
import { LOAD_LIMITS } from '../../load/limits';
import { actualText } from '../../load/report/view';
import { ExitCode } from '../exit-codes';
import { Failure, usageError } from '../failure';
import { loadTest, withAudience } from './bench';
import type { BenchValues } from './bench-flags';
import { failureOf } from './failures';
import { FIND_FLAGS, type FindValues } from './find-flags';
import { curveHead, curveLine, foundText, writeFound } from './find-output';
import { type Aim, type Dimension, type LoadTrial, summaryOf } from './find-trial';
import type { Interruption } from './interruption';
import type { Audience } from './observers';
import { planRounds } from './plans';
import { type Given, type Round, readRequest } from './request';
import { checkOutputs } from './results';
import { runRounds } from './rounds';
import { Problems, readValues } from './sources';

const DEFAULT_FROM: { [dimension in Dimension]: number } = { rate: 1_000, clients: 100 };
const DEFAULT_PRECISION = 0.05;
const DEFAULT_DURATION_MS = 5_000;
const DEFAULT_WARMUP_MS = 1_000;
/** A run that fails for this part of its time has failed: the rest of it is not waited for. */
const ABORT_SHARE = 0.5;

export async function find(given: Given): Promise<ExitCode> {
  const { aim, bench } = split(given);
  const request = await readRequest(bench);
  const { values } = request;
  checkOutputs(values);
  const [round, ...more] = request.rounds;
  if (more.length > 0)
    throw usageError('find looks at one server: give one --target, and a file without scenarios.');
  planRounds({
    rounds: [roundFor(round, aim.from, aim)],
    origins: { ...request.origins, threshold: '--limit' },
  });
  return withAudience(values, (audience, interruption) => search(aim, round, values, audience, interruption));
}

/** Its own flags, and those of each run. */
function split(given: Given): { aim: Aim; bench: Given } {
  const isOwn = ([key]: [string, unknown]) => Object.hasOwn(FIND_FLAGS, key);
  const entries = Object.entries(given.flags.texts);
  const own = { ...given.flags, texts: Object.fromEntries(entries.filter(isOwn)) };
  const rest = { ...given.flags, texts: Object.fromEntries(entries.filter((entry) => !isOwn(entry))) };
  const problems = new Problems();
  const { values } = readValues(FIND_FLAGS, [own], problems);
  const aim = aimOf(values, problems);
  problems.check();
  return { aim: aim as Aim, bench: { ...given, flags: rest } };
}

function aimOf({ max, limit, from, to, precision }: FindValues, problems: Problems): Aim | undefined {
  if (max === undefined) problems.add('--max', 'must say what is looked for: rate or clients');
  if (limit === undefined) problems.add('--limit', "must say what is to hold, such as 'response.p99 < 50ms'");
  if (max === undefined || limit === undefined) return undefined;
  const [lowest, highest] = max === 'rate' ? [1, LOAD_LIMITS.ratePerSecond[1]] : LOAD_LIMITS.clients;
  const begin = from ?? Math.min(DEFAULT_FROM[max], to ?? highest);
  if (begin < lowest || begin > highest)
    problems.add('--from', `must be from ${lowest} to ${highest}, and is ${begin}`);
  if (to !== undefined && (to < begin || to > highest)) {
    problems.add('--to', `must be from ${begin} (--from) to ${highest}, and is ${to}`);
  }
  return {
    dimension: max,
    limits: limit,
    from: Math.round(begin),
    highest: Math.round(to ?? highest),
    precision: precision ?? DEFAULT_PRECISION,
  };
}

function roundFor({ name, options }: Round, value: number, { dimension, limits }: Aim): Round {
  const durationMs = options.durationMs ?? DEFAULT_DURATION_MS;
  return {
    name,
    options: {
      ...options,
      ...(dimension === 'rate' ? { ratePerSecond: value } : { clients: value }),
      durationMs,
      warmupMs: options.warmupMs ?? DEFAULT_WARMUP_MS,
      thresholds: limits,
      abortOnFailMs: durationMs * ABORT_SHARE,
    },
  };
}

async function search(
  aim: Aim,
  round: Round,
  values: BenchValues,
  audience: Audience,
  interruption: Interruption,
): Promise<ExitCode> {
  const { signal } = interruption;
  const tell = (line: string) => (values.json ? undefined : audience.say(line));
  tell(curveHead(aim));
  const run = async (value: number, purpose: Purpose): Promise<LoadTrial> => {
    const result = await runOnce(
      roundFor(round, value, aim),
      `${aim.dimension} ${value}`,
      audience,
      interruption,
    );
    checkMeasured(result, value, aim);
    const trial = trialOf(value, purpose, result);
    if (values.json) process.stdout.write(`${JSON.stringify({ event: 'trial', ...summaryOf(trial) })}\n`);
    tell(curveLine(trial));
    return trial;
  };
  const found = await findLimit({ ...aim, lowest: 1, run, signal });
  audience.pause();
  showFound(aim, found, values);
  return interruption.exitCode === undefined ? codeOf(found) : (interruption.exitCode as ExitCode);
}

async function runOnce(
  round: Round,
  title: string,
  { observers }: Audience,
  interruption: Interruption,
): Promise<LoadResult> {
  const named = { ...round, name: title };
  const all = [{ name: title, results: [] as LoadResult[] }];
  const planned = planRounds({ rounds: [named], origins: {} });
  try {
    await runRounds(planned, all, 1, { loadTest: loadTest(), observers, signal: interruption.signal });
  } catch (error) {
    throw failureOf(error, interruption);
  }
  return all[0].results[0];
}

/** A limit that could not be measured is neither kept nor broken. */
function checkMeasured({ thresholds, totals, run }: LoadResult, value: number, { dimension }: Aim): void {
  const unknown = thresholds.find(({ actual }) => actual === null);
  if (unknown === undefined || totals.received === 0 || run.ended === 'interrupted') return;
  throw new Failure(
    ExitCode.INVALID_RUN,
    `With a ${dimension} of ${value} there are too few samples to tell ${unknown.metric}.`,
    { remedy: 'Let runs be longer (-d), begin higher (--from), or set a limit to a lower percentile.' },
  );
}

function trialOf(value: number, purpose: Purpose, result: LoadResult): LoadTrial {
  const { thresholds, verdict, run, totals, config } = result;
  const failed = thresholds.filter(({ passed }) => !passed);
  const faults = [
    ...failed.map((threshold) => `${threshold.expression}: ${actualText(threshold)}`),
    ...faultsOf(result),
    ...(totals.connectFailed > 0 ? [`${totals.connectFailed} of ${config.clients} could not connect`] : []),
    ...(run.ended === 'interrupted' ? ['interrupted'] : []),
    ...(verdict.valid ? [] : verdict.reasons),
  ];
  return {
    value,
    purpose,
    faults,
    result,
    generatorLimited: !verdict.valid && verdict.limitedBy === 'client',
  };
}

function codeOf({ best, limit }: Found<LoadTrial>): ExitCode {
  if (best === undefined && limit?.result.totals.opened === 0) return ExitCode.UNREACHABLE;
  if (limit?.generatorLimited) return ExitCode.INVALID_RUN;
  return best === undefined ? ExitCode.FAILURE : ExitCode.OK;
}

function showFound(aim: Aim, found: Found<LoadTrial>, { json, output = [] }: BenchValues): void {
  const text = foundText(aim, found);
  if (json) {
    const { best, limit, confirmed } = found;
    const event = {
      event: 'found',
      max: aim.dimension,
      value: best?.value ?? null,
      limit: limit?.value ?? null,
    };
    process.stdout.write(`${JSON.stringify({ ...event, confirmed, text })}\n`);
  } else {
    process.stdout.write(`${text}\n`);
  }
  for (const file of output) writeFound(file, aim, found);
}
