/** The doctor's checks for a test that is about to begin, or that is thought of. */
import type { LoadPlan } from '../../shared/load/plan';
import { CheckStatus, type DoctorCheck, diagnose, type WantedLoad } from './doctor';
import { Faults } from './faults';
import { CLIENTS_PER_ADDRESS, LOAD_DEFAULTS } from './limits';
import type { LoadOptions } from './options';
import { isLoopback } from './resolve-url';
import { readSystem } from './system-readings';

/**
 * Looks at this machine before a test, within some milliseconds. What may spoil the figures is told by a warning.
 *
 * @throws {LoadOptionsError} if it cannot work: nothing was started
 */
export async function checkMachine(options: LoadOptions, plan: LoadPlan): Promise<void> {
  if (options.agents !== undefined) return; // the load is made elsewhere
  const readings = await readSystem(0); // to watch what else runs would take its time
  const checks = diagnose(readings, wantedBy(options, plan));
  const faults = new Faults();
  for (const check of checks) {
    if (check.status === CheckStatus.FAIL) faults.add('clients', `cannot be ${plan.clients}: ${told(check)}`);
    if (check.status === CheckStatus.WARN) options.onEvent?.({ type: 'warning', message: told(check) });
  }
  faults.throwIfAny();
}

function wantedBy({ url, command }: LoadOptions, { clients, connect }: LoadPlan): WantedLoad {
  const server = url === undefined || command !== undefined ? 'ours' : isLoopback(url) ? 'here' : 'elsewhere';
  const sourceAddresses = addressesFor(clients, server, connect.sourceAddresses.length);
  return { clients, server, sourceAddresses, concurrency: connect.concurrency };
}

/** What somebody has in mind who has no plan yet. Without a URL it is a hub that the test starts. */
export function wantedFor(clients: number, url: string | undefined, sourceAddresses: number): WantedLoad {
  const server = url === undefined ? 'ours' : isLoopback(url) ? 'here' : 'elsewhere';
  return {
    clients,
    server,
    sourceAddresses: addressesFor(clients, server, sourceAddresses),
    concurrency: LOAD_DEFAULTS.connectConcurrency,
  };
}

/** On loopback a test takes as many as it needs, unless it is told which. */
function addressesFor(clients: number, server: WantedLoad['server'], given: number): number {
  if (given > 0) return given;
  return server === 'elsewhere' ? 1 : Math.max(1, Math.ceil(clients / CLIENTS_PER_ADDRESS));
}

function told({ message, repair }: DoctorCheck): string {
  return repair === undefined ? message : `${message}. Repair: ${repair}`;
}
