/**
 * Which process a number means. Numbers are used again; a number and its start time are not.
 *
 * Thread: any. Linux.
 */
import { readFileSync } from 'node:fs';

/**
 * When a process started: in ticks since the machine did (`/proc/PID/stat`, field 22, proc(5)).
 *
 * @returns undefined if there is no such process
 */
export function startTimeOf(pid: number): string | undefined {
  return field(pid, 22);
}

/** Whether it is the leader of a session, and so of a process group: as a daemon is, and nothing that a shell runs. */
export function leadsSession(pid: number): boolean {
  return field(pid, 6) === String(pid);
}

function field(pid: number, number: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 2 is the program's name in brackets, and may hold anything: fields are counted behind its end.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[number - 3];
  } catch {
    return undefined;
  }
}
