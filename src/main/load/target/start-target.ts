/** The server under test, as the options ask for it: started here, or only watched. Thread: the coordinator's. */
import { HubError, HubErrorCode } from '../../../shared/errors';
import type { LoadPlan } from '../../../shared/load/plan';
import type { Target } from '../../../shared/load/target';
import type { LoadOptions } from '../options';
import { startCommandTarget } from './command-target';
import { startServerTarget } from './server-target';
import { watchUrl } from './url-target';

/**
 * Starts what has to be started, and resolves when clients can connect.
 *
 * @param options say what it is: `command` before `target` before `url`; without any of them a hub of ours
 * @throws {HubError} TARGET_FAILED, with what the server said last, if it does not come up; then nothing is left behind
 */
export async function startTarget(options: LoadOptions, plan: LoadPlan): Promise<Target> {
  const { command, target, url } = options;
  if (command === undefined && target === undefined && url !== undefined) return watchUrl(url);
  try {
    if (command !== undefined) return await startCommandTarget(command, plan.connect.url);
    if (target !== undefined) return await startServerTarget('reference', target, plan);
    return await startServerTarget('hub', 'hub', plan);
  } catch (cause) {
    const { message, remedy } = cause as Error & { remedy?: string };
    const text = remedy === undefined ? message : `${message}. ${remedy}`;
    throw new HubError(HubErrorCode.TARGET_FAILED, text, { cause });
  }
}
