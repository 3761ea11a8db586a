/** What the server under test costs: samples at the turns of a test, and what follows from them. Thread: the coordinator's. */
import type { ServerResult } from '../../shared/load/result';
import type { ServerSample, Target } from '../../shared/load/target';
import type { ServerUse } from './series';

/** With fewer clients the memory that each of them takes is lost in what a process takes and gives back anyway. */
export const LEAST_CLIENTS_FOR_MEMORY = 1_000;

/**
 * @example
 * watch.started()          // before the first client, publishers are there
 * watch.idle()             // all clients are there, nothing is sent yet
 * watch.begin(); watch.sinceLast(); watch.sinceLast(); watch.end()
 * watch.result(clients, deliveries)
 */
export class ServerWatch {
  readonly #target: Pick<Target, 'pid' | 'sample'>;
  #bare: ServerSample | null = null;
  #idle: ServerSample | null = null;
  #from: ServerSample | null = null;
  #to: ServerSample | null = null;
  #last: ServerSample | null = null;
  #highestRssBytes = 0;

  constructor(target: Pick<Target, 'pid' | 'sample'>) {
    this.#target = target;
  }

  /** It listens, its publishers are there, and nobody is connected. */
  started(): void {
    this.#bare = this.#sample();
  }

  idle(): void {
    this.#idle = this.#sample();
  }

  /** The measure window begins. */
  begin(): void {
    this.#from = this.#sample();
    this.#highestRssBytes = this.#from?.rssBytes ?? 0;
  }

  end(): void {
    this.#to = this.#sample();
  }

  /** Of the time since the look before. */
  sinceLast(): ServerUse {
    const before = this.#last;
    const now = this.#sample();
    return {
      cpu: before === null || now === null ? null : coresBetween(before, now),
      rssBytes: now?.rssBytes ?? null,
    };
  }

  /** @param deliveries messages that clients got in the measure window */
  result(clients: number, deliveries: number): ServerResult | null {
    const { pid } = this.#target;
    const [from, to] = [this.#from, this.#to];
    if (pid === undefined || from === null || to === null) return null;
    const cpuMs = to.cpuMs - from.cpuMs;
    return {
      pid,
      cpu: coresBetween(from, to),
      rssBytes: this.#highestRssBytes,
      rssIdleBytes: this.#idle?.rssBytes ?? null,
      rssPerClientBytes: this.#rssPerClient(clients),
      cpuUsPerDelivery: deliveries === 0 ? null : (cpuMs * 1e3) / deliveries,
    };
  }

  /** Null where a process became smaller meanwhile: that says nothing of its clients. */
  #rssPerClient(clients: number): number | null {
    if (this.#bare === null || this.#idle === null || clients < LEAST_CLIENTS_FOR_MEMORY) return null;
    const grown = this.#idle.rssBytes - this.#bare.rssBytes;
    return grown <= 0 ? null : grown / clients;
  }

  #sample(): ServerSample | null {
    const sample = this.#target.sample();
    if (sample === null) return null;
    this.#last = sample;
    this.#highestRssBytes = Math.max(this.#highestRssBytes, sample.rssBytes);
    return sample;
  }
}

function coresBetween(from: ServerSample, to: ServerSample): number {
  const ns = to.atNs - from.atNs;
  return ns <= 0 ? 0 : ((to.cpuMs - from.cpuMs) * 1e6) / ns;
}
