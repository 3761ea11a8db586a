/** Writes the seconds of a run into its series files while it runs: a crash keeps what was measured until then. */

import type { LoadEvent } from '../options';
import { SeriesFile } from '../report/series';
import type { LoadObserver } from './observer';

export class SeriesLog implements LoadObserver {
  readonly #path: string;
  readonly #format: 'csv' | 'ndjson';
  readonly #failed: (error: Error) => void;
  #file: SeriesFile | undefined;

  /** @param failed told once, if the file cannot be written any more: the run goes on */
  constructor(path: string, failed: (error: Error) => void) {
    this.#path = path;
    this.#format = path.toLowerCase().endsWith('.csv') ? 'csv' : 'ndjson';
    this.#failed = failed;
  }

  /** Each run begins the file anew. */
  run(): void {
    this.#try(() => {
      this.#file?.close();
      this.#file = undefined;
      this.#file = new SeriesFile(this.#path, this.#format);
    });
  }

  event(event: LoadEvent): void {
    if (event.type === 'second') this.#try(() => this.#file?.add(event.row));
  }

  async close(): Promise<void> {
    this.#try(() => this.#file?.close());
    this.#file = undefined;
  }

  #try(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#file = undefined;
      this.#failed(error as Error);
    }
  }
}

/** Whether a file of this name holds seconds. */
export function isSeriesName(path: string): boolean {
  return /\.(csv|ndjson)$/i.test(path);
}
