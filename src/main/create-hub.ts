/**
 * How a hub comes to be: options are checked, memory is made, the service is started.
 *
 * Thread: the application's.
 */
import { Board } from '../shared/board';
import { capacityWarnings, describeCapacity } from '../shared/capacity';
import type { ServiceStart } from '../shared/control';
import { log, setLogLevel } from '../shared/log';
import { type HubOptions, type ResolvedHubOptions, resolveHubOptions } from '../shared/options';
import { type Placement, resolvePlacement } from '../shared/placement';
import type { ProducerHandle } from '../shared/producer';
import { createProducerHandle } from '../shared/producer-handle';
import { RingMemory } from '../shared/ring';
import { AuthorizeDesk } from './authorize-desk';
import type { HostedService } from './hosted-service';
import { Hub } from './hub';
import { SupervisedService } from './supervised-service';

/**
 * Starts a hub: a service thread that listens, and shared memory through which any number of threads post to it.
 *
 * @returns a promise that resolves when it listens
 * @throws {TypeError | RangeError} for a bad option, named with its value and limits
 * @throws {HubError} LISTEN_FAILED if the address cannot be had, HANDLER_LOAD_FAILED if a handler module cannot,
 *   AUTHORIZE_LOAD_FAILED if the module of `authorize` or the file of tokens cannot
 *
 * @example
 * const hub = await createHub({ port: 8080 })
 * new Worker('./ticks.js', { workerData: { ringcast: hub.producerHandle() } })
 */
export function createHub(options?: HubOptions): Promise<Hub> {
  return createObservedHub(options);
}

/** @internal for load tests: somebody in the service thread is told of what the engine does */
export async function createObservedHub(
  options?: HubOptions,
  observer?: ServiceStart['observer'],
): Promise<Hub> {
  const resolved = resolveHubOptions(options);
  const placement = resolvePlacement(options);
  if (resolved.logLevel !== undefined) setLogLevel(resolved.logLevel);
  const ring = RingMemory.create({
    laneBytes: resolved.laneBytes,
    maxProducers: resolved.maxProducers + 1, // one for the hub itself
    gateCount: resolved.maxChannels,
  });
  const board = Board.create(resolved.maxChannels);
  const handle = createProducerHandle(ring, board, resolved.allowed);
  const desk = typeof options?.authorize === 'function' ? new AuthorizeDesk(options.authorize) : undefined;
  const service = await startService(handle, resolved, placement, observer, desk);
  tellCapacity(board, resolved);
  return new Hub(resolved, placement, ring, board, handle, service, desk);
}

/** The engine is loaded in this thread only where it runs here. */
async function startService(
  handle: ProducerHandle,
  options: ResolvedHubOptions,
  placement: Placement,
  observer: ServiceStart['observer'],
  desk: AuthorizeDesk | undefined,
): Promise<HostedService> {
  if (placement.where === 'service thread')
    return SupervisedService.start({ handle, options, observer, desk });
  const { startLocalService } = require('./local-service') as typeof import('./local-service');
  return startLocalService(handle, options, placement, desk);
}

function tellCapacity({ capacity }: Board, options: ResolvedHubOptions): void {
  log.notice(describeCapacity(capacity, options));
  for (const warning of capacityWarnings(capacity, options, capacity.processLimit)) log.warn(warning);
}
