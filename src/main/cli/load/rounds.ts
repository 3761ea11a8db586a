/** Runs rounds, each as often as asked, and keeps what they came to. */
import type { LoadPlan } from '../../../shared/load/plan';
import type { LoadResult } from '../../../shared/load/result';
import type { LoadObserver } from '../../load/observe/observer';
import type { LoadEvent, LoadOptions } from '../../load/options';
import type { Round } from './request';

export type LoadTest = (options: LoadOptions) => Promise<LoadResult>;

export interface RunContext {
  loadTest: LoadTest;
  observers: readonly LoadObserver[];
  signal: AbortSignal;
}

/** A round with its plan, which is known to be good. */
export interface PlannedRound extends Round {
  plan: LoadPlan;
}

/** What a round came to: a result for each run that was begun. */
export interface RoundResults {
  name: string | undefined;
  results: LoadResult[];
}

/**
 * The rounds in turn, and all of them again: so what changes on the machine in the meantime strikes all of them alike.
 *
 * @param all where results go, as they come
 * @param repeat how often each is run
 * @param signal ends the run that goes on; then no other begins
 */
export async function runRounds(
  rounds: readonly PlannedRound[],
  all: readonly RoundResults[],
  repeat: number,
  { loadTest, observers, signal }: RunContext,
): Promise<void> {
  const onEvent = (event: LoadEvent) => {
    for (const observer of observers) observer.event(event);
  };
  for (let run = 1; run <= repeat; run++) {
    for (const [at, { name, options, plan }] of rounds.entries()) {
      if (signal.aborted) return;
      const title = [name, repeat > 1 ? `run ${run} of ${repeat}` : undefined].filter(Boolean).join(', ');
      for (const observer of observers) observer.run?.({ title, plan, url: plan.connect.url });
      all[at].results.push(await loadTest({ ...options, signal, onEvent }));
    }
  }
}
