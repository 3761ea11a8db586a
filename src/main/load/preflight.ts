/** The doctor's checks for a test that is about to begin, or that is thought of. */
import type { LoadPlan } from '../../shared/load/plan';
import { CheckStatus, type DoctorCheck, diagnose, type WantedLoad } from './doctor';
import { CLIENTS_PER_ADDRESS, LOAD_DEFAULTS } from './limits';
import { isLoopback } from './resolve-url';
import { readSystem } from './system-readings';

/**
 * Looks at this machine before a test, within some milliseconds.
 *
 * @param serverHere whether the server under test runs on this machine
 * @returns every check; those with status `fail` cannot work, so the test must not begin
 */
export async function preflight(plan: LoadPlan, serverHere: boolean): Promise<DoctorCheck[]> {
  const readings = await readSystem(0); // to watch what else runs would take its time
  return diagnose(readings, wantedBy(plan, serverHere)).filter(
    ({ status }) => status !== CheckStatus.UNKNOWN,
  );
}

export function wantedBy(plan: LoadPlan, serverHere: boolean): WantedLoad {
  const { sourceAddresses, concurrency } = plan.connect;
  return {
    clients: plan.clients,
    serverHere,
    sourceAddresses: Math.max(1, sourceAddresses.length),
    concurrency,
  };
}

/** What somebody has in mind who has no plan yet. Without a URL it is a hub on this machine. */
export function wantedFor(clients: number, url: string | undefined, sourceAddresses: number): WantedLoad {
  const serverHere = url === undefined || isLoopback(url);
  const automatic = serverHere ? Math.ceil(clients / CLIENTS_PER_ADDRESS) : 1;
  return {
    clients,
    serverHere,
    sourceAddresses: Math.max(sourceAddresses, automatic, 1),
    concurrency: LOAD_DEFAULTS.connectConcurrency,
  };
}
