/** How much one call of `hub.service()` may do. */
import type { TurnLimits } from '../workers/service/drain-within';

export interface ServiceLimits {
  /** About how long the call may take, in ms (default 5). 0: the least that is progress. */
  budgetMs?: number;
  /** The most records to take from the ring (default: what the time allows). */
  maxRecords?: number;
}

const DEFAULT_BUDGET_MS = 5;

/** @throws {TypeError | RangeError} naming the limit, its value and what is allowed */
export function resolveServiceLimits(limits: ServiceLimits = {}): TurnLimits {
  const { budgetMs = DEFAULT_BUDGET_MS, maxRecords = Number.POSITIVE_INFINITY } = limits;
  for (const [name, value] of Object.entries({ budgetMs, maxRecords })) {
    if (typeof value !== 'number') throw new TypeError(`${name} is ${String(value)}: it must be a number`);
    if (!(value >= 0)) throw new RangeError(`${name} is ${value}: it must be 0 or more`);
  }
  return { budgetMs, maxRecords };
}
