/**
 * The log: five levels, as in 2013. Every part of ringcast that has something to say to a person says it here, and the
 * application may do so too, in every thread.
 *
 * A log call never blocks for another thread, never throws, and what goes wrong behind it never stops a message.
 *
 * Thread: any.
 */

import type { LogEmitter } from './emission';
import { LogLevel, type LogLevels } from './levels';
import type { LogTags } from './record';
import { type LogStats, threadLog } from './thread-log';
import type { LogHandle } from './transport';

export { emitStderr, type LogEmitter, writeStderr } from './emission';
export { LOG_LEVEL_NAMES, LogLevel, type LogLevelName, type LogLevels, levelBit, levelMask } from './levels';
export { formatLogRecord, formatLogText, type LogRecord, type LogTags } from './record';
export type { LogStats } from './thread-log';
export type { LogHandle } from './transport';

/**
 * Logs a line, in any thread. Repeated lines are held back after the first ten within a second; their number is told.
 *
 * @example
 * log.notice('the feed is back')
 * log.warn('sent nonsense', { connection: info.id })
 */
export const log = {
  err: (message: string, tags?: LogTags): void => threadLog.write(LogLevel.ERR, message, tags),
  warn: (message: string, tags?: LogTags): void => threadLog.write(LogLevel.WARN, message, tags),
  notice: (message: string, tags?: LogTags): void => threadLog.write(LogLevel.NOTICE, message, tags),
  info: (message: string, tags?: LogTags): void => threadLog.write(LogLevel.INFO, message, tags),
  debug: (message: string, tags?: LogTags): void => threadLog.write(LogLevel.DEBUG, message, tags),
};

/**
 * Says which levels are logged, by every thread of this process, from now on. By default err, warn and notice.
 *
 * @param levels a name (that level and the more severe ones), an array of names (exactly these), or a mask
 * @param emit replaces the emitter of all threads; `null` leaves it as it is. `emitStderr` is the one of the beginning
 * @throws {RangeError | TypeError} for levels that do not exist, or an emitter that is no function
 * @throws {Error} if an emitter is given in a thread whose lines another one emits
 *
 * @example
 * setLogLevel('info')
 * setLogLevel(LogLevel.ERR | LogLevel.DEBUG, ({ level, thread, message }) => console.error(level, thread, message))
 */
export function setLogLevel(levels: LogLevels, emit?: LogEmitter | null): void {
  threadLog.setLevels(levels, emit);
}

/** What another thread needs to send its lines to where this thread's go: plain data. */
export function logHandle(): LogHandle {
  return threadLog.handle();
}

/** Sends this thread's lines home from now on. @param role its name in them, if it has none yet */
export function joinLog(handle: LogHandle | undefined, role: string): void {
  threadLog.join(handle, role);
}

/** What became of lines so far. In the thread that emits them; elsewhere it is all zero. */
export function logStats(): LogStats {
  return threadLog.stats();
}
