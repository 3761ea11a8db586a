/**
 * What a load test over several hosts may say of latencies from one host to another: as much as is known of their clocks.
 * Pure.
 */
import { Mode } from '../../shared/load/plan';

/** Latencies from one host to another say something as long as the clocks are known to this share of their median. */
export const MAX_CLOCK_SHARE = 0.1;

/** Where messages are sent, and where they are received. */
export interface ClockPaths {
  mode: Mode;
  /** Whose clock each of those has who publish and who receive, and how well it is known. */
  publish: readonly Clock[];
  receive: readonly Clock[];
}

export interface Clock {
  /** The same for two that have one clock. */
  name: string;
  uncertaintyNs: number;
}

/** The clock of the coordinator's host: all others are compared with it. */
export const OWN_CLOCK: Clock = { name: '', uncertaintyNs: 0 };

/** @returns how far the clocks of sender and receiver may be apart, nanoseconds; 0 where every message has one clock */
export function uncertaintyOf({ mode, publish, receive }: ClockPaths): number {
  if (mode === Mode.ECHO) return 0; // who sends a message receives it
  let worst = 0;
  for (const from of publish) {
    for (const to of receive) {
      if (from.name !== to.name) worst = Math.max(worst, from.uncertaintyNs + to.uncertaintyNs);
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
