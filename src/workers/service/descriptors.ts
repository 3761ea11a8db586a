/**
 * What the operating system says of this process's descriptors.
 *
 * Linux: `/proc/self/limits` (23 us) and the size of `/proc/self/fd`, which is the number of its entries from Linux 6.2 on
 * (6 to 30 us whatever the number; where it is 0 they are listed, 0.7 us each). Elsewhere: a shell is asked for the
 * limit (12 ms, once), and `/dev/fd` is listed. Measured 2026-11-24 on Node 20.20 by 200 calls each. Not `process.report`: 4 ms, and it looks
 * up the names of all peers. A number that is not found is told as such: then `maxConnections` alone counts.
 *
 * Thread: any; the limit and the descriptors are the process's.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { NO_LIMIT } from '../../shared/capacity';

export interface Descriptors {
  /** The soft limit, which Node has raised to the hard one; `NO_LIMIT`: it cannot be known, or there is none. */
  limit(): number;
  /** How many are open now; undefined: that cannot be known. */
  open(): number | undefined;
}

const LINUX_LIMIT = /^Max open files\s+(\d+)/m;

/** Linux. The limit is read anew each time: `prlimit` may change that of a process that runs. */
export const procDescriptors: Descriptors = {
  limit: () => Number(LINUX_LIMIT.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? NO_LIMIT),
  open: () => statSync('/proc/self/fd').size || countEntries('/proc/self/fd'),
};

/** macOS. Works on Linux too. */
export function devFdDescriptors(): Descriptors {
  const limit = limitByShell();
  return { limit: () => limit, open: () => countEntries('/dev/fd') };
}

const UNKNOWN: Descriptors = { limit: () => NO_LIMIT, open: () => undefined };

/** What this system tells. */
export function processDescriptors(platform: NodeJS.Platform = process.platform): Descriptors {
  if (platform !== 'linux' && platform !== 'darwin') return UNKNOWN;
  try {
    const descriptors = platform === 'linux' ? procDescriptors : devFdDescriptors();
    descriptors.limit();
    descriptors.open();
    return descriptors;
  } catch {
    return UNKNOWN; // a jail without /proc, or without a shell
  }
}

/** A child has its parent's limits. */
function limitByShell(): number {
  const answer = execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'latin1' }).trim();
  return /^\d+$/.test(answer) ? Number(answer) : NO_LIMIT; // "unlimited"
}

/** Less the one that the listing itself takes. */
function countEntries(folder: string): number {
  return readdirSync(folder).length - 1;
}

/**
 * Descriptors that are held only to be given back when the rest of the program has taken all others: to refuse a peer, one
 * must be able to accept it. (With none left, Node accepts and closes whoever waits, and tells nobody.)
 */
export class SpareDescriptors {
  /** One is enough to refuse any number of peers, one after the other; the second is for a look-up meanwhile. */
  static readonly COUNT = 2;
  readonly #held: number[] = [];

  get held(): number {
    return this.#held.length;
  }

  hold(): void {
    try {
      while (this.#held.length < SpareDescriptors.COUNT) this.#held.push(openSync('/dev/null', 'r'));
    } catch {
      // None left just now: the next look tries again.
    }
  }

  release(): void {
    for (const descriptor of this.#held.splice(0)) closeSync(descriptor);
  }
}
