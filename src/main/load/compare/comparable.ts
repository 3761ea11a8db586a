/** Whether two results are of the same test, so that their numbers may stand beside each other. Pure. */
import type { LoadPlan } from '../../../shared/load/plan';
import type { LoadResult } from '../../../shared/load/result';
import { Outcome, outcomeOf } from '../correctness';
import { formatCount } from '../quantity';
import { oneLine } from '../report/plain-text';
import { medianRun, type ResultSet, runsOf } from '../report/result-set';

export interface Difference {
  /** True: a number of one says nothing of the other. */
  grave: boolean;
  text: string;
}

/** What of a plan makes it another test. */
const SAME: [name: string, of: (plan: LoadPlan) => unknown][] = [
  ['mode', (plan) => plan.mode],
  ['clients', (plan) => plan.clients],
  ['publishers', (plan) => plan.publishers],
  [
    'rates per second',
    (plan) => plan.stages.map((stage) => (stage.ramp ? `to ${stage.ratePerSecond}` : stage.ratePerSecond)),
  ],
  [
    'sizes',
    (plan) => plan.payload.sizes.map((size) => [size.minBytes, size.maxBytes, size.weight].join('/')),
  ],
  ['slow groups', (plan) => plan.slow.map((group) => `${group.clients} ${group.name}`)],
  ['churn per second', (plan) => plan.churnPerSecond],
  ['compression', (plan) => plan.connect.compression],
  ['client', (plan) => plan.connect.client],
];
/** What may explain a difference. */
const NOTABLE: [name: string, of: (result: LoadResult) => unknown][] = [
  ['duration', ({ config }) => `${config.durationMs / 1e3} s`],
  ['connect rate', ({ config }) => config.connect.ratePerSecond],
  ['load threads', ({ config }) => config.workers * config.processes],
  ['processor', ({ env }) => env.cpu],
  ['cores', ({ env }) => env.cores],
  ['kernel', ({ env }) => env.kernel],
  ['Node', ({ env }) => env.node],
];

export function differencesBetween(
  base: LoadResult | ResultSet,
  other: LoadResult | ResultSet,
): Difference[] {
  const [one, two] = [medianRun(base), medianRun(other)];
  return [
    ...SAME.flatMap(([name, of]) => difference(name, of(one.config), of(two.config), true)),
    ...faultyRuns('the base', base),
    ...faultyRuns('the other', other),
    ...NOTABLE.flatMap(([name, of]) => difference(name, of(one), of(two), false)),
  ];
}

function difference(name: string, one: unknown, two: unknown, grave: boolean): Difference[] {
  const [before, after] = [shown(one), shown(two)];
  return before === after ? [] : [{ grave, text: `${name}: ${before} and ${after}` }];
}

/** Figures of a run that is not valid, or was cut short, are figures of something else. */
function faultyRuns(whose: string, from: LoadResult | ResultSet): Difference[] {
  const runs = runsOf(from);
  const unfit: Outcome[] = [Outcome.FAILED, Outcome.INTERRUPTED, Outcome.INVALID];
  return runs.flatMap((run, i) => {
    const outcome = outcomeOf(run);
    if (!unfit.includes(outcome) && run.verdict.valid) return [];
    const which = runs.length === 1 ? whose : `run ${i + 1} of ${whose}`;
    return [{ grave: true, text: `${which} ${run.verdict.valid ? `was ${outcome}` : 'is not valid'}` }];
  });
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(shown).join(', ');
  return typeof value === 'number' ? formatCount(value) : oneLine(String(value));
}
