/** What a bench came to: on standard output, and in files. */
import path from 'node:path';
import type { LoadResult } from '../../../shared/load/result';
import { formatOf } from '../../load/report/formats';
import { ReportError } from '../../load/report/report-error';
import { type ResultSet, resultSet } from '../../load/report/result-set';
import { setText } from '../../load/report/set-text';
import { checkOutput, writeJobSummary, writeReport } from '../../load/report/write-report';
import { ExitCode } from '../exit-codes';
import { Failure, usageError } from '../failure';
import { Terminal, wantsColor } from '../terminal';
import type { BenchValues } from './bench-flags';
import type { RoundResults } from './rounds';
import { sideBySide } from './side-by-side';

const TEXT_WIDTH = 100;

/** Before anything runs: a result is not lost for a typing error. @throws {Failure} USAGE */
export function checkOutputs({ output = [], github }: BenchValues): void {
  for (const file of output) {
    try {
      checkOutput(file);
    } catch (error) {
      if (!(error instanceof ReportError)) throw error;
      throw usageError(`--output: ${error.message}.`, error.remedy);
    }
  }
  if (github && !process.env.GITHUB_STEP_SUMMARY) {
    throw usageError('--github needs the variable GITHUB_STEP_SUMMARY.', 'Elsewhere use -o summary.md.');
  }
}

/**
 * The runs of a round as one: a result, or a set of them.
 *
 * @returns undefined where none was begun
 */
function asOne({ results }: RoundResults): LoadResult | ResultSet | undefined {
  return results.length > 1 ? resultSet(results) : results[0];
}

/** @throws {Failure} if a file cannot be written; the text was printed then, and the other files are there */
export function showResults(all: readonly RoundResults[], values: BenchValues): void {
  if (!values.json) process.stdout.write(resultText(all));
  const terminal = new Terminal({ quiet: values.quiet || values.json });
  const problems: string[] = [];
  for (const round of all) {
    const from = asOne(round);
    if (from === undefined) continue;
    const tries = (values.output ?? []).map((file) => () => {
      const path = all.length > 1 ? fileOf(file, round.name ?? '') : file;
      writeReport(from, path);
      terminal.note(`wrote ${path}`);
    });
    if (values.github) tries.push(() => writeJobSummary(from, process.env));
    for (const attempt of tries) gatherProblem(attempt, problems);
  }
  if (problems.length > 0) throw new Failure(ExitCode.FAILURE, problems.join('\n'));
}

function gatherProblem(attempt: () => void, problems: string[]): void {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    problems.push(`${error.message}.${error.remedy === undefined ? '' : ` ${error.remedy}`}`);
  }
}

function resultText(all: readonly RoundResults[]): string {
  const color = wantsColor(process.stdout, process.env, process.argv);
  const width = Math.max(TEXT_WIDTH, process.stdout.columns ?? 0);
  const texts = all.flatMap((round) => {
    const from = asOne(round);
    if (from === undefined) return [];
    return `${all.length > 1 ? `${round.name}\n` : ''}${setText(from, { color, width })}`;
  });
  if (texts.length > 1) texts.push(sideBySide(all));
  return texts.join('\n');
}

/** Of several rounds each has a file of its own: `result.ws-loop.json`. */
export function fileOf(file: string, round: string): string {
  const { ending } = formatOf(file);
  const { dir, base } = path.parse(file);
  // gab.json may be all of the name.
  const stem = base.slice(0, base.length - ending.length).replace(/\.$/, '');
  const name = round.replace(/[^\w.-]+/g, '-');
  return path.join(dir, [stem, name, ending.replace(/^\./, '')].filter((part) => part !== '').join('.'));
}
