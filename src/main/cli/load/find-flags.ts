/** The flags of `ringcast find`: its own, and those of `bench` that say what each run is like. */
import { BENCH_GROUPS, type BenchKey } from './bench-flags';
import type { FlagTable, ValuesOf } from './flag';
import type { FlagGroups } from './load-command';
import * as read from './values';

export const FIND_FLAGS = {
  max: {
    value: 'WHAT',
    about: 'what is to be as high as can be: rate or clients',
    reader: read.oneOf(['rate', 'clients']),
  },
  limit: {
    value: 'EXPR',
    about: "what must hold, such as 'response.p99 < 50ms' (again for more)",
    reader: read.text,
    list: ',',
  },
  from: { value: 'N', about: 'where to begin', fallback: 'rate: 1k, clients: 100', reader: read.rate },
  to: { value: 'N', about: 'not beyond this', fallback: 'rate: 10M, clients: 1M', reader: read.rate },
  precision: {
    value: 'SHARE',
    about: 'how near the best good value and the lowest bad one must be',
    fallback: '5%',
    reader: read.share,
  },
} as const satisfies FlagTable;
export type FindValues = ValuesOf<typeof FIND_FLAGS>;

/** They say what `find` says itself, or are for one run. */
const NOT_FOR_FIND: readonly BenchKey[] = [
  'messages',
  'stage',
  'ramp',
  'spike',
  'soak',
  'threshold',
  'abortOnFail',
  'repeat',
  'github',
];

export const FIND_GROUPS: FlagGroups = {
  'Search:': FIND_FLAGS,
  ...Object.fromEntries(
    Object.entries(BENCH_GROUPS).map(([title, table]) => [
      title,
      Object.fromEntries(
        Object.entries(table).filter(([key]) => !NOT_FOR_FIND.includes(key as BenchKey)),
      ) as FlagTable,
    ]),
  ),
};
