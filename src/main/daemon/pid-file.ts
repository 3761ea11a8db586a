/**
 * The pid file: tells people and scripts which process it is. It is never the lock, so whatever stands in it blocks nobody.
 *
 *     PID          decimal
 *     START TIME   of that process, so that a number that is used again fools nobody
 *
 * Thread: any.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { startTimeOf } from './process-identity';

const MODE = 0o640;

/** Writes it whole or not at all. Only for the holder of the lock: two at once would meet at the new file's name. */
export function writePidFile(file: string): void {
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true }); // of one that was killed between the two steps
  const descriptor = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, MODE);
  try {
    fchmodSync(descriptor, MODE); // whatever the umask says
    writeSync(descriptor, `${process.pid}\n${startTimeOf(process.pid)}\n`);
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, file);
}

/** @returns the process that it names, if that process lives; undefined for a stale file, or none */
export function readPidFile(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
  const [pid, startTime] = text.split('\n');
  if (!/^[1-9]\d*$/.test(pid) || startTimeOf(Number(pid)) !== startTime) return undefined;
  return Number(pid);
}
