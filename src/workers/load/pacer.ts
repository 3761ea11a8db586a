/**
 * The pacer thread's entry: rings load threads when their messages are due. Timers of an event loop are a millisecond late, a
 * thread that waits on memory a twentieth of that (`docs/bench.md`), and it does nothing else that could make it late.
 */
import { workerData } from 'node:worker_threads';
import { monotonicNs } from '../../shared/load/monotonic';
import { Pace, type PaceHandle, Turns } from '../../shared/load/pace';
import { Schedule, type SchedulePlan } from '../../shared/load/schedule';
import type { Range } from '../../shared/load/shares';

export interface PacerStart {
  pace: PaceHandle;
  plan: SchedulePlan;
  /** Publishers of the whole test. */
  publishers: number;
  /** Whose bell is in which slot: the streams that each load thread publishes. */
  slots: Range[];
}

const start = workerData as PacerStart;
const pace = new Pace(start.pace);
const schedule = new Schedule(start.plan);
const slots = start.slots.map((streams) => new Turns(schedule, streams, start.publishers));

while (!pace.stopped) {
  const changes = pace.changes;
  const now = monotonicNs() - pace.startNs;
  let next = Number.POSITIVE_INFINITY;
  for (const [slot, turns] of slots.entries()) {
    if (turns.dueNs <= now) {
      pace.ring(slot);
      turns.skipTo(now);
    }
    next = Math.min(next, turns.dueNs);
  }
  pace.sleep(changes, (next - now) / 1e6);
}
