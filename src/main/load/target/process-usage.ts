/**
 * What processes use, by /proc (proc(5)): CPU time and memory of one with all its descendants.
 *
 * Thread: any. Linux; elsewhere nothing is known.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Of `utime` and its like: Linux tells user space 100 a second on every architecture (USER_HZ). */
const TICKS_PER_SECOND = 100;

export interface Usage {
  cpuMs: number;
  rssBytes: number;
}

/**
 * Adds up a process and its descendants. Memory that they share counts in each of them.
 *
 * @param leftOut threads of the process (their operating system's numbers) whose CPU time is not to count
 * @returns null if there is no such process, or this system does not tell
 */
export function usageOf(pid: number, leftOut: readonly number[] = []): Usage | null {
  const root = ownUsage(pid);
  if (root === null) return null;
  for (const thread of leftOut) root.cpuMs -= cpuMsIn(readProc(`${pid}/task/${thread}/stat`));
  for (const child of descendantsOf(pid)) {
    const usage = ownUsage(child);
    if (usage === null) continue; // it has just ended
    root.cpuMs += usage.cpuMs;
    root.rssBytes += usage.rssBytes;
  }
  return root;
}

/** CPU time of a thread of this process, in ms, to the nanosecond; undefined if this system does not tell. */
export function threadCpuMs(thread: number): number | undefined {
  const text = readProc(`self/task/${thread}/schedstat`);
  return text === undefined ? undefined : Number(text.split(' ', 1)[0]) / 1e6;
}

/** Children, their children, and so on. */
export function descendantsOf(pid: number): number[] {
  const found: number[] = [];
  for (const child of childrenOf(pid)) found.push(child, ...descendantsOf(child));
  return found;
}

function childrenOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  return threads.flatMap((thread) =>
    (readProc(`${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

function ownUsage(pid: number): Usage | null {
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`) ?? '');
  if (rss === null) return null;
  return { cpuMs: cpuMsIn(readProc(`${pid}/stat`)), rssBytes: Number(rss[1]) * 1024 };
}

/** Of the process or thread, and of its children that have ended and were waited for. */
function cpuMsIn(stat: string | undefined): number {
  if (stat === undefined) return 0;
  // Field 2 is the program's name in brackets, and may hold anything: fields are counted behind its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(14 - 3, 18 - 3).reduce((sum, field) => sum + Number(field), 0);
  return (ticks * 1e3) / TICKS_PER_SECOND;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    return undefined;
  }
}
