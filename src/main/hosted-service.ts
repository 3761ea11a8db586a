/** The service as the hub sees it, whichever thread it runs in. Thread: the application's. */
import type { ServiceControl } from '../shared/control';
import type { ApplicationListener } from './application-events';

/** Calls to the service. */
export interface ServiceCalls {
  /**
   * @throws {HubError} CONTROL_TIMEOUT without an answer in `deadlineMs`, SERVICE_GONE or CLOSED if nobody can answer any more
   */
  call<T>(name: string, deadlineMs: number, ask: (service: ServiceControl) => Promise<T>): Promise<T>;
}

export interface HostedService {
  readonly port: number;
  /** Whether there is one now: not while it is being started again. */
  readonly running: boolean;
  /** @param gone rejects, with what a caller is to get, once the service cannot answer any more */
  calls(gone: Promise<never>): ServiceCalls;
  /** From now on the service's events come here, those that wait first. */
  deliver(listener: ApplicationListener): void;
  /** Resolves when the service has ended for good: with a `HubError` SERVICE_GONE, unless it was to close. */
  readonly ended: Promise<unknown>;
  /** Waits for the service's end, after its answer to `close`; ends it at once if it is known to be stuck. */
  finish(stuck: boolean): Promise<void>;
}
