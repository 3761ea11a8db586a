/** Where a test ran: the machine and its limits, as far as it tells. What is not known is null. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NO_LIMIT } from '../../shared/capacity';
import type { LoadResult } from '../../shared/load/result';
import { processDescriptors } from '../../workers/service/descriptors';

export type Environment = LoadResult['env'];

/** Reads a small file. Undefined: there is none. */
export type ReadText = (file: string) => string | undefined;

const MANIFEST = path.join(__dirname, '..', '..', '..', 'package.json');

export function environment(read: ReadText = readText): Environment {
  const [cpu] = os.cpus();
  const limit = processDescriptors().limit();
  return {
    ringcast: (JSON.parse(read(MANIFEST) ?? '{}') as { version?: string }).version ?? 'unknown',
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    kernel: os.release(),
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: os.cpus().length,
    memoryBytes: os.totalmem(),
    governor: line(read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')),
    descriptorLimit: limit === NO_LIMIT ? null : limit,
    portRange: line(read('/proc/sys/net/ipv4/ip_local_port_range'))?.replace(/\s+/, '–') ?? null,
    somaxconn: number(read('/proc/sys/net/core/somaxconn')),
    cpuLimit: cpuLimit(read),
    memoryLimitBytes: memoryLimit(read),
  };
}

/** Cores that the container may use, by its control group: version 2, else 1. */
export function cpuLimit(read: ReadText): number | null {
  const [quota, period] = (read('/sys/fs/cgroup/cpu.max') ?? '').trim().split(' ');
  if (quota !== undefined && quota !== '') return quota === 'max' ? null : Number(quota) / Number(period);
  const oldQuota = number(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'));
  const oldPeriod = number(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us'));
  return oldQuota !== null && oldPeriod !== null && oldQuota > 0 ? oldQuota / oldPeriod : null;
}

/** Version 1 says "none" by a number larger than any memory. */
export function memoryLimit(read: ReadText): number | null {
  const text = read('/sys/fs/cgroup/memory.max') ?? read('/sys/fs/cgroup/memory/memory.limit_in_bytes');
  const bytes = number(text);
  return bytes === null || bytes > Number.MAX_SAFE_INTEGER ? null : bytes;
}

function line(text: string | undefined): string | null {
  const trimmed = text?.trim();
  return trimmed === undefined || trimmed === '' ? null : trimmed;
}

function number(text: string | undefined): number | null {
  const trimmed = line(text);
  return trimmed !== null && /^-?\d+$/.test(trimmed) ? Number(trimmed) : null;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
