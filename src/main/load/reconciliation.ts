/** Where every message went. Pure. */
import type { Reconciliation } from '../../shared/load/result';
import type { LoadCounters } from '../../shared/load/snapshot';
import type { SinkReport, TargetReport } from '../../shared/load/target';

export interface Accounts {
  /** Of all generators, when the test had ended. */
  counters: LoadCounters;
  /** Messages that never became one since a hub refused them. */
  refused: number;
  samples: string[];
  hub: TargetReport | undefined;
  sink: SinkReport | undefined;
}

/** A server that only takes is its own witness of what came; else the clients are. */
export function reconcile({ counters, refused, samples, hub, sink }: Accounts): Reconciliation {
  const seen = sink === undefined ? clientsSaw(counters, hub) : sinkSaw(counters, sink);
  const { received, droppedByPolicy, droppedAtClose, lost, corrupt } = seen;
  const damaged = seen.expected - received - droppedByPolicy - droppedAtClose - lost;
  return {
    ...seen,
    refused,
    unsent: counters.unsent,
    foreign: counters.foreign + (sink?.stale ?? 0),
    samples: [...new Set(samples)],
    // Not all that came damaged stands for one that is missing: it may have come a second time, or not have been due.
    addsUp: damaged >= 0 && damaged <= corrupt,
  };
}

type Seen = Omit<Reconciliation, 'refused' | 'unsent' | 'foreign' | 'samples' | 'addsUp'>;

/**
 * What is missing, less what has an explanation. A hub counts what it gave up for slow peers: those messages are among the missing,
 * and no more of them than are missing are explained that way.
 */
function clientsSaw(counters: LoadCounters, hub: TargetReport | undefined): Seen {
  const missing = counters.lost;
  const given = hub === undefined ? 0 : hub.skipped + hub.conflated;
  const droppedByPolicy = Math.min(missing, given);
  const droppedAtClose = Math.min(missing - droppedByPolicy, counters.lostDisconnected);
  return {
    expected: counters.expected,
    received: counters.received,
    droppedByPolicy,
    droppedAtClose,
    lost: missing - droppedAtClose - droppedByPolicy,
    duplicated: counters.duplicated,
    reordered: counters.reordered,
    corrupt: counters.corrupt,
  };
}

function sinkSaw(counters: LoadCounters, sink: SinkReport): Seen {
  return {
    expected: counters.published,
    received: sink.received,
    droppedByPolicy: 0,
    droppedAtClose: 0,
    lost: sink.lost,
    duplicated: sink.duplicated,
    reordered: sink.reordered,
    corrupt: sink.corrupt,
  };
}
