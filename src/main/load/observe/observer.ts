/** Whoever looks at a test while it runs. Called by the coordinator's thread, a few times a second. */
import type { LoadPlan } from '../../../shared/load/plan';
import type { LoadEvent } from '../options';

/** One run, as observers are told of it before it begins. */
export interface RunNotice {
  /** Such as `checkout, run 2 of 5`; empty: there is only one. */
  title: string;
  plan: LoadPlan;
  /** Empty: the server is started with the run. */
  url: string;
}

/** It never throws, and never keeps the run waiting. */
export interface LoadObserver {
  run?(notice: RunNotice): void;
  event(event: LoadEvent): void;
  /** All runs are over. Resolves when it has nothing open any more; soon, whatever it was doing. */
  close(): Promise<void>;
}
