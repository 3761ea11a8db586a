/** Plans of load tests, as they are resolved. */

import type { LoadOptions } from '../../src/main/load/options';
import { type Machine, resolvePlan } from '../../src/main/load/resolve-plan';
import type { LoadPlan } from '../../src/shared/load/plan';

const MACHINE: Machine = { cores: 2, descriptorLimit: 20_000 };

export function loadPlan(options: LoadOptions = {}): LoadPlan {
  return resolvePlan({ url: 'ws://127.0.0.1:1/load', seed: 1, ...options }, MACHINE);
}
