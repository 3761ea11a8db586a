/**
 * A generator at the other end of a link: the coordinator's side. Whose it is (a child process, an agent) adds how it comes to
 * be and how it goes.
 *
 * Thread: the coordinator's.
 */

import { HubError, HubErrorCode } from '../../../shared/errors';
import type { Generator, Share, Timetable } from '../../../shared/load/generator';
import type { LoadPlan } from '../../../shared/load/plan';
import type { GeneratorSnapshot } from '../../../shared/load/snapshot';
import type { Link } from './link';
import type { PlainError } from './protocol';
import { decodeSnapshot } from './snapshot-codec';

/** What each call may take, ms. Threads start and end within a second on a machine that is not overloaded. */
export const DEADLINES_MS = {
  prepare: 30_000,
  setClock: 10_000,
  begin: 10_000,
  stopPublishing: 10_000,
  snapshot: 10_000,
  finish: 30_000,
} as const;
/** Connecting may take this much longer than the plan's figures add up to. */
const CONNECT_SLACK_MS = 30_000;

export class RemoteGenerator implements Generator {
  readonly name: string;
  readonly failed: Promise<never>;
  protected readonly link: Link;
  #fail!: (error: Error) => void;
  #connectDeadlineMs: number = CONNECT_SLACK_MS;
  #expectedEnd = false;

  /** @param link made with `failed` bound to `brokeDown` of this one, by `whenFailed` */
  constructor(name: string, link: Link, whenFailed: Promise<PlainError>) {
    this.name = name;
    this.link = link;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {}); // whoever waits for it hears it too
    void whenFailed.then(({ message, code }) => {
      const cause = Object.assign(new Error(message), { code });
      this.#fail(new HubError(HubErrorCode.GENERATOR_FAILED, `${name}: ${message}`, { cause }));
    });
    void link.ended.then((why) => {
      if (!this.#expectedEnd) this.#fail(why);
    });
  }

  async prepare(plan: LoadPlan, share: Share): Promise<void> {
    this.#connectDeadlineMs = connectDeadlineMs(plan);
    await this.link.request('prepare', { plan, share }, DEADLINES_MS.prepare);
  }

  setClock(offsetNs: number): void {
    this.link.request('setClock', { offsetNs }, DEADLINES_MS.setClock).catch(() => {}); // the end tells why
  }

  async connect(): Promise<void> {
    await this.link.request('connect', null, this.#connectDeadlineMs);
  }

  async begin(timetable: Timetable): Promise<void> {
    await this.link.request('begin', { timetable }, DEADLINES_MS.begin);
  }

  async stopPublishing(): Promise<void> {
    await this.link.request('stopPublishing', null, DEADLINES_MS.stopPublishing);
  }

  async snapshot(published?: Record<number, number>): Promise<GeneratorSnapshot> {
    const asked = { published: published ?? null };
    return decodeSnapshot(await this.link.request('snapshot', asked, DEADLINES_MS.snapshot), this.name);
  }

  async finish(published: Record<number, number>): Promise<GeneratorSnapshot> {
    const last = await this.link.request('finish', { published }, DEADLINES_MS.finish);
    this.#expectedEnd = true;
    await this.leave();
    return decodeSnapshot(last, this.name);
  }

  async abort(): Promise<void> {
    this.#expectedEnd = true;
    this.link.end('the test was given up');
    await this.leave();
  }

  /** Ends the connection, and what belongs to it. */
  protected async leave(): Promise<void> {
    this.link.end('the test is over');
  }
}

/** @internal exported for tests */
export function connectDeadlineMs({ clients, publishers, connect }: LoadPlan): number {
  const { ratePerSecond, attempts, timeoutMs, concurrency } = connect;
  const peers = clients + publishers;
  const byRateMs = (peers / ratePerSecond) * 1000;
  // At worst each attempt of each client takes its whole time, so many at once.
  const byTimeoutMs = Math.ceil(peers / concurrency) * attempts * timeoutMs;
  return Math.min(byRateMs + byTimeoutMs + CONNECT_SLACK_MS, 2 ** 31 - 1);
}
