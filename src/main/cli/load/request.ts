/** A bench as it was asked for: what is run, how often, and how it is shown. */
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { LoadOptions } from '../../load/options';
import { usageError } from '../failure';
import { BENCH_FLAGS, type BenchValues } from './bench-flags';
import { homeSources, readTestFile, type TestFile } from './file-sources';
import type { FlagTable } from './flag';
import { loadOptionsOf, withoutGaps } from './load-options';
import { environmentSource, Problems, readValues, type Source } from './sources';
import { url as urlReader } from './values';

/** What the command line says. */
export interface Given {
  url?: string;
  /** What stood behind `--`. */
  command?: string[];
  /** By the keys of the flags. */
  flags: Source;
  /** Of `--config` and `--env-file`. */
  config?: string;
  envFile?: string;
  environment: NodeJS.ProcessEnv;
}

/** One test, to be run as often as `repeat` says. */
export interface Round {
  /** The scenario's name and the target's, if there are several. */
  name: string | undefined;
  options: LoadOptions;
}

export interface Request {
  rounds: Round[];
  /** Of the whole command: how it is shown, how often it is run. */
  values: BenchValues;
  /** By key, who said it. */
  origins: { [key: string]: string };
}

const WEB_SOCKET_URL = urlReader(['ws', 'wss']);

/** @throws {Failure} USAGE, with everything that is wrong */
export async function readRequest(given: Given, table: FlagTable = BENCH_FLAGS): Promise<Request> {
  const problems = new Problems();
  const file = await readTestFile(configOf(given), problems);
  const first = [given.flags, ...environmentSources(given, table, problems)];
  const last = [...(file ? [file.source] : []), ...homeSources(given.environment, problems)];
  const { values, origins } = readValues(BENCH_FLAGS, [...first, ...last], problems);
  const rounds = roundsOf(given, file, problems, (own) =>
    own === undefined ? values : readValues(BENCH_FLAGS, [...first, own, ...last], problems).values,
  );
  checkTogether(values, given, problems);
  problems.check();
  return { rounds, values, origins };
}

function configOf({ config, environment }: Given): string | undefined {
  return config ?? (environment.RINGCAST_BENCH_CONFIG || undefined);
}

function environmentSources({ environment, envFile }: Given, table: FlagTable, problems: Problems): Source[] {
  const { RINGCAST_BENCH_CONFIG: _, RINGCAST_BENCH_ENV_FILE: named, ...rest } = environment;
  const file = envFile ?? named;
  if (file === undefined) return [environmentSource(table, rest, problems)];
  if (!existsSync(file)) throw usageError(`--env-file names ${file}, which is not there.`);
  const fromFile = parseEnv(readFileSync(file, 'utf8')) as NodeJS.ProcessEnv;
  return [
    environmentSource(table, rest, problems),
    environmentSource(table, fromFile, problems, ` in ${file}`),
  ];
}

function roundsOf(
  given: Given,
  file: TestFile | undefined,
  problems: Problems,
  valuesOf: (own: Source | undefined) => BenchValues,
): Round[] {
  const scenarios = file?.scenarios.length ? file.scenarios : [undefined];
  return scenarios.flatMap((scenario) => {
    const values = valuesOf(scenario?.source);
    const url = checkedUrl(given.url ?? scenario?.url ?? file?.url, problems);
    const options = loadOptionsOf(values, { url, command: given.command ?? file?.command }, problems);
    const targets = values.target ?? [undefined];
    return targets.map((target) => {
      const names = [scenario?.name, targets.length > 1 ? target : undefined].filter(
        (name) => name !== undefined,
      );
      const name = names.length === 0 ? undefined : names.join(' ');
      return { name, options: withoutGaps({ ...options, target, name: options.name ?? name }) };
    });
  });
}

function checkedUrl(url: string | undefined, problems: Problems): string | undefined {
  if (url === undefined) return undefined;
  try {
    return WEB_SOCKET_URL.read(url);
  } catch (error) {
    const guess = `ws://${url.replace(/^[a-z]*:?\/\//i, '')}`;
    const hint = URL.canParse(guess) && !guess.includes('#') ? `. Did you mean ${guess}?` : '';
    problems.add(JSON.stringify(url), `is not the URL of a WebSocket: it ${(error as Error).message}${hint}`);
    return undefined;
  }
}

function checkTogether(values: BenchValues, given: Given, problems: Problems): void {
  const { target, onPort, ui, linger } = values;
  if (target && given.url !== undefined)
    problems.add('--target', 'starts a server of its own: give no URL with it');
  if (target && given.command) problems.add('--target', 'cannot go with a command after --');
  if (onPort && given.command === undefined) {
    problems.add('--on-port', 'needs a command: ringcast bench URL --on-port -- node server.js');
  }
  if (given.command && !onPort) {
    problems.add(given.command.join(' '), 'is a command: --on-port starts it, and loads what it serves');
  }
  if (linger && ui === undefined) problems.add('--linger', 'needs --ui: it keeps the page');
}
