/** What the doctor asks of this machine. What is not told is null. Thread: any. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNs } from '../../shared/load/monotonic';
import { containerLimits, type ReadText } from './container-limits';

export interface SystemReadings {
  node: string;
  descriptors: { soft: number; hard: number } | null;
  portRange: [number, number] | null;
  somaxconn: number | null;
  synBacklog: number | null;
  /** Null: connections are not tracked. */
  conntrack: { count: number; max: number } | null;
  /** What a program may still take. */
  memoryBytes: number;
  memoryLimitedBy: 'machine' | 'container';
  cores: number;
  cpuLimit: number | null;
  governor: string | null;
  clockSource: string | null;
  /** Those that could be chosen. */
  clockSources: string[];
  /** What one look at the clock costs. */
  clockReadNs: number;
  /** Shares of all cores' time: in use by anybody, and taken by other machines of this host. */
  busy: number | null;
  steal: number | null;
}

const CLOCK = '/sys/devices/system/clocksource/clocksource0';
const CLOCK_GOES = 10;
const CLOCK_READS = 200;

/** @param watchMs how long it is watched what else runs; 0: not at all */
export async function readSystem(watchMs: number, read: ReadText = readText): Promise<SystemReadings> {
  const before = read('/proc/stat');
  if (watchMs > 0) await sleep(watchMs);
  const shares = watchMs > 0 ? sharesBetween(before, read('/proc/stat')) : { busy: null, steal: null };
  const { cores: cpuLimit, freeMemoryBytes } = containerLimits(read);
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '');
  const machineBytes = available === null ? os.freemem() : Number(available[1]) * 1024;
  const inContainer = freeMemoryBytes !== null && freeMemoryBytes < machineBytes;
  return {
    node: process.versions.node,
    descriptors: descriptorsIn(read('/proc/self/limits')),
    portRange: rangeIn(read('/proc/sys/net/ipv4/ip_local_port_range')),
    somaxconn: numberIn(read('/proc/sys/net/core/somaxconn')),
    synBacklog: numberIn(read('/proc/sys/net/ipv4/tcp_max_syn_backlog')),
    conntrack: conntrackOf(read),
    memoryBytes: inContainer ? freeMemoryBytes : machineBytes,
    memoryLimitedBy: inContainer ? 'container' : 'machine',
    cores: os.availableParallelism(),
    cpuLimit,
    governor: lineIn(read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')),
    clockSource: lineIn(read(`${CLOCK}/current_clocksource`)),
    clockSources: lineIn(read(`${CLOCK}/available_clocksource`))?.split(/\s+/) ?? [],
    clockReadNs: clockReadNs(),
    ...shares,
  };
}

function descriptorsIn(limits: string | undefined): SystemReadings['descriptors'] {
  const found = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(limits ?? '');
  if (found === null) return null;
  const [soft, hard] = found
    .slice(1)
    .map((text) => (text === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(text)));
  return { soft: soft!, hard: hard! };
}

function rangeIn(text: string | undefined): [number, number] | null {
  const [low, high] = (lineIn(text) ?? '').split(/\s+/).map(Number);
  return low && high ? [low, high] : null;
}

function conntrackOf(read: ReadText): SystemReadings['conntrack'] {
  const count = numberIn(read('/proc/sys/net/netfilter/nf_conntrack_count'));
  const max = numberIn(read('/proc/sys/net/netfilter/nf_conntrack_max'));
  return count === null || max === null ? null : { count, max };
}

/** By the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. */
function sharesBetween(
  before: string | undefined,
  after: string | undefined,
): Pick<SystemReadings, 'busy' | 'steal'> {
  const [from, to] = [before, after].map((text) =>
    /^cpu +(.*)$/m
      .exec(text ?? '')?.[1]
      ?.split(' ')
      .map(Number),
  );
  if (from === undefined || to === undefined) return { busy: null, steal: null };
  const passed = to.slice(0, 8).map((value, at) => value - from[at]!);
  const all = passed.reduce((sum, value) => sum + value, 0);
  if (all === 0) return { busy: null, steal: null };
  const [, , , idle = 0, iowait = 0, , , steal = 0] = passed;
  return { busy: (all - idle - iowait - steal) / all, steal: steal / all };
}

/** The best of some goes: whoever else runs only makes it longer. */
function clockReadNs(): number {
  let best = Number.POSITIVE_INFINITY;
  for (let go = 0; go < CLOCK_GOES; go++) {
    const start = monotonicNs();
    let last = start;
    for (let read = 0; read < CLOCK_READS; read++) last = monotonicNs();
    best = Math.min(best, (last - start) / CLOCK_READS);
  }
  return best;
}

function lineIn(text: string | undefined): string | null {
  return text?.trim() || null;
}

function numberIn(text: string | undefined): number | null {
  const line = lineIn(text);
  return line !== null && /^\d+$/.test(line) ? Number(line) : null;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
