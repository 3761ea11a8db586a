/** CPU time of single threads of this process (Linux: /proc/self/task). */
import { readdirSync, readFileSync } from 'node:fs';

export function threads(): Set<string> {
  return new Set(readdirSync('/proc/self/task'));
}

/** The thread that was started while `start` ran: its operating system's id. */
export async function threadStartedBy<T>(start: () => Promise<T>): Promise<{ result: T; thread: string }> {
  const before = threads();
  const result = await start();
  const started = [...threads()].filter((thread) => !before.has(thread));
  // A worker is one thread; helpers of the runtime, if any were started, have hardly run yet.
  started.sort((a, b) => cpuMs(b) - cpuMs(a));
  return { result, thread: started[0] };
}

/** CPU time that a thread has used, in ms. */
export function cpuMs(thread: string): number {
  return Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}
