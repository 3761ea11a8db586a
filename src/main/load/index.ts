/** The entry `ringcast/load`: the load test of `ringcast bench`, for programs. */

export type {
  Adapter,
  AdapterSession,
  Incoming,
  Outgoing,
} from '../../shared/load/adapter';
export type {
  Check,
  ConnectPlan,
  LoadPlan,
  Mode,
  PayloadPlan,
  SizeChoice,
  SlowGroup,
  Stage,
} from '../../shared/load/plan';
export type {
  ClockResult,
  GroupResult,
  LatencySummary,
  LimitedBy,
  LoadResult,
  Reconciliation,
  SeriesRow,
  ServerResult,
  StageName,
  ThresholdResult,
  Verdict,
} from '../../shared/load/result';
export type { LoadCounters, LoadError, ThreadLoad } from '../../shared/load/snapshot';
export { type LoadFault, LoadOptionsError } from './faults';
export { loadTest } from './load-test';
export { type LoadEvent, type LoadOptions, REFERENCE_TARGETS, type ReferenceTarget } from './options';
