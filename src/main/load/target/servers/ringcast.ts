/**
 * `ringcast`: a hub whose application posts every message to the channel that its sender is on, so everybody there gets it, the
 * sender too.
 *
 * Thread: the main one of the server's process.
 */
import type { LoadPlan } from '../../../../shared/load/plan';
import { hubOptions } from '../hub-options';
import type { RunningServer, ServerAddress } from '../running-server';
import { startHubServer } from './hub';

export function startRingcast(address: ServerAddress, plan?: LoadPlan): Promise<RunningServer> {
  return startHubServer(address, plan, 'relay', hubOptions(plan));
}
