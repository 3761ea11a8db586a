/** Reads result files. What is no result, or one of another version, is refused with what to do. */
import { readFileSync, statSync } from 'node:fs';
import { Histogram } from '../../../shared/histogram';
import { type LoadResult, RESULT_SCHEMA } from '../../../shared/load/result';
import { formatBytes } from '../quantity';
import { faultsBySchema } from './json-schema';
import { ReportError } from './report-error';
import { DEFINITIONS } from './result-schema';
import { RESULT_SET_SCHEMA, type ResultSet } from './result-set';

/** A minute of load makes some 60 kB; this is days. */
export const MAX_RESULT_BYTES = 256 * 2 ** 20;

/** @throws {ReportError} */
export function readResult(path: string): LoadResult | ResultSet {
  return parseResult(readText(path), path);
}

/** @param from what errors call it @throws {ReportError} */
export function parseResult(text: string, from: string): LoadResult | ResultSet {
  const value = parseJson(text, from);
  const schema = schemaNamed(value, from);
  const faults = faultsBySchema(value, { $ref: `#/$defs/${schema}` }, DEFINITIONS);
  if (faults.length > 0) throw new ReportError(`${from} is no whole result: ${faults.join('; ')}`);
  const result = value as LoadResult | ResultSet;
  checkSet(result, from);
  checkHistograms(result, from);
  return result;
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > MAX_RESULT_BYTES)
      throw new ReportError(
        `${path} has ${formatBytes(size)}, and results have ${formatBytes(MAX_RESULT_BYTES)} at most`,
      );
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof ReportError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new ReportError(`there is no file ${path}`, { cause });
    throw new ReportError(`cannot read ${path}: ${message}`, { cause });
  }
}

function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new ReportError(`${from} is no JSON: ${(cause as Error).message}`, {
      remedy: 'Results are what ringcast bench -o result.json writes.',
      cause,
    });
  }
}

function schemaNamed(value: unknown, from: string): 'result' | 'set' {
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (schema === RESULT_SCHEMA) return 'result';
  if (schema === RESULT_SET_SCHEMA) return 'set';
  if (typeof schema === 'string' && /^ringcast-bench(-set)?\//.test(schema)) {
    throw new ReportError(`${from} is of version ${schema}, and this ringcast reads ${RESULT_SCHEMA}`, {
      remedy: 'Use the ringcast that wrote it (it says which in env.ringcast), or a newer one.',
    });
  }
  throw new ReportError(`${from} is no result of ringcast bench: it has no schema ${RESULT_SCHEMA}`, {
    remedy: 'Results are what ringcast bench -o result.json writes.',
  });
}

function checkSet(result: LoadResult | ResultSet, from: string): void {
  if (result.schema !== RESULT_SET_SCHEMA) return;
  if (result.runs[result.median] === undefined)
    throw new ReportError(
      `${from} has ${result.runs.length} runs, and says that its median is run ${result.median + 1}`,
    );
}

/** Now rather than in the middle of a report. */
function checkHistograms(result: LoadResult | ResultSet, from: string): void {
  for (const run of result.schema === RESULT_SET_SCHEMA ? result.runs : [result]) {
    const named = Object.entries({ ...run.latency, ...run.latency.stages, stages: null });
    const summaries = [
      ...named,
      ...run.groups.map((group) => [`group ${group.name}`, group.response] as const),
    ];
    for (const [name, summary] of summaries)
      if (summary !== null) checkHistogram(name, summary as { hdr: string }, from);
  }
}

function checkHistogram(name: string, { hdr }: { hdr: string }, from: string): void {
  try {
    Histogram.decode(hdr);
  } catch (cause) {
    throw new ReportError(`${from}: the histogram of ${name} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
