/**
 * What the control groups of this process allow it (cgroups(7)): its own one and those above it, version 2 and version 1.
 *
 * Pure, but for what `read` reads.
 */

/** Reads a small file; undefined: there is none. */
export type ReadText = (file: string) => string | undefined;

const ROOT = '/sys/fs/cgroup';

export interface ContainerLimits {
  /** Cores; null: no limit. */
  cores: number | null;
  /** What may still be taken; null: no limit. */
  freeMemoryBytes: number | null;
}

export function containerLimits(read: ReadText): ContainerLimits {
  const groups = (read('/proc/self/cgroup') ?? '').trimEnd().split('\n');
  const cores = foldersOf(groups, 'cpu').map((folder) => coresOf(folder, read));
  const memory = foldersOf(groups, 'memory').map((folder) => freeMemoryOf(folder, read));
  return { cores: lowest(cores), freeMemoryBytes: lowest(memory) };
}

/** Inside a container its own group may be the root, whatever its path says. */
function foldersOf(groups: string[], controller: string): string[] {
  const folders = new Set<string>();
  for (const group of groups) {
    const [, controllers = '', path = '/'] = group.split(':');
    const isOurs = controllers === '' || controllers.split(',').includes(controller);
    if (!isOurs) continue;
    const root = controllers === '' ? ROOT : `${ROOT}/${controllers}`;
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
      folders.add(at === '/' ? root : root + at);
      if (at === '' || at === '/') break;
    }
  }
  return [...folders];
}

function coresOf(folder: string, read: ReadText): number | null {
  const [quota, period] = (read(`${folder}/cpu.max`) ?? '').trim().split(' ').map(Number);
  if (quota && period) return quota / period; // "max" is NaN
  const oldQuota = Number(read(`${folder}/cpu.cfs_quota_us`) ?? -1);
  const oldPeriod = Number(read(`${folder}/cpu.cfs_period_us`) ?? 0);
  return oldQuota > 0 && oldPeriod > 0 ? oldQuota / oldPeriod : null;
}

/** The cache of files that nobody has used for long is given back when memory is wanted. */
function freeMemoryOf(folder: string, read: ReadText): number | null {
  const max = numberIn(read(`${folder}/memory.max`) ?? read(`${folder}/memory.limit_in_bytes`));
  const used = numberIn(read(`${folder}/memory.current`) ?? read(`${folder}/memory.usage_in_bytes`));
  if (max === null || used === null) return null;
  const cache = /^(?:total_)?inactive_file (\d+)$/m.exec(read(`${folder}/memory.stat`) ?? '');
  return Math.max(0, max - used + Number(cache?.[1] ?? 0));
}

/** Version 1 says "none" by a number larger than any memory, version 2 by "max". */
function numberIn(text: string | undefined): number | null {
  const number = Number(text?.trim() || Number.NaN);
  return Number.isSafeInteger(number) ? number : null;
}

function lowest(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}
