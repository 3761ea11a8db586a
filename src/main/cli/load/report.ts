/** `ringcast report`: reports out of a result file. */
import type { LoadResult } from '../../../shared/load/result';
import { FORMATS, formatOf } from '../../load/report/formats';
import { readResult } from '../../load/report/read-result';
import { ReportError } from '../../load/report/report-error';
import { JSON_SCHEMA } from '../../load/report/result-schema';
import type { ResultSet } from '../../load/report/result-set';
import { setText } from '../../load/report/set-text';
import { checkOutput, writeJobSummary, writeReport } from '../../load/report/write-report';
import { ExitCode } from '../exit-codes';
import { Failure, usageError } from '../failure';
import { Terminal, wantsColor } from '../terminal';

export interface ReportFlags {
  output?: string[];
  format?: string;
  github?: true;
  schema?: true;
  quiet?: true;
}

export async function report(file: string | undefined, flags: ReportFlags): Promise<ExitCode> {
  if (flags.schema) {
    await print(`${JSON.stringify(JSON_SCHEMA, null, 2)}\n`);
    return ExitCode.OK;
  }
  if (file === undefined) throw usageError('which result?', 'Name the file that ringcast bench -o wrote.');
  const { output = [], format, github } = flags;
  const render = format === undefined ? undefined : formatNamed(format).render;
  return withFailures(async () => {
    const result = beforehand(() => {
      for (const path of output) checkOutput(path);
      return readResult(file);
    });
    const terminal = new Terminal({ quiet: flags.quiet });
    for (const path of output) {
      writeReport(result, path);
      terminal.note(`wrote ${path}`);
    }
    if (github) writeJobSummary(result, process.env);
    if (render !== undefined) await print(render(result, file));
    else if (output.length === 0 && !github) await print(colored(result));
    return ExitCode.OK;
  });
}

/** What went wrong with files is told as such. */
export async function withFailures(run: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    throw new Failure(ExitCode.FAILURE, error.message, { remedy: error.remedy, cause: error });
  }
}

/** Nothing was done yet: what cannot be read, or has no place to go, is wrong usage, not a finding. @throws {Failure} USAGE */
export function beforehand<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    throw new Failure(ExitCode.USAGE, error.message, { remedy: error.remedy, cause: error });
  }
}

/** Resolves when it has left, so that the end of the process cuts nothing off. */
export function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

function colored(result: LoadResult | ResultSet): string {
  return setText(result, { color: wantsColor(process.stdout, process.env, process.argv) });
}

function formatNamed(name: string) {
  try {
    return formatOf(`x.${name.replace(/^\./, '')}`);
  } catch {
    const known = FORMATS.map(({ ending }) => ending.replace(/^\./, '')).join(', ');
    throw usageError(`there is no format ${JSON.stringify(name)}`, `There are ${known}.`);
  }
}
