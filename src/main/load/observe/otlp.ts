/**
 * Sends a run's numbers by OTLP over HTTP, in JSON, each second. One request at a time: while a collector has not answered, what
 * comes in the meantime is left out, so it may be as slow as it likes.
 */
import http from 'node:http';
import https from 'node:https';
import type { LoadEvent } from '../options';
import { type LiveMetric, liveMetrics, runLabels } from './live-metrics';
import type { LoadObserver, RunNotice } from './observer';
import { RunProgress } from './progress';
import { once } from './statsd';

const ANSWER_MS = 5_000;
/** How long the end waits for an answer. */
const LAST_ANSWER_MS = 1_000;
const DEFAULT_PATH = '/v1/metrics';

export class OtlpSink implements LoadObserver {
  readonly #progress = new RunProgress();
  readonly #url: URL;
  readonly #headers: { [name: string]: string };
  readonly #failed: (error: Error) => void;
  #underWay: { request: http.ClientRequest; over: Promise<void> } | undefined;

  /**
   * @param headers of each request, such as a token
   * @param failed told once, if the collector cannot be reached or refuses
   */
  constructor(url: string, headers: { [name: string]: string }, failed: (error: Error) => void) {
    this.#url = new URL(url);
    if (this.#url.pathname === '/') this.#url.pathname = DEFAULT_PATH;
    this.#headers = headers;
    this.#failed = once(failed);
  }

  run(notice: RunNotice): void {
    this.#progress.begin(notice);
  }

  event(event: LoadEvent): void {
    this.#progress.take(event);
    if (event.type === 'second' && this.#underWay === undefined) this.#send();
  }

  async close(): Promise<void> {
    const { request, over } = this.#underWay ?? {};
    const timer = setTimeout(() => request?.destroy(), LAST_ANSWER_MS);
    await over;
    clearTimeout(timer);
  }

  #send(): void {
    const body = JSON.stringify(otlpBody(this.#progress, BigInt(Date.now()) * 1_000_000n));
    const { request: begin } = this.#url.protocol === 'https:' ? https : http;
    const request = begin(this.#url, {
      method: 'POST',
      timeout: ANSWER_MS,
      headers: {
        ...this.#headers,
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
      },
    });
    const over = new Promise<void>((resolve) => request.once('close', resolve)).then(() => {
      this.#underWay = undefined;
    });
    this.#underWay = { request, over };
    request.on('timeout', () => request.destroy(new Error(`no answer in ${ANSWER_MS} ms`)));
    request.on('error', (error) => this.#failed(error));
    request.on('response', (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      if (statusCode >= 300) this.#failed(new Error(`it answered ${statusCode}`));
    });
    request.end(body);
  }
}

/** The body of a request, as opentelemetry-proto has it in JSON. */
export function otlpBody(progress: RunProgress, timeUnixNano: bigint): object {
  const metrics = liveMetrics(progress).map(({ name, help, unit, labels, value }: LiveMetric) => ({
    name: `ringcast.bench.${name}`,
    description: help,
    unit,
    gauge: {
      dataPoints: [
        { timeUnixNano: String(timeUnixNano), asDouble: value, attributes: attributesOf(labels ?? {}) },
      ],
    },
  }));
  const resource = { 'service.name': 'ringcast-bench', ...runLabels(progress) };
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeMetrics: [{ scope: { name: 'ringcast' }, metrics }],
      },
    ],
  };
}

/** `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,name=value`, as W3C baggage has it. */
export function otlpHeaders(text = ''): { [name: string]: string } {
  const pairs = text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function attributesOf(labels: { [name: string]: string }): object[] {
  return Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}
