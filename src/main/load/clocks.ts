/**
 * What a load test over several hosts may say of latencies from one host to another: as much as is known of their clocks.
 * Pure.
 */
import { Mode } from '../../shared/load/plan';
import type { ClockResult } from '../../shared/load/result';

/** Latencies from one host to another say something as long as the clocks are known to this share of their median. */
export const MAX_CLOCK_SHARE = 0.1;

/** Where messages are sent, and where they are received: names of hosts' clocks. */
export interface ClockPaths {
  mode: Mode;
  /** The coordinator's own processes are all of one clock; each agent has its own. */
  clocks: readonly ClockResult[];
  /** Clocks of whoever publishes: names of agents, or `''` for the coordinator's own. */
  publish: readonly string[];
  /** Clocks of whoever receives. */
  receive: readonly string[];
}

/** @returns how far the clocks of sender and receiver may be apart, nanoseconds; 0 where every message has one clock */
export function uncertaintyOf({ mode, clocks, publish, receive }: ClockPaths): number {
  if (mode === Mode.ECHO) return 0; // who sends a message receives it
  const known = new Map(clocks.map(({ generator, uncertaintyNs }) => [generator, uncertaintyNs]));
  let worst = 0;
  for (const from of publish) {
    for (const to of receive) {
      if (from !== to) worst = Math.max(worst, (known.get(from) ?? 0) + (known.get(to) ?? 0));
    }
  }
  return worst;
}

/** @returns why latencies from one host to another cannot be told, or undefined where they can */
export function clockDoubt(uncertaintyNs: number, medianMs: number | null): string | undefined {
  const uncertaintyMs = uncertaintyNs / 1e6;
  if (medianMs === null || uncertaintyMs <= medianMs * MAX_CLOCK_SHARE) return undefined;
  return (
    `the clocks of the hosts are known to ${uncertaintyMs.toFixed(3)} ms, which is more than ` +
    `${MAX_CLOCK_SHARE * 100} % of the median response of ${medianMs.toFixed(3)} ms: use mode echo, or force to have the latencies all the same`
  );
}
