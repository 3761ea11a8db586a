/** Whether a hub is well, for whoever restarts it, and whether peers should be sent to it. Thread: the application's. */
import { HubError, HubErrorCode } from '../shared/errors';

export interface HubHealth {
  /** It goes round: false if it must be started anew. A hub that closes in good order is alive. */
  live: boolean;
  /** It takes peers. */
  ready: boolean;
  /** Why it does not, in a few words; undefined while it does. */
  reason: string | undefined;
}

/** `restarting` while it has no service thread and gets another; `closing` while it ends, `closed` from then on. */
export type HubPhase = 'open' | 'restarting' | 'closing' | 'closed';

/** @param heartbeat rejects if the service does not answer */
export async function healthOf(phase: HubPhase, heartbeat: () => Promise<void>): Promise<HubHealth> {
  if (phase !== 'open') return { live: phase !== 'closed', ready: false, reason: phase };
  try {
    await heartbeat();
    return { live: true, ready: true, reason: undefined };
  } catch (error) {
    const { code, message } = error as HubError;
    // It began to close meanwhile.
    if (code === HubErrorCode.CLOSED) return { live: true, ready: false, reason: 'closing' };
    if (!(error instanceof HubError)) throw error;
    return { live: false, ready: false, reason: message };
  }
}
