/** A drain for a host that turns the engine itself. Thread: the service's. */
import type { RingConsumer, RingRecord } from '../../shared/ring';

/** A drain that watches the clock looks at it after so much. */
const DRAIN_STEP = { records: 256, payloadBytes: 128 * 1024 };

/** What a host that turns the engine itself allows it. */
export interface TurnLimits {
  /** About how long it may take: half for the drain, and the rest for the fan-out. */
  budgetMs: number;
  /** The most records taken from the ring. */
  maxRecords: number;
}

/**
 * Drains in steps: first as much as half of the budget allows, so that one write a connection then takes it all.
 *
 * @param startMs when the turn began, by `nowMs`
 * @returns how many records it took
 */
export function drainWithin(
  consumer: RingConsumer,
  take: (record: RingRecord) => void,
  { budgetMs, maxRecords }: TurnLimits,
  nowMs: () => number,
  startMs: number,
): number {
  let records = 0;
  while (records < maxRecords) {
    const step = Math.min(DRAIN_STEP.records, maxRecords - records);
    const taken = consumer.drain(take, { ...DRAIN_STEP, records: step });
    records += taken;
    if (taken === 0 || nowMs() >= startMs + budgetMs / 2) break;
  }
  return records;
}
