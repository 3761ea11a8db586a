/**
 * A page on this machine that shows a run while it goes on, by server-sent events. A browser that does not read is let go of; a
 * page that is open keeps nothing from ending.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LoadResult } from '../../../shared/load/result';
import type { LoadEvent } from '../options';
import { htmlReport } from '../report/html/page';
import { verdictWords } from '../report/view';
import { LocalServer, refuse } from './local-server';
import type { LoadObserver, RunNotice } from './observer';
import { RunProgress } from './progress';
import { livePage } from './ui-page';

const HOST = '127.0.0.1';
/** What waits for a browser that is behind. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** Names of this machine: another name that leads here would be a page of somebody else's (DNS rebinding). */
const OWN_NAMES = ['127.0.0.1', 'localhost'];
/** How long a browser waits before it comes again: it does not, as the page closes its stream. */
const RETRY_MS = 60_000;

export class LivePageServer implements LoadObserver {
  readonly #progress = new RunProgress();
  readonly #browsers = new Set<ServerResponse>();
  readonly #page = livePage();
  #notice: RunNotice | undefined;
  #server: LocalServer | undefined;

  /**
   * @param port 0: any free one
   * @throws {Error} of the system, if it cannot listen there
   */
  static async listen(port: number): Promise<LivePageServer> {
    const page = new LivePageServer();
    page.#server = await LocalServer.listen({ host: HOST, port }, (request, response) =>
      page.#answer(request, response),
    );
    return page;
  }

  get url(): string {
    return `${this.#server?.url}/`;
  }

  run(notice: RunNotice): void {
    this.#notice = notice;
    this.#progress.begin(notice);
    this.#tellAll(runEvent(notice));
  }

  event(event: LoadEvent): void {
    this.#progress.take(event);
    this.#tellAll(event.type === 'result' ? resultEvent(event.result) : { event: event.type, ...event });
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const name = (request.headers.host ?? '').replace(/:\d+$/, '');
    if (!OWN_NAMES.includes(name)) refuse(response, 403);
    else if (request.method !== 'GET') refuse(response, 405);
    else if (request.url === '/') this.#answerPage(response);
    else if (request.url === '/events') this.#answerEvents(response);
    else if (request.url === '/report.html') this.#answerReport(response);
    else refuse(response, 404);
  }

  #answerPage(response: ServerResponse): void {
    const { html, contentSecurityPolicy } = this.#page;
    response
      .writeHead(200, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': contentSecurityPolicy,
        'Cache-Control': 'no-store',
      })
      .end(html);
  }

  #answerEvents(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(`retry: ${RETRY_MS}\n\n`);
    response.once('close', () => this.#browsers.delete(response));
    this.#browsers.add(response);
    for (const event of this.#soFar()) tell(response, event);
  }

  #answerReport(response: ServerResponse): void {
    const { result } = this.#progress;
    if (result === undefined) refuse(response, 404);
    else response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(htmlReport(result));
  }

  /** What a browser that comes late has missed. */
  #soFar(): object[] {
    const { phase, phaseMs, rows, result } = this.#progress;
    if (this.#notice === undefined) return [];
    return [
      runEvent(this.#notice),
      { event: 'phase', name: phase, sinceMs: Math.round(phaseMs) },
      ...rows.map((row) => ({ event: 'second', row })),
      ...(result === undefined ? [] : [resultEvent(result)]),
    ];
  }

  #tellAll(event: object): void {
    for (const browser of this.#browsers) {
      if (browser.writableLength > MAX_WAITING_BYTES) browser.destroy();
      else tell(browser, event);
    }
  }
}

function tell(browser: ServerResponse, event: object): void {
  browser.write(`data: ${JSON.stringify(event)}\n\n`);
}

function runEvent({ title, url, plan }: RunNotice): object {
  const { mode, clients, settleMs, warmupMs, durationMs, drainTimeoutMs } = plan;
  return { event: 'run', title, url, mode, clients, settleMs, warmupMs, durationMs, drainTimeoutMs };
}

/** The verdict only: all of it is in the report. */
function resultEvent(result: LoadResult): object {
  return { event: 'result', ...verdictWords(result), reasons: result.verdict.reasons };
}
