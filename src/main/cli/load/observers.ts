/** Who looks at a bench while it runs: as the flags say, and as the terminal allows. */
import pc from 'picocolors';
import type { LoadObserver } from '../../load/observe/observer';
import { usageError } from '../failure';
import { wantsColor } from '../terminal';
import type { BenchValues } from './bench-flags';
import { JsonDisplay, PlainDisplay } from './displays';
import { LiveView } from './live-view';

/** Where nothing can be drawn over, a line each second is read while it comes; in a log, every so often. */
const PLAIN_EVERY_SECONDS = 1;

export class Audience {
  readonly observers: LoadObserver[] = [];
  readonly #view: LiveView | undefined;
  readonly #stderr: NodeJS.WriteStream;

  constructor({ json, quiet, noProgress }: BenchValues, stderr: NodeJS.WriteStream = process.stderr) {
    this.#stderr = stderr;
    const drawn = stderr.isTTY === true && process.env.TERM !== 'dumb';
    if (json) this.observers.push(new JsonDisplay((line) => process.stdout.write(`${line}\n`)));
    else if (quiet || noProgress) return;
    else if (drawn) this.#view = new LiveView(stderr, paintFor(stderr));
    else this.observers.push(new PlainDisplay((line) => this.say(line), PLAIN_EVERY_SECONDS));
    if (this.#view) this.observers.push(this.#view);
  }

  /** A line for the user that spoils no drawing. */
  say(line: string): void {
    if (this.#view) this.#view.say(line);
    else this.#stderr.write(`${line}\n`);
  }

  /** Nothing is drawn any more, until the next run. */
  pause(): void {
    this.#view?.clear();
  }

  /** Series files grow while it runs: a crash keeps them. */
  keepSeries({ output = [] }: BenchValues): void {
    const { SeriesLog, isSeriesName } =
      require('../../load/observe/series-log') as typeof import('../../load/observe/series-log');
    for (const file of output.filter(isSeriesName)) {
      const failed = (error: Error) =>
        this.say(`warning: ${file} is not written while it runs: ${error.message}`);
      this.observers.push(new SeriesLog(file, failed));
    }
  }

  /** @throws {Failure} USAGE, if an address is not to be had */
  async add(values: BenchValues): Promise<void> {
    const failed = (where: string) => (error: Error) =>
      this.say(`warning: metrics do not reach ${where}: ${error.message}`);
    if (values.ui) {
      const { LivePageServer } = require('../../load/observe/ui') as typeof import('../../load/observe/ui');
      const page = await listening('--ui', LivePageServer.listen(values.ui.port));
      this.observers.push(page);
      this.say(`Live at ${page.url}`);
    }
    if (values.prometheus) {
      const { PrometheusEndpoint } =
        require('../../load/observe/prometheus') as typeof import('../../load/observe/prometheus');
      const endpoint = await listening('--prometheus', PrometheusEndpoint.listen(values.prometheus));
      this.observers.push(endpoint);
      this.say(`Metrics at ${endpoint.url}`);
    }
    if (values.otlp) {
      const { OtlpSink, otlpHeaders } =
        require('../../load/observe/otlp') as typeof import('../../load/observe/otlp');
      const headers = otlpHeaders(process.env.OTEL_EXPORTER_OTLP_HEADERS);
      this.observers.push(new OtlpSink(values.otlp, headers, failed(values.otlp)));
    }
    if (values.statsd) {
      const { StatsdSink } =
        require('../../load/observe/statsd') as typeof import('../../load/observe/statsd');
      const { host, port } = values.statsd;
      this.observers.push(new StatsdSink(values.statsd, failed(`${host}:${port}`)));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.observers.map((observer) => observer.close()));
  }
}

async function listening<T>(flag: string, server: Promise<T>): Promise<T> {
  try {
    return await server;
  } catch (error) {
    throw usageError(`${flag}: ${(error as Error).message}.`, 'Give another port, or 0 for any free one.');
  }
}

function paintFor(stream: NodeJS.WriteStream) {
  const color = pc.createColors(wantsColor(stream, process.env, process.argv));
  return { strong: color.bold, faint: color.dim, bad: color.red };
}
