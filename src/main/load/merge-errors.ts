/** Errors of several parts of a test as one list: the same ones are added up, the first sample of each is kept. Pure. */
import type { LoadError } from '../../shared/load/snapshot';

export function mergeErrors(lists: readonly LoadError[][]): LoadError[] {
  const merged = new Map<string, LoadError>();
  for (const error of lists.flat()) {
    const key = `${error.phase} ${error.code}`;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { ...error });
    else known.count += error.count;
  }
  return [...merged.values()];
}
