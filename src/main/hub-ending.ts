/** The end of a hub, in order. Thread: the application's. */
import type { Piscina } from 'piscina';
import { HubError, HubErrorCode } from '../shared/errors';
import type { Producer } from '../shared/producer';
import { closeRing, type RingMemory } from '../shared/ring';
import type { HostedService, ServiceCalls } from './hosted-service';

const DEFAULT_CLOSE_DEADLINE_MS = 10_000;
/** The answer to `close` may come this much later than its deadline. */
const CLOSE_SLACK_MS = 1_000;
/** What a timer can hold. */
const MAX_CLOSE_DEADLINE_MS = 2 ** 31 - 1 - CLOSE_SLACK_MS;

export interface CloseOptions {
  /** After this many ms connections that are not flushed and closed are cut (default 10,000); a second later a stuck service thread is ended. */
  deadlineMs?: number;
}

/** What of a hub has to end. */
export interface EndingParts {
  ring: RingMemory;
  control: ServiceCalls;
  service: HostedService;
  producer: Producer;
  pools: Iterable<Piscina>;
}

/** @throws {RangeError} for a deadline that is none */
export function closeDeadlineOf(options: CloseOptions | undefined): number {
  const deadlineMs = options?.deadlineMs ?? DEFAULT_CLOSE_DEADLINE_MS;
  if (typeof deadlineMs !== 'number' || !(deadlineMs >= 0))
    throw new RangeError(`deadlineMs is ${String(deadlineMs)}: it must be 0 or more`);
  return Math.min(deadlineMs, MAX_CLOSE_DEADLINE_MS);
}

/** Refuses new posts, lets the service drain, flush and close, and waits for every thread's end. */
export async function endHub(
  { ring, control, service, producer, pools }: EndingParts,
  deadlineMs: number,
): Promise<void> {
  closeRing(ring);
  let stuck = false;
  try {
    await control.call('close', deadlineMs + CLOSE_SLACK_MS, (remote) => remote.close(deadlineMs));
  } catch (error) {
    // Gone already: then there is nothing to close. Stuck: then it is ended.
    if (!(error instanceof HubError)) throw error;
    stuck = error.code === HubErrorCode.CONTROL_TIMEOUT;
  } finally {
    producer.close();
    await service.finish(stuck);
    await Promise.all(Array.from(pools, (pool) => pool.destroy()));
  }
}
