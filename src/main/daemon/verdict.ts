/** What a starting daemon says to the process that started it, over the IPC channel. */

export type StartMessage =
  /** It is up. `details` are for whoever started it. */
  | { ringcast: 'ready'; details: object }
  | { ringcast: 'failed'; message: string; remedy?: string; exitCode: number; stack?: string }
  /** It printed something: its own standard output goes nowhere. */
  | { ringcast: 'printed'; text: string };

export type Verdict =
  | { ready: true; pid: number; details: object }
  | { ready: false; message: string; remedy?: string; exitCode: number; stack?: string };

/** Set for the process that is to become the daemon, and taken away there: its own children are not meant. */
export const DAEMON_MARK = 'RINGCAST_DAEMON';
/** The mark of a process whose parent stays, and starts it again. */
export const SUPERVISED = 'supervised';
/** The mark of a process whose parent only waits until it is ready. */
export const ALONE = 'alone';

/** How a process ended, to stand behind its name. */
export function endText(code: number | null, signal: string | null): string {
  return code === null ? `was killed by ${signal}` : `ended with code ${code}`;
}
