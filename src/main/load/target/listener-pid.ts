/**
 * Which process listens on a port of this machine, by /proc/net/tcp and the descriptors of all processes (proc(5)).
 *
 * Thread: any. Linux. One sees the descriptors of one's own processes only, or of all as root.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';

/** @returns the oldest of them, if processes share the port; undefined if there is none, or it is not ours to see */
export function listenerOf(port: number): number | undefined {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listeningInodes(table, port)));
  if (sockets.size === 0) return undefined;
  const pids = entriesOf('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).find((pid) => holdsOneOf(pid, sockets));
}

function listeningInodes(table: string, port: number): string[] {
  let lines: string[];
  try {
    lines = readFileSync(`/proc/net/${table}`, 'latin1').trimEnd().split('\n').slice(1);
  } catch {
    return [];
  }
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = lines.map((line) => line.trim().split(/\s+/));
  const listening = rows.filter(([, local, , state]) => state === LISTEN && local?.split(':')[1] === wanted);
  return listening.map((row) => `socket:[${row[9]}]`);
}

function holdsOneOf(pid: number, sockets: ReadonlySet<string>): boolean {
  return entriesOf(`/proc/${pid}/fd`).some((descriptor) => {
    try {
      return sockets.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
    } catch {
      return false; // it has just been closed
    }
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
