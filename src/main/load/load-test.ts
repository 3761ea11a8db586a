/** A load test, from its options to its result: the entry of everything here. Thread: the coordinator's. */
import type { LoadResult } from '../../shared/load/result';
import { loadAdapter } from '../../workers/load/adapters';
import { Coordinator } from './coordinator';
import type { LoadOptions } from './options';
import { checkMachine } from './preflight';
import { resolvePlan } from './resolve-plan';
import { parseThresholds } from './thresholds';

/**
 * Runs a load test.
 *
 * Resolves with the result also where the test went badly: `verdict`, `thresholds`, `errors` and `run.ended` say so.
 *
 * @throws {LoadOptionsError} if the options make no sense, or this machine cannot do it; nothing was started then
 * @throws {HubError} ADAPTER_LOAD_FAILED if the adapter cannot be loaded; nothing was started then
 * @throws {Error} if the server under test or the generator does not start; nothing is left behind
 *
 * @example
 * const result = await loadTest({ url: 'ws://127.0.0.1:8080/', clients: 500, ratePerSecond: 200 })
 * if (!result.verdict.valid) console.error(result.verdict.reasons)
 */
export async function loadTest(options: LoadOptions = {}): Promise<LoadResult> {
  const plan = resolvePlan(options);
  await loadAdapter(plan.connect.adapter); // which the load threads do for themselves: here its faults are found in time
  await checkMachine(options, plan);
  const result = await new Coordinator(options, plan, parseThresholds(plan.thresholds)).run();
  options.onEvent?.({ type: 'result', result });
  return result;
}
