/** A server that runs already: nothing is started and nothing ended. Thread: the coordinator's. */
import { monotonicNs } from '../../../shared/load/monotonic';
import type { ServerSample, Target } from '../../../shared/load/target';
import { listenerOf } from './listener-pid';
import { descendantsOf, usageOf } from './process-usage';
import { addressOf, isThisMachine } from './server-address';

/** On this machine its process is looked for, so that its cost is known all the same. */
export function watchUrl(url: string): Target {
  const address = addressOf(url);
  const pid = isThisMachine(address) ? listenerOf(address.port) : undefined;
  // A process that makes the load too, or started us, has a cost that is not the server's.
  return watched(url, pid !== undefined && isOurs(pid) ? undefined : pid);
}

function isOurs(pid: number): boolean {
  return pid === process.pid || descendantsOf(pid).includes(process.pid);
}

function watched(url: string, pid: number | undefined): Target {
  return {
    kind: 'url',
    name: url,
    url,
    pid,
    publishing: undefined,
    failed: new Promise(() => {}),
    begin: async () => {},
    sample: () => (pid === undefined ? null : sampleOf(pid)),
    stop: async () => {},
  };
}

/** What a process with all its children has cost by now. */
export function sampleOf(pid: number, leftOut: readonly number[] = []): ServerSample | null {
  const usage = usageOf(pid, leftOut);
  return usage === null ? null : { atNs: monotonicNs(), ...usage };
}
