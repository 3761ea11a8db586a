/** Serves a run's numbers at `/metrics`, for Prometheus to fetch. */
import type { LoadEvent } from '../options';
import { type ListenAddress, LocalServer, refuse } from './local-server';
import type { LoadObserver, RunNotice } from './observer';
import { RunProgress } from './progress';
import { PROMETHEUS_TYPE, prometheusText } from './prometheus-text';

export class PrometheusEndpoint implements LoadObserver {
  readonly #progress = new RunProgress();
  #server: LocalServer | undefined;

  /** @throws {Error} of the system, if it cannot listen there */
  static async listen(address: ListenAddress): Promise<PrometheusEndpoint> {
    const endpoint = new PrometheusEndpoint();
    endpoint.#server = await LocalServer.listen(address, (request, response) => {
      if (request.method !== 'GET') refuse(response, 405);
      else if (request.url?.split('?')[0] !== '/metrics') refuse(response, 404);
      else
        response.writeHead(200, { 'Content-Type': PROMETHEUS_TYPE }).end(prometheusText(endpoint.#progress));
    });
    return endpoint;
  }

  get url(): string {
    return `${this.#server?.url}/metrics`;
  }

  run(notice: RunNotice): void {
    this.#progress.begin(notice);
  }

  event(event: LoadEvent): void {
    this.#progress.take(event);
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }
}
