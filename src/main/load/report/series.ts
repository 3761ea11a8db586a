/** The seconds of a run as CSV and as lines of JSON; also while it runs, so that a crash keeps them. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { SeriesRow } from '../../../shared/load/result';

export const SERIES_COLUMNS = [
  'atMs',
  'phase',
  'connected',
  'targetPerSecond',
  'publishedPerSecond',
  'receivedPerSecond',
  'receivedBytesPerSecond',
  'lost',
  'errors',
  'responseP50Ms',
  'responseP99Ms',
  'responseMaxMs',
  'scheduleLagP99Ms',
  'utilization',
  'serverCpu',
  'serverRssBytes',
] as const satisfies (keyof SeriesRow)[];

export function csvSeries(series: readonly SeriesRow[]): string {
  return SERIES_FORMATS.csv.head + series.map(SERIES_FORMATS.csv.line).join('');
}

export function ndjsonSeries(series: readonly SeriesRow[]): string {
  return series.map(SERIES_FORMATS.ndjson.line).join('');
}

/** RFC 4180; what is not known is empty. */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const SERIES_FORMATS = {
  csv: {
    head: `${SERIES_COLUMNS.join(',')}\n`,
    line: (row: SeriesRow) => `${SERIES_COLUMNS.map((name) => csvCell(row[name])).join(',')}\n`,
  },
  ndjson: { head: '', line: (row: SeriesRow) => `${JSON.stringify(row)}\n` },
};

/** A file that gets a line each second. What it holds after a crash is whole lines. */
export class SeriesFile {
  readonly #descriptor: number;
  readonly #format: (typeof SERIES_FORMATS)['csv'];

  /** @throws the system's error if the file cannot be opened */
  constructor(path: string, format: keyof typeof SERIES_FORMATS) {
    this.#format = SERIES_FORMATS[format];
    this.#descriptor = openSync(path, 'w');
    writeSync(this.#descriptor, this.#format.head);
  }

  add(row: SeriesRow): void {
    writeSync(this.#descriptor, this.#format.line(row));
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
