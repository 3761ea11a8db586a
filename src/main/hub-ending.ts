/** The end of a hub, in order. Thread: the application's. */
import type { Piscina } from 'piscina';
import type { ClosePlan } from '../shared/close-plan';
import { HubError, HubErrorCode } from '../shared/errors';
import type { ResolvedHubOptions } from '../shared/options';
import type { Producer } from '../shared/producer';
import { closeRing, type RingMemory } from '../shared/ring';
import type { HostedService, ServiceCalls } from './hosted-service';

/** A hub ends this much later than its deadline at the most. */
const CLOSE_SLACK_MS = 1_000;
/** The answer to `close` may come so much later than its deadline; the rest is for the threads' end. */
const ANSWER_SLACK_MS = 500;
/** What a timer can hold. */
const MAX_CLOSE_DEADLINE_MS = 2 ** 31 - 1 - CLOSE_SLACK_MS;

export interface CloseOptions {
  /**
   * After this many ms connections that are not flushed and closed are cut (default: the option `closeDeadlineMs`); half a second later
   * a stuck service thread is ended.
   */
  deadlineMs?: number;
  /**
   * Close frames are spread evenly over this many ms, so that peers do not all come back in the same moment (default: the
   * option `closeSpreadMs`). It is part of the deadline.
   */
  spreadMs?: number;
  /** The hub comes back soon: peers are closed with 1012 in the place of 1001 (default false). */
  restart?: boolean;
}

/** What of a hub has to end. */
export interface EndingParts {
  ring: RingMemory;
  control: ServiceCalls;
  service: HostedService;
  producer: Producer;
  pools: Iterable<Piscina>;
}

/**
 * @param defaults for what the caller does not say
 * @throws {TypeError | RangeError} for a deadline or a spread that is none
 */
export function closePlanOf(
  options: CloseOptions | undefined,
  defaults: Pick<ResolvedHubOptions, 'closeDeadlineMs' | 'closeSpreadMs'>,
): ClosePlan {
  const { deadlineMs = defaults.closeDeadlineMs, restart = false, ...given } = options ?? {};
  // The option is cut to a deadline that is shorter; what the caller says himself must fit.
  const spreadMs = given.spreadMs ?? Math.min(defaults.closeSpreadMs, deadlineMs);
  checkMs('deadlineMs', deadlineMs);
  checkMs('spreadMs', spreadMs);
  if (spreadMs > deadlineMs)
    throw new RangeError(`spreadMs is ${spreadMs}: it must be from 0 to deadlineMs, which is ${deadlineMs}`);
  if (typeof restart !== 'boolean')
    throw new TypeError(`restart is ${String(restart)}: it must be true or false`);
  return { deadlineMs: Math.min(deadlineMs, MAX_CLOSE_DEADLINE_MS), spreadMs, restart };
}

function checkMs(name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0))
    throw new RangeError(`${name} is ${String(value)}: it must be 0 or more`);
}

/** Refuses new posts, lets the service drain, flush and close, and waits for every thread's end. */
export async function endHub(
  { ring, control, service, producer, pools }: EndingParts,
  plan: ClosePlan,
): Promise<void> {
  const endMs = performance.now() + plan.deadlineMs + CLOSE_SLACK_MS;
  closeRing(ring);
  let stuck = false;
  try {
    await control.call('close', plan.deadlineMs + ANSWER_SLACK_MS, (remote) => remote.close(plan));
  } catch (error) {
    // Gone already: then there is nothing to close. Stuck: then it is ended.
    if (!(error instanceof HubError)) throw error;
    stuck = error.code === HubErrorCode.CONTROL_TIMEOUT;
  } finally {
    producer.close();
    await finishBy(endMs, service, stuck);
    await Promise.all(Array.from(pools, (pool) => pool.destroy()));
  }
}

/** A thread that has closed and still does not end (what may its handlers be at?) is ended in time. */
async function finishBy(endMs: number, service: HostedService, stuck: boolean): Promise<void> {
  const timer = setTimeout(() => void service.finish(true), Math.max(0, endMs - performance.now()));
  await service.finish(stuck);
  clearTimeout(timer);
}
