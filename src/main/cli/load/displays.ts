/** What is shown of a run where nothing can be drawn over: lines of text, or events as JSON. */
import type { LoadObserver, RunNotice } from '../../load/observe/observer';
import { RunProgress } from '../../load/observe/progress';
import type { LoadEvent } from '../../load/options';
import { oneLine } from '../../load/report/plain-text';
import { plainLine } from './live-lines';

/** Lines for a log: each phase, and a second of the run every so often. */
export class PlainDisplay implements LoadObserver {
  readonly #write: (line: string) => void;
  readonly #progress = new RunProgress();
  readonly #everySeconds: number;
  #seconds = 0;

  constructor(write: (line: string) => void, everySeconds = 1) {
    this.#write = write;
    this.#everySeconds = everySeconds;
  }

  run(notice: RunNotice): void {
    this.#progress.begin(notice);
    this.#seconds = 0;
    if (notice.title !== '') this.#write(oneLine(notice.title));
  }

  event(event: LoadEvent): void {
    this.#progress.take(event);
    if (event.type === 'warning') this.#write(`warning: ${oneLine(event.message)}`);
    else if (event.type === 'phase') this.#write(this.#phaseText(event.name));
    else if (event.type === 'second' && this.#seconds++ % this.#everySeconds === 0) {
      this.#write(plainLine(event.row));
    }
  }

  async close(): Promise<void> {}

  #phaseText(name: string): string {
    const { plan, phaseLimitMs, connected } = this.#progress;
    if (name === 'connect') return `connect: ${plan?.clients ?? '?'} clients`;
    if (name === 'settle') return `settle: ${connected} connected`;
    return phaseLimitMs === undefined ? name : `${name}: ${phaseLimitMs / 1e3} s`;
  }
}

/** One JSON object a line: `run`, `phase`, `connecting`, `second`, `warning`, and `result` at the end of each run. */
export class JsonDisplay implements LoadObserver {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  run({ title, plan, url }: RunNotice): void {
    const { mode, clients, publishers, durationMs, warmupMs } = plan;
    this.#tell({ event: 'run', title, url, mode, clients, publishers, durationMs, warmupMs });
  }

  event({ type, ...rest }: LoadEvent): void {
    this.#tell({ event: type, ...rest });
  }

  async close(): Promise<void> {}

  #tell(event: object): void {
    this.#write(JSON.stringify(event));
  }
}
