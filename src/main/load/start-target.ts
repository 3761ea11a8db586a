/** The server under test. Thread: the coordinator's. */
import type { LoadPlan } from '../../shared/load/plan';
import type { Target } from '../../shared/load/target';
import type { LoadOptions } from './options';

export async function startTarget({ url }: LoadOptions, _plan: LoadPlan): Promise<Target> {
  if (url === undefined) throw new Error('no server of ours can be started yet: give a url');
  return {
    kind: 'url',
    name: url,
    url,
    pid: undefined,
    publishing: undefined,
    failed: new Promise(() => {}),
    stop: async () => {},
  };
}
