/** The server under test, as the options ask for it: started here, or only watched. Thread: the coordinator's. */
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
 * @throws {Error} with what the server said last if it does not come up; then nothing is left behind
 */
export async function startTarget(options: LoadOptions, plan: LoadPlan): Promise<Target> {
  const { command, target, url } = options;
  if (command !== undefined) return startCommandTarget(command, requireUrl(url));
  if (target !== undefined) return startServerTarget('reference', target, plan);
  if (url !== undefined) return watchUrl(url);
  return startServerTarget('hub', 'hub', plan);
}

function requireUrl(url: string | undefined): string {
  if (url === undefined)
    throw new TypeError(
      'a command needs the URL at which its server will listen, such as ws://127.0.0.1:8080',
    );
  return url;
}
