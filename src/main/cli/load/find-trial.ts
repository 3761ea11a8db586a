/** What a search looks for, and the runs that it makes. Pure. */
import type { LoadResult } from '../../../shared/load/result';
import type { Purpose, Trial } from '../../load/find-limit';
import type { FindValues } from './find-flags';

export type Dimension = NonNullable<FindValues['max']>;

/** Of one value, with the run that it comes from. */
export interface LoadTrial extends Trial {
  purpose: Purpose;
  result: LoadResult;
}

/** What is looked for, every default filled in. */
export interface Aim {
  dimension: Dimension;
  limits: string[];
  from: number;
  highest: number;
  precision: number;
}

/** A trial without its whole result. */
export function summaryOf({ value, purpose, faults, generatorLimited, result }: LoadTrial): object {
  return { value, purpose, good: faults.length === 0, faults, generatorLimited, metrics: result.metrics };
}
