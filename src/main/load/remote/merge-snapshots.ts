/** Snapshots of several generators of one host as one. */
import { Histogram } from '../../../shared/histogram';
import {
  type GeneratorSnapshot,
  LOAD_COUNTERS,
  LOAD_HISTOGRAMS,
  type LoadCounters,
  type LoadError,
  type LoadHistograms,
  type SlowSnapshot,
} from '../../../shared/load/snapshot';

export function mergeSnapshots(name: string, parts: readonly GeneratorSnapshot[]): GeneratorSnapshot {
  return {
    generator: name,
    atNs: Math.max(...parts.map(({ atNs }) => atNs)),
    counters: Object.fromEntries(
      LOAD_COUNTERS.map((counter) => [counter, sum(parts.map(({ counters }) => counters[counter]))]),
    ) as LoadCounters,
    histograms: Object.fromEntries(
      LOAD_HISTOGRAMS.map((which) => [which, merge(parts.map(({ histograms }) => histograms[which]))]),
    ) as LoadHistograms,
    published: Object.assign({}, ...parts.map(({ published }) => published)),
    threads: parts.flatMap(({ generator, threads }) =>
      threads.map((thread) => ({ ...thread, name: `${generator} ${thread.name}` })),
    ),
    cpuMs: sum(parts.map(({ cpuMs }) => cpuMs)),
    rssBytes: sum(parts.map(({ rssBytes }) => rssBytes)),
    errors: mergeErrors(parts.flatMap(({ errors }) => errors)),
    slow: parts[0]!.slow.map((_, group) => mergeSlow(parts.map(({ slow }) => slow[group]!))),
    samples: [...new Set(parts.flatMap(({ samples }) => samples))],
  };
}

function merge(histograms: readonly Histogram[]): Histogram {
  const all = new Histogram();
  for (const histogram of histograms) all.add(histogram);
  return all;
}

function mergeSlow(groups: readonly SlowSnapshot[]): SlowSnapshot {
  return {
    received: sum(groups.map(({ received }) => received)),
    lost: sum(groups.map(({ lost }) => lost)),
    disconnected: sum(groups.map(({ disconnected }) => disconnected)),
    response: merge(groups.map(({ response }) => response)),
  };
}

/** One for each phase and code, the first sample of each. */
function mergeErrors(errors: readonly LoadError[]): LoadError[] {
  const kinds = new Map<string, LoadError>();
  for (const error of errors) {
    const key = `${error.phase} ${error.code}`;
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, { ...error });
    else known.count += error.count;
  }
  return [...kinds.values()];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
